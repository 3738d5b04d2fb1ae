//! The walk through one envelope: what was read is handed on and counted.

use super::{Each, Form, RecordFault, Tally};
use crate::record::{Record, RecordError};

/// What has been read so far, and who is told.
pub(super) struct Reading<'f, 'e> {
    each: &'f mut Each<'e>,
    next: usize,
    tally: Tally,
    form: Option<Form>,
    depth: usize,
    inside_trail: bool,
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
