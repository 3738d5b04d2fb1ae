//! Where a record's members lie in its text.

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

    /// A place in a text whose length is known to fit.
    #[inline(always)]
    pub(crate) fn within(start: usize, end: usize) -> Self {
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

    /// Notes a member that was not met before.
    #[inline(always)]
    pub(crate) fn put<const MEMBER: usize>(&mut self, span: Span) {
        if let Some(slot) = self.members.get_mut(MEMBER) {
            *slot = span;
        }
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
