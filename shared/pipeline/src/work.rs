//! The second half of the work: state, claims, alerts for one harvest.
//!
//! The steps are methods in the modules `first_seen`, `windows`, `counting`,
//! `claims` and `storm`; this one holds what they share, and sorts findings
//! into pairs and cases.

use std::collections::{BTreeMap, HashMap, HashSet};

use detection::correlate::Stream;
use detection::engine::{RuleIndex, RuleSet};
use detection::rule::Logic;

use crate::accounts::Accounts;
use crate::cases::{Case, Cases, Naming, Outcome, PairId, Pairs, is_staged};
use crate::gather::{Finding, MatchedEvent, account_of, day_of};
use crate::invocation::{Clock, Invocation, Problem};
use crate::journal::Journal;
use crate::keys::{self, STATE_SECONDS};
use crate::ports::{
    AlertSink, CountEntry, Counted, CounterKey, Expiry, MemberSet, Seen, SeenKey, StateStore,
};
use crate::settings::Voice;
use crate::windows::Round;

/// An event time is believed to lie at most this far ahead of now, in seconds:
/// a forged one must not keep state for ever.
const MAX_AHEAD_SECONDS: i64 = 2 * 86_400;

/// Most entries of each kind that a container remembers.
const MAX_REMEMBERED: usize = 20_000;

/// What a container remembers between invocations, to ask state less. Only
/// what never changes is here, so forgetting it is always right.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    confirmed: HashSet<String>,
    pub(crate) seen: HashMap<SeenKey, Seen>,
    pub(crate) activated: HashMap<RuleIndex, i64>,
}

impl Remembered {
    pub(crate) fn is_confirmed(&self, fingerprint: &str) -> bool {
        self.confirmed.contains(fingerprint)
    }

    pub(crate) fn confirm(&mut self, fingerprint: &str) {
        if self.confirmed.len() >= MAX_REMEMBERED {
            self.confirmed.clear();
        }
        self.confirmed.insert(fingerprint.to_owned());
    }

    pub(crate) fn see(&mut self, key: SeenKey, seen: Seen) {
        if self.seen.len() >= MAX_REMEMBERED {
            self.seen.clear();
        }
        self.seen.insert(key, seen);
    }
}

/// The correlations that are followed in streaming.
pub(crate) type Streams = HashMap<RuleIndex, Stream>;

/// Prepares every correlation of a set that can be streamed.
pub(crate) fn streams(rules: &RuleSet) -> Streams {
    let mut streams = Streams::new();
    for index in rules.indices() {
        let rule = rules.rule(index);
        if let Logic::Correlation(correlation) = &rule.logic {
            let chained = !rules.correlations_of(index).is_empty();
            let fold = rule.meta.settings.fold_seconds;
            if let Ok(stream) = Stream::new(correlation, fold, chained) {
                streams.insert(index, stream);
            }
        }
    }
    streams
}

/// One harvest on its way to alerts.
pub(crate) struct Work<'a> {
    pub(crate) rules: &'a RuleSet,
    pub(crate) streams: &'a Streams,
    pub(crate) state: &'a dyn StateStore,
    pub(crate) sink: &'a dyn AlertSink,
    pub(crate) clock: &'a Clock,
    pub(crate) voice: &'a Voice,
    pub(crate) invocation: &'a Invocation,
    pub(crate) remembered: &'a mut Remembered,
    pub(crate) journal: Option<&'a mut Journal>,
    pub(crate) events: &'a [MatchedEvent],
    /// When learning begins for a rule that is new to the state.
    pub(crate) activation: i64,
    pub(crate) pairs: Pairs,
    pub(crate) cases: Cases,
    pub(crate) entries: Vec<CountEntry>,
    pub(crate) counted: Vec<Option<Counted>>,
    pub(crate) round: Round<'a>,
    pub(crate) mailed: BTreeMap<&'static str, MemberSet>,
    pub(crate) problems: Vec<Problem>,
    /// Alerts told in this invocation, to be counted.
    pub(crate) told: Vec<CountEntry>,
    pub(crate) delay_seconds: u64,
    pub(crate) summarised: u64,
}

impl Work<'_> {
    /// Everything, in the order that makes a retry safe: members before
    /// decisions, decisions whether or not a marker was there.
    pub(crate) async fn run(mut self, accounts: &mut Accounts) -> Vec<Problem> {
        self.sort_out().await;
        self.correlate().await;
        self.finish(accounts).await
    }

    /// What remains once the cases are open.
    pub(crate) async fn finish(mut self, accounts: &mut Accounts) -> Vec<Problem> {
        self.count().await;
        self.tell().await;
        self.count_told().await;
        self.settle_the_rest();
        self.pairs.enter(accounts);
        accounts.delay_seconds = self.delay_seconds;
        accounts.summarised = self.summarised;
        self.problems
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// Now, in epoch seconds.
    pub(crate) fn now(&self) -> i64 {
        self.now_ms().div_euclid(1_000)
    }

    pub(crate) fn has_time(&self) -> bool {
        self.invocation.has_time(self.now_ms())
    }

    /// How long state lives that is about an event at `time` and needed for
    /// `seconds` after it.
    pub(crate) fn expiry(&self, time: i64, seconds: i64) -> Expiry {
        let now = self.now();
        let from = time.clamp(now, now.saturating_add(MAX_AHEAD_SECONDS));
        Expiry {
            now,
            at: from.saturating_add(STATE_SECONDS).saturating_add(seconds),
        }
    }

    async fn sort_out(&mut self) {
        let events = self.events;
        for (place, event) in events.iter().enumerate() {
            for finding in &event.findings {
                if let Some(journal) = self.journal.as_deref_mut() {
                    journal.event(self.rules, &self.invocation.input, event, finding);
                }
                if finding.excepted_by.is_some() {
                    self.pairs.closed(Outcome::Excepted);
                } else if self.is_new(place, finding).await {
                    self.admit(place, finding);
                }
            }
        }
    }

    /// Opens the pairs of a finding that counts.
    fn admit(&mut self, place: usize, finding: &Finding) {
        let Some(event) = self.events.get(place) else {
            return;
        };
        let rule = self.rules.rule(finding.rule);
        let facts = &event.facts;
        let entry = self.entries.len();
        let mut counters = vec![CounterKey::Day {
            day: day_of(facts),
            account: account_of(facts).to_owned(),
            rule: rule.meta.id.clone(),
        }];
        if self.rules.alerts_alone(finding.rule) {
            let pair = self.pairs.open(Some(entry));
            let group = finding.fold_group();
            let naming = Naming::of_event(rule, facts, &group);
            counters.push(CounterKey::Group {
                fingerprint: naming.fingerprint.clone(),
            });
            if is_staged(rule, facts.time_or_epoch()) {
                self.pairs.close(pair, Outcome::Staged);
            } else {
                let case = Case {
                    rule: finding.rule,
                    level: naming.level,
                    event: place,
                    details: finding.details.clone(),
                    together: None,
                    window: naming.window,
                    fingerprint: naming.fingerprint,
                    previous: naming.previous,
                    group: finding.group.clone(),
                    pairs: vec![pair],
                };
                self.open_case(case);
            }
        }
        for watched in &finding.watched {
            counters.extend(self.watch(place, watched, entry));
        }
        self.entries.push(CountEntry {
            event: facts.identity.clone(),
            rule: keys::rule_version(&rule.meta),
            counters,
        });
    }

    /// Adds a case, or its pairs to the one of its fingerprint; the earliest
    /// event is the one that is told.
    pub(crate) fn open_case(&mut self, case: Case) {
        let time = |place: usize| self.events.get(place).and_then(|event| event.facts.time);
        match self.cases.get_mut(&case.fingerprint) {
            None => {
                self.cases.insert(case.fingerprint.clone(), case);
            }
            Some(known) => {
                known.pairs.extend(case.pairs.iter().copied());
                if case.together.is_none() && time(case.event) < time(known.event) {
                    known.event = case.event;
                    known.details = case.details;
                    known.group = case.group;
                }
            }
        }
    }

    /// Gives the pairs of a case their outcomes. Where the case was told just
    /// now, one of them is the alert.
    pub(crate) fn settle(&mut self, case: &Case, told: bool) {
        for (place, pair) in case.pairs.iter().enumerate() {
            let outcome = if told && place == 0 {
                Outcome::Alerted
            } else {
                self.repeated(*pair, Outcome::Folded)
            };
            self.pairs.close(*pair, outcome);
        }
    }

    /// Marks the pairs of a case as to be tried again.
    pub(crate) fn fail(&mut self, pairs: &[PairId]) {
        for pair in pairs {
            self.pairs.close(*pair, Outcome::Failed);
        }
    }

    /// What is still open took part in a correlation that did not cross.
    fn settle_the_rest(&mut self) {
        for pair in self.pairs.still_open() {
            let outcome = self.repeated(pair, Outcome::BelowThreshold);
            self.pairs.close(pair, outcome);
        }
    }

    /// `fresh` where the pair's marker was set just now, else what it was.
    fn repeated(&self, pair: PairId, fresh: Outcome) -> Outcome {
        let Some(entry) = self.pairs.entry(pair) else {
            return fresh;
        };
        match self.counted.get(entry).copied().flatten() {
            Some(Counted::Now) => fresh,
            Some(Counted::Before) => Outcome::AlreadyKnown,
            None => Outcome::Failed,
        }
    }
}
