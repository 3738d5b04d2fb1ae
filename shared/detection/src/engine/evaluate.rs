//! Asking a record the questions of the rules.

use std::ops::ControlFlow;

use cloudtrail::{Kind, Record};

use crate::engine::field::{Field, each_scalar};
use crate::engine::program::{Node, Predicate, Program};
use crate::engine::seen::{Known, Seen};
use crate::engine::text::{Text, Value};
use crate::engine::wanted::Wanted;

/// Values that one predicate looks at in a record, pairs of values counted as
/// such. No real record has as many; a made-up one must not stop the others.
pub(crate) const MAX_VALUES_PER_TEST: u32 = 1_000_000;

/// Why a rule could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FaultReason {
    /// The record makes a test look at too many values.
    #[error("a field has more than {MAX_VALUES_PER_TEST} values to compare")]
    TooManyValues,
    /// A regular expression of the rule exceeds the engine's bounds.
    #[error("a regular expression cannot be compiled")]
    BadRegex,
}

/// Answers that a record has given already.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Per predicate the record's number times four plus the answer. Numbers
    /// of earlier records stay behind: nothing has to be cleared.
    answers: Vec<u64>,
    record: u64,
    /// Answers about values that earlier records had too.
    seen: Seen,
}

const NO: u64 = 0;
const YES: u64 = 1;
const TOO_MANY: u64 = 2;
const BAD_REGEX: u64 = 3;

impl Answers {
    /// Forgets what it knows of the last record: the next one comes.
    pub(crate) fn begin(&mut self, program: &Program) {
        self.record = self.record.wrapping_add(4);
        if self.answers.len() < program.predicates.len() {
            self.answers.resize(program.predicates.len(), 0);
        }
        self.seen.begin(program);
    }
}

/// A record under judgement.
pub(crate) struct Judge<'j, 'r> {
    pub(crate) program: &'j Program,
    pub(crate) record: &'j Record<'r>,
    pub(crate) answers: &'j mut Answers,
}

impl Judge<'_, '_> {
    /// Whether the condition holds. A part that could not be judged counts
    /// only where the others leave the matter open, so that the answer does
    /// not depend on their order.
    pub(crate) fn holds(&mut self, node: &Node) -> Result<bool, FaultReason> {
        let (parts, decisive) = match node {
            Node::Test(predicate) => return self.test(*predicate),
            Node::Not(inner) => return self.holds(inner).map(|held| !held),
            Node::All(parts) => (parts, false),
            Node::Any(parts) => (parts, true),
        };
        let mut open = Ok(!decisive);
        for part in parts {
            let outcome = match part {
                // Nearly every part: no call to this function again.
                Node::Test(predicate) => self.test(*predicate),
                Node::Not(_) | Node::All(_) | Node::Any(_) => self.holds(part),
            };
            match outcome {
                Ok(held) if held == decisive => return Ok(decisive),
                Ok(_) => {}
                Err(fault) => open = Err(fault),
            }
        }
        open
    }

    /// The answer to a predicate: asked mostly once for all records that have
    /// the value, or else once per record.
    #[inline]
    pub(crate) fn test(&mut self, predicate: usize) -> Result<bool, FaultReason> {
        if let Some((source, bit)) = self.program.told(predicate) {
            let number = self.answers.record;
            match self.answers.seen.answer(source, bit, self.record, number) {
                Known::Yes(holds) => return Ok(holds),
                Known::NotYet => return self.learn(predicate, source, bit),
                Known::Never => {}
            }
        }
        let known = self.answers.answers.get(predicate).copied().unwrap_or(0);
        if known & !3 != self.answers.record {
            return self.find_out(predicate);
        }
        match known & 3 {
            NO => Ok(false),
            YES => Ok(true),
            TOO_MANY => Err(FaultReason::TooManyValues),
            _ => Err(FaultReason::BadRegex),
        }
    }

    /// Asks, and keeps the answer about the value.
    #[cold]
    fn learn(&mut self, predicate: usize, source: usize, bit: usize) -> Result<bool, FaultReason> {
        let outcome = self.ask(predicate);
        if let Ok(holds) = outcome {
            self.answers.seen.keep_answer(source, bit, holds);
        }
        outcome
    }

    /// Asks, and keeps the answer about the record.
    fn find_out(&mut self, predicate: usize) -> Result<bool, FaultReason> {
        let outcome = self.ask(predicate);
        let answer = match outcome {
            Ok(false) => NO,
            Ok(true) => YES,
            Err(FaultReason::TooManyValues) => TOO_MANY,
            Err(FaultReason::BadRegex) => BAD_REGEX,
        };
        if let Some(slot) = self.answers.answers.get_mut(predicate) {
            *slot = self.answers.record | answer;
        }
        outcome
    }

    /// The memory of earlier values, with the record and its turn.
    #[inline(always)]
    pub(crate) fn seen(&mut self) -> (&mut Seen, &Record<'_>, u64) {
        (&mut self.answers.seen, self.record, self.answers.record)
    }

    /// The index's note about the record's value of a source, 0 where there is
    /// none yet; `None` where none can be left.
    #[inline]
    pub(crate) fn note(&mut self, source: usize) -> Option<u64> {
        let turn = self.answers.record;
        self.answers.seen.note(source, self.record, turn)
    }

    /// Leaves a note about that value.
    pub(crate) fn set_note(&mut self, source: usize, note: u64) {
        self.answers.seen.set_note(source, note);
    }

    fn ask(&self, predicate: usize) -> Result<bool, FaultReason> {
        match self.program.predicates.get(predicate) {
            Some(Predicate::Exists { field }) => {
                let field = self.program.fields.get(*field);
                Ok(field
                    .is_some_and(|field| field.each(self.record, &mut |_| ControlFlow::Break(()))))
            }
            Some(Predicate::Field { field, wanted }) => match self.program.fields.get(*field) {
                Some(field) => self.ask_field(field, wanted),
                None => Ok(false),
            },
            Some(Predicate::Anywhere { wanted }) => {
                let mut search = Search::new(self, wanted);
                // Whether the walk ended early is in the outcome.
                let _ = each_scalar(self.record.root(), &mut |value| search.look(value));
                search.outcome
            }
            None => Ok(false),
        }
    }
}

impl Judge<'_, '_> {
    fn ask_field(&self, field: &Field, wanted: &Wanted) -> Result<bool, FaultReason> {
        let mut search = Search::new(self, wanted);
        // The short way of nearly every question: one value, at its place.
        if let Some(value) = field.member().and_then(|member| self.record.member(member))
            && value.kind() != Kind::Array
        {
            return search.passes(Value::Json(value));
        }
        let present = field.each(self.record, &mut |value| search.look(value));
        search
            .outcome
            .map(|found| found || (!present && wanted.null))
    }
}

/// A look through values for a wanted one.
struct Search<'s, 'r> {
    program: &'s Program,
    record: &'s Record<'r>,
    wanted: &'s Wanted,
    left: u32,
    outcome: Result<bool, FaultReason>,
}

impl<'s, 'r> Search<'s, 'r> {
    fn new(judge: &'s Judge<'_, 'r>, wanted: &'s Wanted) -> Self {
        Self {
            program: judge.program,
            record: judge.record,
            wanted,
            left: MAX_VALUES_PER_TEST,
            outcome: Ok(false),
        }
    }

    fn look(&mut self, value: Value<'_>) -> ControlFlow<()> {
        self.outcome = self.passes(value);
        match self.outcome {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) | Err(_) => ControlFlow::Break(()),
        }
    }

    fn passes(&mut self, value: Value<'_>) -> Result<bool, FaultReason> {
        self.spend()?;
        let Some(text) = Text::of(value) else {
            return Ok(self.wanted.null && value.is_null());
        };
        if self
            .wanted
            .accepts(&text)
            .map_err(|_| FaultReason::BadRegex)?
        {
            return Ok(true);
        }
        for reference in &self.wanted.references {
            let Some(field) = self.program.fields.get(reference.field) else {
                continue;
            };
            let mut outcome = Ok(false);
            field.each(self.record, &mut |other| {
                outcome = self.spend().map(|()| {
                    Text::of(other).is_some_and(|other| reference.relates(&text, &other))
                });
                match outcome {
                    Ok(false) => ControlFlow::Continue(()),
                    Ok(true) | Err(_) => ControlFlow::Break(()),
                }
            });
            if outcome? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn spend(&mut self) -> Result<(), FaultReason> {
        self.left = self.left.checked_sub(1).ok_or(FaultReason::TooManyValues)?;
        Ok(())
    }
}
