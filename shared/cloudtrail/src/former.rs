//! The identity that a reader met last. Sessions make many calls in a row, each
//! with the same identity, byte for byte: it is compared, not read again.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::spans::{Identity, Spans};

/// Marks for identities; 0 is none's.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The identity of the record before.
#[derive(Debug, Default)]
pub(crate) struct Former {
    /// The identity as it is written; empty where there is none.
    text: Vec<u8>,
    /// In which layer it is.
    escaped: bool,
    /// Where its members lie in it.
    members: Identity,
    mark: u64,
}

impl Former {
    /// Notes the identity at `at` if it is the former one again; returns the
    /// place behind it.
    #[inline(always)]
    pub(crate) fn recall<const ESCAPED: bool>(
        &self,
        text: &[u8],
        at: usize,
        spans: &mut Spans,
    ) -> Option<usize> {
        let length = self.text.len();
        let again = length > 0
            && self.escaped == ESCAPED
            && text.get(at..at + length) == Some(self.text.as_slice());
        again.then(|| {
            spans.put_identity(&self.members, at, self.mark);
            at + length
        })
    }

    /// Keeps the identity that was noted between these places.
    #[inline(never)]
    pub(crate) fn keep<const ESCAPED: bool>(
        &mut self,
        text: &[u8],
        (start, end): (usize, usize),
        spans: &mut Spans,
    ) {
        self.text.clear();
        // A path of such a key may lead where another one does.
        if spans.dotted() {
            return;
        }
        let identity = text.get(start..end).unwrap_or_default();
        self.text.extend_from_slice(identity);
        self.escaped = ESCAPED;
        self.members = spans.identity_from(start);
        self.mark = NEXT.fetch_add(1, Ordering::Relaxed);
        spans.set_mark(self.mark);
    }
}
