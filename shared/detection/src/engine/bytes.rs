//! A compiled set as bytes, for rules that are built into a program.
//!
//! What judging records needs is laid out ready to run; the rules themselves
//! stay closed until somebody asks for one ([`Shelf`]).

use serde::{Deserialize, Serialize};

use crate::engine::index::Index;
use crate::engine::links::Links;
use crate::engine::program::{Node, Program};
use crate::engine::ruleset::{RuleIndex, RuleSet};
use crate::engine::shelf::Shelf;
use crate::engine::split::Split;

/// Why bytes are no rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
    /// The rules cannot be written down.
    #[error("the rules cannot be encoded: {0}")]
    Unwritable(postcard::Error),
    /// The bytes were not written by this version, or are damaged.
    #[error("the bytes are no encoded rules of this version: {0}")]
    Unreadable(postcard::Error),
}

/// What is written of a set.
#[derive(Serialize)]
struct Written<'s> {
    program: &'s Program,
    plans: &'s [(RuleIndex, Split)],
    exceptions: &'s [(RuleIndex, Node)],
    index: &'s Index,
    links: &'s Links,
    rules: Vec<Vec<u8>>,
}

/// The same when it is read.
#[derive(Deserialize)]
struct Read<'b> {
    program: Program,
    plans: Vec<(RuleIndex, Split)>,
    exceptions: Vec<(RuleIndex, Node)>,
    index: Index,
    links: Links,
    #[serde(borrow)]
    rules: Vec<&'b [u8]>,
}

impl RuleSet {
    /// This set as bytes, for [`RuleSet::from_bytes`].
    ///
    /// # Errors
    /// Where a rule cannot be encoded; none that the loader makes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, BytesError> {
        let written = Written {
            program: &self.program,
            plans: &self.plans,
            exceptions: &self.exceptions,
            index: &self.index,
            links: &self.links,
            rules: self.shelf.written()?,
        };
        postcard::to_stdvec(&written).map_err(BytesError::Unwritable)
    }

    /// The set that [`RuleSet::to_bytes`] wrote, with nothing to be compiled.
    ///
    /// # Errors
    /// Where the bytes are no such set, or not all of it.
    pub fn from_bytes(bytes: &'static [u8]) -> Result<Self, BytesError> {
        let mut read: Read<'static> =
            postcard::from_bytes(bytes).map_err(BytesError::Unreadable)?;
        read.program.take_number();
        Ok(Self {
            program: read.program,
            plans: read.plans,
            exceptions: read.exceptions,
            index: read.index,
            links: read.links,
            shelf: Shelf::closed(read.rules),
        })
    }
}
