//! Matching: which rules hold for a record.
//!
//! Rules become a program of shared predicates behind an index
//! ([`ruleset`]). A record is never turned into a tree: a predicate walks to
//! its field where the record lies, and most records are answered by one
//! lookup of their `eventName`.
//!
//! # What holds when
//!
//! - Field names are exact. Values compare without case (Unicode, character
//!   by character) unless the rule says `cased`.
//! - An array is tried element by element, also inside a path. An object is
//!   compared as its JSON text without spacing, members in the order written.
//!   A number is compared as it is written.
//! - `null` is wanted: an absent field or a JSON null passes. `exists` asks
//!   for presence only, as Sigma says: a null or an empty array is present.
//! - A text, a number or an address is wanted: null and absent never pass. `*`
//!   alone passes for any value, the empty text included.
//! - Negation is plain logic: what does not hold for an absent field, holds
//!   for it when negated.
//! - A keyword is looked for in every scalar of the record, not in its keys.
//! - `fieldref` holds if some value of the field relates to some value of the
//!   other one; never if either is absent or null.
//!
//! This module knows no Sigma text and no time but the one that
//! [`Scratch::set_time`] brings. From record to record it keeps only what
//! tests say of values that it has seen (`memo`), which changes no answer.

mod bytes;
mod evaluate;
mod explain;
mod facts;
mod field;
mod flags;
mod fold;
mod index;
mod lines;
mod links;
mod literal;
mod memo;
mod networks;
mod pattern;
mod program;
mod ruleset;
mod seen;
mod shelf;
mod sieve;
mod source;
mod split;
mod spread;
mod text;
mod wanted;
mod wording;

pub use bytes::BytesError;
pub use evaluate::FaultReason;
pub use explain::{Explained, Explanation, ItemExplanation, SearchExplanation};
pub use pattern::check_regex;
pub use ruleset::{Match, RuleFault, RuleIndex, RuleSet, Scratch};
