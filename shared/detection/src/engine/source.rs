//! The parts of a record that mostly repeat from record to record, and that
//! alone decide what many fields hold.

use cloudtrail::{Kind, Member, Record};

use crate::engine::field::has_identities;

/// What a field's values are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// This, as written, or [`ABSENT`].
    Value(&'r [u8]),
}

/// Stands for a member that is not there. No value is written so.
const ABSENT: &[u8] = b"~";

impl Source {
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
                        Told::Value(identity.as_written())
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
                let here = value.kind() != Kind::Array && !elsewhere();
                here.then(|| value.as_written())
                    .map_or(Told::Nothing, Told::Value)
            }
            Some(value) if matches!(value.kind(), Kind::Array | Kind::Object) => Told::Nothing,
            Some(value) => Told::Value(value.as_written()),
        }
    }
}
