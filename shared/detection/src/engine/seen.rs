//! What tests said of values of earlier records.
//!
//! Most tests ask for a single member, and the values of one repeat from
//! record to record. The answers about a value are kept in the place that
//! [`Memo`] gives it, so that a test is made once per value, not once per
//! record.

use cloudtrail::Record;

use crate::engine::memo::{Memo, Place, Written};
use crate::engine::program::Program;
use crate::engine::source::{Source, Told};

/// Values of earlier records and the answers about them; kept and reused.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The program whose predicates were answered.
    program: u64,
    sources: Vec<OfSource>,
}

/// What is known of one source's values.
#[derive(Debug, Default)]
struct OfSource {
    memo: Memo,
    /// Predicates that ask for this source, in words of 64.
    words: usize,
    /// For each place, which predicates have an answer.
    known: Vec<u64>,
    /// For each place, which of those hold.
    held: Vec<u64>,
    /// For each place the notes of others, 0 until there is one.
    notes: Vec<[u32; 2]>,
    /// The record of which `place` tells.
    record: u64,
    place: Option<usize>,
}

/// Who leaves notes about values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Note {
    /// The index: which rules the name has.
    Index,
    /// The sieve: that the value was judged.
    Sieve,
}

/// What is known of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Known(bool),
    Unknown,
}

impl Seen {
    /// Makes ready for the records of a rule set.
    pub(crate) fn begin(&mut self, program: &Program) {
        if self.program == program.number() {
            return;
        }
        self.program = program.number();
        let sources = program.sources().iter();
        self.sources = sources
            .map(|(_, predicates)| OfSource::new(*predicates))
            .collect();
    }

    /// The place of the record's value; `None` where the value is nothing
    /// that could be remembered. `number` tells records apart.
    #[inline]
    pub(crate) fn place(
        &mut self,
        index: usize,
        source: Source,
        record: &Record<'_>,
        number: u64,
    ) -> Option<usize> {
        let of = self.sources.get_mut(index)?;
        if of.record != number {
            of.record = number;
            of.place = match source.told(record) {
                Told::Nothing => None,
                Told::Value(written) => of.look_up(written),
            };
        }
        of.place
    }

    /// What is known about the value at a place.
    #[inline]
    pub(crate) fn answer(&self, index: usize, place: usize, bit: usize) -> Answer {
        let Some(of) = self.sources.get(index) else {
            return Answer::Unknown;
        };
        let word = place * of.words + bit / 64;
        let mask = 1 << (bit % 64);
        match (of.known.get(word), of.held.get(word)) {
            (Some(known), Some(held)) if known & mask != 0 => Answer::Known(held & mask != 0),
            _ => Answer::Unknown,
        }
    }

    /// Keeps an answer.
    pub(crate) fn keep(&mut self, index: usize, place: usize, bit: usize, holds: bool) {
        let Some(of) = self.sources.get_mut(index) else {
            return;
        };
        let word = place * of.words + bit / 64;
        let mask = 1 << (bit % 64);
        if let (Some(known), Some(held)) = (of.known.get_mut(word), of.held.get_mut(word)) {
            *known |= mask;
            *held = if holds { *held | mask } else { *held & !mask };
        }
    }

    /// The note at a place, 0 where there is none yet.
    #[inline]
    pub(crate) fn note(&self, index: usize, place: usize, whose: Note) -> u32 {
        let of = self.sources.get(index);
        of.and_then(|of| of.notes.get(place)?.get(whose as usize).copied())
            .unwrap_or_default()
    }

    /// Leaves a note at a place.
    pub(crate) fn set_note(&mut self, index: usize, place: usize, whose: Note, note: u32) {
        let of = self.sources.get_mut(index);
        let slot = of.and_then(|of| of.notes.get_mut(place)?.get_mut(whose as usize));
        if let Some(slot) = slot {
            *slot = note;
        }
    }
}

impl OfSource {
    fn new(predicates: usize) -> Self {
        let words = predicates.div_ceil(64);
        Self {
            words,
            known: vec![0; Memo::PLACES * words],
            held: vec![0; Memo::PLACES * words],
            notes: vec![[0; 2]; Memo::PLACES],
            ..Self::default()
        }
    }

    #[inline]
    fn look_up(&mut self, written: Written<'_>) -> Option<usize> {
        match self.memo.place(written) {
            Place::Known(place) => Some(place),
            Place::TooLong => None,
            Place::New(place) => {
                self.learn(place, written.value);
                Some(place)
            }
        }
    }

    #[cold]
    fn learn(&mut self, place: usize, written: &[u8]) {
        self.memo.learn(place, written);
        let words = place * self.words..(place + 1) * self.words;
        if let Some(known) = self.known.get_mut(words) {
            known.fill(0);
        }
        if let Some(note) = self.notes.get_mut(place) {
            *note = [0; 2];
        }
    }
}
