//! Which of some rules are worth a look, told by the values of a few members.
//!
//! Rules that name no event would have to be tried on every record, those
//! that name one on every record of that name. Most of a condition asks for
//! single members (a user agent, an address, a kind of caller), and the
//! values of these repeat from record to record. So each value is judged once
//! for all rules of a sieve; what it leaves possible is a set of bits, and a
//! record leaves possible what all its values do. A rule with nothing else in
//! its condition is then decided; of the others only the rest is asked.
//!
//! Whatever is unusual (a member that is an object or array, keys with dots,
//! a test that cannot be made) decides nothing: the rules that it touches are
//! judged whole.

use cloudtrail::Member;
use serde::{Deserialize, Serialize};

use crate::engine::evaluate::{FaultReason, Judge};
use crate::engine::program::{Node, Program};
use crate::engine::ruleset::RuleIndex;
use crate::engine::seen::Known;
use crate::engine::source::Source;
use crate::engine::split::Split;

/// At most [`Sieve::MOST`] rules and the members that tell about them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sieve {
    /// Its place among the set's sieves.
    number: usize,
    /// The rules that nothing but the columns has to tell about.
    told: Bits,
    columns: Box<[Column]>,
    rules: Box<[Sifted]>,
}

/// A rule of a sieve.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Sifted {
    rule: RuleIndex,
    /// Its place in the set's list of plans.
    plan: u32,
}

/// What the values of one source tell.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Column {
    /// Its place in the program's list.
    source: usize,
    /// The rules that ask for it.
    touched: Bits,
}

/// A set of rules: a bit for each place in [`Sieve::rules`].
type Bits = u64;

impl Sieve {
    /// Rules of one sieve: each has its bit, and one is left.
    pub(crate) const MOST: usize = Bits::BITS as usize - 1;

    /// A sieve over rules, no more than [`Sieve::MOST`], each with its place
    /// in the list of plans and its condition, taken apart.
    pub(crate) fn new<'s>(
        number: usize,
        program: &Program,
        chosen: impl Iterator<Item = (usize, RuleIndex, &'s Split)>,
    ) -> Self {
        let mut columns: Vec<Column> = Vec::new();
        let mut rules = Vec::new();
        let mut told = 0;
        for (plan, rule, split) in chosen {
            let bit = bit(rules.len());
            for source in split.sources() {
                let known = columns.iter_mut().find(|known| known.source == source);
                let column = match known {
                    Some(column) => column,
                    None => columns.push_mut(Column { source, touched: 0 }),
                };
                column.touched |= bit;
            }
            if split.rest().is_none() {
                told |= bit;
            }
            let plan = u32::try_from(plan).unwrap_or(u32::MAX);
            rules.push(Sifted { rule, plan });
        }
        columns.sort_by_key(|column| order(program, *column));
        Self {
            number,
            told,
            columns: columns.into(),
            rules: rules.into(),
        }
    }

    /// Calls `each` with every rule that may hold for the record, and whether
    /// it does.
    #[inline]
    pub(crate) fn sift(
        &self,
        judge: &mut Judge<'_, '_>,
        rules: Conditions<'_, impl Sized>,
        each: &mut impl FnMut(RuleIndex, Result<bool, FaultReason>),
    ) {
        let (mut live, open) = match self.number {
            0 => self.live_of_first(judge, rules.splits),
            _ => self.live(judge, rules.splits),
        };
        while live != 0 {
            let place = live.trailing_zeros() as usize;
            live &= live - 1;
            let Some(Sifted { rule, plan }) = self.rules.get(place) else {
                continue;
            };
            let bit = bit(place);
            if self.told & !open & bit != 0 {
                each(*rule, Ok(true));
            } else {
                each(*rule, rules.judge(judge, *plan as usize, open & bit != 0));
            }
        }
    }

    /// The rules that the record's values leave possible, and those of which
    /// they cannot tell. For the first sieve, which every record asks: what a
    /// value leaves possible lies beside it.
    #[inline(always)]
    fn live_of_first(&self, judge: &mut Judge<'_, '_>, splits: &[Split]) -> (Bits, Bits) {
        let mut live = every(self.rules.len());
        let mut open = 0;
        for column in &self.columns {
            if live & column.touched == 0 {
                continue;
            }
            let (seen, record, turn) = judge.seen();
            match seen.left_of_first(column.source, record, turn) {
                Known::Yes(left) => live &= left,
                Known::Never => open |= column.touched,
                Known::NotYet => {
                    let (left, odd) = self.judge_column(*column, judge, splits);
                    if odd == 0 {
                        judge.seen().0.keep_left_of_first(column.source, left);
                    }
                    live &= left;
                    open |= odd;
                }
            }
        }
        (live, open)
    }

    /// The same for another sieve.
    fn live(&self, judge: &mut Judge<'_, '_>, splits: &[Split]) -> (Bits, Bits) {
        let mut live = every(self.rules.len());
        let mut open = 0;
        for column in &self.columns {
            if live & column.touched == 0 {
                continue;
            }
            let (seen, record, turn) = judge.seen();
            match seen.left(column.source, self.number, record, turn) {
                Known::Yes(left) => live &= left,
                Known::Never => open |= column.touched,
                Known::NotYet => {
                    let (left, odd) = self.judge_column(*column, judge, splits);
                    if odd == 0 {
                        judge.seen().0.keep_left(column.source, self.number, left);
                    }
                    live &= left;
                    open |= odd;
                }
            }
        }
        (live, open)
    }

    /// Judges the present value of a column: what it leaves possible, and the
    /// rules of which it cannot tell.
    #[cold]
    fn judge_column(
        &self,
        column: Column,
        judge: &mut Judge<'_, '_>,
        splits: &[Split],
    ) -> (Bits, Bits) {
        let (mut left, mut odd) = (every(self.rules.len()), 0);
        for (place, sifted) in self.rules.iter().enumerate() {
            let split = splits.get(sifted.plan as usize);
            let Some(part) = split.and_then(|split| split.of(column.source)) else {
                continue;
            };
            match judge.holds(part) {
                Ok(true) => {}
                Ok(false) => left &= !bit(place),
                Err(_) => odd |= bit(place),
            }
        }
        (left, odd)
    }
}

/// What rules ask, by their place in the set's list of plans.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conditions<'c, R> {
    /// Each rule with its whole condition.
    pub(crate) plans: &'c [(R, Node)],
    /// The conditions, taken apart.
    pub(crate) splits: &'c [Split],
}

impl<R> Conditions<'_, R> {
    /// Whether a rule that was left possible holds. Where it is open what the
    /// sources tell of it, it is judged whole.
    #[inline(never)]
    fn judge(
        &self,
        judge: &mut Judge<'_, '_>,
        plan: usize,
        open: bool,
    ) -> Result<bool, FaultReason> {
        let left = if open {
            self.plans.get(plan).map(|(_, whole)| whole)
        } else {
            self.splits.get(plan).and_then(Split::rest)
        };
        left.map_or(Ok(false), |left| judge.holds(left))
    }
}

/// Cheap sources first, and of these the one that most rules ask for: what
/// they leave impossible need not be looked at any more. The name, by which a
/// sieve's rules were mostly chosen, comes last.
fn order(program: &Program, column: Column) -> impl Ord + use<> {
    let source = program.source(column.source);
    (
        source == Some(Source::Member(Member::EventName)),
        source.map(Source::price),
        std::cmp::Reverse(column.touched.count_ones()),
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_a_sieve_has_its_bit_and_one_is_left() {
        assert_eq!((bit(0), bit(63), bit(64)), (1, 1 << 63, 0));
        for rules in 0..=Sieve::MOST {
            let bits = (0..rules).fold(0, |bits, place| bits | bit(place));
            assert_eq!(every(rules), bits, "{rules}");
            assert_eq!(bits >> (Bits::BITS - 1), 0);
        }
    }
}
