//! What is wrong with a rule, said so that its author can mend it.

use std::fmt;

use crate::rule::Location;

/// A rule, or a document that should have become one, that cannot be used as
/// it stands. It never silences another rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    /// Where the document (or the offending line of it) stands.
    pub location: Location,
    /// The rule's id or title, where it has one.
    pub rule: Option<String>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.location.file, self.location.line)?;
        if let Some(rule) = &self.rule {
            write!(f, "rule `{rule}`: ")?;
        }
        f.write_str(&self.message)
    }
}
