//! What AWS says: CloudTrail records, who acted in them, and the envelopes
//! that bring them.
//!
//! Lenient by construction: every field is optional, unknown shapes and the
//! raw bytes are kept, and nothing here fails because a record is odd. A
//! record is read where it lies, without building a tree: [`Record`] notes
//! where its members are, [`Json`] walks into one of them on demand.
//!
//! This crate knows no clock, no environment, no files, no async, and none of
//! its siblings.

mod asked;
mod blocks;
pub mod bounds;
pub mod derived;
mod ends;
pub mod envelope;
mod former;
pub mod json;
mod member;
mod normal;
mod order;
pub mod record;
mod scan;
mod spans;
mod strings;
mod unescape;

pub use derived::Derived;
pub use json::{Json, Kind, Layer};
pub use member::Member;
pub use record::{Record, RecordError};
