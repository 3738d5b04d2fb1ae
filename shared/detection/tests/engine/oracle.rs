//! The slow and obvious matcher: the whole record as a tree, every rule asked
//! in full, no index, no sharing, no early end.
//!
//! The tree keeps the order of members and the spelling of numbers, both of
//! which a rule can see.

use std::net::IpAddr;

use detection::rule::*;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Null,
    /// A number or boolean, as written.
    Word(String),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    pub(crate) fn read(json: &str) -> Option<Self> {
        let json = json.trim();
        Some(match json.chars().next()? {
            'n' => Self::Null,
            '"' => Self::Text(serde_json::from_str(json).ok()?),
            '[' => {
                let raw: Vec<&RawValue> = serde_json::from_str(json).ok()?;
                let elements = raw.into_iter().map(|element| Self::read(element.get()));
                Self::List(elements.collect::<Option<_>>()?)
            }
            '{' => {
                let members: Members = serde_json::from_str(json).ok()?;
                let members = members.0.into_iter();
                let members = members.map(|(key, raw)| Some((key, Self::read(raw.get())?)));
                Self::Map(members.collect::<Option<_>>()?)
            }
            _ => Self::Word(json.to_owned()),
        })
    }

    /// Compact JSON text.
    pub(crate) fn json(&self) -> String {
        let quoted = |text: &String| serde_json::to_string(text).unwrap();
        match self {
            Self::Null => "null".to_owned(),
            Self::Word(word) => word.clone(),
            Self::Text(text) => quoted(text),
            Self::List(list) => {
                let list: Vec<_> = list.iter().map(Self::json).collect();
                format!("[{}]", list.join(","))
            }
            Self::Map(map) => {
                let members: Vec<_> = map
                    .iter()
                    .map(|(key, value)| format!("{}:{}", quoted(key), value.json()))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    /// What a test compares with, or nothing for null.
    fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text.clone()),
            Self::Word(_) | Self::List(_) | Self::Map(_) => Some(self.json()),
        }
    }

    pub(crate) fn scalars<'t>(&'t self, found: &mut Vec<&'t Tree>) {
        match self {
            Self::List(list) => list.iter().for_each(|e| e.scalars(found)),
            Self::Map(map) => map.iter().for_each(|(_, v)| v.scalars(found)),
            _ => found.push(self),
        }
    }
}

/// An object's members in their order.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> serde::de::Visitor<'de> for Reader {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Reader)
    }
}

/// Whether an event rule's detection holds.
pub(crate) fn holds(detection: &Detection, record: &Tree) -> bool {
    condition(&detection.condition, &detection.searches, record)
}

fn condition(wanted: &Condition, searches: &[Search], record: &Tree) -> bool {
    match wanted {
        Condition::Search(index) => body(&searches[*index].body, record),
        Condition::Not(inner) => !condition(inner, searches, record),
        Condition::And(parts) => parts.iter().all(|p| condition(p, searches, record)),
        Condition::Or(parts) => parts.iter().any(|p| condition(p, searches, record)),
    }
}

fn body(wanted: &SearchBody, record: &Tree) -> bool {
    match wanted {
        SearchBody::AllOf(items) => items.iter().all(|i| item(i, record)),
        SearchBody::AnyOf(bodies) => bodies.iter().any(|b| body(b, record)),
        SearchBody::Every(bodies) => bodies.iter().all(|b| body(b, record)),
        SearchBody::Keywords(values) => {
            let mut scalars = Vec::new();
            record.scalars(&mut scalars);
            listed(values, |test| {
                scalars.iter().any(|s| passes(test, s, record))
            })
        }
    }
}

fn item(wanted: &FieldTest, record: &Tree) -> bool {
    let found = lookup(record, &wanted.field.split('.').collect::<Vec<_>>());
    let held = match &wanted.test {
        FieldPredicate::Exists(there) => found.is_some() == *there,
        FieldPredicate::Values(values) => listed(values, |test| match &found {
            None => absent_passes(test),
            Some(found) => found.iter().any(|value| passes(test, value, record)),
        }),
    };
    held != wanted.negated
}

fn listed(values: &ValueList, passes: impl Fn(&ValueTest) -> bool) -> bool {
    if values.all {
        values.tests.iter().all(passes)
    } else {
        values.tests.iter().any(passes)
    }
}

fn absent_passes(test: &ValueTest) -> bool {
    match test {
        ValueTest::Null => true,
        ValueTest::AnyOf(variants) => variants.iter().any(absent_passes),
        _ => false,
    }
}

/// The values that a path leads to, arrays taken apart; nothing if it leads
/// nowhere.
fn lookup<'t>(from: &'t Tree, path: &[&str]) -> Option<Vec<&'t Tree>> {
    match from {
        Tree::List(list) => {
            let found: Vec<_> = list.iter().filter_map(|e| lookup(e, path)).collect();
            if found.is_empty() && !(path.is_empty()) {
                return None;
            }
            Some(found.concat())
        }
        other if path.is_empty() => Some(vec![other]),
        Tree::Map(map) => (1..=path.len()).find_map(|taken| {
            let key = path[..taken].join(".");
            let (_, child) = map.iter().rev().find(|(k, _)| *k == key)?;
            lookup(child, &path[taken..])
        }),
        _ => None,
    }
}

pub(crate) fn passes(test: &ValueTest, value: &Tree, record: &Tree) -> bool {
    match test {
        ValueTest::Null => return *value == Tree::Null,
        ValueTest::AnyOf(variants) => return variants.iter().any(|v| passes(v, value, record)),
        _ => {}
    }
    let Some(text) = value.text() else {
        return false;
    };
    match test {
        ValueTest::Text(pattern) => glob_text(pattern, &text),
        ValueTest::Regex(regex) => {
            let flags = [
                (regex.ignore_case, "(?i)"),
                (regex.multi_line, "(?m)"),
                (regex.dot_all, "(?s)"),
            ];
            let flags: String = flags.iter().filter(|f| f.0).map(|f| f.1).collect();
            let regex = regex::Regex::new(&format!("{flags}{}", regex.pattern)).unwrap();
            regex.is_match(&text)
        }
        ValueTest::Cidr(net) => text.parse::<IpAddr>().is_ok_and(|ip| net.contains(&ip)),
        ValueTest::Compare(comparison, bound) => {
            let shape = regex::Regex::new(r"\A[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\z").unwrap();
            shape.is_match(&text) && compares(*comparison, text.parse().unwrap(), *bound)
        }
        ValueTest::FieldRef(reference) => {
            let path: Vec<_> = reference.field.split('.').collect();
            let others = lookup(record, &path).unwrap_or_default();
            let others = others.into_iter().filter_map(Tree::text);
            let fold = |text: &str| {
                if reference.cased {
                    text.to_owned()
                } else {
                    lower(text)
                }
            };
            others.into_iter().any(|other| {
                let (text, other) = (fold(&text), fold(&other));
                match reference.relation {
                    Relation::Equals => text == other,
                    Relation::StartsWith => text.starts_with(&other),
                    Relation::EndsWith => text.ends_with(&other),
                    Relation::Contains => text.contains(&other),
                }
            })
        }
        ValueTest::TimePart(part, comparison, bound) => {
            time_part(&text, *part).is_some_and(|n| compares(*comparison, n, *bound as f64))
        }
        ValueTest::Null | ValueTest::AnyOf(_) => unreachable!("answered above"),
    }
}

fn compares(comparison: Comparison, value: f64, bound: f64) -> bool {
    match comparison {
        Comparison::Eq => value == bound,
        Comparison::Neq => value != bound,
        Comparison::Lt => value < bound,
        Comparison::Lte => value <= bound,
        Comparison::Gt => value > bound,
        Comparison::Gte => value >= bound,
    }
}

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

pub(crate) fn glob_text(pattern: &TextPattern, text: &str) -> bool {
    let text = if pattern.cased {
        text.to_owned()
    } else {
        lower(text)
    };
    glob(&pattern.parts, &text)
}

/// The definition of a pattern, tried out.
fn glob(parts: &[PatternPart], text: &str) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return text.is_empty();
    };
    match first {
        PatternPart::Literal(literal) => text
            .strip_prefix(literal.as_str())
            .is_some_and(|text| glob(rest, text)),
        PatternPart::One => {
            let mut characters = text.chars();
            characters.next().is_some() && glob(rest, characters.as_str())
        }
        PatternPart::Any => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| glob(rest, &text[at..]))
        }
    }
}

/// Reads times as CloudTrail writes them, `2024-12-31T23:05:00Z`.
fn time_part(text: &str, part: TimePart) -> Option<f64> {
    let shape = regex::Regex::new(r"\A(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):\d\dZ\z").unwrap();
    let found = shape.captures(text)?;
    let number = |group: usize| found[group].parse::<i64>().unwrap();
    let value = match part {
        TimePart::Year => number(1),
        TimePart::Month => number(2),
        TimePart::Day => number(3),
        TimePart::Hour => number(4),
        TimePart::Minute => number(5),
        TimePart::Week => iso_week(number(1), number(2), number(3)),
    };
    Some(value as f64)
}

/// The ISO week: that of the Thursday in the date's week.
fn iso_week(year: i64, month: i64, day: i64) -> i64 {
    let leap = |y: i64| (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let nth = before[month as usize - 1] + day + i64::from(leap(year) && month > 2);
    let past = year - 1;
    let days = past * 365 + past / 4 - past / 100 + past / 400 + nth;
    let weekday = (days - 1).rem_euclid(7);
    let thursday = nth - weekday + 3;
    let length = |y: i64| 365 + i64::from(leap(y));
    let nth_in_its_year = if thursday < 1 {
        thursday + length(year - 1)
    } else if thursday > length(year) {
        thursday - length(year)
    } else {
        thursday
    };
    (nth_in_its_year - 1) / 7 + 1
}

#[test]
fn weeks_are_those_of_the_calendar() {
    for (date, week) in [
        ((2024, 12, 31), 1),
        ((2021, 1, 1), 53),
        ((2020, 12, 31), 53),
        ((2026, 3, 2), 10),
        ((2023, 1, 1), 52),
    ] {
        assert_eq!(iso_week(date.0, date.1, date.2), week, "{date:?}");
    }
}
