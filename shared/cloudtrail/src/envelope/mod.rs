//! The envelopes that bring records: what is wrapped around them, and how it
//! comes off.
//!
//! One bad record never costs its neighbours: it becomes one
//! [`RecordFault`], and reading goes on behind it. Only an envelope of which
//! nothing can be read at all is an [`EnvelopeError`].

mod elements;
pub mod eventbridge;
pub mod file;
mod gzip;
pub mod payload;
mod reading;

pub use eventbridge::EventBridgeEvent;
pub use file::{FileSummary, Form, each_record};
pub use payload::{LogsDecoder, LogsKind, LogsPayload};

use crate::record::{Record, RecordError};

/// A text in a record's place that is no record. What a quarantine keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFault<'a> {
    /// The record's place among the records of its envelope, from 0.
    pub index: usize,
    /// What is wrong, where, and what would be right.
    pub reason: String,
    /// The text as it stands in the envelope.
    pub raw: &'a [u8],
}

/// What is called for each record of an envelope: its place, from 0, and the
/// record or what is wrong with it.
pub type Each<'f> = dyn FnMut(usize, Result<&Record<'_>, RecordFault<'_>>) + 'f;

/// How many records an envelope held. The three add up to what it brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records handed on.
    pub records: usize,
    /// Faults handed on.
    pub faults: usize,
    /// Records that describe no single call (aggregated and Insight events):
    /// counted, not handed on.
    pub ignored: usize,
}

/// Why nothing in an envelope can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The payload is no base64 text.
    #[error("`awslogs.data` must be base64, it breaks at byte {at} of {length}")]
    NotBase64 {
        /// Place of the first wrong byte, or the length where it is cut off.
        at: usize,
        /// Length of the text.
        length: usize,
    },
    /// The data is damaged or no gzip.
    #[error("gzip member {member} at byte {at} is damaged or cut off")]
    BadGzip {
        /// Which member, from 1.
        member: usize,
        /// Where that member starts.
        at: usize,
    },
    /// The data would inflate beyond the bound.
    #[error(
        "inflates to more than {limit} bytes: no delivery of AWS is that large, so it is not read"
    )]
    TooLarge {
        /// The bound.
        limit: usize,
    },
    /// More gzip members than the bound.
    #[error("more than {limit} gzip members in one file: join fewer files")]
    TooManyMembers {
        /// The bound.
        limit: usize,
    },
    /// The text is no JSON of the form expected.
    #[error("expected {expected}, found `{found}` at byte {at}")]
    Unexpected {
        /// What would be right.
        expected: &'static str,
        /// How the text begins there.
        found: String,
        /// Where.
        at: usize,
    },
    /// The envelope holds one record, and that is none.
    #[error("the member `detail`: {0}")]
    Record(#[from] RecordError),
}

impl EnvelopeError {
    fn unexpected(expected: &'static str, text: &[u8], at: usize) -> Self {
        Self::Unexpected {
            expected,
            found: quoted(text.get(at..).unwrap_or_default()),
            at,
        }
    }
}

/// The beginning of a text, fit to be shown.
fn quoted(text: &[u8]) -> String {
    let start = text
        .get(..text.len().min(crate::bounds::MAX_QUOTED_BYTES))
        .unwrap_or_default();
    String::from_utf8_lossy(start).escape_debug().to_string()
}
