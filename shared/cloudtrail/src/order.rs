//! The order in which CloudTrail writes members: which one usually follows.
//!
//! It is a guess. A record in another order is read all the same.

use crate::json::Layer;
use crate::member::Member;

/// The longest text from a comma to the colon behind a key that is compared.
const WIDTH: usize = 32;

/// What stands between two values where a certain member follows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Next {
    /// The member that follows.
    pub(crate) member: Member,
    length: usize,
    /// The comma, the key and the colon, and which of these bytes count.
    text: [u8; WIDTH],
    mask: [u8; WIDTH],
}

/// For each member (the row) those that usually follow.
type Table = [[Next; 2]; Member::COUNT];

static PLAIN: Table = table(Layer::Plain);
static ESCAPED: Table = table(Layer::Escaped);

/// What usually follows a member, the likelier one first.
#[inline(always)]
pub(crate) fn behind<const IS_ESCAPED: bool>(member: Member) -> Option<&'static [Next; 2]> {
    let table = if IS_ESCAPED { &ESCAPED } else { &PLAIN };
    table.get(member as usize)
}

impl Next {
    /// The length of the comma, key and colon, if `text` begins with them.
    #[inline(always)]
    pub(crate) fn matches(&self, text: &[u8; WIDTH]) -> Option<usize> {
        let bytes = text.iter().zip(&self.text).zip(&self.mask);
        let odd = bytes.fold(0, |odd, ((one, other), mask)| odd | ((one ^ other) & mask));
        (odd == 0).then_some(self.length)
    }
}

/// Pairs of members that mostly stand one behind the other, at most two with
/// the same first one, the likelier before.
const USUAL: [(Member, Member); 37] = [
    (Member::EventVersion, Member::UserIdentity),
    (Member::UserIdentity, Member::EventTime),
    (Member::EventTime, Member::EventSource),
    (Member::EventSource, Member::EventName),
    (Member::EventName, Member::AwsRegion),
    (Member::AwsRegion, Member::SourceIpAddress),
    (Member::SourceIpAddress, Member::UserAgent),
    (Member::UserAgent, Member::RequestParameters),
    (Member::UserAgent, Member::ErrorCode),
    (Member::ErrorCode, Member::ErrorMessage),
    (Member::ErrorCode, Member::RequestParameters),
    (Member::ErrorMessage, Member::RequestParameters),
    (Member::RequestParameters, Member::ResponseElements),
    (Member::ResponseElements, Member::RequestId),
    (Member::ResponseElements, Member::AdditionalEventData),
    (Member::AdditionalEventData, Member::RequestId),
    (Member::AdditionalEventData, Member::EventId),
    (Member::RequestId, Member::EventId),
    (Member::EventId, Member::ReadOnly),
    (Member::EventId, Member::EventType),
    (Member::ReadOnly, Member::EventType),
    (Member::ReadOnly, Member::Resources),
    (Member::Resources, Member::EventType),
    (Member::EventType, Member::ManagementEvent),
    (Member::EventType, Member::RecipientAccountId),
    (Member::ManagementEvent, Member::RecipientAccountId),
    (Member::RecipientAccountId, Member::EventCategory),
    (Member::RecipientAccountId, Member::SharedEventId),
    (Member::EventCategory, Member::TlsDetails),
    (Member::IdentityType, Member::IdentityPrincipalId),
    (Member::IdentityPrincipalId, Member::IdentityArn),
    (Member::IdentityArn, Member::IdentityAccountId),
    (Member::IdentityAccountId, Member::IdentityAccessKeyId),
    (Member::IdentityAccessKeyId, Member::IdentitySessionContext),
    (Member::IdentityAccessKeyId, Member::IdentityUserName),
    (Member::IdentityUserName, Member::IdentitySessionContext),
    (Member::IdentitySessionContext, Member::IdentityInvokedBy),
];

/// Follows nothing: no text begins with `!` where a comma has to stand.
const NONE: Next = Next {
    member: Member::EventVersion,
    length: 0,
    text: [b'!'; WIDTH],
    mask: [0xff; WIDTH],
};

/// Evaluated by the compiler: a failure is a compile error.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler: a failure is a compile error"
)]
const fn table(layer: Layer) -> Table {
    let mut table: Table = [[NONE; 2]; Member::COUNT];
    let mut index = 0;
    while index < USUAL.len() {
        let (before, next) = USUAL[index];
        let row = &mut table[before as usize];
        let place = if row[0].length == 0 { 0 } else { 1 };
        assert!(row[place].length == 0, "more than two follow a member");
        row[place] = between(next, layer);
        index += 1;
    }
    table
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler: a failure is a compile error"
)]
const fn between(member: Member, layer: Layer) -> Next {
    let key = member.key();
    let mut next = Next {
        member,
        length: 0,
        text: [0; WIDTH],
        mask: [0; WIDTH],
    };
    let escaped = matches!(layer, Layer::Escaped);
    let mut put = [0; WIDTH];
    let mut length = 0;
    put[length] = b',';
    length += 1;
    if escaped {
        put[length] = b'\\';
        length += 1;
    }
    put[length] = b'"';
    length += 1;
    let mut at = 0;
    while at < key.len() {
        put[length] = key[at];
        length += 1;
        at += 1;
    }
    if escaped {
        put[length] = b'\\';
        length += 1;
    }
    put[length] = b'"';
    put[length + 1] = b':';
    next.length = length + 2;
    next.text = put;
    let mut at = 0;
    while at < next.length {
        next.mask[at] = 0xff;
        at += 1;
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_the_expected_key_counts() {
        for (before, member) in USUAL {
            let key = String::from_utf8_lossy(member.key()).into_owned();
            let row = behind::<true>(before).unwrap();
            let next = row.iter().find(|next| next.member == member).unwrap();
            let text = format!(",\\\"{key}\\\":{}", " ".repeat(WIDTH));
            let length = format!(",\\\"{key}\\\":").len();
            let text: &[u8; WIDTH] = text.as_bytes().first_chunk().unwrap();
            assert_eq!(next.matches(text), Some(length));
            for at in 0..length {
                let mut other = *text;
                other[at] ^= 1;
                assert_eq!(next.matches(&other), None, "{key} at {at}");
            }
        }
    }
}
