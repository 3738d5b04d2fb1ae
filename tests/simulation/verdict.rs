//! Whether a run came to what the sequential reader found, and figures that
//! prove that the hard cases occurred.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use detection::engine::RuleSet;
use detection::sigma::{self, Lists, Source};
use pipeline::keys::TOLD;
use pipeline::ports::CounterKey;

use super::faults::{Harm, Operation, Ports};
use super::ground::Ground;
use super::history::History;
use super::oracle::{self, Truth};
use super::run::{Ran, Run};
use super::sabotage::Sabotage;

/// Figures over many histories.
#[derive(Debug, Default)]
pub struct Tally {
    pub(crate) histories: usize,
    pub(crate) events: usize,
    pub(crate) attempts: usize,
    pub(crate) alerts: usize,
    pub(crate) repeats: usize,
    pub(crate) capped: usize,
    pub(crate) over_buckets: usize,
    pub(crate) killed: usize,
    pub(crate) held: usize,
    pub(crate) eight_at_once: usize,
    pub(crate) first_sights_added: usize,
    pub(crate) harmed: BTreeMap<(Operation, Harm), usize>,
}

/// Runs a history and answers what differs; nothing if all is well.
pub(crate) fn differences(
    history: &History,
    ground: &Arc<Ground>,
    sabotage: Sabotage,
    tally: &mut Tally,
) -> Vec<String> {
    let text = history.rules.text();
    let source = Source {
        name: "simulation.yml",
        text: &text,
    };
    let loaded = sigma::load(&[source], &Lists::new());
    assert!(loaded.problems.is_empty(), "{:?}\n{text}", loaded.problems);
    let (rules, problems) = RuleSet::new(loaded.rules);
    assert!(problems.is_empty(), "{problems:?}");
    let rules = Arc::new(rules);
    let truth = oracle::read(history, &rules);
    let (ports, ran) = Run::new(history, ground, rules, sabotage).finish();
    tally.add(history, &truth, &ports, &ran);
    let mut wrong = ran.wrong.clone();
    compare_alerts(&truth, &ports, &ran, &mut wrong);
    compare_counters(&truth, &ports, &mut wrong);
    wrong
}

fn compare_alerts(truth: &Truth, ports: &Ports, ran: &Ran, wrong: &mut Vec<String>) {
    let published = ports.events().published.clone();
    let told: BTreeSet<&String> = published.keys().collect();
    for lost in truth.alerts.iter().filter(|alert| !told.contains(alert)) {
        wrong.push(format!("alert {lost} is lost"));
    }
    for alert in told {
        if !truth.alerts.contains(alert) && !truth.allowed.contains(alert) {
            wrong.push(format!("alert {alert} has no reason"));
        }
    }
    let repeats: usize = published.values().map(|times| times - 1).sum();
    if repeats > ran.broken {
        let broken = ran.broken;
        wrong.push(format!(
            "{repeats} repeats, {broken} attempts broken off in between"
        ));
    }
}

fn compare_counters(truth: &Truth, ports: &Ports, wrong: &mut Vec<String>) {
    let at_once = |day: i64| ports.ground.at_once(ports.store.day(day)).unwrap();
    let is_group = |key: &&CounterKey| matches!(key, CounterKey::Group { .. });
    let groups: Vec<CounterKey> = truth.counters.keys().filter(is_group).cloned().collect();
    let mut found: BTreeMap<CounterKey, u64> = BTreeMap::new();
    for day in &truth.days {
        found.extend(at_once(*day));
    }
    let counted = ports.ground.at_once(ports.store.counters(&groups)).unwrap();
    found.extend(groups.into_iter().zip(counted));
    let inexact = |key: &CounterKey| match key {
        CounterKey::Day { rule, .. } => truth.inexact.contains(rule),
        CounterKey::Group { .. } => false,
    };
    found.retain(|key, _| !inexact(key));
    compare_told(&mut found, ports, wrong);
    for (key, expected) in &truth.counters {
        let count = found.remove(key).unwrap_or(0);
        if count != *expected {
            wrong.push(format!("{key:?} is {count}, not {expected}"));
        }
    }
    for (key, count) in found {
        wrong.push(format!("{key:?} is {count}, not 0"));
    }
}

/// Alerts told are counted after the fact, for the report: one that a fault
/// hits right then is missing there, and none is counted twice.
fn compare_told(found: &mut BTreeMap<CounterKey, u64>, ports: &Ports, wrong: &mut Vec<String>) {
    let is_told = |key: &CounterKey| match key {
        CounterKey::Day { rule, .. } => rule == TOLD,
        CounterKey::Group { .. } => false,
    };
    let counted: u64 = found
        .iter()
        .filter(|(key, _)| is_told(key))
        .map(|(_, n)| n)
        .sum();
    found.retain(|key, _| !is_told(key));
    let events = ports.events();
    let told = events.published.len() as u64;
    if counted > told || (counted < told && events.harmed_attempts.is_empty()) {
        wrong.push(format!("{counted} alerts are counted, {told} were told"));
    }
}

impl Tally {
    fn add(&mut self, history: &History, truth: &Truth, ports: &Ports, ran: &Ran) {
        let events = ports.events();
        self.histories += 1;
        self.events += history.events.len();
        self.attempts += ran.attempts;
        self.alerts += events.published.len();
        self.repeats += events
            .published
            .values()
            .map(|times| times - 1)
            .sum::<usize>();
        self.capped += events.capped;
        self.over_buckets += truth.over_buckets;
        self.killed += ran.killed;
        self.held += ran.held;
        self.eight_at_once += usize::from(ran.most_at_once == 8);
        let added = events
            .published
            .keys()
            .filter(|alert| !truth.alerts.contains(*alert));
        self.first_sights_added += added.count();
        for (step, times) in &events.harmed {
            *self.harmed.entry(*step).or_default() += times;
        }
    }

    pub(crate) fn print(&self) {
        println!(
            "{} histories, {} events, {} attempts ({} histories with eight at once)",
            self.histories, self.events, self.attempts, self.eight_at_once
        );
        println!(
            "{} alerts, {} told again after a fault, {} first sights added out of order",
            self.alerts, self.repeats, self.first_sights_added
        );
        println!(
            "{} sets capped, {} windows over two buckets, {} attempts killed at their deadline, \
             {} refused by a lease",
            self.capped, self.over_buckets, self.killed, self.held
        );
        for ((operation, harm), times) in &self.harmed {
            println!("{times:>8} {harm:?} at {operation:?}");
        }
    }
}
