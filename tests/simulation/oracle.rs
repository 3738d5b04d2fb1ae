//! The sequential reader: sees each event once, in order of time, and keeps
//! everything.

use std::collections::{BTreeMap, BTreeSet};

use detection::engine::RuleSet;
use detection::rule::Rule;
use pipeline::keys::{self, FoldWindow};
use pipeline::ports::CounterKey;

use super::history::{Event, History};
use super::rules::{EventRule, Field, Kind, Watcher, id};

/// What must come of a history.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    /// Fingerprints that are told.
    pub(crate) alerts: BTreeSet<String>,
    /// Fingerprints that may be told too: first sights out of order.
    pub(crate) allowed: BTreeSet<String>,
    /// Counters, exact.
    pub(crate) counters: BTreeMap<CounterKey, u64>,
    /// The days on which something is counted.
    pub(crate) days: BTreeSet<i64>,
    /// Ids of rules whose counters are only bounded from below.
    pub(crate) inexact: BTreeSet<String>,
    /// Windows that cross only with the bucket before.
    pub(crate) over_buckets: usize,
}

/// What a correlation sees.
#[derive(Debug, Clone)]
struct Sight {
    rule: &'static str,
    time: i64,
    identity: String,
    account: String,
    user: String,
    address: String,
}

impl Sight {
    fn field(&self, field: Field) -> String {
        match field {
            Field::User => self.user.clone(),
            Field::Address => self.address.clone(),
        }
    }
}

struct Reader<'h> {
    history: &'h History,
    set: &'h RuleSet,
    truth: Truth,
}

pub(crate) fn read(history: &History, set: &RuleSet) -> Truth {
    let mut reader = Reader {
        history,
        set,
        truth: Truth::default(),
    };
    let mut events = history.events.clone();
    events.sort_by_key(|event| (event.time, event.n));
    reader.truth.days = events
        .iter()
        .map(|event| event.time.div_euclid(86_400))
        .collect();
    let mut sights = Vec::new();
    for rule in &history.rules.events {
        let matching: Vec<&Event> = events
            .iter()
            .filter(|event| rule.calls.contains(&event.call))
            .collect();
        match rule.first_seen {
            Some(days) => reader.first_sights(rule, days, &matching),
            None => reader.findings(rule, &matching),
        }
        sights.extend(matching.iter().map(|event| Sight {
            rule: rule.name,
            time: event.time,
            identity: event.identity(),
            account: event.account.to_owned(),
            user: event.user.to_owned(),
            address: event.address.to_owned(),
        }));
    }
    for watcher in &history.rules.watchers {
        let crossings = reader.windows(watcher, &sights);
        sights.extend(crossings);
    }
    reader.truth
}

impl Reader<'_> {
    fn rule(&self, name: &str) -> &Rule {
        self.set.rule(self.set.by_id(&id(name)).unwrap())
    }

    fn count(&mut self, key: CounterKey) {
        *self.truth.counters.entry(key).or_default() += 1;
    }

    fn count_day(&mut self, time: i64, account: &str, name: &str) {
        self.truth.days.insert(time.div_euclid(86_400));
        self.count(CounterKey::Day {
            day: time.div_euclid(86_400),
            account: account.to_owned(),
            rule: id(name),
        });
    }

    fn findings(&mut self, rule: &EventRule, events: &[&Event]) {
        let alone = self.history.rules.alerts_alone(rule.name);
        for event in events {
            self.count_day(event.time, event.account, rule.name);
            if alone {
                let window = FoldWindow::holding(event.time, rule.fold as u64);
                let group = [event.principal()];
                let fingerprint =
                    keys::fingerprint(self.rule(rule.name), event.account, &group, window, false);
                self.count(CounterKey::Group {
                    fingerprint: fingerprint.clone(),
                });
                if !rule.staged {
                    self.truth.alerts.insert(fingerprint);
                }
            }
        }
    }

    fn first_sights(&mut self, rule: &EventRule, (learn, forget): (i64, i64), events: &[&Event]) {
        let (learn, forget) = (learn * 86_400, forget * 86_400);
        let mut last: BTreeMap<(String, &str), i64> = BTreeMap::new();
        for event in events {
            let group = [event.principal(), event.address.to_owned()];
            let window = FoldWindow::holding(event.time, forget as u64);
            let fingerprint =
                keys::fingerprint(self.rule(rule.name), event.account, &group, window, false);
            let value = (event.principal(), event.address);
            let before = last.insert(value, event.time);
            let new = before.is_none_or(|before| event.time - before >= forget);
            if event.time >= self.history.activated + learn {
                self.truth.allowed.insert(fingerprint.clone());
                if new {
                    self.truth.alerts.insert(fingerprint);
                }
            }
        }
        self.truth.inexact.insert(id(rule.name));
    }

    /// Judges a correlation and returns its crossings as sights.
    fn windows(&mut self, watcher: &Watcher, sights: &[Sight]) -> Vec<Sight> {
        let mut groups: BTreeMap<(String, Vec<String>), Vec<Sight>> = BTreeMap::new();
        for sight in sights
            .iter()
            .filter(|sight| watcher.watched.contains(&sight.rule))
        {
            let account = match watcher.organization {
                true => "*".to_owned(),
                false => sight.account.clone(),
            };
            let group: Vec<String> = watcher
                .group
                .iter()
                .map(|field| sight.field(*field))
                .collect();
            if !sight.identity.starts_with("crossing") {
                let window = FoldWindow::holding(sight.time, watcher.fold as u64);
                let rule = self.rule(watcher.name);
                let fingerprint = keys::fingerprint(rule, &sight.account, &group, window, false);
                self.count(CounterKey::Group { fingerprint });
            }
            groups
                .entry((account, group))
                .or_default()
                .push(sight.clone());
        }
        let mut crossings = Vec::new();
        for ((account, group), sights) in groups {
            let times = self.crossing_times(watcher, &sights);
            self.tell(watcher, &account, &group, &times);
            crossings.extend(times.into_iter().map(|time| {
                let field = |field| {
                    let place = watcher.group.iter().position(|other| *other == field);
                    place.map(|place| group[place].clone()).unwrap_or_default()
                };
                Sight {
                    rule: watcher.name,
                    time,
                    identity: format!("crossing {} {account} {group:?} {time}", watcher.name),
                    account: account.clone(),
                    user: field(Field::User),
                    address: field(Field::Address),
                }
            }));
        }
        crossings
    }

    fn tell(&mut self, watcher: &Watcher, account: &str, group: &[String], times: &BTreeSet<i64>) {
        if !self.history.rules.alerts_alone(watcher.name) {
            return;
        }
        let windows: BTreeSet<FoldWindow> = times
            .iter()
            .map(|time| FoldWindow::holding(*time, watcher.fold as u64))
            .collect();
        for window in windows {
            let fingerprint =
                keys::fingerprint(self.rule(watcher.name), account, group, window, false);
            self.count_day(window.start, account, watcher.name);
            if !watcher.staged {
                self.truth.alerts.insert(fingerprint);
            }
        }
    }

    /// The ends of all windows that cross.
    fn crossing_times(&mut self, watcher: &Watcher, sights: &[Sight]) -> BTreeSet<i64> {
        let ends: BTreeSet<i64> = sights
            .iter()
            .filter(|sight| {
                watcher.kind != Kind::Ordered || Some(&sight.rule) == watcher.watched.last()
            })
            .map(|sight| sight.time)
            .collect();
        let holds = |from: i64, end: i64| {
            let inside: Vec<&Sight> = sights
                .iter()
                .filter(|sight| from <= sight.time && sight.time <= end)
                .collect();
            crosses(watcher, &inside)
        };
        let mut found = BTreeSet::new();
        for end in ends {
            let from = end - watcher.timespan + 1;
            if holds(from, end) {
                found.insert(end);
                let bucket = end.div_euclid(watcher.timespan) * watcher.timespan;
                self.truth.over_buckets += usize::from(!holds(from.max(bucket), end));
            }
        }
        found
    }
}

fn crosses(watcher: &Watcher, inside: &[&Sight]) -> bool {
    let distinct = |of: &dyn Fn(&Sight) -> String| {
        inside
            .iter()
            .map(|sight| of(sight))
            .collect::<BTreeSet<_>>()
            .len()
    };
    match watcher.kind {
        Kind::Events(n) => distinct(&|sight| sight.identity.clone()) >= n,
        Kind::Values(n) => distinct(&|sight| sight.address.clone()) >= n,
        Kind::Together => distinct(&|sight| sight.rule.to_owned()) >= watcher.watched.len(),
        Kind::Ordered => {
            let mut reached = i64::MIN;
            watcher.watched.iter().all(|rule| {
                let times = inside.iter().filter(|sight| sight.rule == *rule);
                let next = times
                    .map(|sight| sight.time)
                    .filter(|time| *time >= reached)
                    .min();
                reached = next.unwrap_or(i64::MAX);
                next.is_some()
            })
        }
    }
}
