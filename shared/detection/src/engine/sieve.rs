//! Which of the rules that name no event are worth a look, told by the
//! values of a few members.
//!
//! Such a rule would have to be tried on every record. Most of its condition
//! asks for single members (a user agent, an address, a kind of caller), and
//! the values of these repeat from record to record. So each value is judged
//! once for all of those rules; what it leaves possible is a set of bits, and
//! a record leaves possible what all its values do. A rule with nothing else
//! in its condition is then decided; of the others only the rest is asked.
//!
//! Whatever is unusual (a member that is an object or array, keys with dots,
//! a test that cannot be made) decides nothing: the rules that it touches are
//! judged whole.

use serde::{Deserialize, Serialize};

use crate::engine::evaluate::{FaultReason, Judge};
use crate::engine::memo::Memo;
use crate::engine::program::{Node, Program};
use crate::engine::seen::Note;
use crate::engine::source::Source;

/// The rules in question and the members that tell about them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sieve {
    rules: Vec<Sifted>,
    columns: Vec<Column>,
    /// All rules.
    every: Bits,
}

/// A rule, by its place in the set's list of plans.
#[derive(Debug, Serialize, Deserialize)]
struct Sifted {
    plan: usize,
    /// What no single source tells; `None` if there is nothing else.
    rest: Option<Node>,
}

/// What the values of one source tell.
#[derive(Debug, Serialize, Deserialize)]
struct Column {
    /// Its place in the program's list.
    source: usize,
    /// The rules that ask for it.
    touched: Bits,
    /// For a rule's bit, a part of its condition without which it cannot hold.
    parts: Vec<(usize, Node)>,
}

/// A set of rules, by their places in [`Sieve::rules`].
type Bits = Box<[u64]>;

/// What a sieve remembers from record to record; kept and reused.
#[derive(Debug, Default)]
pub(crate) struct Trays {
    program: u64,
    /// For each column and each place of its values, what is left possible.
    left: Vec<Vec<u64>>,
    /// Rules that the present record leaves possible.
    live: Vec<u64>,
    /// Rules that have to be judged whole.
    open: Vec<u64>,
}

impl Sieve {
    /// A sieve over the rules at these places of the list of plans.
    pub(crate) fn new(program: &Program, plans: &[&Node], chosen: &[usize]) -> Self {
        let mut sieve = Self {
            rules: Vec::with_capacity(chosen.len()),
            columns: Vec::new(),
            every: bits(chosen.len()),
        };
        for (place, plan) in chosen.iter().enumerate() {
            set(&mut sieve.every, place);
            let mut rest = Vec::new();
            let whole = plans.get(*plan).into_iter();
            for part in whole.flat_map(|node| parts(node, true)) {
                match sole_source(program, &part) {
                    Some(source) => sieve.column(source, chosen.len(), place, part),
                    None => rest.push(part),
                }
            }
            rest.sort_by_cached_key(|part| program.cost(part));
            sieve.rules.push(Sifted {
                plan: *plan,
                rest: (!rest.is_empty()).then(|| Node::All(rest.into())),
            });
        }
        // Cheap sources first, and of these the one that most rules ask for:
        // what they leave impossible need not be looked at any more.
        sieve.columns.sort_by_key(|column| {
            let price = program.source(column.source).map(Source::price);
            (price, std::cmp::Reverse(column.parts.len()))
        });
        sieve
    }

    fn column(&mut self, source: usize, rules: usize, place: usize, part: Node) {
        let known = self.columns.iter_mut().find(|known| known.source == source);
        let column = match known {
            Some(column) => column,
            None => {
                self.columns.push(Column {
                    source,
                    touched: bits(rules),
                    parts: Vec::new(),
                });
                match self.columns.last_mut() {
                    Some(column) => column,
                    None => return,
                }
            }
        };
        set(&mut column.touched, place);
        column.parts.push((place, part));
    }

    /// Calls `each` with the place in the list of plans, and the outcome, of
    /// every rule that holds for the record or could not be judged.
    pub(crate) fn sift(
        &self,
        judge: &mut Judge<'_, '_>,
        plans: &[(impl Sized, Node)],
        trays: &mut Trays,
        each: &mut impl FnMut(usize, Result<(), FaultReason>),
    ) {
        if self.rules.is_empty() {
            return;
        }
        trays.begin(self, judge.program.number());
        for (column, left) in self.columns.iter().zip(&mut trays.left) {
            if !meet(&trays.live, &column.touched) {
                continue;
            }
            let Some(place) = judge.place(column.source) else {
                join(&mut trays.open, &column.touched);
                continue;
            };
            let words = self.every.len();
            let Some(left) = left.get_mut(place * words..(place + 1) * words) else {
                continue;
            };
            if judge.note(column.source, place, Note::Sieve) == 0 {
                let sound = column.judge(judge, left, &mut trays.open);
                judge.set_note(column.source, place, Note::Sieve, sound.into());
            }
            narrow(&mut trays.live, left);
        }
        for (place, rule) in each_of(&trays.live).filter_map(|p| Some((p, self.rules.get(p)?))) {
            let outcome = match &rule.rest {
                _ if is_set(&trays.open, place) => match plans.get(rule.plan) {
                    Some((_, whole)) => judge.holds(whole),
                    None => Ok(false),
                },
                Some(rest) => judge.holds(rest),
                None => Ok(true),
            };
            match outcome {
                Ok(false) => {}
                Ok(true) => each(rule.plan, Ok(())),
                Err(reason) => each(rule.plan, Err(reason)),
            }
        }
    }
}

impl Column {
    /// Judges the present value: what it leaves possible goes to `passing`,
    /// what it cannot tell of to `open`. Returns whether it could tell of all.
    #[cold]
    fn judge(&self, judge: &mut Judge<'_, '_>, passing: &mut [u64], open: &mut [u64]) -> bool {
        passing.fill(u64::MAX);
        let mut sound = true;
        for (place, part) in &self.parts {
            match judge.holds(part) {
                Ok(true) => {}
                Ok(false) => clear(passing, *place),
                Err(_) => {
                    sound = false;
                    set(open, *place);
                }
            }
        }
        sound
    }
}

impl Trays {
    /// Makes ready for a record.
    fn begin(&mut self, sieve: &Sieve, program: u64) {
        let words = sieve.every.len();
        if self.program != program {
            self.program = program;
            let columns = sieve.columns.iter();
            self.left = columns.map(|_| vec![0; Memo::PLACES * words]).collect();
        }
        self.live.clear();
        self.live.extend_from_slice(&sieve.every);
        self.open.clear();
        self.open.resize(words, 0);
    }
}

/// The parts that all have to hold for a condition to be what is wanted. Of
/// alternatives that must not hold, none may.
fn parts(node: &Node, wanted: bool) -> Vec<Node> {
    match (node, wanted) {
        (Node::All(inner), true) | (Node::Any(inner), false) => {
            inner.iter().flat_map(|part| parts(part, wanted)).collect()
        }
        (Node::Not(inner), _) => parts(inner, !wanted),
        (other, true) => vec![other.clone()],
        (other, false) => vec![Node::Not(Box::new(other.clone()))],
    }
}

/// The one source that a condition asks for, if it asks for no other.
fn sole_source(program: &Program, node: &Node) -> Option<usize> {
    match node {
        Node::Not(inner) => sole_source(program, inner),
        Node::All(parts) | Node::Any(parts) => {
            let mut sources = parts.iter().map(|part| sole_source(program, part));
            let first = sources.next()??;
            sources.all(|other| other == Some(first)).then_some(first)
        }
        Node::Test(predicate) => program.told(*predicate).map(|(source, _)| source),
    }
}

fn bits(length: usize) -> Bits {
    vec![0; length.div_ceil(u64::BITS as usize)].into_boxed_slice()
}

fn set(bits: &mut [u64], place: usize) {
    if let Some(word) = bits.get_mut(place / 64) {
        *word |= 1 << (place % 64);
    }
}

fn clear(bits: &mut [u64], place: usize) {
    if let Some(word) = bits.get_mut(place / 64) {
        *word &= !(1 << (place % 64));
    }
}

fn is_set(bits: &[u64], place: usize) -> bool {
    bits.get(place / 64)
        .is_some_and(|word| word & (1 << (place % 64)) != 0)
}

/// Whether two sets have a rule in common.
#[inline]
fn meet(one: &[u64], other: &[u64]) -> bool {
    one.iter().zip(other).any(|(one, other)| one & other != 0)
}

/// Keeps what is in both sets.
#[inline]
fn narrow(bits: &mut [u64], others: &[u64]) {
    bits.iter_mut()
        .zip(others)
        .for_each(|(bits, others)| *bits &= others);
}

/// Adds what is in the other set.
fn join(bits: &mut [u64], others: &[u64]) {
    bits.iter_mut()
        .zip(others)
        .for_each(|(bits, others)| *bits |= others);
}

/// The places of a set, in order.
fn each_of(bits: &[u64]) -> impl Iterator<Item = usize> + '_ {
    bits.iter().enumerate().flat_map(|(index, word)| {
        let mut word = *word;
        std::iter::from_fn(move || {
            let place = index * 64 + word.trailing_zeros() as usize;
            let any = word != 0;
            word &= word.wrapping_sub(1);
            any.then_some(place)
        })
    })
}
