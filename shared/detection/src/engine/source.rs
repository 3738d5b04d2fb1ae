//! The parts of a record that mostly repeat from record to record, and that
//! alone decide what many fields hold.

use cloudtrail::{Json, Kind, Layer, Member, Record};
use serde::{Deserialize, Serialize};

use crate::engine::field::has_identities;
use crate::engine::memo::Written;

/// What a field's values are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Source {
    /// One member: its value, something in it, or something derived from it.
    Member(Member),
    /// All of `userIdentity`.
    Identity,
    /// Whether the record exceeds a bound.
    Bounds,
}

/// What a record says of a source.
pub(crate) enum Told<'r> {
    /// Nothing by which a test could be remembered: it has to be made.
    Nothing,
    /// This, or [`ABSENT`].
    Value(Written<'r>),
}

/// Stands for a member that is not there. Whatever else a reader lets pass as
/// a value, none begins with a colon.
const ABSENT: Written<'static> = Written {
    value: b":",
    ahead: b":                                                               ",
};

impl Source {
    /// How dear it is to look a value up, beside others: the longer values
    /// usually are and the more of them there are, the dearer.
    pub(crate) fn price(self) -> u32 {
        match self {
            Self::Bounds => 0,
            Self::Member(
                Member::ReadOnly
                | Member::ManagementEvent
                | Member::ErrorCode
                | Member::EventType
                | Member::EventCategory
                | Member::IdentityType
                | Member::IdentityInvokedBy,
            ) => 1,
            Self::Member(Member::IdentitySessionContext) => 4,
            Self::Identity => 5,
            Self::Member(Member::UserAgent | Member::IdentityArn) => 3,
            Self::Member(_) => 2,
        }
    }

    /// What the record says here. Two records that say the same give the same
    /// answers to every test of this source.
    #[inline]
    pub(crate) fn told<'r>(self, record: &'r Record<'_>) -> Told<'r> {
        let member = match self {
            Self::Bounds if record.is_oversize() => return Told::Nothing,
            Self::Bounds => return Told::Value(ABSENT),
            Self::Identity => {
                return match record.member(Member::UserIdentity) {
                    Some(identity) if identity.kind() == Kind::Object => {
                        Told::Value(written(record, Member::UserIdentity, identity))
                    }
                    _ => Told::Nothing,
                };
            }
            Self::Member(member) => member,
        };
        // Paths of other keys with dots may lead to the same field, and so
        // may identities in an array.
        let elsewhere = || record.has_dotted_keys() || has_identities(record);
        match record.member(member) {
            None if member.is_of_identity() && elsewhere() => Told::Nothing,
            None => Told::Value(ABSENT),
            // Paths lead into this one.
            Some(value) if member == Member::IdentitySessionContext => {
                let here =
                    is_sound_object(value) || !matches!(value.kind(), Kind::Array | Kind::Object);
                let here = here && !elsewhere();
                here.then(|| written(record, member, value))
                    .map_or(Told::Nothing, Told::Value)
            }
            Some(value) if matches!(value.kind(), Kind::Array | Kind::Object) => Told::Nothing,
            Some(value) => Told::Value(written(record, member, value)),
        }
    }
}

/// Whether this is an object whose bytes say in one layer only what they say.
/// A reader passes over what is nested without a look at it: in the plain
/// layer that may be a quote with a backslash, which in the other one opens a
/// key. Behind a bare quote no escaped text goes on.
#[inline]
fn is_sound_object(value: Json<'_>) -> bool {
    let Some((b'{', inner)) = value.as_written().split_first() else {
        return false;
    };
    value.layer() == Layer::Escaped || matches!(inner.trim_ascii_start().first(), Some(b'"' | b'}'))
}

#[inline(always)]
fn written<'r>(record: &'r Record<'_>, member: Member, value: Json<'r>) -> Written<'r> {
    Written {
        value: value.as_written(),
        ahead: record.from_member(member),
    }
}
