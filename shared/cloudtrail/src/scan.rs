//! The scan that notes where a record's members lie.

use crate::json::{self, Json, Layer};
use crate::member::Member;

/// A place in a record's text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Option<Self> {
        Some(Self {
            start: u32::try_from(start).ok()?,
            end: u32::try_from(end).ok()?,
        })
    }

    /// The bytes of `text` at this place.
    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// The places of a record and of its noted members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spans {
    whole: Span,
    members: [Span; Member::COUNT],
    dotted: bool,
}

impl Spans {
    /// Whether a key of the record or of its identity contains a dot.
    pub(crate) fn dotted(&self) -> bool {
        self.dotted
    }

    pub(crate) fn whole(&self) -> Span {
        self.whole
    }

    /// The place behind the record.
    pub(crate) fn end(&self) -> usize {
        self.whole.end as usize
    }

    /// Where a member lies; `None` where the record has none.
    pub(crate) fn of(&self, member: Member) -> Option<Span> {
        self.members
            .get(member as usize)
            .copied()
            .filter(|span| span.end != 0)
    }
}

/// Notes the record at the very start of `text`.
pub(crate) fn leading(text: &[u8], layer: Layer) -> Option<Spans> {
    walk(text, layer)
}

/// Notes the members of the object at the very start of `text` one by one:
/// obvious, tolerant of keys written twice (the last wins) or with escapes,
/// and slow.
pub(crate) fn walk(text: &[u8], layer: Layer) -> Option<Spans> {
    let mut members = [Span::default(); Member::COUNT];
    let mut dotted = false;
    let end = each_member(text, 0, layer, &mut |key, start, end| {
        let Some(member) = Member::at_top(key) else {
            dotted |= key.contains('.');
            return Some(());
        };
        note(&mut members, member, Span::new(start, end)?);
        if member == Member::UserIdentity {
            forget_identity(&mut members);
            if text.get(start) == Some(&b'{') {
                each_member(text, start, layer, &mut |key, start, end| {
                    match Member::of_identity(key) {
                        Some(member) => note(&mut members, member, Span::new(start, end)?),
                        None => dotted |= key.contains('.'),
                    }
                    Some(())
                })?;
            }
        }
        Some(())
    })?;
    Some(Spans {
        whole: Span::new(0, end)?,
        members,
        dotted,
    })
}

/// Calls `each` with every key and its value's place in the object that opens
/// at `at`; returns the place behind the object, `None` where it is broken.
fn each_member(
    text: &[u8],
    at: usize,
    layer: Layer,
    each: &mut impl FnMut(&str, usize, usize) -> Option<()>,
) -> Option<usize> {
    let mut at = json::skip_blank(text, expect(text, at, b'{')?);
    if text.get(at) == Some(&b'}') {
        return Some(at + 1);
    }
    loop {
        let key_end = json::string_end(text, at, layer)?;
        let key = Json::spanning(text.get(at..key_end)?, layer).text();
        let colon = json::skip_blank(text, key_end);
        let start = json::skip_blank(text, expect(text, colon, b':')?);
        let end = json::value_end(text, start, layer)?;
        each(&key, start, end)?;
        at = json::skip_blank(text, end);
        if text.get(at) == Some(&b'}') {
            return Some(at + 1);
        }
        at = json::skip_blank(text, expect(text, at, b',')?);
    }
}

fn expect(text: &[u8], at: usize, byte: u8) -> Option<usize> {
    (text.get(at) == Some(&byte)).then_some(at + 1)
}

fn note(members: &mut [Span; Member::COUNT], member: Member, span: Span) {
    if let Some(slot) = members.get_mut(member as usize) {
        *slot = span;
    }
}

fn forget_identity(members: &mut [Span; Member::COUNT]) {
    for slot in members.iter_mut().skip(Member::IdentityType as usize) {
        *slot = Span::default();
    }
}
