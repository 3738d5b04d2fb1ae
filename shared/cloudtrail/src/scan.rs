//! The fast scan that notes where a record's members lie.
//!
//! One pass, no allocation, nothing decoded: keys at the top and in
//! `userIdentity` are read, and every other value is passed over. Whatever is
//! unusual (a key with an escape or written twice, structure written with
//! escapes, too deep a nesting, broken text) makes it say `None`, and
//! [`crate::normal`] takes the slow path. The two agree on every record.

use crate::blocks::Quotes;
use crate::bounds::MAX_DEPTH;
use crate::json::{Layer, is_literal, skip_blank};
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
    pub(crate) fn none() -> Self {
        Self {
            whole: Span::default(),
            members: [Span::default(); Member::COUNT],
            dotted: false,
        }
    }

    pub(crate) fn whole(&self) -> Span {
        self.whole
    }

    /// Whether a key of the record or of its identity contains a dot.
    pub(crate) fn dotted(&self) -> bool {
        self.dotted
    }

    /// Says that a key contains a dot.
    pub(crate) fn set_dotted(&mut self) {
        self.dotted = true;
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

    /// Says where the record lies.
    pub(crate) fn set_whole(&mut self, span: Span) {
        self.whole = span;
    }

    /// Notes a member; returns what was noted for it before.
    #[inline]
    pub(crate) fn note(&mut self, member: Member, span: Span) -> Option<Span> {
        let slot = self.members.get_mut(member as usize)?;
        let before = std::mem::replace(slot, span);
        (before.end != 0).then_some(before)
    }

    /// Forgets the members of `userIdentity`.
    pub(crate) fn forget_identity(&mut self) {
        for slot in self.members.iter_mut().skip(Member::IdentityType as usize) {
            *slot = Span::default();
        }
    }
}

/// Notes the record at the very start of `text`; `None` where that takes the
/// slow path.
pub(crate) fn leading(text: &[u8], layer: Layer) -> Option<Spans> {
    match layer {
        Layer::Plain => Scan::<false>::run(text),
        Layer::Escaped => Scan::<true>::run(text),
    }
}

struct Scan<'t, const ESCAPED: bool> {
    text: &'t [u8],
    quotes: Quotes<'t, ESCAPED>,
    spans: Spans,
}

impl<'t, const ESCAPED: bool> Scan<'t, ESCAPED> {
    fn run(text: &'t [u8]) -> Option<Spans> {
        if text.first() != Some(&b'{') {
            return None;
        }
        let mut scan = Self {
            text,
            quotes: Quotes::new(text)?,
            spans: Spans::none(),
        };
        let end = scan.object(0, true)?;
        scan.spans.set_whole(Span::new(0, end)?);
        Some(scan.spans)
    }

    /// Reads the members of the object that opens at `at`: the record
    /// (`top`) or its identity. Returns the place behind it.
    fn object(&mut self, at: usize, top: bool) -> Option<usize> {
        let mut at = skip_blank(self.text, at + 1);
        if self.text.get(at) == Some(&b'}') {
            return Some(at + 1);
        }
        loop {
            let (key_start, key_end) = self.string(at)?;
            let quote = 1 + usize::from(ESCAPED);
            let key = self.text.get(key_start + quote..key_end - quote)?;
            let member = if top {
                Member::at_top(key)
            } else {
                Member::of_identity(key)
            };
            if member.is_none() {
                self.unknown(key)?;
            }
            let colon = skip_blank(self.text, key_end);
            if self.text.get(colon) != Some(&b':') {
                return None;
            }
            let start = skip_blank(self.text, colon + 1);
            let end = self.value(start, top, member)?;
            if let Some(member) = member
                && self.spans.note(member, Span::new(start, end)?).is_some()
            {
                return None;
            }
            at = skip_blank(self.text, end);
            match self.text.get(at)? {
                b',' => at = skip_blank(self.text, at + 1),
                b'}' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    /// Looks at a key that is no member's: only such a one can hold an escape
    /// that matters, or a dot.
    fn unknown(&mut self, key: &[u8]) -> Option<()> {
        for byte in key {
            match byte {
                b'\\' => return None,
                b'.' => self.spans.set_dotted(),
                _ => {}
            }
        }
        Some(())
    }

    /// Passes over the value at `at`; returns the place behind it.
    #[inline]
    fn value(&mut self, at: usize, top: bool, member: Option<Member>) -> Option<usize> {
        match self.text.get(at)? {
            b'"' | b'\\' => Some(self.string(at)?.1),
            b'{' if member == Some(Member::UserIdentity) => self.object(at, false),
            b'{' | b'[' => {
                let above = if top { 1 } else { 2 };
                self.quotes.skip_nested(at, MAX_DEPTH - above)
            }
            _ => {
                let rest = self.text.get(at..)?;
                let length = rest.iter().position(|byte| !is_literal(*byte))?;
                (length > 0).then_some(at + length)
            }
        }
    }

    /// The string at `at`, with its quotes.
    #[inline]
    fn string(&mut self, at: usize) -> Option<(usize, usize)> {
        let opening = self.quotes.next()?;
        if opening != at + usize::from(ESCAPED) {
            return None;
        }
        Some((at, self.quotes.next()? + 1))
    }
}
