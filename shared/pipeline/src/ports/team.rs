//! The team's own rules, lists and exceptions.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::PortError;

/// Files by name, each with a tag that changes when its content does.
pub type Listing = BTreeMap<String, String>;

/// A folder that the team writes and Trailward reads: `rules/*.yml`,
/// `lists/*.txt`, `exceptions.yml`.
#[async_trait]
pub trait TeamFolder: Send + Sync {
    /// What is there.
    async fn list(&self) -> Result<Listing, PortError>;
    /// A file's text; bytes that are no UTF-8 become U+FFFD.
    async fn read(&self, name: &str) -> Result<String, PortError>;
}
