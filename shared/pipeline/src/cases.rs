//! What may become an alert, and what became of every finding.

use std::collections::BTreeMap;

use detection::engine::RuleIndex;
use detection::rule::{Level, Rule, Staged};

use crate::accounts::Accounts;
use crate::alert::Together;
use crate::facts::EventFacts;
use crate::keys::{self, FoldWindow};

/// What became of a (record, rule) pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Alerted,
    Folded,
    AlreadyKnown,
    BelowThreshold,
    Staged,
    Excepted,
    Failed,
}

/// A (record, rule) pair on its way to an outcome.
#[derive(Debug)]
struct Pair {
    /// The place of its marker among the entries to count.
    entry: Option<usize>,
    outcome: Option<Outcome>,
}

/// Every pair of an invocation.
#[derive(Debug, Default)]
pub(crate) struct Pairs(Vec<Pair>);

/// Names a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PairId(usize);

impl Pairs {
    /// A pair whose outcome is open.
    pub(crate) fn open(&mut self, entry: Option<usize>) -> PairId {
        self.0.push(Pair {
            entry,
            outcome: None,
        });
        PairId(self.0.len() - 1)
    }

    /// A pair whose outcome is known.
    pub(crate) fn closed(&mut self, outcome: Outcome) {
        let pair = self.open(None);
        self.close(pair, outcome);
    }

    /// Gives a pair its outcome; the first one stands.
    pub(crate) fn close(&mut self, pair: PairId, outcome: Outcome) {
        if let Some(pair) = self.0.get_mut(pair.0) {
            pair.outcome.get_or_insert(outcome);
        }
    }

    /// The place of a pair's marker.
    pub(crate) fn entry(&self, pair: PairId) -> Option<usize> {
        self.0.get(pair.0).and_then(|pair| pair.entry)
    }

    /// The pairs whose outcome is open.
    pub(crate) fn still_open(&self) -> Vec<PairId> {
        let open = |(_, pair): &(usize, &Pair)| pair.outcome.is_none();
        let places = self.0.iter().enumerate().filter(open);
        places.map(|(place, _)| PairId(place)).collect()
    }

    /// Enters every pair into the accounts. One without an outcome is matched
    /// and nothing else, so that the accounts do not add up.
    pub(crate) fn enter(&self, accounts: &mut Accounts) {
        for pair in &self.0 {
            accounts.matched += 1;
            match pair.outcome {
                Some(Outcome::Alerted) => accounts.alerted += 1,
                Some(Outcome::Folded) => accounts.folded += 1,
                Some(Outcome::AlreadyKnown) => accounts.already_known += 1,
                Some(Outcome::BelowThreshold) => accounts.below_threshold += 1,
                Some(Outcome::Staged) => accounts.staged += 1,
                Some(Outcome::Excepted) => accounts.excepted += 1,
                Some(Outcome::Failed) => accounts.failed += 1,
                None => {}
            }
        }
    }
}

/// What is told once: findings with one fingerprint.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) rule: RuleIndex,
    pub(crate) level: Level,
    /// The place of the event that is told.
    pub(crate) event: usize,
    pub(crate) details: Vec<(String, String)>,
    pub(crate) together: Option<Together>,
    pub(crate) window: FoldWindow,
    pub(crate) fingerprint: String,
    /// The fingerprint of the same group in the window before.
    pub(crate) previous: String,
    /// The values of the fold group.
    pub(crate) group: Vec<String>,
    /// The pairs that it stands for.
    pub(crate) pairs: Vec<PairId>,
}

/// The cases of an invocation, by fingerprint.
pub(crate) type Cases = BTreeMap<String, Case>;

/// What a group of an event rule's findings is called.
pub(crate) struct Naming {
    pub(crate) level: Level,
    pub(crate) window: FoldWindow,
    pub(crate) fingerprint: String,
    pub(crate) previous: String,
}

impl Naming {
    /// Names an event rule's finding.
    pub(crate) fn of_event(rule: &Rule, facts: &EventFacts, group: &[String]) -> Self {
        let failed = rule.meta.settings.failed_level;
        let attempt = failed.filter(|_| !facts.error_code.is_empty());
        let window = FoldWindow::holding(facts.time_or_epoch(), keys::fold_seconds(rule));
        Self {
            level: attempt.unwrap_or(rule.meta.level),
            ..Self::of(rule, &facts.account, group, window, attempt.is_some())
        }
    }

    /// Names what falls into a window.
    pub(crate) fn of(
        rule: &Rule,
        account: &str,
        group: &[String],
        window: FoldWindow,
        attempt: bool,
    ) -> Self {
        let name = |window| keys::fingerprint(rule, account, group, window, attempt);
        Self {
            level: rule.meta.level,
            window,
            fingerprint: name(window),
            previous: name(window.previous()),
        }
    }
}

/// Whether a rule is on trial for an event of this time (epoch seconds).
pub(crate) fn is_staged(rule: &Rule, time: i64) -> bool {
    match rule.meta.settings.staged {
        Staged::No => false,
        Staged::Yes => true,
        Staged::Until(end) => time < end,
    }
}
