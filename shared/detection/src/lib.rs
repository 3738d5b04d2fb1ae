//! What is suspicious: Sigma rules parsed, compiled, matched and correlated.
//!
//! Total and pure: a record goes in, findings and rule problems come out. A
//! rule that uses something unsupported is refused at load, by name, line and
//! reason; a rule that is refused or fails never silences another.
//!
//! This crate knows no clock, no environment, no files, no async: time is an
//! argument, and rules, lists and exceptions come in as text.

pub mod correlate;
pub mod engine;
pub mod problem;
pub mod rule;
pub mod sigma;

pub use engine::{Match, RuleFault, RuleIndex, RuleSet, Scratch};
pub use problem::RuleProblem;
