//! Rules of a history: as the oracle reads them, and as Sigma documents.

use std::fmt::Write as _;

use super::random::Random;

/// A field that groups and values are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    User,
    Address,
}

impl Field {
    fn path(self) -> &'static str {
        match self {
            Self::User => "userIdentity.userName",
            Self::Address => "sourceIPAddress",
        }
    }
}

/// A rule over single events.
#[derive(Debug, Clone)]
pub(crate) struct EventRule {
    pub(crate) name: &'static str,
    /// The calls that it matches.
    pub(crate) calls: &'static [&'static str],
    pub(crate) fold: i64,
    pub(crate) staged: bool,
    /// For a `first_seen` rule over the address: days to learn and to forget.
    pub(crate) first_seen: Option<(i64, i64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Events(usize),
    /// Distinct addresses.
    Values(usize),
    Together,
    Ordered,
}

/// A correlation.
#[derive(Debug, Clone)]
pub(crate) struct Watcher {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The names of the rules that it watches.
    pub(crate) watched: Vec<&'static str>,
    pub(crate) group: Vec<Field>,
    pub(crate) timespan: i64,
    pub(crate) fold: i64,
    pub(crate) organization: bool,
    pub(crate) staged: bool,
    pub(crate) generate: bool,
}

/// The rules of a history, watchers after what they watch.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) events: Vec<EventRule>,
    pub(crate) watchers: Vec<Watcher>,
}

const WATCHERS: [&str; 4] = ["w0", "w1", "w2", "w3"];

impl Rules {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let plain = |name, calls| EventRule {
            name,
            calls,
            fold: 3_600,
            staged: false,
            first_seen: None,
        };
        let mut events = vec![
            plain("a", &["CallA"]),
            plain("b", &["CallB"]),
            plain("c", &["CallC"]),
            plain("d", &["CallD"]),
            plain("e", &["CallA", "CallB"]),
        ];
        events[3].staged = random.percent(10);
        events[3].fold = random.pick(&[600, 3_600, 86_400]);
        if random.percent(60) {
            let learn_forget = (1, random.between(2, 4));
            events.push(EventRule {
                first_seen: Some(learn_forget),
                ..plain("s", &["CallS"])
            });
        }
        let mut watchers: Vec<Watcher> = Vec::new();
        for name in &WATCHERS[..random.below(3) + 1] {
            let mut watcher = Watcher::draw(random, name);
            if let Some(inner) = watchers.last().filter(|_| random.percent(40)) {
                watcher.watch(inner, random);
            }
            watchers.push(watcher);
        }
        Self { events, watchers }
    }

    /// Whether a rule alerts by itself.
    pub(crate) fn alerts_alone(&self, name: &str) -> bool {
        let mut watchers = self
            .watchers
            .iter()
            .filter(|w| w.watched.contains(&name))
            .peekable();
        watchers.peek().is_none() || watchers.any(|watcher| watcher.generate)
    }

    /// The rules as Sigma documents.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for rule in &self.events {
            rule.write(&mut text);
        }
        for watcher in &self.watchers {
            watcher.write(&mut text);
        }
        text
    }
}

/// The id of a rule by its name.
pub(crate) fn id(name: &str) -> String {
    let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("00000000-0000-4000-8000-{digits:0>12}")
}

impl EventRule {
    fn write(&self, text: &mut String) {
        let (name, id) = (self.name, id(self.name));
        let _ = write!(
            text,
            "---\ntitle: Rule {name}\nid: {id}\nname: {name}\nlevel: high\n\
             logsource: {{product: aws, service: cloudtrail}}\n\
             detection:\n  selection: {{eventName: [{}]}}\n  condition: selection\n\
             trailward:\n  group: [userIdentity.arn]\n  fold: {}s\n  staged: {}\n",
            self.calls.join(", "),
            self.fold,
            self.staged
        );
        if let Some((learn, forget)) = self.first_seen {
            let value = Field::Address.path();
            let _ = writeln!(
                text,
                "  first-seen: {{value: {value}, learn: {learn}d, forget: {forget}d}}"
            );
        }
    }
}

impl Watcher {
    fn draw(random: &mut Random, name: &'static str) -> Self {
        let kind = match random.below(4) {
            0 => Kind::Events(random.between(1, 5) as usize),
            1 => Kind::Values(random.between(2, 4) as usize),
            2 => Kind::Together,
            _ => Kind::Ordered,
        };
        let timespan = random.pick(&[10, 60, 300, 3_600]);
        let mut watched = vec!["a", "b", "c"];
        random.shuffle(&mut watched);
        watched.truncate(match kind {
            Kind::Together | Kind::Ordered => random.between(2, 3) as usize,
            _ => random.between(1, 3) as usize,
        });
        if matches!(kind, Kind::Events(_)) && random.percent(30) {
            // An event that two watched rules match counts once.
            watched = vec!["a", "e"];
        }
        let group = match random.below(4) {
            0 => vec![],
            1 if !matches!(kind, Kind::Values(_)) => vec![Field::User, Field::Address],
            _ => vec![Field::User],
        };
        Self {
            name,
            kind,
            watched,
            group,
            timespan,
            fold: timespan * random.pick(&[1, 1, 2, 6]),
            organization: random.percent(20),
            staged: random.percent(10),
            generate: random.percent(30),
        }
    }

    /// Watches another correlation, alone or beside plain rules.
    fn watch(&mut self, inner: &Watcher, random: &mut Random) {
        self.organization = inner.organization;
        self.group.retain(|field| inner.group.contains(field));
        let counts = match self.kind {
            Kind::Values(_) => inner.group.contains(&Field::Address),
            _ => true,
        };
        if !counts {
            self.kind = Kind::Events(random.between(1, 3) as usize);
        }
        if matches!(self.kind, Kind::Together | Kind::Ordered) {
            let place = random.below(self.watched.len());
            self.watched[place] = inner.name;
        } else {
            self.watched = vec![inner.name];
        }
    }

    fn write(&self, text: &mut String) {
        let (name, id) = (self.name, id(self.name));
        let group: Vec<&str> = self.group.iter().map(|field| field.path()).collect();
        let (kind, condition) = match self.kind {
            Kind::Events(n) => ("event_count", format!("  condition: {{gte: {n}}}\n")),
            Kind::Values(n) => (
                "value_count",
                format!(
                    "  condition: {{field: {}, gte: {n}}}\n",
                    Field::Address.path()
                ),
            ),
            Kind::Together => ("temporal", String::new()),
            Kind::Ordered => ("temporal_ordered", String::new()),
        };
        let _ = write!(
            text,
            "---\ntitle: Rule {name}\nid: {id}\nname: {name}\nlevel: high\n\
             correlation:\n  type: {kind}\n  rules: [{}]\n  timespan: {}s\n  generate: {}\n{condition}",
            self.watched.join(", "),
            self.timespan,
            self.generate
        );
        if !group.is_empty() {
            let _ = writeln!(text, "  group-by: [{}]", group.join(", "));
        }
        let scope = if self.organization {
            "organization"
        } else {
            "account"
        };
        let _ = write!(
            text,
            "trailward:\n  fold: {}s\n  staged: {}\n  scope: {scope}\n",
            self.fold, self.staged
        );
    }
}
