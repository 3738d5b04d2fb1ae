//! An alert: what one is made of, and how it reads.
//!
//! Everything here is pure; what an attacker wrote passes `neutral` before it
//! is shown, and nothing but [`EventFacts`], the rule's own text and the
//! fields that its author listed can appear.

mod link;
mod mail;
#[cfg(test)]
mod tests;
mod text;
mod who;
mod words;

pub use link::console_link;
pub use mail::{MAX_SUBJECT_CHARS, render};
pub use text::body;
pub(crate) use text::utc;
pub use who::who;
pub(crate) use words::level_in;
pub use words::level_name;

use detection::rule::{Level, Rule};

use crate::facts::EventFacts;
use crate::keys::FoldWindow;
use crate::settings::Voice;

/// One alert, ready to be rendered.
#[derive(Debug, Clone)]
pub struct Alert<'a> {
    /// The rule that fired.
    pub rule: &'a Rule,
    /// How grave this finding is: the rule's level, or the level of an attempt.
    pub level: Level,
    /// The event that is told: the earliest of its group in this batch, or for
    /// a correlation the latest that took part.
    pub event: &'a EventFacts,
    /// Names and values of the fields that the rule's author wants shown.
    pub details: &'a [(String, String)],
    /// What came together, for a correlation.
    pub together: Option<Together>,
    /// How often the same was found.
    pub repeats: Repeats,
    /// The window within which repeats are folded into this alert.
    pub window: FoldWindow,
    /// Which input brought the event, as its operators call it.
    pub input: &'a str,
    /// Now, in epoch seconds.
    pub now: i64,
    /// Names the alert.
    pub fingerprint: &'a str,
}

/// What a correlation saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Together {
    /// How many events or values, at least.
    pub count: usize,
    /// Time of the first, in epoch seconds.
    pub from: i64,
    /// Time of the last, in epoch seconds.
    pub to: i64,
    /// The steps in their order: titles of the watched rules.
    pub steps: Vec<String>,
    /// The values that agree: field and value.
    pub group: Vec<(String, String)>,
}

/// How often the same was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repeats {
    /// In this fold window, this event included.
    pub now: u64,
    /// In the fold window before.
    pub before: u64,
}

/// An alert being put into a team's words.
pub(crate) struct Telling<'a> {
    alert: &'a Alert<'a>,
    voice: &'a Voice,
}
