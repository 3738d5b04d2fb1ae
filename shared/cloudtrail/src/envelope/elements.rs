//! The elements of an array in an envelope, each on its own.
//!
//! A broken element has no end that can be trusted: it may swallow its
//! neighbours or break off. The way is found again where another element
//! begins as the array's first one did.

use serde::de::IgnoredAny;

use super::reading::Reading;
use crate::ends;
use crate::json::Layer;

/// Broken elements whose end is looked for in all of the text in vain. Each
/// such search may read the rest; behind this many, only up to the next
/// element.
const WIDE_SEARCHES: usize = 64;

/// What an array's elements are.
pub(super) trait Element {
    /// Reads the element at `at` and returns the place behind it, or `None`,
    /// having done nothing, where its end cannot be told.
    fn read(reading: &mut Reading<'_, '_>, text: &[u8], at: usize) -> Option<usize>;

    /// Reads an element whose extent is known, `raw` at byte `at`; or says
    /// what is wrong with it.
    fn read_alone(reading: &mut Reading<'_, '_>, raw: &[u8], at: usize) -> Result<(), String>;
}

/// Reads the elements of the array that opens at `at`; returns the place
/// behind it, or `None` where it breaks off, which has then been reported.
pub(super) fn each<E: Element>(
    reading: &mut Reading<'_, '_>,
    text: &[u8],
    at: usize,
) -> Option<usize> {
    let mut at = ends::skip_separators(text, at + 1);
    let begins = beginning(text, at);
    let mut in_vain = 0;
    loop {
        at = ends::skip_separators(text, at);
        match text.get(at) {
            None => {
                let reason = format!("at byte {at}: cut off, expected `]` or another element");
                reading.fault(reason, &[]);
                return None;
            }
            Some(b']') => return Some(at + 1),
            Some(_) => {}
        }
        at = match E::read(reading, text, at) {
            Some(end) => end,
            None => broken::<E>(reading, text, at, begins, &mut in_vain)?,
        };
    }
}

/// Reads an element that cannot be read in passing; what stays unreadable is
/// one fault that ends before the next element. Returns the place behind it,
/// `None` where nothing follows.
fn broken<E: Element>(
    reading: &mut Reading<'_, '_>,
    text: &[u8],
    at: usize,
    begins: &[u8],
    in_vain: &mut usize,
) -> Option<usize> {
    let near = next_after(text, at, begins);
    let end_before = |limit: usize| text.get(..limit).and_then(|text| ends::extent(text, at));
    let closed = end_before(near);
    let end = closed.unwrap_or(near);
    let raw = text.get(at..end).unwrap_or_default().trim_ascii_end();
    let raw = raw.strip_suffix(b",").unwrap_or(raw);
    let Err(reason) = E::read_alone(reading, raw, at) else {
        return Some(end);
    };
    if near < text.len() && *in_vain < WIDE_SEARCHES {
        if let Some(end) = end_before(text.len()) {
            let whole = text.get(at..end).unwrap_or_default();
            match E::read_alone(reading, whole, at) {
                Ok(()) => return Some(end),
                // What looked like the next element stands in this one, which
                // is sound but for what it should have told.
                Err(reason) if is_complete(whole) => {
                    reading.fault(format!("at byte {at}: {reason}"), whole);
                    return Some(end);
                }
                Err(_) => {}
            }
        }
        *in_vain += 1;
    }
    reading.fault(format!("at byte {at}: {reason}"), raw);
    // A stray closing bracket has no extent; going on behind it always ends.
    (closed.is_some() || near < text.len()).then_some(end.max(at + 1))
}

/// Whether this is one complete JSON value: nothing of its neighbours is in it.
fn is_complete(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// How the object at `at` begins, up to its first key's end. Inside a string
/// the same stands with other quotes, so it marks no place there.
fn beginning(text: &[u8], at: usize) -> &[u8] {
    let key = ends::skip_blank(text, at + 1);
    ends::string_end(text, key, Layer::Plain)
        .filter(|_| text.get(at) == Some(&b'{'))
        .and_then(|end| text.get(at..end))
        .unwrap_or(b"{\"")
}

/// The next place behind `at` where an element begins, or the text's end.
fn next_after(text: &[u8], at: usize, begins: &[u8]) -> usize {
    let from = at + 1;
    text.get(from..)
        .and_then(|rest| memchr::memmem::find(rest, begins))
        .map_or(text.len(), |found| from + found)
}
