//! Rules as bytes, for those that are compiled into a program.

use crate::engine::ruleset::RuleSet;
use crate::problem::RuleProblem;
use crate::rule::Rule;

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

/// Rules in the form that [`rules_from_bytes`] reads.
///
/// # Errors
/// Where a rule cannot be encoded; none that the loader makes.
pub fn rules_to_bytes(rules: &[Rule]) -> Result<Vec<u8>, BytesError> {
    postcard::to_stdvec(rules).map_err(BytesError::Unwritable)
}

/// The rules that [`rules_to_bytes`] wrote, for [`RuleSet::new`], alone or
/// together with others.
///
/// # Errors
/// Where the bytes are not such rules, or not all of them.
pub fn rules_from_bytes(bytes: &[u8]) -> Result<Vec<Rule>, BytesError> {
    postcard::from_bytes(bytes).map_err(BytesError::Unreadable)
}

impl RuleSet {
    /// The rules of this set as bytes.
    ///
    /// # Errors
    /// As [`rules_to_bytes`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, BytesError> {
        rules_to_bytes(self.rules())
    }

    /// A set of rules that were kept as bytes, and what is wrong with them
    /// (nothing, where the bytes came from [`RuleSet::to_bytes`]).
    ///
    /// # Errors
    /// As [`rules_from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Vec<RuleProblem>), BytesError> {
        rules_from_bytes(bytes).map(Self::new)
    }
}
