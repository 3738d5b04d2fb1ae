//! The same detector over files: what the command line runs on.
//!
//! Besides alerts it keeps the lines of every finding, and at the end runs the
//! correlations that only finished periods can answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloudtrail::envelope::{EnvelopeError, FileSummary};
use detection::correlate::{self, Crossing, Stream};
use detection::rule::{Logic, Rule};

use crate::accounts::Accounts;
use crate::alert::Together;
use crate::cases::{Case, Naming, Outcome, is_staged};
use crate::detect::{Detector, Parts};
use crate::gather::MatchedEvent;
use crate::invocation::{HandlerError, Invocation, conclude};
use crate::journal::{GroupKey, Journal, Line, Sighted};
use crate::keys::{self, FoldWindow};
use crate::metered::Metered;

/// Why a file's records are not among the findings.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Nothing in the file can be read.
    #[error(transparent)]
    Unreadable(#[from] EnvelopeError),
    /// State or sink failed.
    #[error(transparent)]
    Failed(#[from] HandlerError),
}

/// A run over files.
pub struct Scan {
    detector: Detector,
    owner: String,
    accounts: Accounts,
}

impl Scan {
    /// A run with these parts; `owner` must differ from that of any other run
    /// over the same state.
    pub fn new(parts: Parts, owner: String) -> Self {
        let mut detector = Detector::new(Parts {
            log_groups: None,
            ..parts
        });
        detector.journal = Some(Journal::default());
        Self {
            detector,
            owner,
            accounts: Accounts::default(),
        }
    }

    /// Handles a file's bytes; `name` is what lines and alerts call it.
    ///
    /// # Errors
    /// Where nothing in it can be read, or state or sink failed.
    pub async fn file(&mut self, name: &str, bytes: &[u8]) -> Result<FileSummary, ScanError> {
        let invocation = self.invocation(name);
        let handled = self.detector.handle_file(bytes, &invocation).await;
        match handled {
            Ok(read) => {
                let (accounts, summary) = read?;
                self.accounts.add(&accounts);
                Ok(summary)
            }
            Err(error) => {
                self.accounts.add(&error.accounts);
                Err(error.into())
            }
        }
    }

    /// The findings, crossings and alerts since the last look, in order.
    pub fn take_lines(&mut self) -> Vec<Line> {
        let journal = self.detector.journal.as_mut();
        journal.map(Journal::take).unwrap_or_default()
    }

    /// Every exception with the number of findings that it hid so far.
    pub fn hidden(&self) -> Vec<(&Rule, u64)> {
        let rules = &self.detector.parts.rules;
        let filters = rules
            .indices()
            .filter(|index| matches!(rules.rule(*index).logic, Logic::Filter(_)));
        let journal = self.detector.journal.as_ref();
        filters
            .map(|index| {
                let hidden = journal.map_or(0, |journal| journal.hidden_by(index));
                (rules.rule(index), hidden)
            })
            .collect()
    }

    /// The numbers of the run so far.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Runs the correlations that cannot be streamed, over the period between
    /// the first and the last finding that they watch.
    ///
    /// # Errors
    /// Where state or sink failed.
    pub async fn finish(&mut self) -> Result<(), HandlerError> {
        let journal = self.detector.journal.as_mut();
        let finished = journal.map(Journal::take_finished).unwrap_or_default();
        if finished.is_empty() {
            return Ok(());
        }
        let crossed = self.crossed(finished);
        let invocation = self.invocation("the whole scan");
        let state = Metered::new(Arc::clone(&self.detector.parts.state));
        let mut events = Vec::new();
        let mut cases = Vec::new();
        for (case, event, crossing) in crossed {
            events.push(event);
            cases.push((case, crossing));
        }
        let now = (self.detector.parts.clock)().div_euclid(1_000);
        let mut accounts = Accounts::default();
        let mut work = self.detector.work(&state, &events, &invocation, now);
        for (place, (mut case, crossing)) in cases.into_iter().enumerate() {
            case.event = place;
            let rule = work.rules.rule(case.rule);
            if let (Some(journal), Some(event)) = (work.journal.as_deref_mut(), events.get(place)) {
                journal.correlation(rule, &case, &event.facts, &crossing);
            }
            if is_staged(rule, crossing.time) {
                work.pairs.closed(Outcome::Staged);
            } else {
                case.pairs.push(work.pairs.open(None));
                work.open_case(case);
            }
        }
        let problems = work.finish(&mut accounts).await;
        let outcome = conclude(accounts, problems);
        let accounts = match &outcome {
            Ok(accounts) => accounts,
            Err(error) => error.accounts.as_ref(),
        };
        self.accounts.add(accounts);
        outcome.map(|_| ())
    }

    fn crossed(
        &self,
        finished: BTreeMap<GroupKey, Vec<Sighted>>,
    ) -> Vec<(Case, MatchedEvent, Crossing)> {
        let times = || finished.values().flatten().map(|seen| seen.sighting.time);
        let period = times().min().unwrap_or(0)..times().max().unwrap_or(0).saturating_add(1);
        let mut crossed = Vec::new();
        for ((index, account, group), sighted) in finished {
            let rule = self.detector.parts.rules.rule(index);
            let Logic::Correlation(correlation) = &rule.logic else {
                continue;
            };
            let fold = rule.meta.settings.fold_seconds;
            let (sightings, mut events): (Vec<_>, Vec<_>) = sighted
                .into_iter()
                .map(|seen| (seen.sighting, seen.event))
                .unzip();
            events.sort_by_key(|event| event.facts.time);
            let found = correlate::evaluate_finished(correlation, fold, period.clone(), &sightings);
            for crossing in found.into_iter().filter(|crossing| crossing.first) {
                let last = events
                    .iter()
                    .rfind(|event| event.facts.time_or_epoch() <= crossing.time)
                    .or(events.first());
                let Some(event) = last else { continue };
                let event = MatchedEvent {
                    facts: event.facts.clone(),
                    index: event.index,
                    findings: Vec::new(),
                };
                let window = FoldWindow {
                    start: crossing.fold_window,
                    seconds: keys::signed(keys::fold_seconds(rule)),
                };
                let naming = Naming::of(rule, &account, &group, window, false);
                let names = correlation.group_by.iter().cloned();
                let case = Case {
                    rule: index,
                    level: naming.level,
                    event: 0,
                    details: Vec::new(),
                    together: Some(Together {
                        count: crossing.count,
                        from: crossing.members.first().map_or(crossing.time, |m| m.time),
                        to: crossing.time,
                        steps: Vec::new(),
                        group: names.zip(group.clone()).collect(),
                    }),
                    window,
                    fingerprint: naming.fingerprint,
                    previous: naming.previous,
                    group: group.clone(),
                    pairs: Vec::new(),
                };
                crossed.push((case, event, crossing));
            }
        }
        crossed
    }

    fn invocation(&self, input: &str) -> Invocation {
        Invocation {
            deadline_ms: i64::MAX,
            owner: self.owner.clone(),
            input: input.to_owned(),
        }
    }
}

/// Whether a correlation runs only over finished periods, and why.
#[must_use]
pub fn scan_only_reason(rule: &Rule) -> Option<String> {
    let Logic::Correlation(correlation) = &rule.logic else {
        return None;
    };
    Stream::new(correlation, rule.meta.settings.fold_seconds, false)
        .err()
        .map(|reason| reason.to_string())
}
