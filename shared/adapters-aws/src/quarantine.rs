//! The bucket where unreadable records wait.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use pipeline::ports::{PortError, Quarantine, QuarantinedRecord};
use tokio::sync::OnceCell;

use crate::Connection;
use crate::failure::failure;

/// Characters of a reason or an input's name kept as object metadata, whose
/// whole is bounded by S3 to 2 KB.
const METADATA_CHARS: usize = 500;

/// A private S3 bucket.
#[derive(Debug)]
pub struct BucketQuarantine {
    connection: Arc<Connection>,
    client: OnceCell<Client>,
    bucket: String,
}

impl BucketQuarantine {
    /// The bucket of this name.
    pub fn new(connection: Arc<Connection>, bucket: String) -> Self {
        Self {
            connection,
            client: OnceCell::new(),
            bucket,
        }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(|| async { s3_client(&self.connection).await })
            .await
    }
}

/// A client that also speaks to an endpoint without a name per bucket.
pub(crate) async fn s3_client(connection: &Connection) -> Client {
    let config = connection.config().await;
    let own_endpoint = config.endpoint_url().is_some();
    let config = aws_sdk_s3::config::Builder::from(config)
        .force_path_style(own_endpoint)
        .build();
    Client::from_conf(config)
}

#[async_trait]
impl Quarantine for BucketQuarantine {
    async fn keep(&self, record: &QuarantinedRecord) -> Result<(), PortError> {
        self.client()
            .await
            .put_object()
            .bucket(&self.bucket)
            .key(&record.key)
            .metadata("reason", as_metadata(&record.reason))
            .metadata("input", as_metadata(&record.input))
            .metadata("texts", record.texts.to_string())
            .content_type("application/octet-stream")
            .body(record.raw.clone().into())
            .send()
            .await
            .map(drop)
            .map_err(|error| {
                let action = format!("writing {} to bucket {}", record.key, self.bucket);
                failure("S3", action, error.code(), &error)
            })
    }
}

/// Metadata travels as HTTP headers: printable ASCII only.
fn as_metadata(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        })
        .take(METADATA_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_one_bounded_printable_line() {
        assert_eq!(
            as_metadata("broken\r\nX-Evil: 1 \u{202e}"),
            "broken??X-Evil: 1 ?"
        );
        assert_eq!(as_metadata(&"a".repeat(9_000)).len(), METADATA_CHARS);
    }
}
