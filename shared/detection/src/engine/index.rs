//! Which rules can match a record at all, told by its `eventName`, else by
//! another member for which a rule wants one of a few texts. Most records have
//! values that no rule wants; for them matching is a few lookups and the rules
//! that have no such key.

use std::collections::{BTreeMap, BTreeSet};

use cloudtrail::{Kind, Member, Record};

use crate::engine::field::Field;
use crate::engine::fold::{FoldTable, hashed};
use crate::engine::program::{Node, Predicate, Program};
use crate::engine::text::{Text, Value, content};
use crate::engine::wanted::Wanted;

/// A predicate and the answer without which a rule cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gate {
    pub(crate) predicate: usize,
    pub(crate) wanted: bool,
}

/// Rules that share a gate: where it is closed, none of them is looked at.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) gate: Option<Gate>,
    /// Places in the set's list of plans.
    pub(crate) plans: Vec<usize>,
}

/// Rules that may match records of one kind.
pub(crate) type Candidates = Vec<Group>;

/// The index over the event rules of a set. No rule is in two of its lists,
/// `everything` aside.
#[derive(Debug)]
pub(crate) struct Index {
    by_name: FoldTable<Candidates>,
    prefixes: Prefixes,
    by_member: Vec<ByMember>,
    /// Rules that any record may match.
    unkeyed: Candidates,
    /// Every rule, for records in which a key's value is no plain one.
    everything: Candidates,
}

/// Candidates by the value of one member.
#[derive(Debug)]
struct ByMember {
    member: Member,
    field: Field,
    table: FoldTable<Candidates>,
}

/// Members other than the name that a rule is looked up by, the most telling
/// one first.
const KEY_MEMBERS: [Member; 11] = [
    Member::EventSource,
    Member::ErrorCode,
    Member::SourceIpAddress,
    Member::IdentityArn,
    Member::IdentityUserName,
    Member::IdentityType,
    Member::IdentityInvokedBy,
    Member::RecipientAccountId,
    Member::AwsRegion,
    Member::EventType,
    Member::EventCategory,
];

/// Candidates by the beginning of the name.
#[derive(Debug)]
struct Prefixes {
    /// For each lower-cased first byte where its prefixes are in `list`.
    by_first: Box<[(u32, u32)]>,
    /// The longest first among those with the same first byte.
    list: Vec<(Box<[u8]>, Candidates)>,
}

/// What a value must be, or begin with, for a rule to match.
#[derive(Debug, Default, Clone)]
struct Keys {
    exact: BTreeSet<Vec<u8>>,
    prefixes: BTreeSet<Vec<u8>>,
}

impl Index {
    /// Builds the index over the conditions of the event rules.
    pub(crate) fn new(program: &Program, plans: &[&Node]) -> Self {
        let mut names: BTreeMap<Vec<u8>, BTreeSet<usize>> = BTreeMap::new();
        let mut prefixes: BTreeMap<Vec<u8>, BTreeSet<usize>> = BTreeMap::new();
        let mut others: BTreeMap<usize, BTreeMap<Vec<u8>, BTreeSet<usize>>> = BTreeMap::new();
        let mut unkeyed = BTreeSet::new();
        for (plan, node) in plans.iter().enumerate() {
            if let Some(keys) = keys(program, node, Member::EventName) {
                for name in keys.exact {
                    names.entry(name).or_default().insert(plan);
                }
                for prefix in keys.prefixes {
                    prefixes.entry(prefix).or_default().insert(plan);
                }
                continue;
            }
            let other = KEY_MEMBERS.iter().enumerate().find_map(|(place, member)| {
                let keys = keys(program, node, *member)?;
                keys.prefixes.is_empty().then_some((place, keys.exact))
            });
            match other {
                Some((place, values)) => {
                    let table = others.entry(place).or_default();
                    for value in values {
                        table.entry(value).or_default().insert(plan);
                    }
                }
                None => {
                    unkeyed.insert(plan);
                }
            }
        }
        spread_prefixes(&mut names, &mut prefixes);
        let gates: Vec<_> = plans.iter().map(|node| gate(program, node)).collect();
        let groups = |chosen: &BTreeSet<usize>| groups(&gates, chosen);
        let table = |keyed: &BTreeMap<Vec<u8>, BTreeSet<usize>>| {
            let entries = keyed.iter();
            FoldTable::new(entries.map(|(key, plans)| (key.clone().into(), groups(plans))))
        };
        Self {
            by_name: table(&names),
            prefixes: Prefixes::new(
                prefixes
                    .iter()
                    .map(|(prefix, plans)| (prefix.clone().into(), groups(plans)))
                    .collect(),
            ),
            by_member: others
                .into_iter()
                .filter_map(|(place, values)| {
                    let member = *KEY_MEMBERS.get(place)?;
                    Some(ByMember {
                        member,
                        field: Field::new(member.path()),
                        table: table(&values),
                    })
                })
                .collect(),
            unkeyed: groups(&unkeyed),
            everything: groups(&(0..plans.len()).collect()),
        }
    }

    /// Calls `each` with the candidates for a record, list by list. `false`:
    /// the record is an odd one; whatever was found is void, and everything
    /// has to be tried.
    #[must_use]
    pub(crate) fn candidates(&self, record: &Record<'_>, each: &mut impl FnMut(&[Group])) -> bool {
        match key(record, Member::EventName) {
            Key::Odd => return false,
            Key::Absent => {}
            Key::Text(text, hash) => {
                let name = text.folded();
                match self.by_name.get_hashed(name, hash) {
                    Some(candidates) => each(candidates),
                    None => each(self.prefixes.get(name)),
                }
            }
        }
        for by in &self.by_member {
            match key(record, by.member) {
                Key::Odd => return false,
                Key::Absent if by.field.may_lie_elsewhere(record) => return false,
                Key::Absent => {}
                Key::Text(text, hash) => {
                    if let Some(candidates) = by.table.get_hashed(text.folded(), hash) {
                        each(candidates);
                    }
                }
            }
        }
        each(&self.unkeyed);
        true
    }

    /// Every rule.
    pub(crate) fn everything(&self) -> &[Group] {
        &self.everything
    }
}

enum Key<'r> {
    Absent,
    /// An array or object: it has several texts, or a long one.
    Odd,
    /// The text and the hash of its folded form.
    Text(Text<'r>, u64),
}

fn key<'r>(record: &'r Record<'_>, member: Member) -> Key<'r> {
    let Some(value) = record.member(member) else {
        return Key::Absent;
    };
    match value.kind() {
        Kind::Array | Kind::Object => return Key::Odd,
        Kind::String => {
            let content = content(value);
            let known = hashed(content);
            if known.plain {
                return Key::Text(Text::Ascii(content), known.hash);
            }
        }
        Kind::Null | Kind::Bool | Kind::Number => {}
    }
    match Text::of(Value::Json(value)) {
        None => Key::Absent,
        Some(text) => {
            let hash = hashed(text.folded()).hash;
            Key::Text(text, hash)
        }
    }
}

/// Lets every exact name and every prefix know the rules of the prefixes that
/// it begins with, so that one lookup finds all of them.
fn spread_prefixes(
    names: &mut BTreeMap<Vec<u8>, BTreeSet<usize>>,
    prefixes: &mut BTreeMap<Vec<u8>, BTreeSet<usize>>,
) {
    let short = prefixes.clone();
    for (key, plans) in names.iter_mut().chain(prefixes.iter_mut()) {
        for end in 1..=key.len() {
            if let Some(more) = key.get(..end).and_then(|start| short.get(start)) {
                plans.extend(more);
            }
        }
    }
}

impl Prefixes {
    fn new(mut list: Vec<(Box<[u8]>, Candidates)>) -> Self {
        list.sort_by(|(one, _), (other, _)| {
            (one.first(), other.len(), one).cmp(&(other.first(), one.len(), other))
        });
        let mut by_first = vec![(0, 0); 256].into_boxed_slice();
        for (place, (prefix, _)) in (0u32..).zip(&list) {
            let first = usize::from(prefix.first().copied().unwrap_or_default());
            if let Some(range) = by_first.get_mut(first) {
                if range.0 == range.1 {
                    *range = (place, place);
                }
                range.1 = place + 1;
            }
        }
        Self { by_first, list }
    }

    fn get(&self, name: &[u8]) -> &[Group] {
        let first = name.first().map_or(0, u8::to_ascii_lowercase);
        let range = self.by_first.get(usize::from(first));
        range
            .and_then(|(start, end)| self.list.get(*start as usize..*end as usize))
            .unwrap_or_default()
            .iter()
            .find(|(prefix, _)| {
                name.get(..prefix.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            })
            .map(|(_, candidates)| candidates.as_slice())
            .unwrap_or_default()
    }
}

/// What the member must be for the condition to hold; `None` where the
/// condition does not say.
fn keys(program: &Program, node: &Node, member: Member) -> Option<Keys> {
    match node {
        Node::Test(predicate) => test_keys(program, *predicate, member),
        // Of a negation nothing positive follows.
        Node::Not(_) => None,
        // Each part is necessary: the most telling one is taken.
        Node::All(parts) => parts
            .iter()
            .filter_map(|part| keys(program, part, member))
            .min_by_key(|keys| (keys.prefixes.len(), keys.exact.len())),
        Node::Any(parts) => {
            let mut union = Keys::default();
            for part in parts {
                let keys = keys(program, part, member)?;
                union.exact.extend(keys.exact);
                union.prefixes.extend(keys.prefixes);
            }
            Some(union)
        }
    }
}

fn test_keys(program: &Program, predicate: usize, member: Member) -> Option<Keys> {
    let mut keys = Keys::default();
    for (text, exact) in wanted_of(program, predicate, member)?.texts()? {
        if exact {
            keys.exact.insert(text);
        } else {
            keys.prefixes.insert(text);
        }
    }
    Some(keys)
}

/// Whether a predicate says what the member must be.
fn is_key(program: &Program, predicate: usize, member: Member) -> bool {
    wanted_of(program, predicate, member).is_some_and(Wanted::has_texts)
}

/// What a predicate wants of a member, if it asks for that one.
fn wanted_of(program: &Program, predicate: usize, member: Member) -> Option<&Wanted> {
    match program.predicates.get(predicate)? {
        Predicate::Field { field, wanted } => {
            (program.fields.get(*field)?.member() == Some(member)).then_some(wanted)
        }
        Predicate::Exists { .. } | Predicate::Anywhere { .. } => None,
    }
}

/// Groups rules by the cheapest gate that each of them has.
fn groups(gates: &[Option<Gate>], chosen: &BTreeSet<usize>) -> Candidates {
    let mut groups: BTreeMap<Option<Gate>, Vec<usize>> = BTreeMap::new();
    for plan in chosen {
        let gate = gates.get(*plan).copied().flatten();
        groups.entry(gate).or_default().push(*plan);
    }
    groups
        .into_iter()
        .map(|(gate, plans)| Group { gate, plans })
        .collect()
}

/// The cheapest predicate whose answer the condition needs. A name is no
/// gate: the lookup has told it already.
fn gate(program: &Program, node: &Node) -> Option<Gate> {
    let test = |node: &Node, wanted| match node {
        Node::Test(predicate) => Some(Gate {
            predicate: *predicate,
            wanted,
        }),
        Node::Not(_) | Node::All(_) | Node::Any(_) => None,
    };
    match node {
        Node::Test(predicate) if is_key(program, *predicate, Member::EventName) => None,
        Node::Test(_) => test(node, true),
        Node::Not(inner) => test(inner, false),
        Node::All(parts) => parts
            .iter()
            .filter_map(|part| gate(program, part))
            .min_by_key(|gate| program.cost(&Node::Test(gate.predicate))),
        Node::Any(_) => None,
    }
}
