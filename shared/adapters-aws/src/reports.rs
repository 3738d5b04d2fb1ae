//! The bucket where reports are kept.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use pipeline::ports::{PortError, ReportStore};
use tokio::sync::OnceCell;

use crate::Connection;
use crate::failure::failure;
use crate::quarantine::s3_client;

/// A private S3 bucket for reports.
#[derive(Debug)]
pub struct BucketReports {
    connection: Arc<Connection>,
    client: OnceCell<Client>,
    bucket: String,
}

impl BucketReports {
    /// The bucket of this name.
    pub fn new(connection: Arc<Connection>, bucket: String) -> Self {
        Self {
            connection,
            client: OnceCell::new(),
            bucket,
        }
    }
}

#[async_trait]
impl ReportStore for BucketReports {
    async fn keep(&self, key: &str, body: &str) -> Result<(), PortError> {
        let client = self
            .client
            .get_or_init(|| async { s3_client(&self.connection).await })
            .await;
        client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type(key))
            .body(body.as_bytes().to_vec().into())
            .send()
            .await
            .map(drop)
            .map_err(|error| {
                let action = format!("writing {key} to bucket {}", self.bucket);
                failure("S3", action, error.code(), &error)
            })
    }
}

fn content_type(key: &str) -> &'static str {
    if key.ends_with(".html") {
        "text/html; charset=utf-8"
    } else {
        "text/plain; charset=utf-8"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_follows_the_key() {
        assert_eq!(content_type("a/b.html"), "text/html; charset=utf-8");
        assert_eq!(content_type("a/b.txt"), "text/plain; charset=utf-8");
    }
}
