//! Where a field's values are in a record.
//!
//! A path is compiled once: to a member that the scan noted, with or without
//! a walk from there, to a walk from the record's root, or to a derived
//! field. Three things make a walk more than a chain of lookups:
//!
//! - An array is tried element by element, at every level; a path may lead to
//!   many values.
//! - A key of the record may itself contain a dot. Where the first name does
//!   not lead to a value, the first two joined by their dot are tried, and so
//!   on; the shortest key that leads somewhere is taken.
//! - A path is present if it leads to anything, be it null or an empty array.

use std::ops::ControlFlow;

use cloudtrail::derived::Derived;
use cloudtrail::{Json, Kind, Member, Record};
use serde::{Deserialize, Serialize};

use crate::engine::source::Source;
use crate::engine::text::Value;

/// A compiled path.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Field {
    path: Box<str>,
    start: Start,
}

/// Where the values are looked for first.
#[derive(Debug, Serialize, Deserialize)]
enum Start {
    /// From the root on.
    Root,
    /// From a noted member on.
    Member {
        member: Member,
        /// What is left of the path behind the member; empty for the member.
        rest: Box<str>,
        /// Where the first name of that ends.
        name: usize,
        /// Whether the member stands in `userIdentity`.
        nested: bool,
    },
    /// Nowhere: the values are derived. A member that a record might bring
    /// under such a name is never read.
    Derived(Derived),
}

/// What is done with each value; a break ends the walk.
pub(crate) type Visit<'f> = dyn FnMut(Value<'_>) -> ControlFlow<()> + 'f;

impl Field {
    pub(crate) fn new(path: &str) -> Self {
        let longest = Member::ALL
            .iter()
            .filter_map(|(member, known)| Some((*member, *known, behind(path, known)?)))
            .max_by_key(|(_, known, _)| known.len());
        let start = match (Derived::from_path(path), longest) {
            (Some(derived), _) => Start::Derived(derived),
            (None, None) => Start::Root,
            (None, Some((member, known, rest))) => Start::Member {
                member,
                rest: rest.into(),
                name: name_end(rest, 0),
                nested: known.contains('.'),
            },
        };
        Self {
            path: path.into(),
            start,
        }
    }

    /// The member that this field is, if it is one.
    pub(crate) fn member(&self) -> Option<Member> {
        match &self.start {
            Start::Member { member, rest, .. } if rest.is_empty() => Some(*member),
            _ => None,
        }
    }

    /// What alone decides the field's values, if a single thing does.
    pub(crate) fn source(&self) -> Option<Source> {
        match &self.start {
            Start::Root => None,
            Start::Member { member, rest, .. } => {
                let whole = rest.is_empty() || *member == Member::IdentitySessionContext;
                whole.then(|| Source::of(*member))
            }
            Start::Derived(derived) => match derived {
                Derived::Oversize => Some(Source::Bounds),
                Derived::Agent => Some(Source::of(Member::UserAgent)),
                Derived::Network => Some(Source::of(Member::SourceIpAddress)),
                Derived::Principal | Derived::Role => Some(Source::Identity),
                _ => None,
            },
        }
    }

    /// How dear reading the field is, beside other fields.
    pub(crate) fn cost(&self) -> u32 {
        match &self.start {
            Start::Member { rest, .. } if rest.is_empty() => 1,
            Start::Member { .. } => 8,
            Start::Root => 30,
            Start::Derived(_) => 60,
        }
    }

    /// Visits every value of the field, arrays taken apart; returns whether
    /// the field is present. After a break the answer is `true`.
    pub(crate) fn each(&self, record: &Record<'_>, visit: &mut Visit<'_>) -> bool {
        match &self.start {
            Start::Root => walk(record.root(), &self.path, visit).reached(),
            Start::Derived(derived) => {
                let values = record.derived(*derived);
                let _ = values
                    .iter()
                    .try_for_each(|value| visit(Value::Derived(value)));
                !values.is_empty()
            }
            Start::Member {
                member,
                rest,
                name,
                nested,
            } => match record.member(*member) {
                Some(value) if rest.is_empty() => spread(value, visit).reached(),
                Some(value)
                    if walk_from(record, *member, value, (rest, *name), visit).reached() =>
                {
                    true
                }
                _ => {
                    // The short way found nothing. The long one can find
                    // something only where a key contains a dot or
                    // `userIdentity` is an array.
                    (record.has_dotted_keys() || (*nested && has_identities(record)))
                        && self.path.contains('.')
                        && walk(record.root(), &self.path, visit).reached()
                }
            },
        }
    }
}

/// Whether `userIdentity` is an array, in which the scan notes nothing.
pub(crate) fn has_identities(record: &Record<'_>) -> bool {
    record
        .member(Member::UserIdentity)
        .is_some_and(|identity| identity.kind() == Kind::Array)
}

/// What is left of `path` behind `known`, without the dot between them.
fn behind<'p>(path: &'p str, known: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(known)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix('.')
}

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walked {
    /// The path leads nowhere.
    Nowhere,
    /// The path leads somewhere, and all of it was visited.
    There,
    /// The visitor wants no more.
    Ended,
}

impl Walked {
    fn reached(self) -> bool {
        self != Self::Nowhere
    }
}

/// Visits what `path`, whose first name ends at `name`, leads to from a member
/// of the record.
fn walk_from(
    record: &Record<'_>,
    member: Member,
    value: Json<'_>,
    (path, name): (&str, usize),
    visit: &mut Visit<'_>,
) -> Walked {
    match value.kind() {
        Kind::Object => step(path, name, visit, &|key| record.child(member, key)),
        _ => walk(value, path, visit),
    }
}

/// Where the name ends that starts at `at`.
fn name_end(path: &str, at: usize) -> usize {
    let mut bytes = path.bytes().skip(at);
    bytes
        .position(|byte| byte == b'.')
        .map_or(path.len(), |dot| at + dot)
}

/// Visits what `path` leads to from `from`.
fn walk(from: Json<'_>, path: &str, visit: &mut Visit<'_>) -> Walked {
    match from.kind() {
        Kind::Array => {
            let mut walked = Walked::Nowhere;
            for element in from.elements() {
                match walk(element, path, visit) {
                    Walked::Ended => return Walked::Ended,
                    Walked::There => walked = Walked::There,
                    Walked::Nowhere => {}
                }
            }
            walked
        }
        Kind::Object => step(path, name_end(path, 0), visit, &|key| from.get(key)),
        _ => Walked::Nowhere,
    }
}

/// Visits what `path` leads to in an object that gives its members by key. The
/// first name of the path ends at `end`.
fn step<'v>(
    path: &str,
    mut end: usize,
    visit: &mut Visit<'_>,
    get: &dyn Fn(&str) -> Option<Json<'v>>,
) -> Walked {
    loop {
        let behind = path.get(end + 1..);
        if let Some(child) = path.get(..end).and_then(get) {
            let walked = match behind {
                None => spread(child, visit),
                Some(behind) => walk(child, behind, visit),
            };
            if walked.reached() {
                return walked;
            }
        }
        if behind.is_none() {
            return Walked::Nowhere;
        }
        end = name_end(path, end + 1);
    }
}

/// Visits a value, or the elements of an array and of the arrays in it.
fn spread(value: Json<'_>, visit: &mut Visit<'_>) -> Walked {
    if value.kind() != Kind::Array {
        return match visit(Value::Json(value)) {
            ControlFlow::Continue(()) => Walked::There,
            ControlFlow::Break(()) => Walked::Ended,
        };
    }
    for element in value.elements() {
        if spread(element, visit) == Walked::Ended {
            return Walked::Ended;
        }
    }
    Walked::There
}

/// Visits every scalar of the record, wherever it stands (not the keys).
pub(crate) fn each_scalar(value: Json<'_>, visit: &mut Visit<'_>) -> ControlFlow<()> {
    match value.kind() {
        Kind::Object => value
            .members()
            .try_for_each(|(_, member)| each_scalar(member, visit)),
        Kind::Array => value
            .elements()
            .try_for_each(|element| each_scalar(element, visit)),
        _ => visit(Value::Json(value)),
    }
}

#[cfg(test)]
mod tests {
    use cloudtrail::Layer;

    use super::*;
    use crate::engine::text::Text;

    const RECORD: &str = r#"{
        "userIdentity": {"type": "Root", "a": [{"b": 1}, {"b": [2, null]}, {"c.d": 3}]},
        "eventName": "X",
        "requestParameters": {"x.y": {"z": 4}, "x": {"q": 5}, "none": [], "null": null},
        "tags.key": 6,
        "sourceIPAddress": "198.51.100.7",
        "trailward": {"agent": "made up"}
    }"#;

    fn values(path: &str) -> (bool, Vec<String>) {
        let record = Record::scan(RECORD.as_bytes(), Layer::Plain).unwrap();
        let mut seen = Vec::new();
        let present = Field::new(path).each(&record, &mut |value| {
            seen.push(Text::of(value).map_or("null".to_owned(), |t| t.as_str().to_owned()));
            ControlFlow::Continue(())
        });
        (present, seen)
    }

    #[test]
    fn paths_lead_to_values() {
        for (path, present, wanted) in [
            ("eventName", true, vec!["X"]),
            ("userIdentity.type", true, vec!["Root"]),
            ("userIdentity.a.b", true, vec!["1", "2", "null"]),
            ("userIdentity.a.c.d", true, vec!["3"]),
            ("requestParameters.x.y.z", true, vec!["4"]),
            ("requestParameters.x.q", true, vec!["5"]),
            ("requestParameters.none", true, vec![]),
            ("requestParameters.null", true, vec!["null"]),
            ("requestParameters.null.x", false, vec![]),
            ("requestParameters.absent", false, vec![]),
            ("tags.key", true, vec!["6"]),
            ("eventName.x", false, vec![]),
            ("errorCode", false, vec![]),
            ("", false, vec![]),
            ("trailward.network", true, vec!["198.51.100.0/24"]),
            ("trailward.agent", false, vec![]),
        ] {
            let wanted = wanted.into_iter().map(str::to_owned).collect();
            assert_eq!(values(path), (present, wanted), "{path}");
        }
    }
}
