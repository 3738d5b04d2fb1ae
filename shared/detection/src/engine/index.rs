//! Which rules can match a record at all, told by its `eventName`. Most
//! records have a name that no rule wants; for them matching is one lookup
//! and the [`Sieves`] for the rules that name no event.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use cloudtrail::{Kind, Member, Record};
use serde::{Deserialize, Serialize};

use crate::engine::evaluate::Judge;
use crate::engine::fold::FoldTable;
use crate::engine::literal::Literal;
use crate::engine::program::{Node, Predicate, Program};
use crate::engine::ruleset::RuleIndex;
use crate::engine::sieve::{Plans, Sieves};
use crate::engine::source::Source;
use crate::engine::text::{Text, Value};
use crate::engine::wanted::Wanted;

/// The index over the event rules of a set.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Index {
    /// Places in `lists`.
    by_name: FoldTable<u32>,
    prefixes: Prefixes,
    /// Numbers of the sieves of a name.
    lists: Vec<Range<u32>>,
    /// The place of the name in the program's list of sources.
    name: Option<usize>,
    /// First those over the rules that name no event, then those of each list.
    sieves: Sieves,
    /// How many of them are over the rules that name no event.
    unnamed: u32,
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
    /// Builds the index over the conditions of the event rules, whole and
    /// taken apart.
    pub(crate) fn new(program: &Program, conditions: &[(RuleIndex, Node)], plans: &Plans) -> Self {
        let mut names: BTreeMap<Vec<u8>, BTreeSet<usize>> = BTreeMap::new();
        let mut prefixes: BTreeMap<Vec<u8>, BTreeSet<usize>> = BTreeMap::new();
        let mut unnamed = Vec::new();
        for (plan, (_, node)) in conditions.iter().enumerate() {
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
        let mut sieves = Sieves::default();
        let mut add = |rules: &[usize]| sieves.add(program, plans, rules);
        let unnamed = add(&unnamed).end;
        let mut lists = Vec::new();
        let mut list = |(key, rules): (Vec<u8>, BTreeSet<usize>)| {
            let rules: Vec<usize> = rules.into_iter().collect();
            lists.push(add(&rules));
            let last = lists.len() - 1;
            (key.into(), u32::try_from(last).unwrap_or(u32::MAX))
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
            sieves,
            unnamed,
        }
    }

    /// The sieves over the rules to try on a record because of its name.
    /// `None`: the name is an odd one, and everything has to be tried.
    #[inline]
    pub(crate) fn named(&self, judge: &mut Judge<'_, '_>) -> Option<Range<u32>> {
        let noted = self.name.and_then(|name| Some((name, judge.note(name)?)));
        let Some((name, known)) = noted else {
            return self.look_up(judge.record).map(|list| self.list(list));
        };
        // The note is one more than the list's place and one.
        if let Some(list) = known.checked_sub(1) {
            let list = list.checked_sub(1);
            return Some(self.list(list.and_then(|list| u32::try_from(list).ok())));
        }
        let list = self.look_up(judge.record)?;
        judge.set_note(name, list.map_or(1, |list| u64::from(list) + 2));
        Some(self.list(list))
    }

    #[inline]
    fn list(&self, list: Option<u32>) -> Range<u32> {
        list.and_then(|list| self.lists.get(list as usize))
            .cloned()
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

    /// The sieves over the rules that name no event.
    pub(crate) fn unnamed(&self) -> Range<u32> {
        0..self.unnamed
    }

    /// All sieves.
    pub(crate) fn sieves(&self) -> &Sieves {
        &self.sieves
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

/// Whether a condition names no event, so that every record is asked.
pub(crate) fn is_unnamed(program: &Program, condition: &Node) -> bool {
    keys(program, condition, Member::EventName).is_none()
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

/// What a predicate wants of a member, if it asks for that one.
fn wanted_of(program: &Program, predicate: usize, member: Member) -> Option<&Wanted> {
    match program.predicates.get(predicate)? {
        Predicate::Field { field, wanted } => {
            (program.fields.get(*field)?.member() == Some(member)).then_some(wanted)
        }
        Predicate::Exists { .. } | Predicate::Anywhere { .. } => None,
    }
}
