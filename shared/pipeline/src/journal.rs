//! What a run over files tells besides alerts: every finding, every crossing,
//! every alert, as lines. Functions in AWS keep none.

use std::collections::BTreeMap;

use detection::correlate::{self, Crossing};
use detection::engine::{RuleIndex, RuleSet};
use detection::rule::{Level, Rule};
use jiff::Timestamp;
use serde::Serialize;

use crate::alert::level_name;
use crate::cases::{Case, Naming};
use crate::facts::EventFacts;
use crate::gather::{Finding, MatchedEvent, Watched};

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LineKind {
    /// An event rule holds for a record.
    Event,
    /// A correlation crossed.
    Correlation,
    /// An alert was told, after folding.
    Alert,
}

/// Where a record lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The input's name.
    pub path: String,
    /// The record's place in it, from 0.
    pub index: usize,
}

/// One line of a scan's output.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// What it is about.
    pub kind: LineKind,
    /// The rule.
    pub rule_id: String,
    /// Its title.
    pub rule_title: String,
    /// The finding's level.
    #[serde(serialize_with = "level_text")]
    pub level: Level,
    /// The rule's tags.
    pub tags: Vec<String>,
    /// `eventID` of the event that is told.
    pub event_id: String,
    /// `eventID`s of all events that took part, as far as this run saw them.
    pub event_ids: Vec<String>,
    /// Time of that event (of a correlation: the end of its window), RFC 3339.
    pub event_time: Option<String>,
    /// `eventName`.
    pub event_name: String,
    /// `eventSource`.
    pub event_source: String,
    /// The account, or empty.
    pub account: String,
    /// `awsRegion`.
    pub region: String,
    /// Who acted.
    pub principal: String,
    /// `sourceIPAddress`.
    pub source_ip: String,
    /// The values of the fold group.
    pub group: Vec<String>,
    /// Names the alert that stands for the finding.
    pub fingerprint: String,
    /// The exception that hides the finding.
    pub suppressed_by: Option<String>,
    /// Where the record lies.
    pub source: Option<Source>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn level_text<S: serde::Serializer>(level: &Level, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(level_name(*level))
}

/// One group of one correlation: rule, account, group values.
pub(crate) type GroupKey = (RuleIndex, String, Vec<String>);

/// A sighting with the event that brought it.
#[derive(Debug)]
pub(crate) struct Sighted {
    pub(crate) sighting: correlate::Sighting,
    pub(crate) event: MatchedEvent,
}

/// The lines of a run and what its correlations saw.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    lines: Vec<Line>,
    /// Places in `lines`, by fingerprint.
    told: BTreeMap<String, Vec<usize>>,
    /// Time and `eventID` of what each group of a correlation saw.
    sighted: BTreeMap<GroupKey, Vec<(i64, String)>>,
    /// What the correlations that cannot be streamed saw, for the end.
    finished: BTreeMap<GroupKey, Vec<Sighted>>,
    /// Where the events of the present input lie, by identity.
    places: BTreeMap<String, Source>,
    /// How many findings (and sightings of correlations) each exception hid.
    hidden: BTreeMap<RuleIndex, u64>,
}

impl Journal {
    /// When learning begins: with the first event of the run, since files
    /// tell of the past.
    pub(crate) fn activation(&self, events: &[MatchedEvent], now: i64) -> i64 {
        let times = events.iter().filter_map(|event| event.facts.time);
        times.min().unwrap_or(now)
    }

    pub(crate) fn event(
        &mut self,
        rules: &RuleSet,
        input: &str,
        event: &MatchedEvent,
        finding: &Finding,
    ) {
        let rule = rules.rule(finding.rule);
        let naming = Naming::of_event(rule, &event.facts, &finding.fold_group());
        self.count_hidden(finding.excepted_by);
        let source = Source {
            path: input.to_owned(),
            index: event.index,
        };
        self.places
            .insert(event.facts.identity.clone(), source.clone());
        let line = Line {
            group: finding.group.clone(),
            fingerprint: naming.fingerprint,
            suppressed_by: finding
                .excepted_by
                .map(|filter| rules.rule(filter).meta.id.clone()),
            source: Some(source),
            ..line(LineKind::Event, rule, naming.level, &event.facts)
        };
        self.push(line);
    }

    /// Notes what a correlation sees; of one that cannot be streamed, all of
    /// it.
    pub(crate) fn watched(&mut self, watched: &Watched, event: &MatchedEvent, streamed: bool) {
        let facts = &event.facts;
        self.count_hidden(watched.excepted_by);
        let key = (
            watched.correlation,
            facts.account.clone(),
            watched.sighting.group.clone(),
        );
        if !streamed && watched.excepted_by.is_none() {
            let event = MatchedEvent {
                facts: facts.clone(),
                index: event.index,
                findings: Vec::new(),
            };
            let sighting = watched.sighting.clone();
            let finished = self.finished.entry(key.clone()).or_default();
            finished.push(Sighted { sighting, event });
        }
        let seen = (watched.sighting.time, facts.event_id.clone());
        self.sighted.entry(key).or_default().push(seen);
    }

    /// What the correlations that cannot be streamed saw; handed over.
    pub(crate) fn take_finished(&mut self) -> BTreeMap<GroupKey, Vec<Sighted>> {
        std::mem::take(&mut self.finished)
    }

    pub(crate) fn correlation(
        &mut self,
        rule: &Rule,
        case: &Case,
        facts: &EventFacts,
        crossing: &Crossing,
    ) {
        let to = crossing.time;
        let from = match &case.together {
            Some(together) => together.from,
            None => to,
        };
        let key = (case.rule, facts.account.clone(), case.group.clone());
        let event_ids = self
            .sighted
            .get(&key)
            .into_iter()
            .flatten()
            .filter(|(time, _)| (from..=to).contains(time))
            .map(|(_, id)| id.clone())
            .collect();
        let line = Line {
            event_ids,
            event_time: rfc3339(Some(to)),
            group: case.group.clone(),
            fingerprint: case.fingerprint.clone(),
            source: self.places.get(&facts.identity).cloned(),
            ..line(LineKind::Correlation, rule, case.level, facts)
        };
        self.push(line);
    }

    pub(crate) fn alert(&mut self, rule: &Rule, case: &Case, facts: &EventFacts) {
        let told = self.told.get(&case.fingerprint).into_iter().flatten();
        let event_ids = told
            .filter_map(|place| self.lines.get(*place))
            .flat_map(|line| &line.event_ids)
            .cloned()
            .collect();
        let line = Line {
            event_ids,
            group: case.group.clone(),
            fingerprint: case.fingerprint.clone(),
            source: self.places.get(&facts.identity).cloned(),
            ..line(LineKind::Alert, rule, case.level, facts)
        };
        self.push(line);
    }

    /// How many findings an exception hid.
    pub(crate) fn hidden_by(&self, filter: RuleIndex) -> u64 {
        self.hidden.get(&filter).copied().unwrap_or(0)
    }

    fn count_hidden(&mut self, by: Option<RuleIndex>) {
        if let Some(filter) = by {
            *self.hidden.entry(filter).or_default() += 1;
        }
    }

    fn push(&mut self, line: Line) {
        let place = self.lines.len();
        self.told
            .entry(line.fingerprint.clone())
            .or_default()
            .push(place);
        self.lines.push(line);
    }

    /// The lines so far; they are handed over and no longer kept.
    pub(crate) fn take(&mut self) -> Vec<Line> {
        self.places.clear();
        self.told.clear();
        std::mem::take(&mut self.lines)
    }
}

fn line(kind: LineKind, rule: &Rule, level: Level, facts: &EventFacts) -> Line {
    Line {
        kind,
        rule_id: rule.meta.id.clone(),
        rule_title: rule.meta.title.clone(),
        level,
        tags: rule.meta.tags.clone(),
        event_id: facts.event_id.clone(),
        event_ids: vec![facts.event_id.clone()],
        event_time: rfc3339(facts.time),
        event_name: facts.name.clone(),
        event_source: facts.source.clone(),
        account: facts.account.clone(),
        region: facts.region.clone(),
        principal: facts.principal.clone(),
        source_ip: facts.source_ip.clone(),
        group: Vec::new(),
        fingerprint: String::new(),
        suppressed_by: None,
        source: None,
    }
}

pub(crate) fn rfc3339(time: Option<i64>) -> Option<String> {
    let time = Timestamp::from_second(time?).ok()?;
    Some(time.to_string())
}
