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

use std::ops::Range;

use cloudtrail::Member;
use serde::{Deserialize, Serialize};

use crate::engine::evaluate::{FaultReason, Judge};
use crate::engine::program::Program;
use crate::engine::ruleset::RuleIndex;
use crate::engine::seen::Known;
use crate::engine::source::Source;
use crate::engine::split::Split;

/// The sieves of a set, and side by side what they consist of.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sieves {
    list: Vec<Sieve>,
    columns: Vec<Column>,
    rules: Vec<Sifted>,
}

/// At most [`MOST`] rules and the members that tell about them.
#[derive(Debug, Serialize, Deserialize)]
struct Sieve {
    /// The rules that nothing but the columns has to tell about.
    told: Bits,
    columns: Range<u32>,
    rules: Range<u32>,
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

/// The rules of a set, each with its condition.
pub(crate) type Plans = [(RuleIndex, Split)];

/// A set of a sieve's rules: a bit for the place of each.
type Bits = u64;

/// Rules of one sieve: each has its bit, and one is left.
const MOST: usize = Bits::BITS as usize - 1;

impl Sieves {
    /// Adds what it takes to sift the rules at these places of the list of
    /// plans; returns the numbers of those sieves.
    pub(crate) fn add(&mut self, program: &Program, plans: &Plans, chosen: &[usize]) -> Range<u32> {
        let start = place(self.list.len());
        for chosen in chosen.chunks(MOST) {
            self.add_one(program, plans, chosen);
        }
        start..place(self.list.len())
    }

    fn add_one(&mut self, program: &Program, plans: &Plans, chosen: &[usize]) {
        let (first_column, first_rule) = (place(self.columns.len()), place(self.rules.len()));
        let mut columns: Vec<Column> = Vec::new();
        let mut told = 0;
        let chosen = chosen
            .iter()
            .filter_map(|plan| Some((*plan, plans.get(*plan)?)));
        for (number, (plan, (rule, split))) in chosen.enumerate() {
            for source in split.sources() {
                let known = columns.iter_mut().find(|known| known.source == source);
                let column = match known {
                    Some(column) => column,
                    None => columns.push_mut(Column { source, touched: 0 }),
                };
                column.touched |= bit(number);
            }
            if split.rest().is_none() {
                told |= bit(number);
            }
            self.rules.push(Sifted {
                rule: *rule,
                plan: place(plan),
            });
        }
        columns.sort_by_key(|column| order(program, *column));
        self.columns.extend(columns);
        self.list.push(Sieve {
            told,
            columns: first_column..place(self.columns.len()),
            rules: first_rule..place(self.rules.len()),
        });
    }

    /// Calls `each` with every rule of the first sieve, which every record
    /// asks, that may hold for the record, and whether it does.
    #[inline(always)]
    pub(crate) fn sift_first(
        &self,
        judge: &mut Judge<'_, '_>,
        plans: &Plans,
        each: &mut impl FnMut(RuleIndex, Result<bool, FaultReason>),
    ) {
        if let Some(sifting) = self.sifting(0, plans) {
            let (live, open) = sifting.run_as::<true>(judge);
            sifting.tell(live, open, judge, each);
        }
    }

    /// The same for other sieves, by number.
    #[inline(always)]
    pub(crate) fn sift(
        &self,
        numbers: Range<u32>,
        judge: &mut Judge<'_, '_>,
        plans: &Plans,
        each: &mut impl FnMut(RuleIndex, Result<bool, FaultReason>),
    ) {
        for number in numbers {
            if let Some(sifting) = self.sifting(number as usize, plans) {
                let (live, open) = sifting.run(judge);
                sifting.tell(live, open, judge, each);
            }
        }
    }

    #[inline(always)]
    fn sifting<'s>(&'s self, number: usize, plans: &'s Plans) -> Option<Sifting<'s>> {
        let sieve = self.list.get(number)?;
        Some(Sifting {
            number,
            told: sieve.told,
            columns: part(&self.columns, &sieve.columns),
            rules: part(&self.rules, &sieve.rules),
            plans,
        })
    }
}

/// One sieve at work on a record.
struct Sifting<'s> {
    number: usize,
    told: Bits,
    columns: &'s [Column],
    rules: &'s [Sifted],
    plans: &'s Plans,
}

impl Sifting<'_> {
    /// The rules that the record's values leave possible, and those of which
    /// a value cannot tell.
    #[inline(never)]
    fn run(&self, judge: &mut Judge<'_, '_>) -> (Bits, Bits) {
        self.run_as::<false>(judge)
    }

    /// The same for the first sieve (`FIRST`), where what a value leaves
    /// possible lies beside it, or another.
    #[inline(always)]
    fn run_as<const FIRST: bool>(&self, judge: &mut Judge<'_, '_>) -> (Bits, Bits) {
        let (mut live, mut open) = (every(self.rules.len()), 0);
        for column in self.columns {
            if live & column.touched == 0 {
                continue;
            }
            let (seen, record, turn) = judge.seen();
            let known = if FIRST {
                seen.left_of_first(column.source, record, turn)
            } else {
                seen.left(column.source, self.number, record, turn)
            };
            match known {
                Known::Yes(left) => live &= left,
                Known::Never => open |= column.touched,
                Known::NotYet => {
                    let (left, odd) = self.judge_column(*column, judge);
                    let (seen, ..) = judge.seen();
                    match (odd, FIRST) {
                        (0, true) => seen.keep_left_of_first(column.source, left),
                        (0, false) => seen.keep_left(column.source, self.number, left),
                        _ => {}
                    }
                    live &= left;
                    open |= odd;
                }
            }
        }
        (live, open)
    }

    /// Tells of each rule that was left possible whether it holds.
    #[inline(always)]
    fn tell(
        &self,
        mut live: Bits,
        open: Bits,
        judge: &mut Judge<'_, '_>,
        each: &mut impl FnMut(RuleIndex, Result<bool, FaultReason>),
    ) {
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
                each(*rule, judge_left(judge, self.plans, *plan, open & bit != 0));
            }
        }
    }

    /// Judges the present value of a column: what it leaves possible, and the
    /// rules of which it cannot tell.
    #[cold]
    fn judge_column(&self, column: Column, judge: &mut Judge<'_, '_>) -> (Bits, Bits) {
        let (mut left, mut odd) = (every(self.rules.len()), 0);
        for (place, sifted) in self.rules.iter().enumerate() {
            let plan = self.plans.get(sifted.plan as usize);
            let Some(part) = plan.and_then(|(_, split)| split.of(column.source)) else {
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

/// Whether a rule that was left possible holds. Where it is open what the
/// sources tell of it, it is judged whole.
#[inline(never)]
fn judge_left(
    judge: &mut Judge<'_, '_>,
    plans: &Plans,
    plan: u32,
    open: bool,
) -> Result<bool, FaultReason> {
    match plans.get(plan as usize) {
        Some((_, split)) if open => split.holds(judge),
        Some((_, split)) => split.rest().map_or(Ok(true), |rest| judge.holds(rest)),
        None => Ok(false),
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

/// The part of a list at some places.
#[inline(always)]
fn part<'l, T>(list: &'l [T], places: &Range<u32>) -> &'l [T] {
    list.get(places.start as usize..places.end as usize)
        .unwrap_or_default()
}

/// A place in a list.
fn place(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
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
        for rules in 0..=MOST {
            let bits = (0..rules).fold(0, |bits, place| bits | bit(place));
            assert_eq!(every(rules), bits, "{rules}");
            assert_eq!(bits >> (Bits::BITS - 1), 0);
        }
    }
}
