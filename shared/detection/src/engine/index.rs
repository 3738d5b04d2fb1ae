//! Which rules can match a record at all, told by its `eventName`. Most
//! records have a name that no rule wants; for them matching is one lookup
//! and the [`Sieve`] for the rules that name no event.

use std::collections::{BTreeMap, BTreeSet};

use cloudtrail::{Kind, Member, Record};
use serde::{Deserialize, Serialize};

use crate::engine::evaluate::Judge;
use crate::engine::fold::FoldTable;
use crate::engine::literal::Literal;
use crate::engine::program::{Node, Predicate, Program};
use crate::engine::sieve::Sieve;
use crate::engine::source::Source;
use crate::engine::text::{Text, Value};
use crate::engine::wanted::Wanted;

/// A predicate and the answer without which a rule cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Gate {
    pub(crate) predicate: usize,
    pub(crate) wanted: bool,
}

/// Rules that share a gate: where it is closed, none of them is looked at.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) gate: Option<Gate>,
    /// Places in the set's list of plans.
    pub(crate) plans: Vec<usize>,
}

/// Rules that may match records of one kind.
pub(crate) type Candidates = Vec<Group>;

/// The index over the event rules of a set.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Index {
    /// Places in `lists`.
    by_name: FoldTable<u32>,
    prefixes: Prefixes,
    lists: Vec<Candidates>,
    /// The place of the name in the program's list of sources.
    name: Option<usize>,
    /// Over the rules that name no event.
    sieves: Vec<Sieve>,
    /// Every rule, for records in which the name is no plain value.
    everything: Candidates,
}

/// Candidates by the beginning of the name.
#[derive(Debug, Serialize, Deserialize)]
struct Prefixes {
    /// For each lower-cased first byte where its prefixes are in `list`.
    by_first: Box<[(u32, u32)]>,
    /// The longest first among those with the same first byte.
    list: Vec<(Literal, u32)>,
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
        let mut unnamed = Vec::new();
        for (plan, node) in plans.iter().enumerate() {
            let Some(keys) = keys(program, node, Member::EventName) else {
                unnamed.push(plan);
                continue;
            };
            for name in keys.exact {
                names.entry(name).or_default().insert(plan);
            }
            for prefix in keys.prefixes {
                prefixes.entry(prefix).or_default().insert(plan);
            }
        }
        spread_prefixes(&mut names, &mut prefixes);
        let gates: Vec<_> = plans.iter().map(|node| gate(program, node)).collect();
        let groups = |chosen: &BTreeSet<usize>| groups(&gates, chosen);
        let mut lists = Vec::new();
        let mut list = |(key, plans): (Vec<u8>, BTreeSet<usize>)| {
            lists.push(groups(&plans));
            (
                key.into(),
                u32::try_from(lists.len() - 1).unwrap_or(u32::MAX),
            )
        };
        let by_name: Vec<_> = names.into_iter().map(&mut list).collect();
        let by_prefix: Vec<_> = prefixes.into_iter().map(&mut list).collect();
        Self {
            by_name: FoldTable::new(by_name),
            prefixes: Prefixes::new(by_prefix),
            name: {
                let mut sources = program.sources().iter();
                sources.position(|(source, _)| *source == Source::Member(Member::EventName))
            },
            lists,
            sieves: Sieve::over(program, plans, &unnamed),
            everything: groups(&(0..plans.len()).collect()),
        }
    }

    /// The rules to try on a record because of its name. `None`: the name is
    /// an odd one, and everything has to be tried.
    #[inline]
    pub(crate) fn named(&self, judge: &mut Judge<'_, '_>) -> Option<&[Group]> {
        let noted = self.name.and_then(|name| Some((name, judge.note(name)?)));
        let Some((name, (known, cell))) = noted else {
            return self.look_up(judge.record).map(|list| self.list(list));
        };
        // The note is one more than the list's place and one.
        if let Some(list) = known.checked_sub(1) {
            let list = list.checked_sub(1);
            return Some(self.list(list.and_then(|list| u32::try_from(list).ok())));
        }
        let list = self.look_up(judge.record)?;
        let note = list.map_or(1, |list| u64::from(list) + 2);
        judge.set_note(name, cell, note);
        Some(self.list(list))
    }

    fn list(&self, list: Option<u32>) -> &[Group] {
        list.and_then(|list| self.lists.get(list as usize))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The place of the list for a record's name, if there is one; `None` for
    /// an odd name.
    fn look_up(&self, record: &Record<'_>) -> Option<Option<u32>> {
        let Some(value) = record.member(Member::EventName) else {
            return Some(None);
        };
        if matches!(value.kind(), Kind::Array | Kind::Object) {
            return None;
        }
        let text = Text::of(Value::Json(value));
        Some(text.and_then(|text| {
            let name = text.folded();
            let exact = self.by_name.get(name);
            exact.copied().or_else(|| self.prefixes.get(name))
        }))
    }

    /// Over the rules that name no event.
    pub(crate) fn sieves(&self) -> &[Sieve] {
        &self.sieves
    }

    /// Every rule.
    pub(crate) fn everything(&self) -> &[Group] {
        &self.everything
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
    fn new(mut list: Vec<(Literal, u32)>) -> Self {
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

    fn get(&self, name: &[u8]) -> Option<u32> {
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
            .map(|(_, list)| *list)
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
