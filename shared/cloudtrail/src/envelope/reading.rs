//! The walk through one envelope: what was read is handed on and counted.

use super::{Each, Form, RecordFault, Tally};
use crate::former::Former;
use crate::record::{Record, RecordError};

/// What has been read so far, and who is told.
pub(super) struct Reading<'f, 'e> {
    each: &'f mut Each<'e>,
    next: usize,
    tally: Tally,
    form: Option<Form>,
    depth: usize,
    inside_trail: bool,
    head: Vec<u8>,
    former: Former,
}

impl<'f, 'e> Reading<'f, 'e> {
    pub(super) fn new(each: &'f mut Each<'e>) -> Self {
        Self {
            each,
            next: 0,
            tally: Tally::default(),
            form: None,
            depth: 0,
            inside_trail: false,
            head: Vec::new(),
            former: Former::default(),
        }
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// The outermost envelope's form, as soon as it is known.
    pub(super) fn form(&self) -> Option<Form> {
        self.form
    }

    /// Says what is being read; the first, outermost word holds.
    pub(super) fn is(&mut self, form: Form) {
        self.form.get_or_insert(form);
    }

    /// Goes into an envelope, unless that is one too many.
    pub(super) fn enter(&mut self, bound: usize) -> bool {
        let allowed = self.depth < bound;
        self.depth += usize::from(allowed);
        allowed
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether every object here is a record, whatever members it has.
    pub(super) fn inside_trail(&self) -> bool {
        self.inside_trail
    }

    /// Returns what it was before.
    pub(super) fn set_inside_trail(&mut self, inside: bool) -> bool {
        std::mem::replace(&mut self.inside_trail, inside)
    }

    /// What is known of the record before.
    #[inline]
    pub(super) fn former(&mut self) -> &mut Former {
        &mut self.former
    }

    /// Remembers how a log event begins, up to its message's quote.
    pub(super) fn set_head(&mut self, head: &[u8]) {
        self.head.clear();
        // Digits behind a backslash could spell another key.
        if !head.contains(&b'\\') {
            self.head.extend_from_slice(head);
        }
    }

    /// The length of a log event's head that differs from the remembered one
    /// in digits only, and so is read as that one was.
    pub(super) fn head_length(&self, text: &[u8]) -> Option<usize> {
        let head = text
            .get(..self.head.len())
            .filter(|head| !head.is_empty())?;
        let differs = |(one, other): (&u8, &u8)| {
            (one != other) & !(one.is_ascii_digit() & other.is_ascii_digit())
        };
        let odd = head.iter().zip(&self.head).map(differs);
        (!odd.fold(false, |any, odd| any | odd)).then_some(head.len())
    }

    /// Hands a record on, unless it describes no single call.
    pub(super) fn record(&mut self, record: &Record<'_>) {
        let index = self.next;
        self.next += 1;
        if record.is_summary() {
            self.tally.ignored += 1;
        } else {
            self.tally.records += 1;
            (self.each)(index, Ok(record));
        }
    }

    /// Hands a fault on.
    pub(super) fn fault(&mut self, reason: String, raw: &[u8]) {
        let index = self.next;
        self.next += 1;
        self.tally.faults += 1;
        (self.each)(index, Err(RecordFault { index, reason, raw }));
    }

    /// Hands on whatever the text that stands at byte `at` turns out to be.
    pub(super) fn outcome(
        &mut self,
        outcome: Result<Record<'_>, RecordError>,
        raw: &[u8],
        at: usize,
    ) {
        match outcome {
            Ok(record) => self.record(&record),
            Err(error) => self.fault(format!("at byte {at}: {error}"), raw),
        }
    }
}
