//! Every bound on input, by name. What exceeds one has a clear outcome; it is
//! never an allocation that an attacker chooses.

/// Deepest nesting of objects and arrays that is read inside a record. The
/// deepest seen in 34,455 real records is 11. What lies deeper is read as
/// `null`, and the record is flagged oversize.
pub const MAX_DEPTH: usize = 64;

/// Largest record, in bytes as written, that counts as ordinary. CloudTrail
/// itself stops at 256 KiB and CloudWatch Logs at 1 MiB; the largest of 34,455
/// real records has 66 KB. A larger one is still read, and flagged oversize.
pub const MAX_RECORD_BYTES: usize = 1024 * 1024;

/// Largest CloudWatch Logs payload after inflation. An invocation brings at
/// most 1 MB of base64; AWS batches stay far below this.
pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024 * 1024;

/// Largest trail file after inflation. CloudTrail splits its files long
/// before.
pub const MAX_FILE_BYTES: usize = 512 * 1024 * 1024;

/// Most gzip members read from one file. CloudTrail writes one; a joined file
/// has a few.
pub const MAX_GZIP_MEMBERS: usize = 4096;

/// Envelopes within envelopes that are opened (an array of files, a payload in
/// a dumped event, ...). Real ones nest two deep.
pub const MAX_ENVELOPE_DEPTH: usize = 4;

/// Bytes of a text that a reason may quote.
pub const MAX_QUOTED_BYTES: usize = 80;

/// Largest `requestParameters`, in bytes, that is searched for policies. With
/// the bound on records, whatever is not searched is flagged oversize.
pub const MAX_POLICY_BYTES: usize = MAX_RECORD_BYTES;

/// Statements read from one record's policies. AWS's longest policies hold a
/// few hundred.
pub const MAX_STATEMENTS: usize = 10_000;

/// Values that one derived field may have.
pub const MAX_DERIVED_VALUES: usize = 10_000;

/// Longest product name taken from a user agent, in characters.
pub const MAX_AGENT_CHARS: usize = 64;
