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
use crate::engine::program::{Node, Program};
use crate::engine::seen::Row;
use crate::engine::source::Source;

/// At most [`Sieve::MOST`] of the rules in question and the members that tell
/// about them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sieve {
    /// Its place among the set's sieves.
    number: usize,
    rules: Vec<Sifted>,
    columns: Vec<Column>,
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

/// A set of rules: a bit for each place in [`Sieve::rules`].
type Bits = u64;

impl Sieve {
    /// Rules of one sieve.
    const MOST: usize = Bits::BITS as usize;

    /// Sieves over the rules at these places of the list of plans.
    pub(crate) fn over(program: &Program, plans: &[&Node], chosen: &[usize]) -> Vec<Self> {
        let sieves = chosen.chunks(Self::MOST).enumerate();
        sieves
            .map(|(number, chosen)| Self::new(number, program, plans, chosen))
            .collect()
    }

    fn new(number: usize, program: &Program, plans: &[&Node], chosen: &[usize]) -> Self {
        let mut sieve = Self {
            number,
            rules: Vec::with_capacity(chosen.len()),
            columns: Vec::new(),
        };
        for (place, plan) in chosen.iter().enumerate() {
            let mut rest = Vec::new();
            let whole = plans.get(*plan).into_iter();
            for part in whole.flat_map(|node| parts(node, true)) {
                match sole_source(program, &part) {
                    Some(source) => sieve.column(source, place, part),
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

    fn column(&mut self, source: usize, place: usize, part: Node) {
        let known = self.columns.iter_mut().find(|known| known.source == source);
        let column = match known {
            Some(column) => column,
            None => self.columns.push_mut(Column {
                source,
                touched: 0,
                parts: Vec::new(),
            }),
        };
        column.touched |= bit(place);
        column.parts.push((place, part));
    }

    /// Calls `each` with the place in the list of plans, and the outcome, of
    /// every rule that holds for the record or could not be judged.
    #[inline]
    pub(crate) fn sift(
        &self,
        judge: &mut Judge<'_, '_>,
        plans: &[(impl Sized, Node)],
        each: &mut impl FnMut(usize, Result<(), FaultReason>),
    ) {
        let mut live = every(self.rules.len());
        let mut open = 0;
        for column in &self.columns {
            if live & column.touched == 0 {
                continue;
            }
            match judge.row(column.source, self.number) {
                Row::Known(left) => live &= left,
                Row::Unknown(cell) => {
                    let (left, odd) = column.judge(judge);
                    if odd == 0 {
                        judge.keep_row(column.source, cell, self.number, left);
                    }
                    live &= left;
                    open |= odd;
                }
                Row::Never => open |= column.touched,
            }
        }
        while live != 0 {
            let place = live.trailing_zeros() as usize;
            live &= live - 1;
            if let Some(rule) = self.rules.get(place) {
                let outcome = rule.judge(judge, plans, open & bit(place) != 0);
                match outcome {
                    Ok(false) => {}
                    Ok(true) => each(rule.plan, Ok(())),
                    Err(reason) => each(rule.plan, Err(reason)),
                }
            }
        }
    }
}

impl Sifted {
    /// Whether a rule that was left possible holds.
    fn judge(
        &self,
        judge: &mut Judge<'_, '_>,
        plans: &[(impl Sized, Node)],
        open: bool,
    ) -> Result<bool, FaultReason> {
        match (&self.rest, open) {
            (_, true) => match plans.get(self.plan) {
                Some((_, whole)) => judge.holds(whole),
                None => Ok(false),
            },
            (Some(rest), false) => judge.holds(rest),
            (None, false) => Ok(true),
        }
    }
}

impl Column {
    /// Judges the present value: what it leaves possible, and the rules of
    /// which it cannot tell.
    #[cold]
    fn judge(&self, judge: &mut Judge<'_, '_>) -> (Bits, Bits) {
        let (mut left, mut odd) = (Bits::MAX, 0);
        for (place, part) in &self.parts {
            match judge.holds(part) {
                Ok(true) => {}
                Ok(false) => left &= !bit(*place),
                Err(_) => odd |= bit(*place),
            }
        }
        (left, odd)
    }
}

/// The bit of the rule at a place; a sieve has none beyond its last.
fn bit(place: usize) -> Bits {
    u32::try_from(place)
        .ok()
        .and_then(|place| Bits::checked_shl(1, place))
        .unwrap_or_default()
}

/// The bits of so many rules.
fn every(rules: usize) -> Bits {
    match bit(rules) {
        0 => Bits::MAX,
        next => next - 1,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_a_sieve_has_its_bit() {
        assert_eq!((bit(0), bit(63), bit(64)), (1, 1 << 63, 0));
        for rules in 0..=Sieve::MOST {
            let bits = (0..rules).fold(0, |bits, place| bits | bit(place));
            assert_eq!(every(rules), bits, "{rules}");
        }
    }
}
