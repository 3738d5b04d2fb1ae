//! What the rules become: conditions over numbered predicates. Rules that ask
//! the same question share its predicate, so that a record answers it once.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

use cloudtrail::Member;
use serde::{Deserialize, Serialize};

use crate::engine::field::Field;
use crate::engine::source::Source;
use crate::engine::wanted::Wanted;
use crate::rule::{
    Condition, Detection, FieldPredicate, FieldTest, Search, SearchBody, ValueList, ValueTest,
};

/// Deepest nesting of a rule's condition and searches.
pub(crate) const MAX_CONDITION_DEPTH: usize = 64;

/// A question to a record.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Predicate {
    /// The field is there, be it null or empty.
    Exists { field: usize },
    /// One of the field's values is wanted.
    Field { field: usize, wanted: Wanted },
    /// One of the record's scalars is wanted.
    Anywhere { wanted: Wanted },
}

/// A condition in the form in which it runs; the cheapest parts come first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Node {
    Test(usize),
    Not(Box<Node>),
    All(Box<[Node]>),
    Any(Box<[Node]>),
}

/// The predicates and fields of a rule set.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Program {
    pub(crate) predicates: Vec<Predicate>,
    pub(crate) fields: Vec<Field>,
    costs: Vec<u32>,
    /// What many predicates ask for, and how many do.
    sources: Vec<(Source, usize)>,
    /// For each predicate its source's place in that list, and its own number
    /// among those that ask for it; or [`UNTOLD`]. Small, since it is read
    /// before every test.
    told: Vec<(u16, u16)>,
    /// The place in that list of the flags, where it is worth it to take them
    /// together.
    together: Option<usize>,
    /// Tells this program from others, whose answers must not be mixed in.
    #[serde(skip)]
    number: u64,
}

/// Stands for a predicate that no single source decides.
const UNTOLD: (u16, u16) = (u16::MAX, u16::MAX);

/// From so many flags on, one look-up for all of them costs less.
const SEVERAL: usize = 2;

/// Numbers for programs; 0 is none's.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl Program {
    /// Gives a program that is complete the number by which it is known.
    pub(crate) fn take_number(&mut self) {
        self.number = NEXT.fetch_add(1, Ordering::Relaxed);
    }

    /// A number that no other program has.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The sources of its predicates, each with the number of predicates.
    pub(crate) fn sources(&self) -> &[(Source, usize)] {
        &self.sources
    }

    /// The source at a place in that list.
    #[inline]
    pub(crate) fn source(&self, index: usize) -> Option<Source> {
        self.sources.get(index).map(|(source, _)| *source)
    }

    /// The place of a source in that list, put there if it is new.
    pub(crate) fn place_of(&mut self, source: Source) -> usize {
        let known = self.sources.iter().position(|(known, _)| *known == source);
        known.unwrap_or_else(|| {
            self.sources.push((source, 0));
            self.sources.len() - 1
        })
    }

    /// The place of the source that alone decides a predicate, and the
    /// predicate's number there.
    #[inline]
    pub(crate) fn told(&self, predicate: usize) -> Option<(usize, usize)> {
        let told = self.told.get(predicate).filter(|told| **told != UNTOLD);
        told.map(|(source, number)| (usize::from(*source), usize::from(*number)))
    }

    /// The place of what tells of a predicate when rules are sifted: its
    /// source, or the flags to which that belongs.
    pub(crate) fn teller(&self, predicate: usize) -> Option<usize> {
        let (source, _) = self.told(predicate)?;
        let is_flag = self.source(source).is_some_and(Source::is_flag);
        Some(self.together.filter(|_| is_flag).unwrap_or(source))
    }

    /// Takes the flags together if every record is asked for several of them:
    /// by these conditions.
    pub(crate) fn take_together<'n>(&mut self, asked: impl Iterator<Item = &'n Node>) {
        let mut sources = BTreeSet::new();
        asked.for_each(|node| self.sources_of(node, &mut sources));
        let several = sources
            .into_iter()
            .filter_map(|source| self.source(source))
            .filter(|source| source.is_flag())
            .count();
        if several >= SEVERAL {
            self.together = Some(self.place_of(Source::Flags));
        }
    }

    fn sources_of(&self, node: &Node, found: &mut BTreeSet<usize>) {
        match node {
            Node::Test(predicate) => found.extend(self.told(*predicate).map(|(source, _)| source)),
            Node::Not(inner) => self.sources_of(inner, found),
            Node::All(parts) | Node::Any(parts) => {
                parts.iter().for_each(|part| self.sources_of(part, found));
            }
        }
    }

    /// Notes what decides the predicate that was added last.
    fn tell(&mut self, predicate: &Predicate) {
        let field = match predicate {
            Predicate::Field { wanted, .. } if !wanted.references.is_empty() => None,
            Predicate::Field { field, .. } | Predicate::Exists { field } => self.fields.get(*field),
            Predicate::Anywhere { .. } => None,
        };
        let told = field.and_then(Field::source).and_then(|source| {
            let index = self.place_of(source);
            let (_, count) = self.sources.get_mut(index)?;
            let told = (u16::try_from(index).ok()?, u16::try_from(*count).ok()?);
            *count += 1;
            Some(told)
        });
        self.told.push(told.unwrap_or(UNTOLD));
    }

    pub(crate) fn cost(&self, node: &Node) -> u32 {
        match node {
            Node::Test(predicate) => self.costs.get(*predicate).copied().unwrap_or(u32::MAX),
            Node::Not(inner) => self.cost(inner),
            Node::All(parts) | Node::Any(parts) => parts
                .iter()
                .fold(1, |sum, part| sum.saturating_add(self.cost(part))),
        }
    }
}

/// Compiles rules into one program.
#[derive(Debug, Default)]
pub(crate) struct Compiler {
    program: Program,
    fields: HashMap<String, usize>,
    predicates: HashMap<Vec<u8>, usize>,
    /// Where a predicate's key is written before it is looked up.
    key: Vec<u8>,
}

/// What identifies a predicate among others.
#[derive(Serialize)]
enum Key<'k> {
    Exists(&'k str),
    Field(&'k str, &'k [ValueTest]),
    Anywhere(&'k [ValueTest]),
}

impl Compiler {
    pub(crate) fn finish(mut self) -> Program {
        self.program.take_number();
        self.program
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// Compiles a detection, or says why it cannot be.
    pub(crate) fn detection(&mut self, detection: &Detection) -> Result<Node, String> {
        self.condition(&detection.condition, &detection.searches, 0)
    }

    fn condition(
        &mut self,
        condition: &Condition,
        searches: &[Search],
        depth: usize,
    ) -> Result<Node, String> {
        let depth = deeper(depth)?;
        match condition {
            Condition::Search(index) => {
                let search = searches
                    .get(*index)
                    .ok_or_else(|| format!("the condition names search {index}, which is none"))?;
                self.body(&search.body, depth)
            }
            Condition::Not(inner) => {
                Ok(Node::Not(Box::new(self.condition(inner, searches, depth)?)))
            }
            Condition::And(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| self.condition(part, searches, depth));
                let parts = parts.collect::<Result<Vec<_>, _>>()?;
                Ok(self.all(parts))
            }
            Condition::Or(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| self.condition(part, searches, depth));
                let parts = parts.collect::<Result<Vec<_>, _>>()?;
                Ok(self.any(parts))
            }
        }
    }

    /// Compiles what one search tests.
    pub(crate) fn body(&mut self, body: &SearchBody, depth: usize) -> Result<Node, String> {
        let depth = deeper(depth)?;
        match body {
            SearchBody::AllOf(items) => {
                let items = items.iter().map(|item| self.item(item)).collect();
                Ok(self.all(items))
            }
            SearchBody::AnyOf(bodies) => {
                let bodies = bodies.iter().map(|body| self.body(body, depth));
                let bodies = bodies.collect::<Result<Vec<_>, _>>()?;
                Ok(self.any(bodies))
            }
            SearchBody::Every(bodies) => {
                let bodies = bodies.iter().map(|body| self.body(body, depth));
                let bodies = bodies.collect::<Result<Vec<_>, _>>()?;
                Ok(self.all(bodies))
            }
            SearchBody::Keywords(values) => Ok(self.values(None, values)),
        }
    }

    /// Compiles one line of a map.
    pub(crate) fn item(&mut self, item: &FieldTest) -> Node {
        let node = match &item.test {
            FieldPredicate::Exists(true) => self.exists(&item.field),
            FieldPredicate::Exists(false) => Node::Not(Box::new(self.exists(&item.field))),
            FieldPredicate::Values(values) => self.values(Some(&item.field), values),
        };
        if item.negated {
            Node::Not(Box::new(node))
        } else {
            node
        }
    }

    fn exists(&mut self, path: &str) -> Node {
        self.predicate(&Key::Exists(path), |compiler| Predicate::Exists {
            field: compiler.field(path),
        })
    }

    fn values(&mut self, path: Option<&str>, values: &ValueList) -> Node {
        if !values.all {
            return self.one_of(path, &values.tests);
        }
        let each = values.tests.iter();
        let each = each
            .map(|test| self.one_of(path, std::slice::from_ref(test)))
            .collect();
        self.all(each)
    }

    fn one_of(&mut self, path: Option<&str>, tests: &[ValueTest]) -> Node {
        match path {
            Some(path) => self.predicate(&Key::Field(path, tests), |compiler| Predicate::Field {
                field: compiler.field(path),
                wanted: compiler.wanted(tests),
            }),
            None => self.predicate(&Key::Anywhere(tests), |compiler| Predicate::Anywhere {
                wanted: compiler.wanted(tests),
            }),
        }
    }

    fn wanted(&mut self, tests: &[ValueTest]) -> Wanted {
        Wanted::new(tests, &mut |path| self.field(path))
    }

    fn field(&mut self, path: &str) -> usize {
        if let Some(known) = self.fields.get(path) {
            return *known;
        }
        let place = self.program.fields.len();
        self.program.fields.push(Field::new(path));
        self.fields.insert(path.to_owned(), place);
        place
    }

    fn predicate(&mut self, key: &Key<'_>, make: impl FnOnce(&mut Self) -> Predicate) -> Node {
        // Writing into memory does not fail for what a rule can hold; should
        // it after all, the predicate is merely not shared.
        let buffer = std::mem::take(&mut self.key);
        let key = postcard::to_extend(key, buffer).ok();
        if let Some(known) = key.as_ref().and_then(|key| self.predicates.get(key)) {
            let known = *known;
            self.key = key.unwrap_or_default();
            self.key.clear();
            return Node::Test(known);
        }
        let predicate = make(self);
        let place = self.program.predicates.len();
        self.program.tell(&predicate);
        self.program.costs.push(self.price(&predicate));
        self.program.predicates.push(predicate);
        if let Some(key) = key {
            self.predicates.insert(key, place);
        }
        Node::Test(place)
    }

    /// What a predicate costs, beside others. One that is remembered for its
    /// value costs next to nothing; of these the source and the name come
    /// last, which the index has mostly told already.
    fn price(&self, predicate: &Predicate) -> u32 {
        let told = self.program.told(self.program.predicates.len());
        let source = told.and_then(|(source, _)| self.program.source(source));
        match source {
            Some(Source::Member(Member::EventName)) => return 4,
            Some(Source::Member(Member::EventSource)) => return 3,
            Some(source) => return 1 + source.price() / 3,
            None => {}
        }
        let reading = |field: &usize| self.program.fields.get(*field).map_or(0, Field::cost);
        match predicate {
            Predicate::Exists { field } => reading(field),
            Predicate::Field { field, wanted } => reading(field) + wanted.cost(),
            Predicate::Anywhere { wanted } => 200 + wanted.cost(),
        }
    }

    fn all(&self, parts: Vec<Node>) -> Node {
        self.group(parts, Node::All)
    }

    fn any(&self, parts: Vec<Node>) -> Node {
        self.group(parts, Node::Any)
    }

    fn group(&self, mut parts: Vec<Node>, make: impl FnOnce(Box<[Node]>) -> Node) -> Node {
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            return only;
        }
        parts.sort_by_cached_key(|part| self.program.cost(part));
        make(parts.into_boxed_slice())
    }
}

fn deeper(depth: usize) -> Result<usize, String> {
    if depth >= MAX_CONDITION_DEPTH {
        return Err(format!(
            "the condition is nested deeper than {MAX_CONDITION_DEPTH} levels"
        ));
    }
    Ok(depth + 1)
}
