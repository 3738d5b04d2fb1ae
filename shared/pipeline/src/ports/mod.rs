//! The questions the pipeline asks of the world.
//!
//! Each trait is ours, not a vendor's: no SDK type appears, and every answer
//! is one that a map in memory can give. One contract suite in
//! `tests/contract` holds every adapter to the same promises.

mod alerts;
mod quarantine;
mod report;
mod state;
mod team;

pub use alerts::{AlertSink, Mail};
pub use quarantine::{Quarantine, QuarantinedRecord};
pub use report::{Partition, QueryEngine, QueryId, QueryRequest, QueryState, ReportStore, Row};
pub use state::{
    Claim, CountEntry, Counted, CounterKey, Expiry, Lease, MemberSet, Seen, SeenKey, StateStore,
    WindowKey,
};
pub use team::{Listing, TeamFolder};

/// Why a port gave no answer. The handler fails with it, so that whoever
/// invoked it tries again.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The service refuses for now: throttled, out of capacity, timed out.
    #[error("{service} is not available for now while {action}: {reason}")]
    Unavailable {
        /// Which service, as its operators call it.
        service: &'static str,
        /// What was being done, with the key.
        action: String,
        /// What it said.
        reason: String,
    },
    /// The service refuses for good: denied, missing, misconfigured.
    #[error("{service} refuses while {action}: {reason}")]
    Refused {
        /// Which service, as its operators call it.
        service: &'static str,
        /// What was being done, with the key.
        action: String,
        /// What it said.
        reason: String,
    },
}
