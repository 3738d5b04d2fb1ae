//! The fast scan that notes where a record's members lie.
//!
//! One pass, no allocation, nothing decoded: keys at the top and in
//! `userIdentity` are read, and every other value is passed over. Members
//! mostly come in one order, see [`crate::order`]; from where they do not on,
//! they are read one by one, key by key. Whatever is
//! unusual (a key with an escape or written twice, structure written with
//! escapes, too deep a nesting, broken text) makes it say `None`, and
//! [`crate::normal`] takes the slow path. The two agree on every record.

use crate::blocks::nested_end;
use crate::bounds::MAX_DEPTH;
use crate::ends::{is_literal, skip_blank};
use crate::former::Former;
use crate::json::Layer;
use crate::member::Member;
use crate::order::{self, VARIES};
use crate::strings::{string_end, usual_end};

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

    /// A place in a text whose length is known to fit.
    #[inline(always)]
    fn within(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    /// The bytes of `text` at this place.
    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

impl Span {
    /// This place in a text that goes around the one in which it is, from
    /// `start` on; of a member that is not there nothing changes.
    #[inline(always)]
    fn moved(self, start: usize) -> Self {
        let start = if self.end == 0 { 0 } else { start as u32 };
        Self {
            start: self.start.wrapping_add(start),
            end: self.end.wrapping_add(start),
        }
    }

    /// The other way round.
    fn moved_back(self, start: usize) -> Self {
        let start = if self.end == 0 { 0 } else { start as u32 };
        Self {
            start: self.start.wrapping_sub(start),
            end: self.end.wrapping_sub(start),
        }
    }

    /// Bytes at this place.
    #[inline]
    pub(crate) fn length(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// The bytes of `text` from the start of this place on.
    #[inline]
    pub(crate) fn and_behind(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..).unwrap_or_default()
    }
}

/// The places of a record and of its noted members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spans {
    whole: Span,
    members: [Span; Member::COUNT],
    dotted: bool,
    /// Stands for the identity as it is written; 0 where there is none.
    mark: u64,
}

/// The first member of an identity.
const FIRST: usize = Member::IdentityType as usize;

/// The places of an identity's members in it.
pub(crate) type Identity = [Span; Member::COUNT - FIRST];

impl Spans {
    pub(crate) fn none() -> Self {
        Self {
            whole: Span::default(),
            members: [Span::default(); Member::COUNT],
            dotted: false,
            mark: 0,
        }
    }

    /// A number that stands for the identity as it is written; 0 is none.
    #[inline]
    pub(crate) fn mark(&self) -> u64 {
        self.mark
    }

    /// Says by which number the identity is known.
    pub(crate) fn set_mark(&mut self, mark: u64) {
        self.mark = mark;
    }

    /// The places of the members of the identity at `start`, in it.
    pub(crate) fn identity_from(&self, start: usize) -> Identity {
        let (_, members) = self.members.split_at(FIRST);
        let mut inside = Identity::default();
        let pairs = inside.iter_mut().zip(members);
        pairs.for_each(|(to, from)| *to = from.moved_back(start));
        inside
    }

    /// Notes the members of an identity at `start`.
    #[inline(always)]
    pub(crate) fn put_identity(&mut self, inside: &Identity, start: usize, mark: u64) {
        let (_, members) = self.members.split_at_mut(FIRST);
        let pairs = members.iter_mut().zip(inside);
        pairs.for_each(|(to, from)| *to = from.moved(start));
        self.mark = mark;
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

    /// Notes a member; `None` where it was noted before.
    #[inline(always)]
    pub(crate) fn note(&mut self, member: Member, span: Span) -> Option<()> {
        let slot = self.members.get_mut(member as usize)?;
        let before = std::mem::replace(slot, span);
        (before.end == 0).then_some(())
    }

    /// Forgets the members of `userIdentity`.
    pub(crate) fn forget_identity(&mut self) {
        for slot in self.members.iter_mut().skip(Member::IdentityType as usize) {
            *slot = Span::default();
        }
    }
}

/// Notes the record at the very start of `text`, where nothing was noted yet;
/// `None` where that takes the slow path. `former` is what the reader of
/// several records knows of the one before.
pub(crate) fn leading(
    text: &[u8],
    layer: Layer,
    spans: &mut Spans,
    former: Option<&mut Former>,
) -> Option<()> {
    match layer {
        Layer::Plain => Scan::<false> {
            text,
            spans,
            former,
        }
        .run(),
        Layer::Escaped => Scan::<true> {
            text,
            spans,
            former,
        }
        .run(),
    }
}

/// What follows a member.
enum Behind {
    /// Another member, at this place.
    Member(usize),
    /// The object's end; the place behind it.
    End(usize),
}

pub(crate) struct Scan<'t, 's, const ESCAPED: bool> {
    text: &'t [u8],
    spans: &'s mut Spans,
    former: Option<&'s mut Former>,
}

impl<'t, const ESCAPED: bool> Scan<'t, '_, ESCAPED> {
    /// Bytes of a structural quote.
    pub(crate) const QUOTE: usize = if ESCAPED { 2 } else { 1 };

    fn run(mut self) -> Option<()> {
        if self.text.first() != Some(&b'{') || u32::try_from(self.text.len()).is_err() {
            return None;
        }
        let read = self.usual_record()?;
        let end = self.members::<true>(read)?;
        self.spans.set_whole(Span::within(0, end));
        Some(())
    }

    /// Reads the identity that opens at `at`; returns the place behind it.
    #[inline(always)]
    pub(crate) fn identity(&mut self, at: usize) -> Option<usize> {
        if let Some(former) = &self.former
            && let Some(end) = former.recall::<ESCAPED>(self.text, at, self.spans)
        {
            return Some(end);
        }
        let read = self.usual_identity(at)?;
        let end = self.members::<false>(read)?;
        if let Some(former) = &mut self.former {
            former.keep::<ESCAPED>(self.text, (at, end), self.spans);
        }
        Some(end)
    }

    /// Reads members of the record (`TOP`) or its identity in whatever order:
    /// all of them where the object opens at `at`, or those behind the value
    /// that ends there. Returns the place behind the object.
    #[inline(always)]
    fn members<const TOP: bool>(&mut self, at: usize) -> Option<usize> {
        match self.text.get(at..)? {
            [b'}', ..] => Some(at + 1),
            _ => self.members_one_by_one::<TOP>(at),
        }
    }

    #[inline(never)]
    fn members_one_by_one<const TOP: bool>(&mut self, at: usize) -> Option<usize> {
        let text = self.text;
        let mut behind = match text.get(at)? {
            b'{' => match skip_blank(text, at + 1) {
                end if text.get(end) == Some(&b'}') => return Some(end + 1),
                first => Behind::Member(first),
            },
            _ => self.behind(at)?,
        };
        loop {
            let at = match behind {
                Behind::Member(at) => at,
                Behind::End(end) => return Some(end),
            };
            let (key, key_end) = self.key(at)?;
            let member = if TOP {
                Member::at_top(key)
            } else {
                Member::of_identity(key)
            };
            let start = self.behind_colon(key_end)?;
            let end = match member {
                Some(Member::UserIdentity) if text.get(start) == Some(&b'{') => {
                    self.identity(start)?
                }
                _ => self.value::<TOP>(start)?,
            };
            match member {
                Some(member) => self.spans.note(member, Span::within(start, end))?,
                None => self.unknown(key)?,
            }
            behind = self.behind(end)?;
        }
    }

    /// The place behind the string whose content starts at `at` and usually
    /// has `USUAL` bytes; [`VARIES`] stands for no such length.
    #[inline(always)]
    pub(crate) fn string_from<const USUAL: usize>(&self, at: usize) -> Option<usize> {
        if USUAL == VARIES {
            string_end::<ESCAPED>(self.text, at)
        } else {
            usual_end::<ESCAPED, USUAL>(self.text, at)
        }
    }

    /// The bytes from `at` on that a key is compared with, if there are as many.
    #[inline(always)]
    pub(crate) fn ahead(&self, at: usize) -> Option<&'t [u8; order::WIDTH]> {
        self.text.get(at..)?.first_chunk()
    }

    /// Notes a member that was not met before.
    #[inline(always)]
    pub(crate) fn put<const MEMBER: usize>(&mut self, start: usize, end: usize) {
        if let Some(slot) = self.spans.members.get_mut(MEMBER) {
            *slot = Span::within(start, end);
        }
    }

    /// The key that starts at `at`, and the place behind it.
    #[inline(always)]
    fn key(&self, at: usize) -> Option<(&'t [u8], usize)> {
        let content = self.opening(at)?;
        let end = string_end::<ESCAPED>(self.text, content)?;
        Some((self.text.get(content..end - Self::QUOTE)?, end))
    }

    /// The place behind the structural quote at `at`.
    #[inline(always)]
    fn opening(&self, at: usize) -> Option<usize> {
        match (self.text.get(at..)?, ESCAPED) {
            ([b'\\', b'"', ..], true) => Some(at + 2),
            ([b'"', ..], false) => Some(at + 1),
            _ => None,
        }
    }

    /// What follows a value that ends at `at`.
    #[inline(always)]
    fn behind(&self, at: usize) -> Option<Behind> {
        // Nearly always a comma with no blank behind it.
        match self.text.get(at..)? {
            [b',', next, ..] if *next > b' ' => Some(Behind::Member(at + 1)),
            [b'}', ..] => Some(Behind::End(at + 1)),
            _ => self.separator(at),
        }
    }

    /// What follows a member whose value ends at `at`, blanks before it.
    #[cold]
    fn separator(&self, at: usize) -> Option<Behind> {
        let at = skip_blank(self.text, at);
        match self.text.get(at)? {
            b',' => Some(Behind::Member(skip_blank(self.text, at + 1))),
            b'}' => Some(Behind::End(at + 1)),
            _ => None,
        }
    }

    /// Where the value behind the key that ends at `at` starts.
    #[inline(always)]
    fn behind_colon(&self, at: usize) -> Option<usize> {
        match self.text.get(at..)? {
            [b':', next, ..] if *next > b' ' => Some(at + 1),
            _ => self.around_colon(at),
        }
    }

    /// The same with blanks around the colon.
    #[cold]
    fn around_colon(&self, at: usize) -> Option<usize> {
        let colon = skip_blank(self.text, at);
        (self.text.get(colon) == Some(&b':')).then(|| skip_blank(self.text, colon + 1))
    }

    /// Passes over the value of a member of the record (`TOP`) or its identity;
    /// returns the place behind it.
    #[inline(always)]
    pub(crate) fn value<const TOP: bool>(&self, at: usize) -> Option<usize> {
        match self.text.get(at)? {
            b'"' | b'\\' => string_end::<ESCAPED>(self.text, self.opening(at)?),
            b'{' | b'[' => {
                let above = if TOP { 1 } else { 2 };
                nested_end::<ESCAPED>(self.text, at, MAX_DEPTH - above)
            }
            _ => self.literal(at),
        }
    }

    /// Passes over the number, boolean or null at `at`.
    #[inline(always)]
    fn literal(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        match rest {
            [b'n', b'u', b'l', b'l', b',' | b'}', ..] => return Some(at + 4),
            [b't', b'r', b'u', b'e', b',' | b'}', ..] => return Some(at + 4),
            [b'f', b'a', b'l', b's', b'e', b',' | b'}', ..] => return Some(at + 5),
            _ => {}
        }
        let length = rest.iter().position(|byte| !is_literal(*byte))?;
        (length > 0).then_some(at + length)
    }

    /// Looks at a key that is no member's: only such a one can hold an escape
    /// that matters, or a dot.
    #[inline(never)]
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
}
