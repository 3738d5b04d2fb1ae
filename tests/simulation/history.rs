//! What happens: the events, how they are delivered, and what goes wrong.

use crate::payload::{LOG_GROUP, bus_event, logs_data};
use crate::promises::NOW;
use serde_json::{Value, json};

use super::faults::{Fault, HARMS, Harm, OPERATIONS, Operation};
use super::random::Random;
use super::rules::Rules;

/// One call, known by its number.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) n: usize,
    pub(crate) call: &'static str,
    pub(crate) user: &'static str,
    pub(crate) account: &'static str,
    pub(crate) address: &'static str,
    /// Epoch seconds.
    pub(crate) time: i64,
}

/// One invocation's payload, by the numbers of its events.
#[derive(Debug, Clone)]
pub(crate) enum Delivery {
    Logs(Vec<usize>),
    Bus(usize),
}

#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) seed: u64,
    pub(crate) rules: Rules,
    pub(crate) events: Vec<Event>,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) workers: usize,
    /// When `first_seen` rules were activated, in epoch seconds.
    pub(crate) activated: i64,
    /// When the first delivery comes, in epoch seconds: days late.
    pub(crate) begins: i64,
}

const CALLS: [&str; 8] = [
    "CallA", "CallA", "CallA", "CallB", "CallB", "CallC", "CallD", "CallS",
];
const USERS: [&str; 2] = ["kim", "lee"];
const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];
const ADDRESSES: [&str; 4] = [
    "198.51.100.7",
    "198.51.100.8",
    "203.0.113.9",
    "203.0.113.10",
];

impl History {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let rules = Rules::draw(&mut random);
        let mut events = events(&mut random);
        let storm = random.percent(35);
        if storm {
            storm_of(&mut random, &rules, &mut events);
        }
        events.sort_by_key(|event| event.time);
        for (n, event) in events.iter_mut().enumerate() {
            event.n = n;
        }
        let deliveries = deliveries(&mut random, events.len(), storm);
        let faults = (0..random.below(24))
            .map(|_| fault(&mut random, storm))
            .collect();
        Self {
            seed,
            rules,
            deliveries,
            faults,
            workers: random.between(1, 8) as usize,
            activated: NOW - random.between(0, 4) * 86_400,
            begins: NOW + random.between(0, 5) * 86_400,
            events,
        }
    }
}

/// Bursts of calls, some dense, some spread over days.
fn events(random: &mut Random) -> Vec<Event> {
    let mut events = Vec::new();
    let users = &USERS[..random.between(1, 2) as usize];
    let accounts = &ACCOUNTS[..random.between(1, 2) as usize];
    let addresses = &ADDRESSES[..random.between(1, 4) as usize];
    let calls = &CALLS[random.pick(&[0, 0, 2])..random.pick(&[4, 8, 8])];
    for _ in 0..random.between(1, 4) {
        let within = random.pick(&[30, 7_200, 3 * 86_400]);
        let start = NOW + random.between(0, within);
        let spread = random.pick(&[5, 30, 120, 900, 7_200]);
        for _ in 0..random.pick(&[2, 6, 12, 25]) {
            events.push(Event {
                n: events.len(),
                call: random.pick(calls),
                user: random.pick(users),
                account: random.pick(accounts),
                address: random.pick(addresses),
                time: start + random.between(0, spread),
            });
        }
    }
    events
}

/// Far more of one call than a window needs, late in a bucket, and a few more
/// early in the next.
fn storm_of(random: &mut Random, rules: &Rules, events: &mut Vec<Event>) {
    let watcher = &rules.watchers[random.below(rules.watchers.len())];
    let called = |name: &str| rules.events.iter().find(|rule| rule.name == name);
    let Some(rule) = watcher.watched.iter().find_map(|name| called(name)) else {
        return;
    };
    let (call, timespan) = (rule.calls[0], watcher.timespan);
    let (user, account) = (random.pick(&USERS), random.pick(&ACCOUNTS));
    let boundary = (NOW / timespan + random.between(1, 50)) * timespan;
    let third = timespan / 3;
    let after = random.between(1, 3);
    for place in 0..random.between(15, 45) {
        let time = match place < after {
            true => boundary + random.between(0, third),
            false => boundary - random.between(1, third),
        };
        events.push(Event {
            n: events.len(),
            call,
            user,
            account,
            address: random.pick(&ADDRESSES),
            time,
        });
    }
}

/// Every event at least once, many twice, over both inputs, in some order.
fn deliveries(random: &mut Random, events: usize, storm: bool) -> Vec<Delivery> {
    let mut order: Vec<usize> = (0..events).collect();
    let twice = random.pick(&[0, 30, 100]);
    for n in 0..events {
        if random.percent(twice) {
            order.push(n);
        }
    }
    match random.below(4) {
        0 => random.shuffle(&mut order),
        1 => order.reverse(),
        // As they happened.
        _ => order.sort_unstable(),
    }
    let largest = match storm {
        true => random.pick(&[1, 2, 3]),
        false => random.pick(&[1, 3, 10, 40]),
    };
    let mut deliveries = Vec::new();
    let mut rest = &order[..];
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(rest.len().min(random.below(largest) + 1));
        deliveries.push(Delivery::Logs(batch.to_vec()));
        rest = after;
    }
    let also_by_bus = random.pick(&[0, 30, 100]);
    for n in 0..events {
        if random.percent(also_by_bus) {
            let place = random.below(deliveries.len() + 1);
            deliveries.insert(place, Delivery::Bus(n));
        }
    }
    deliveries
}

fn fault(random: &mut Random, storm: bool) -> Fault {
    // Some steps are rare: they are aimed at more often.
    let rare = [
        Operation::Drop,
        Operation::FixTime,
        Operation::Seen,
        Operation::ReplaceSeen,
    ];
    let operation = match (storm && random.percent(40), random.percent(45)) {
        (true, _) => Operation::Drop,
        (_, true) => random.pick(&rare),
        _ => random.pick(&OPERATIONS),
    };
    let within = random.pick(&[1, 3, 12]);
    Fault {
        operation,
        nth: random.below(within),
        harm: match random.percent(60) {
            true => random.pick(&[Harm::CrashBefore, Harm::CrashAfter]),
            false => random.pick(&HARMS),
        },
    }
}

impl Event {
    pub(crate) fn identity(&self) -> String {
        format!("00000000-0000-4000-8000-{:012}", self.n)
    }

    pub(crate) fn principal(&self) -> String {
        format!("arn:aws:iam::{}:user/{}", self.account, self.user)
    }

    fn record(&self) -> Value {
        json!({
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "IAMUser",
                "principalId": format!("AIDA{}", self.user),
                "arn": self.principal(),
                "accountId": self.account,
                "userName": self.user,
            },
            "eventTime": jiff::Timestamp::from_second(self.time).unwrap().to_string(),
            "eventSource": "iam.amazonaws.com",
            "eventName": self.call,
            "awsRegion": "us-east-1",
            "sourceIPAddress": self.address,
            "userAgent": "aws-cli/2.31",
            "eventID": self.identity(),
            "eventType": "AwsApiCall",
            "recipientAccountId": self.account,
        })
    }
}

impl Delivery {
    /// The payload as AWS would hand it over.
    pub(crate) fn payload(&self, events: &[Event]) -> Vec<u8> {
        match self {
            Self::Logs(numbers) => {
                let records: Vec<Value> = numbers.iter().map(|n| events[*n].record()).collect();
                logs_data(&records, LOG_GROUP).unwrap().into_bytes()
            }
            Self::Bus(n) => {
                let detail_type = "AWS API Call via CloudTrail";
                let event = bus_event(&events[*n].record(), "aws.iam", detail_type);
                event.to_string().into_bytes()
            }
        }
    }
}
