//! AWS adapters: the only crate that names the SDK.
//!
//! Each adapter answers one port of `pipeline` over one service. Clients are
//! made on first use: most batches match nothing and need none. A function
//! enables only the features that it links.

#[cfg(feature = "athena")]
mod athena;
mod connection;
mod failure;

#[cfg(feature = "state")]
mod dynamodb;
#[cfg(feature = "lambda")]
pub mod lambda;
#[cfg(feature = "bucket")]
mod quarantine;
#[cfg(feature = "bucket")]
mod reports;
#[cfg(feature = "lambda")]
pub mod starting;
#[cfg(feature = "bucket")]
mod team;
#[cfg(feature = "topic")]
mod topic;
#[cfg(feature = "athena")]
mod trail;

#[cfg(feature = "athena")]
pub use athena::Athena;
pub use connection::Connection;
#[cfg(feature = "state")]
pub use dynamodb::DynamoState;
#[cfg(feature = "bucket")]
pub use quarantine::BucketQuarantine;
#[cfg(feature = "bucket")]
pub use reports::BucketReports;
#[cfg(feature = "bucket")]
pub use team::TeamBucket;
#[cfg(feature = "topic")]
pub use topic::Topic;
#[cfg(feature = "athena")]
pub use trail::TrailLocation;
