//! The first half of the work: scan, match, copy out the little that matters.
//!
//! Synchronous and hot: every record passes here, nearly none leaves anything
//! behind. What does is small and owned, so that the buffers can be reused
//! and the second half can wait for the network.

use std::collections::HashSet;

use cloudtrail::Record;
use cloudtrail::envelope::RecordFault;
use detection::correlate::{self, field_for};
use detection::engine::{Match, RuleIndex, RuleSet, Scratch};
use detection::rule::{Correlation, CorrelationKind, Logic};

use crate::accounts::Accounts;
use crate::facts::{EventFacts, bounded};
use crate::keys;
use crate::silence::Silence;

/// What a batch left behind.
#[derive(Debug, Default)]
pub(crate) struct Harvest {
    /// Records that matched, in the order in which they came.
    pub(crate) events: Vec<MatchedEvent>,
    /// Records that could not be read.
    pub(crate) unreadable: Vec<Unreadable>,
}

/// A record that matched.
#[derive(Debug)]
pub(crate) struct MatchedEvent {
    pub(crate) facts: EventFacts,
    /// The record's place in its input.
    pub(crate) index: usize,
    pub(crate) findings: Vec<Finding>,
}

/// An event rule that holds for a record.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) rule: RuleIndex,
    pub(crate) excepted_by: Option<RuleIndex>,
    /// The values of the rule's fold group.
    pub(crate) group: Vec<String>,
    pub(crate) details: Vec<(String, String)>,
    /// The value of a `first_seen` rule.
    pub(crate) value: Option<String>,
    /// What correlations see of it.
    pub(crate) watched: Vec<Watched>,
}

impl Finding {
    /// The group under which the finding is folded: the values of the rule's
    /// fields, and for a `first_seen` rule the value too.
    pub(crate) fn fold_group(&self) -> Vec<String> {
        let mut group = self.group.clone();
        group.extend(self.value.clone());
        group
    }
}

/// A finding as one correlation sees it.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) correlation: RuleIndex,
    pub(crate) excepted_by: Option<RuleIndex>,
    pub(crate) sighting: correlate::Sighting,
    pub(crate) details: Vec<(String, String)>,
}

/// A text in a record's place that is no record.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) reason: String,
    pub(crate) raw: Vec<u8>,
}

/// Collects the harvest of one batch.
pub(crate) struct Gather<'a> {
    rules: &'a RuleSet,
    scratch: &'a mut Scratch,
    matches: Vec<Match>,
    identities: HashSet<String>,
    harvest: Harvest,
    accounts: Accounts,
    silence: Option<&'a mut Silence>,
}

impl<'a> Gather<'a> {
    pub(crate) fn new(
        rules: &'a RuleSet,
        scratch: &'a mut Scratch,
        silence: Option<&'a mut Silence>,
    ) -> Self {
        Self {
            rules,
            scratch,
            matches: Vec::new(),
            identities: HashSet::new(),
            harvest: Harvest::default(),
            accounts: Accounts::default(),
            silence,
        }
    }

    /// Takes one place of an envelope: a record, or what is wrong with it.
    pub(crate) fn take(&mut self, index: usize, outcome: Result<&Record<'_>, RecordFault<'_>>) {
        match outcome {
            Ok(record) => self.record(index, record),
            Err(fault) => self.unreadable(fault.reason, fault.raw),
        }
    }

    /// Takes one log event: its message stands escaped in the payload, and is
    /// kept as whoever wrote it to the log group wrote it.
    pub(crate) fn take_message(
        &mut self,
        index: usize,
        outcome: Result<&Record<'_>, RecordFault<'_>>,
    ) {
        match outcome {
            Ok(record) => self.record(index, record),
            Err(fault) => {
                let quoted = [b"\"", fault.raw, b"\""].concat();
                let message = serde_json::from_slice::<String>(&quoted);
                let raw = message.map_or(fault.raw.to_owned(), String::into_bytes);
                self.unreadable(fault.reason, &raw);
            }
        }
    }

    /// Takes a text that is no record.
    pub(crate) fn unreadable(&mut self, reason: String, raw: &[u8]) {
        self.accounts.received += 1;
        self.accounts.quarantined += 1;
        self.harvest.unreadable.push(Unreadable {
            reason,
            raw: raw.to_owned(),
        });
    }

    /// Takes records that are not ours to judge.
    pub(crate) fn ignore(&mut self, records: usize) {
        let records = u64::try_from(records).unwrap_or(u64::MAX);
        self.accounts.received += records;
        self.accounts.ignored += records;
    }

    /// Takes records of an input that is not configured.
    pub(crate) fn refuse(&mut self, records: usize) {
        self.ignore(records);
        self.accounts.refused_input += u64::try_from(records).unwrap_or(u64::MAX);
    }

    /// What was gathered.
    pub(crate) fn finish(self) -> (Harvest, Accounts) {
        (self.harvest, self.accounts)
    }

    /// Judges a record. Only one that matches is looked up among the batch's
    /// identities: a second copy of one that does not is judged again, which
    /// costs less than knowing.
    pub(crate) fn record(&mut self, index: usize, record: &Record<'_>) {
        self.accounts.received += 1;
        if let Some(silence) = &mut self.silence {
            silence.hear(record);
        }
        self.matches.clear();
        self.rules.find(record, self.scratch, &mut self.matches);
        let faults = u64::try_from(self.scratch.faults().len()).unwrap_or(u64::MAX);
        self.accounts.rule_faults += faults;
        if self.matches.is_empty() {
            self.accounts.evaluated += 1;
            return;
        }
        let facts = EventFacts::of(record);
        if !self.identities.insert(facts.identity.clone()) {
            self.accounts.duplicate_in_batch += 1;
            return;
        }
        self.accounts.evaluated += 1;
        let matches = std::mem::take(&mut self.matches);
        let findings = matches
            .iter()
            .map(|found| self.finding(record, &facts, found))
            .collect();
        self.matches = matches;
        self.harvest.events.push(MatchedEvent {
            facts,
            index,
            findings,
        });
    }

    fn finding(&mut self, record: &Record<'_>, facts: &EventFacts, found: &Match) -> Finding {
        let rules = self.rules;
        let settings = &rules.rule(found.rule).meta.settings;
        let group = match settings.group.as_slice() {
            [] => vec![record.principal().unwrap_or_default().into_owned()],
            fields => fields
                .iter()
                .map(|field| self.text(record, field))
                .collect(),
        };
        let value = settings
            .first_seen
            .as_ref()
            .map(|first_seen| self.text(record, &first_seen.value))
            .filter(|value| !value.is_empty());
        let watched = match found.excepted_by {
            Some(_) => Vec::new(),
            None => self.watched(record, facts, found.rule),
        };
        Finding {
            rule: found.rule,
            excepted_by: found.excepted_by,
            group,
            details: self.details(record, found.rule),
            value,
            watched,
        }
    }

    fn watched(
        &mut self,
        record: &Record<'_>,
        facts: &EventFacts,
        rule: RuleIndex,
    ) -> Vec<Watched> {
        let rules = self.rules;
        let id = &rules.rule(rule).meta.id;
        let mut watched = Vec::new();
        for watcher in rules.correlations_of(rule) {
            let Logic::Correlation(correlation) = &rules.rule(*watcher).logic else {
                continue;
            };
            let field = |name: &str| self.text(record, field_for(correlation, name, id));
            let group = correlation
                .group_by
                .iter()
                .map(|name| field(name))
                .collect();
            let values: Vec<String> = counted(correlation)
                .iter()
                .map(|name| field(name))
                .collect();
            let complete = values.iter().all(|value| !value.is_empty());
            watched.push(Watched {
                correlation: *watcher,
                excepted_by: rules.exception_for(*watcher, record, self.scratch),
                sighting: correlate::Sighting {
                    rule: id.clone(),
                    time: facts.time_or_epoch(),
                    identity: facts.identity.clone(),
                    group,
                    values: if complete { values } else { Vec::new() },
                },
                details: self.details(record, *watcher),
            });
        }
        watched
    }

    fn details(&self, record: &Record<'_>, rule: RuleIndex) -> Vec<(String, String)> {
        let fields = &self.rules.rule(rule).meta.settings.details;
        fields
            .iter()
            .filter_map(|field| {
                let text = self.rules.field_text(record, field)?;
                Some((field.clone(), bounded(&text)))
            })
            .collect()
    }

    /// A field's text for a key: whole, since keys hash it.
    fn text(&self, record: &Record<'_>, field: &str) -> String {
        self.rules.field_text(record, field).unwrap_or_default()
    }
}

/// The fields whose values a correlation counts.
fn counted(correlation: &Correlation) -> &[String] {
    match &correlation.kind {
        CorrelationKind::ValueCount { fields, .. } => fields,
        CorrelationKind::Aggregate { field, .. } => std::slice::from_ref(field),
        _ => &[],
    }
}

/// The days since the epoch of a finding, for its counter.
pub(crate) fn day_of(facts: &EventFacts) -> i64 {
    facts.time_or_epoch().div_euclid(86_400)
}

/// The account of a finding, for its counter.
pub(crate) fn account_of(facts: &EventFacts) -> &str {
    match facts.account.as_str() {
        "" => keys::UNKNOWN_ACCOUNT,
        account => account,
    }
}
