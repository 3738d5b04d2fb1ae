//! Where unreadable records wait.

use async_trait::async_trait;

use super::PortError;

/// A record that could not be read, with what is needed to try again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedRecord {
    /// Names the object; made of a hash, never of record text.
    pub key: String,
    /// Why it was not read.
    pub reason: String,
    /// Which input brought it (log group and stream, file, bus).
    pub input: String,
    /// How many texts it holds: one as it came, or several, one per line.
    pub texts: usize,
    /// The bytes, bounded.
    pub raw: Vec<u8>,
}

/// A private place for unreadable records.
#[async_trait]
pub trait Quarantine: Send + Sync {
    /// Keeps the record; keeping it again under its key changes nothing.
    async fn keep(&self, record: &QuarantinedRecord) -> Result<(), PortError>;
}
