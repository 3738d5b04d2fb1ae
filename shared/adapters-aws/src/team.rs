//! The team's bucket of rules, lists and exceptions.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use pipeline::ports::{Listing, PortError, TeamFolder};
use tokio::sync::OnceCell;

use crate::Connection;
use crate::failure::failure;
use crate::quarantine::s3_client;

/// An S3 bucket that one role may write.
#[derive(Debug)]
pub struct TeamBucket {
    connection: Arc<Connection>,
    client: OnceCell<Client>,
    bucket: String,
}

impl TeamBucket {
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

#[async_trait]
impl TeamFolder for TeamBucket {
    async fn list(&self) -> Result<Listing, PortError> {
        let failed = |code: Option<&str>, error: &dyn std::error::Error| {
            failure("S3", format!("listing bucket {}", self.bucket), code, error)
        };
        let mut pages = self
            .client()
            .await
            .list_objects_v2()
            .bucket(&self.bucket)
            .into_paginator()
            .send();
        let mut listing = Listing::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failed(error.code(), &error))?;
            for object in page.contents.unwrap_or_default() {
                if let (Some(key), Some(tag)) = (object.key, object.e_tag) {
                    listing.insert(key, tag);
                }
            }
        }
        Ok(listing)
    }

    async fn read(&self, name: &str) -> Result<String, PortError> {
        let action = || format!("reading {name} from bucket {}", self.bucket);
        let object = self
            .client()
            .await
            .get_object()
            .bucket(&self.bucket)
            .key(name)
            .send()
            .await
            .map_err(|error| failure("S3", action(), error.code(), &error))?;
        let bytes = object
            .body
            .collect()
            .await
            .map_err(|error| failure("S3", action(), None, &error))?;
        Ok(String::from_utf8_lossy(&bytes.into_bytes()).into_owned())
    }
}
