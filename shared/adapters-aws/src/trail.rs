//! The trail's folders in its bucket: which accounts and regions delivered.

use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use pipeline::ports::{Partition, PortError};
use tokio::sync::OnceCell;

use crate::Connection;
use crate::failure::failure;
use crate::quarantine::s3_client;

/// The folder of log files below an account's. Digests and Insights lie in
/// others beside it.
const LOG_FILES: &str = "CloudTrail/";

/// Where a trail's files are: the folder that holds one folder per account,
/// such as `s3://bucket/AWSLogs/` or `s3://bucket/AWSLogs/o-example/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailLocation {
    bucket: String,
    prefix: String,
}

impl TrailLocation {
    /// Reads an `s3://` address; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (bucket, prefix) = text.strip_prefix("s3://")?.split_once('/')?;
        if bucket.is_empty() {
            return None;
        }
        let mut prefix = prefix.to_owned();
        if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        Some(Self {
            bucket: bucket.to_owned(),
            prefix,
        })
    }
}

/// Lists a trail's folders.
#[derive(Debug)]
pub(crate) struct TrailFolders {
    connection: Arc<Connection>,
    client: OnceCell<Client>,
    trail: TrailLocation,
}

impl TrailFolders {
    pub(crate) fn new(connection: Arc<Connection>, trail: TrailLocation) -> Self {
        Self {
            connection,
            client: OnceCell::new(),
            trail,
        }
    }

    /// One listing for the accounts and one per account. Folders that hold no
    /// log files (of other services, of organizations) have no regions.
    pub(crate) async fn partitions(&self) -> Result<Vec<Partition>, PortError> {
        let mut partitions = Vec::new();
        for account in self.below(&self.trail.prefix).await? {
            let log_files = format!("{}{account}/{LOG_FILES}", self.trail.prefix);
            for region in self.below(&log_files).await? {
                partitions.push(Partition {
                    account: account.clone(),
                    region,
                });
            }
        }
        partitions.sort();
        Ok(partitions)
    }

    /// Names of the folders directly below a prefix.
    async fn below(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        let client = self
            .client
            .get_or_init(|| async { s3_client(&self.connection).await })
            .await;
        let mut names = Vec::new();
        let mut token = None;
        loop {
            let request = client.list_objects_v2().bucket(&self.trail.bucket);
            let page = request
                .prefix(prefix)
                .delimiter("/")
                .set_continuation_token(token)
                .send()
                .await
                .map_err(|error| {
                    let action = format!("listing {prefix} in bucket {}", self.trail.bucket);
                    failure("S3", action, error.code(), &error)
                })?;
            names.extend(
                page.common_prefixes()
                    .iter()
                    .filter_map(|common| name_below(prefix, common.prefix()?)),
            );
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(names);
            }
        }
    }
}

fn name_below(prefix: &str, folder: &str) -> Option<String> {
    let name = folder.strip_prefix(prefix)?.strip_suffix('/')?;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read_with_and_without_their_last_slash() {
        let location = |bucket: &str, prefix: &str| {
            Some(TrailLocation {
                bucket: bucket.to_owned(),
                prefix: prefix.to_owned(),
            })
        };
        let table = [
            ("s3://b/AWSLogs/", location("b", "AWSLogs/")),
            ("s3://b/AWSLogs/o-1", location("b", "AWSLogs/o-1/")),
            ("s3://b/x/AWSLogs/o-1/", location("b", "x/AWSLogs/o-1/")),
            ("s3://b/", location("b", "")),
            ("s3:///x", None),
            ("s3://b", None),
            ("b/AWSLogs/", None),
        ];
        for (text, expected) in table {
            assert_eq!(TrailLocation::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_folder_is_named_by_what_follows_the_prefix() {
        let below = |folder| name_below("AWSLogs/", folder);
        assert_eq!(below("AWSLogs/1/"), Some("1".to_owned()));
        assert_eq!(below("AWSLogs/"), None);
        assert_eq!(below("Other/1/"), None);
    }
}
