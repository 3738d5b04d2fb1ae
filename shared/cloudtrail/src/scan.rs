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
use crate::spans::{Span, Spans};
use crate::strings::{string_end, usual_end};

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
        self.spans.put::<MEMBER>(Span::within(start, end));
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
