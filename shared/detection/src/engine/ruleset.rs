//! A set of rules, compiled and indexed.

use std::ops::ControlFlow;

use cloudtrail::Record;
use serde::{Deserialize, Serialize};

use crate::engine::evaluate::{Answers, FaultReason, Judge};
use crate::engine::field::Field;
use crate::engine::index::{self, Index};
use crate::engine::links::{self, Links};
use crate::engine::program::{Compiler, Node, Program};
use crate::engine::shelf::Shelf;
use crate::engine::split::Split;
use crate::engine::text::Text;
use crate::problem::RuleProblem;
use crate::rule::{Filter, Logic, Rule};

/// A rule's place in the set that gave it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleIndex(pub(crate) u32);

impl RuleIndex {
    /// The place, counted from 0.
    pub fn position(self) -> usize {
        self.0 as usize
    }

    pub(crate) fn at(position: usize) -> Self {
        Self(u32::try_from(position).unwrap_or(u32::MAX))
    }
}

/// An event rule that holds for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Match {
    /// The rule.
    pub rule: RuleIndex,
    /// The exception (a filter rule) that hides the match, if one does.
    pub excepted_by: Option<RuleIndex>,
}

/// A rule that could not be judged for a record. For an exception: it hides
/// nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleFault {
    /// The rule.
    pub rule: RuleIndex,
    /// Why.
    pub reason: FaultReason,
}

/// What [`RuleSet::find`] needs to work; kept and reused, it allocates once.
#[derive(Debug)]
pub struct Scratch {
    answers: Answers,
    faults: Vec<RuleFault>,
    now: i64,
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            answers: Answers::default(),
            faults: Vec::new(),
            now: i64::MIN,
        }
    }
}

impl Scratch {
    /// Sets the time (epoch seconds) by which exceptions expire. Before the
    /// first call none ever does.
    pub fn set_time(&mut self, now: i64) {
        self.now = now;
    }

    /// The rules that could not be judged for the last record.
    pub fn faults(&self) -> &[RuleFault] {
        &self.faults
    }
}

/// Rules, compiled and indexed.
#[derive(Debug)]
pub struct RuleSet {
    pub(crate) shelf: Shelf,
    pub(crate) program: Program,
    /// The event rules, each with its condition.
    pub(crate) plans: Vec<(RuleIndex, Split)>,
    /// The exceptions, each with the condition under which a rule keeps an
    /// event.
    pub(crate) exceptions: Vec<(RuleIndex, Node)>,
    pub(crate) index: Index,
    pub(crate) links: Links,
}

impl RuleSet {
    /// Compiles rules. One that cannot be used is left out and reported; the
    /// others work as if it had never been there.
    pub fn new(rules: Vec<Rule>) -> (Self, Vec<RuleProblem>) {
        let mut problems = Vec::new();
        let mut compiler = Compiler::default();
        let mut compiled = Vec::new();
        for rule in rules {
            match compile(&mut compiler, &rule.logic) {
                Ok(node) => compiled.push((rule, node)),
                Err(message) => problems.push(links::problem(&rule, message)),
            }
        }
        let compiled = links::usable(compiled, &mut problems);
        let mut program = compiler.finish();
        let mut conditions = Vec::new();
        let mut exceptions = Vec::new();
        let mut rules = Vec::with_capacity(compiled.len());
        for (position, (rule, node)) in compiled.into_iter().enumerate() {
            let list = match &rule.logic {
                Logic::Filter(_) => &mut exceptions,
                Logic::Event(_) | Logic::Correlation(_) => &mut conditions,
            };
            list.extend(node.map(|node| (RuleIndex::at(position), node)));
            rules.push(rule);
        }
        let nodes = conditions.iter().map(|(_, node)| node);
        let unnamed: Vec<&Node> = nodes
            .filter(|node| index::is_unnamed(&program, node))
            .collect();
        program.take_together(unnamed.into_iter());
        let split = |(rule, node): &(RuleIndex, Node)| (*rule, Split::new(&program, node));
        let plans: Vec<_> = conditions.iter().map(split).collect();
        let index = Index::new(&program, &conditions, &plans);
        let links = Links::new(&rules, &exceptions, &mut problems);
        let set = Self {
            shelf: Shelf::new(rules),
            program,
            plans,
            exceptions,
            index,
            links,
        };
        (set, problems)
    }

    /// Appends the event rules that hold for a record, in the set's order.
    /// What could not be judged is in [`Scratch::faults`] afterwards.
    pub fn find(&self, record: &Record<'_>, scratch: &mut Scratch, matches: &mut Vec<Match>) {
        let before = matches.len();
        scratch.faults.clear();
        let mut judge = self.judge(record, &mut scratch.answers);
        let faults = &mut scratch.faults;
        let mut each = |rule, outcome| match outcome {
            Ok(false) => {}
            Ok(true) => matches.push(Match {
                rule,
                excepted_by: None,
            }),
            Err(reason) => faults.push(RuleFault { rule, reason }),
        };
        match self.index.named(&mut judge) {
            Some(named) => {
                let sieves = self.index.sieves();
                sieves.sift(named, &mut judge, &self.plans, &mut each);
                let mut unnamed = self.index.unnamed();
                if unnamed.next().is_some() {
                    sieves.sift_first(&mut judge, &self.plans, &mut each);
                    sieves.sift(unnamed, &mut judge, &self.plans, &mut each);
                }
            }
            None => {
                for (rule, condition) in &self.plans {
                    each(*rule, condition.holds(&mut judge));
                }
            }
        }
        let Some(found) = matches.get_mut(before..).filter(|found| !found.is_empty()) else {
            return;
        };
        found.sort_unstable();
        if self.exceptions.is_empty() {
            return;
        }
        for found in found {
            found.excepted_by =
                self.exception(found.rule, &mut judge, scratch.now, &mut scratch.faults);
        }
    }

    /// The first exception that hides findings of a rule on this record. For
    /// event rules [`RuleSet::find`] asks it already; for a correlation it
    /// tells whether the record may count.
    pub fn exception_for(
        &self,
        rule: RuleIndex,
        record: &Record<'_>,
        scratch: &mut Scratch,
    ) -> Option<RuleIndex> {
        scratch.faults.clear();
        let mut judge = self.judge(record, &mut scratch.answers);
        self.exception(rule, &mut judge, scratch.now, &mut scratch.faults)
    }

    fn exception(
        &self,
        rule: RuleIndex,
        judge: &mut Judge<'_, '_>,
        now: i64,
        faults: &mut Vec<RuleFault>,
    ) -> Option<RuleIndex> {
        for place in self.links.exceptions_of(rule) {
            let Some((filter, keeps)) = self.exceptions.get(*place) else {
                continue;
            };
            if self.is_expired(*filter, now) {
                continue;
            }
            match judge.holds(keeps) {
                Ok(true) => {}
                Ok(false) => return Some(*filter),
                Err(reason) => faults.push(RuleFault {
                    rule: *filter,
                    reason,
                }),
            }
        }
        None
    }

    fn judge<'j, 'r>(&'j self, record: &'j Record<'r>, answers: &'j mut Answers) -> Judge<'j, 'r> {
        answers.begin(&self.program);
        Judge {
            program: &self.program,
            record,
            answers,
        }
    }

    fn is_expired(&self, filter: RuleIndex, now: i64) -> bool {
        match &self.rule(filter).logic {
            Logic::Filter(filter) => filter.expires.is_some_and(|end| end <= now),
            Logic::Event(_) | Logic::Correlation(_) => false,
        }
    }

    /// The exceptions that no longer work at a time (epoch seconds).
    pub fn expired_exceptions(&self, now: i64) -> Vec<RuleIndex> {
        let filters = self.exceptions.iter().map(|(filter, _)| *filter);
        filters
            .filter(|filter| self.is_expired(*filter, now))
            .collect()
    }

    /// The rule at a place. (A place that another set gave out may be none of
    /// this one's; then the answer is a rule that never matches.)
    pub fn rule(&self, rule: RuleIndex) -> &Rule {
        self.shelf.get(rule.position())
    }

    /// Every rule of the set, in the order in which they were given.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.shelf.iter()
    }

    /// Every place of the set.
    pub fn indices(&self) -> impl Iterator<Item = RuleIndex> + use<> {
        (0..self.len()).map(RuleIndex::at)
    }

    /// The rule with this id, else the one with this name.
    pub fn by_id(&self, id: &str) -> Option<RuleIndex> {
        self.links.by_id(id)
    }

    /// Number of rules of every kind.
    pub fn len(&self) -> usize {
        self.shelf.len()
    }

    /// Whether there is no rule at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The correlations that watch a rule (an event rule or a correlation).
    pub fn correlations_of(&self, rule: RuleIndex) -> &[RuleIndex] {
        self.links.correlations_of(rule)
    }

    /// Whether a rule alerts by itself: not if correlations watch it and none
    /// of them has `generate`; and an exception never does.
    pub fn alerts_alone(&self, rule: RuleIndex) -> bool {
        if matches!(self.rule(rule).logic, Logic::Filter(_)) {
            return false;
        }
        let watchers = self.correlations_of(rule);
        watchers.is_empty()
            || watchers.iter().any(
                |watcher| matches!(&self.rule(*watcher).logic, Logic::Correlation(c) if c.generate),
            )
    }

    /// A field as one text, for group keys and alerts: `None` where it is
    /// absent, null or an empty array; several values joined by `, `.
    pub fn field_text(&self, record: &Record<'_>, path: &str) -> Option<String> {
        let values = self.field_values(record, path);
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// Every value of a field as text, in the order of the record.
    pub fn field_values(&self, record: &Record<'_>, path: &str) -> Vec<String> {
        let mut values = Vec::new();
        Field::new(path).each(record, &mut |value| {
            values.extend(Text::of(value).map(|text| text.as_str().to_owned()));
            ControlFlow::Continue(())
        });
        values
    }
}

/// Compiles what a rule asks of single records; a correlation asks nothing.
fn compile(compiler: &mut Compiler, logic: &Logic) -> Result<Option<Node>, String> {
    match logic {
        Logic::Event(detection) | Logic::Filter(Filter { detection, .. }) => {
            compiler.detection(detection).map(Some)
        }
        Logic::Correlation(_) => Ok(None),
    }
}
