//! What tests said of values of earlier records.
//!
//! Most tests ask for a single member, and the values of one repeat from
//! record to record. What is known of a value is kept in the place that
//! [`Memo`] gives it, so that a test is made once per value, not once per
//! record.

use cloudtrail::Record;

use crate::engine::lines::{Line, Lines, WORDS};
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

/// What is known of one source's values. What is known of one lies side by
/// side in a cell of whole lines:
///
/// | words | what |
/// |---|---|
/// | 1 | the index's note: 0 until there is one |
/// | 1 | which sieves have judged the value |
/// | 1 for every sieve | what the value leaves possible |
/// | 0 or 1 | nothing: what follows are pairs |
/// | 2 for every 64 predicates | which have an answer, and which of those hold |
#[derive(Debug)]
struct OfSource {
    source: Source,
    /// The record of which `cell` tells.
    record: u64,
    /// The first word of the cell of the record's value.
    cell: Option<usize>,
    /// The word at which a cell's pairs begin.
    pairs: usize,
    /// Lines of a cell.
    size: usize,
    cells: Lines,
    memo: Memo,
}

const NOTE: usize = 0;
const JUDGED: usize = 1;
const ROWS: usize = 2;

/// Sieves that have a bit in [`JUDGED`]; what others find out is not kept.
const SIEVES: usize = u64::BITS as usize;

/// The place of what most records say; behind those of [`Memo`].
const USUAL: usize = Memo::PLACES;

/// Places of a source.
const PLACES: usize = USUAL + 1;

/// What is known of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Known(bool),
    /// It can be kept in this cell.
    Unknown(usize),
    /// The value is nothing that could be remembered.
    Never,
}

/// What the record's value leaves possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    Known(u64),
    /// It can be kept in this cell.
    Unknown(usize),
    /// The value is nothing that could be remembered.
    Never,
}

impl Seen {
    /// Makes ready for the records of a rule set that has so many sieves.
    #[inline]
    pub(crate) fn begin(&mut self, program: &Program, sieves: usize) {
        if self.program != program.number() {
            self.restart(program, sieves);
        }
    }

    #[cold]
    fn restart(&mut self, program: &Program, sieves: usize) {
        self.program = program.number();
        let sources = program.sources().iter();
        self.sources = sources
            .map(|(source, predicates)| OfSource::new(*source, *predicates, sieves))
            .collect();
    }

    /// The answer to a source's predicate about the record's value. `number`
    /// tells records apart.
    #[inline]
    pub(crate) fn answer(
        &mut self,
        index: usize,
        bit: usize,
        record: &Record<'_>,
        number: u64,
    ) -> Answer {
        let Some((of, cell)) = self.cell(index, record, number) else {
            return Answer::Never;
        };
        let at = of.pairs + 2 * (bit / 64);
        let line = of.cells.at(cell + at / WORDS * WORDS);
        let mask = 1 << (bit % 64);
        match line.and_then(|line| line.get(at % WORDS..)) {
            Some([known, held, ..]) if known & mask != 0 => Answer::Known(held & mask != 0),
            _ => Answer::Unknown(cell),
        }
    }

    /// Keeps an answer.
    pub(crate) fn keep(&mut self, index: usize, cell: usize, bit: usize, holds: bool) {
        let Some(of) = self.sources.get_mut(index) else {
            return;
        };
        let at = of.pairs + 2 * (bit / 64);
        let line = of.cells.at_mut(cell + at / WORDS * WORDS);
        let mask = 1 << (bit % 64);
        if let Some([known, held, ..]) = line.and_then(|line| line.get_mut(at % WORDS..)) {
            *known |= mask;
            *held = if holds { *held | mask } else { *held & !mask };
        }
    }

    /// What the record's value leaves possible of a sieve's rules.
    #[inline]
    pub(crate) fn row(
        &mut self,
        index: usize,
        sieve: usize,
        record: &Record<'_>,
        number: u64,
    ) -> Row {
        let Some((of, cell)) = self.cell(index, record, number) else {
            return Row::Never;
        };
        of.row(cell, sieve).map_or(Row::Unknown(cell), Row::Known)
    }

    /// Keeps what the value of a cell leaves possible.
    pub(crate) fn keep_row(&mut self, index: usize, cell: usize, sieve: usize, row: u64) {
        let Some(of) = self.sources.get_mut(index).filter(|_| sieve < SIEVES) else {
            return;
        };
        if let Some(slot) = of.word(cell, ROWS + sieve) {
            *slot = row;
        }
        if let Some(judged) = of.word(cell, JUDGED) {
            *judged |= 1 << sieve;
        }
    }

    /// The index's note about the record's value, 0 where there is none yet,
    /// and the cell to leave one in.
    #[inline]
    pub(crate) fn note(
        &mut self,
        index: usize,
        record: &Record<'_>,
        number: u64,
    ) -> Option<(u64, usize)> {
        let (of, cell) = self.cell(index, record, number)?;
        Some((*of.cells.at(cell)?.get(NOTE)?, cell))
    }

    /// Leaves a note in a cell.
    pub(crate) fn set_note(&mut self, index: usize, cell: usize, note: u64) {
        let of = self.sources.get_mut(index);
        if let Some(slot) = of.and_then(|of| of.word(cell, NOTE)) {
            *slot = note;
        }
    }

    /// What is known of the record's value, looked up once per record.
    #[inline(always)]
    fn cell(
        &mut self,
        index: usize,
        record: &Record<'_>,
        number: u64,
    ) -> Option<(&OfSource, usize)> {
        let of = self.sources.get_mut(index)?;
        if of.record != number {
            of.turn_to(record, number);
        }
        Some((of, of.cell?))
    }
}

impl OfSource {
    fn new(source: Source, predicates: usize, sieves: usize) -> Self {
        let pairs = (ROWS + sieves.min(SIEVES)).next_multiple_of(2);
        let words = pairs + 2 * predicates.div_ceil(64);
        let size = words.div_ceil(WORDS);
        Self {
            source,
            record: 0,
            cell: None,
            pairs,
            size,
            cells: Lines::new(PLACES * size),
            memo: Memo::default(),
        }
    }

    fn word(&mut self, cell: usize, at: usize) -> Option<&mut u64> {
        let line = self.cells.at_mut(cell + at / WORDS * WORDS)?;
        line.get_mut(at % WORDS)
    }

    /// What is kept in a cell for a sieve.
    #[inline(always)]
    fn row(&self, cell: usize, sieve: usize) -> Option<u64> {
        let line = self.cells.at(cell)?;
        let [_, judged, first, ..] = line;
        if sieve >= SIEVES || judged & (1 << sieve) == 0 {
            return None;
        }
        // Most sets have one sieve.
        match sieve {
            0 => Some(*first),
            _ => {
                let at = ROWS + sieve;
                let line = self.cells.at(cell + at / WORDS * WORDS)?;
                line.get(at % WORDS).copied()
            }
        }
    }

    /// Looks up the value of another record.
    fn turn_to(&mut self, record: &Record<'_>, number: u64) {
        self.record = number;
        let place = match self.source.told(record) {
            Told::Nothing => None,
            Told::Usual => Some(USUAL),
            Told::Value(written) => self.look_up(written),
        };
        self.cell = place.map(|place| self.cells.word_of(place.wrapping_mul(self.size)));
    }

    #[inline(always)]
    fn look_up(&mut self, written: Written<'_>) -> Option<usize> {
        match self.memo.place(written) {
            Place::Known(place) => Some(place),
            Place::TooLong => None,
            Place::New(place) => {
                self.learn(place, written);
                Some(place)
            }
        }
    }

    /// Gives a value its place, and forgets what is known of the one before.
    #[cold]
    fn learn(&mut self, place: usize, written: Written<'_>) {
        self.memo.learn(place, written.value);
        for line in place * self.size..(place + 1) * self.size {
            let word = self.cells.word_of(line);
            if let Some(line) = self.cells.at_mut(word) {
                *line = Line::default();
            }
        }
    }
}
