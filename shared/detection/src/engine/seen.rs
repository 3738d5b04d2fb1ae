//! What tests said of values of earlier records.
//!
//! Most tests ask for a single member, and the values of one repeat from
//! record to record. A value that is remembered has a number, under which what
//! is known of it is kept, so that a test is made once per value, not once per
//! record.

use std::num::NonZeroU64;

use cloudtrail::Record;

use crate::engine::facts::{Facts, Key, NUMBERS};
use crate::engine::memo::{Found, Memo, NOTHING, Note, USUALS, Written};
use crate::engine::program::Program;
use crate::engine::source::{Source, Told};

/// Values of earlier records and the answers about them; kept and reused.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The program whose predicates were answered.
    program: u64,
    sources: Vec<OfSource>,
    facts: Facts,
    numbers: Numbers,
}

/// Numbers for values, none of which is given out twice before all starts
/// anew.
#[derive(Debug, Default)]
struct Numbers(u64);

/// The values of one source. In this order, what every record needs lies in
/// one line.
#[derive(Debug)]
#[repr(C, align(64))]
struct OfSource {
    /// The record of which the next two tell.
    record: u64,
    /// The number of the record's value; 0 where that is nothing that could
    /// be remembered.
    number: u64,
    /// The cell of the record's value.
    cell: usize,
    source: Source,
    /// Whether the identity alone decides the value.
    of_identity: bool,
    memo: Memo,
    /// Stands for the identity whose value it is, see
    /// [`Record::identity_mark`].
    mark: Option<NonZeroU64>,
}

/// What is known of a question about the record's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known<T> {
    /// The answer.
    Yes(T),
    /// Nothing yet; an answer can be kept.
    NotYet,
    /// The value is nothing that could be remembered.
    Never,
}

/// Answers that one word keeps: below, whether each is known, and above,
/// whether it holds.
const ANSWERS: usize = 32;

/// Questions of sieves come behind those of predicates.
const SIEVES: usize = (u16::MAX as usize + 1) / ANSWERS;

/// A bit that no rule of a sieve has: it tells what is kept from nothing.
const KEPT: u64 = 1 << 63;

impl Seen {
    /// Makes ready for the records of a rule set.
    #[inline]
    pub(crate) fn begin(&mut self, program: &Program) {
        if self.program != program.number() || self.numbers.are_used_up() {
            self.restart(program);
        }
    }

    #[cold]
    fn restart(&mut self, program: &Program) {
        *self = Self::default();
        self.program = program.number();
        let sources = program.sources().iter();
        self.sources = sources
            .map(|(source, _)| OfSource {
                source: *source,
                of_identity: source.is_of_identity(),
                mark: None,
                record: 0,
                number: 0,
                cell: 0,
                memo: Memo::new(self.numbers.take(USUALS as u64)),
            })
            .collect();
    }

    /// The answer to a source's predicate about the record's value. `turn`
    /// tells records apart.
    #[inline]
    pub(crate) fn answer(
        &mut self,
        index: usize,
        bit: usize,
        record: &Record<'_>,
        turn: u64,
    ) -> Known<bool> {
        let Some(of) = self.of(index, record, turn) else {
            return Known::Never;
        };
        let Some(key) = Key::new(of.number, bit / ANSWERS) else {
            return Known::Never;
        };
        let answers = self.facts.get(key).unwrap_or(0) >> (bit % ANSWERS);
        match answers & 1 {
            0 => Known::NotYet,
            _ => Known::Yes(answers >> ANSWERS & 1 != 0),
        }
    }

    /// Keeps an answer about the value that was turned to last.
    pub(crate) fn keep_answer(&mut self, index: usize, bit: usize, holds: bool) {
        let of = self.sources.get(index).filter(|of| of.number != 0);
        let key = of.and_then(|of| Key::new(of.number, bit / ANSWERS));
        if let Some(key) = key {
            let (known, held) = (1 << (bit % ANSWERS), 1 << (bit % ANSWERS + ANSWERS));
            let answers = (self.facts.get(key).unwrap_or(0) | known) & !held;
            self.facts
                .put(key, if holds { answers | held } else { answers });
        }
    }

    /// What the record's value leaves possible of the rules of the first
    /// sieve, which every record asks.
    #[inline(always)]
    pub(crate) fn left_of_first(
        &mut self,
        index: usize,
        record: &Record<'_>,
        turn: u64,
    ) -> Known<u64> {
        match self.of(index, record, turn) {
            Some(of) => kept(of.memo.note(of.cell, Note::Sieve)),
            None => Known::Never,
        }
    }

    /// What it leaves possible of another sieve's rules.
    #[inline(always)]
    pub(crate) fn left(
        &mut self,
        index: usize,
        sieve: usize,
        record: &Record<'_>,
        turn: u64,
    ) -> Known<u64> {
        let of = self.of(index, record, turn);
        match of.and_then(|of| Key::new(of.number, SIEVES + sieve)) {
            Some(key) => kept(self.facts.get(key).unwrap_or(0)),
            None => Known::Never,
        }
    }

    /// Keeps what the value that was turned to last leaves possible.
    pub(crate) fn keep_left(&mut self, index: usize, sieve: usize, left: u64) {
        let of = self.sources.get(index).filter(|of| of.number != 0);
        if let Some(key) = of.and_then(|of| Key::new(of.number, SIEVES + sieve)) {
            self.facts.put(key, left | KEPT);
        }
    }

    /// Keeps what the value that was turned to last leaves possible of the
    /// rules of the first sieve.
    pub(crate) fn keep_left_of_first(&mut self, index: usize, left: u64) {
        if let Some(of) = self.sources.get_mut(index).filter(|of| of.number != 0) {
            of.memo.set_note(of.cell, Note::Sieve, left | KEPT);
        }
    }

    /// The index's note about the record's value, 0 where there is none yet;
    /// `None` where none can be left.
    #[inline]
    pub(crate) fn note(&mut self, index: usize, record: &Record<'_>, turn: u64) -> Option<u64> {
        let of = self.of(index, record, turn)?;
        Some(of.memo.note(of.cell, Note::Index))
    }

    /// Leaves a note about the value that was turned to last.
    pub(crate) fn set_note(&mut self, index: usize, note: u64) {
        if let Some(of) = self.sources.get_mut(index).filter(|of| of.number != 0) {
            of.memo.set_note(of.cell, Note::Index, note);
        }
    }

    /// A source, turned to the record's value; `None` where that is nothing
    /// that could be remembered. Looked up once per record.
    #[inline(always)]
    fn of(&mut self, index: usize, record: &Record<'_>, turn: u64) -> Option<&OfSource> {
        let of = self.sources.get_mut(index)?;
        if of.record != turn && !of.is_again(record, turn) {
            of.turn_to(record, turn, &mut self.numbers);
        }
        (of.number != 0).then_some(of)
    }
}

/// What a word says of a sieve's rules.
#[inline(always)]
fn kept(word: u64) -> Known<u64> {
    match word & KEPT {
        0 => Known::NotYet,
        _ => Known::Yes(word),
    }
}

impl Numbers {
    /// Whether what one more record needs might not be left.
    fn are_used_up(&self) -> bool {
        self.0 > NUMBERS / 2
    }

    fn next(&mut self) -> u64 {
        self.take(1)
    }

    /// The first of so many numbers in a row.
    fn take(&mut self, count: u64) -> u64 {
        let first = self.0 + 1;
        self.0 += count;
        first
    }
}

impl OfSource {
    /// Whether the identity decides the value and is the one that was looked
    /// up last.
    #[inline(always)]
    fn is_again(&mut self, record: &Record<'_>, turn: u64) -> bool {
        if !self.of_identity {
            return false;
        }
        let mark = record.identity_mark().filter(|_| !record.has_dotted_keys());
        let again = mark.is_some() && mark == self.mark;
        if again {
            self.record = turn;
        }
        self.mark = mark;
        again
    }

    /// Looks up the value of another record.
    fn turn_to(&mut self, record: &Record<'_>, turn: u64, numbers: &mut Numbers) {
        self.record = turn;
        let last = (self.number, self.cell);
        (self.number, self.cell) = match self.source.told(record) {
            Told::Nothing => NOTHING,
            Told::Usual(which) => self.memo.usual(which),
            Told::Value(written) => match self.memo.find(written, last) {
                NOTHING => self.learn(written, numbers),
                found => found,
            },
        };
    }

    /// Gives a value a number and a place; what is known of the one before is
    /// never asked for again.
    #[cold]
    fn learn(&mut self, written: Written<'_>, numbers: &mut Numbers) -> Found {
        self.memo.learn(written.value, numbers.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_numbers_run_out_all_starts_anew() {
        let mut seen = Seen::default();
        let program = Program::default();
        seen.begin(&program);
        seen.numbers.0 = NUMBERS / 2;
        seen.begin(&program);
        assert_eq!(seen.numbers.0, NUMBERS / 2);
        seen.numbers.next();
        seen.begin(&program);
        assert!(seen.numbers.0 < 100);
    }
}
