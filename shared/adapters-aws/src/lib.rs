//! AWS adapters: the only crate that names the SDK.
//!
//! Each adapter answers one port of `pipeline` over one service. Clients are
//! made on first use: most batches match nothing and need none. A function
//! enables only the features that it links.

mod connection;
mod failure;

#[cfg(feature = "state")]
mod dynamodb;
#[cfg(feature = "lambda")]
pub mod lambda;
#[cfg(feature = "bucket")]
mod quarantine;
#[cfg(feature = "topic")]
mod topic;

pub use connection::Connection;
#[cfg(feature = "state")]
pub use dynamodb::DynamoState;
#[cfg(feature = "bucket")]
pub use quarantine::BucketQuarantine;
#[cfg(feature = "topic")]
pub use topic::Topic;
