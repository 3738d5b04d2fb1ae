//! The parts of a record that mostly repeat from record to record, and that
//! alone decide what many fields hold.

use cloudtrail::{Layer, Member, Record};
use serde::{Deserialize, Serialize};

use crate::engine::field::has_identities;
use crate::engine::flags;
use crate::engine::memo::Written;

/// What a field's values are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Source {
    /// One member: its value, something in it, or something derived from it.
    Member(Member),
    /// All of `userIdentity`: its `sessionContext` and what is derived.
    Identity,
    /// Whether the record exceeds a bound.
    Bounds,
    /// The members that are [`flags`] and [`Source::Bounds`], taken together.
    Flags,
}

/// What a record says of a source.
pub(crate) enum Told<'r> {
    /// Nothing by which a test could be remembered: it has to be made.
    Nothing,
    /// One of the few things that most records say, by its number below
    /// [`USUALS`](crate::engine::memo::USUALS); 0 stands for no such member.
    Usual(usize),
    /// This value.
    Value(Written<'r>),
}

impl Source {
    /// What decides the value of a member.
    pub(crate) fn of(member: Member) -> Self {
        match member {
            Member::IdentitySessionContext => Self::Identity,
            member => Self::Member(member),
        }
    }

    /// How dear it is to look a value up, beside others: the longer values
    /// usually are and the more of them there are, the dearer.
    pub(crate) fn price(self) -> u32 {
        match self {
            Self::Bounds => 0,
            Self::Flags => 1,
            Self::Member(
                Member::ReadOnly
                | Member::ManagementEvent
                | Member::ErrorCode
                | Member::EventType
                | Member::EventCategory
                | Member::IdentityType
                | Member::IdentityInvokedBy,
            ) => 1,
            Self::Identity => 5,
            Self::Member(Member::UserAgent | Member::IdentityArn) => 3,
            Self::Member(_) => 2,
        }
    }

    /// Whether the identity as it is written alone decides what a record says
    /// here, where no key contains a dot.
    pub(crate) fn is_of_identity(self) -> bool {
        match self {
            Self::Member(member) => member.is_of_identity(),
            Self::Identity => true,
            Self::Bounds | Self::Flags => false,
        }
    }

    /// Whether it is one of those that [`Source::Flags`] takes together.
    pub(crate) fn is_flag(self) -> bool {
        match self {
            Self::Bounds => true,
            Self::Member(member) => flags::MEMBERS.contains(&member),
            Self::Identity | Self::Flags => false,
        }
    }

    /// What the record says here. Two records that say the same give the same
    /// answers to every test of this source.
    #[inline(always)]
    pub(crate) fn told<'r>(self, record: &'r Record<'_>) -> Told<'r> {
        // Nearly always a member; no jump by the kind of source.
        match self {
            Self::Member(member) => told_of(member, record),
            other => other.told_of_more(record),
        }
    }

    /// The same for what is no single member.
    #[inline(never)]
    fn told_of_more<'r>(self, record: &'r Record<'_>) -> Told<'r> {
        match self {
            Self::Member(member) => told_of(member, record),
            Self::Identity => identity(record),
            Self::Flags => flags::told(record).map_or(Told::Nothing, Told::Usual),
            Self::Bounds if record.is_oversize() => Told::Nothing,
            Self::Bounds => Told::Usual(0),
        }
    }
}

#[inline(always)]
fn told_of<'r>(member: Member, record: &'r Record<'_>) -> Told<'r> {
    match record.written(member) {
        // Paths of other keys with dots may lead to the same field, and so may
        // identities in an array.
        None if member.is_of_identity() && (record.has_dotted_keys() || has_identities(record)) => {
            Told::Nothing
        }
        None => Told::Usual(0),
        Some(([b'{' | b'[', ..], _)) => Told::Nothing,
        Some((value, ahead)) => Told::Value(Written { value, ahead }),
    }
}

/// Paths lead into it, and those of other keys with dots may lead to the same
/// field.
fn identity<'r>(record: &'r Record<'_>) -> Told<'r> {
    let member = Member::UserIdentity;
    match record.written(member) {
        Some((value, ahead)) if is_sound_object(value, record) && !record.has_dotted_keys() => {
            Told::Value(Written { value, ahead })
        }
        _ => Told::Nothing,
    }
}

/// Whether this is an object whose bytes say in one layer only what they say.
/// A reader passes over what is nested without a look at it: in the plain
/// layer that may be a quote with a backslash, which in the other one opens a
/// key. Behind a bare quote no escaped text goes on.
#[inline]
fn is_sound_object(value: &[u8], record: &Record<'_>) -> bool {
    let Some((b'{', inner)) = value.split_first() else {
        return false;
    };
    record.layer() == Layer::Escaped
        || matches!(inner.trim_ascii_start().first(), Some(b'"' | b'}'))
}
