//! What the report asks.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::PortError;

/// A query to start. Starting one twice with the same token is starting it
/// once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryRequest {
    /// The query's name, by which a local engine knows what is asked.
    pub name: &'static str,
    /// The statement, complete.
    pub sql: String,
    /// 32 to 128 characters, derived from the period and the name.
    pub token: String,
    /// First second of the period (epoch seconds).
    pub from: i64,
    /// First second after the period.
    pub to: i64,
}

/// Names a started query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryId(pub String);

/// How a query stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryState {
    /// Queued or running.
    Running,
    /// Done: rows can be fetched.
    Done {
        /// Bytes that were scanned, for the cost line.
        scanned_bytes: u64,
    },
    /// Failed or cancelled, with the engine's own words.
    Failed {
        /// Why.
        reason: String,
    },
}

/// A row: column name (lower case) to value; SQL's null is absent.
pub type Row = BTreeMap<String, String>;

/// A part of the trail: what one account delivered from one region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// The account's 12 digits.
    pub account: String,
    /// The region's name.
    pub region: String,
}

/// An engine that answers SQL over the trail's files.
#[async_trait]
pub trait QueryEngine: Send + Sync {
    /// The accounts and regions that the trail ever delivered, sorted.
    async fn partitions(&self) -> Result<Vec<Partition>, PortError>;
    /// Starts the query, or finds the one started with this token.
    async fn start(&self, query: &QueryRequest) -> Result<QueryId, PortError>;
    /// How it stands.
    async fn state(&self, id: &QueryId) -> Result<QueryState, PortError>;
    /// All rows of a finished query, at most `limit`.
    async fn rows(&self, id: &QueryId, limit: usize) -> Result<Vec<Row>, PortError>;
    /// Waits between two looks.
    async fn pause(&self, milliseconds: u64);
}

/// Where reports are kept.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Writes a report (`text/plain` or `text/html` by the key's ending);
    /// writing it again under its key replaces it.
    async fn keep(&self, key: &str, body: &str) -> Result<(), PortError>;
}
