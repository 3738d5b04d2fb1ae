//! The members of a record that the scan notes.

use serde::{Deserialize, Serialize};

/// A member that rules and alerts read often: noted by the scan, so that
/// reading it later costs nothing. Any other path is walked on demand from
/// [`Record::root`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
#[expect(
    missing_docs,
    reason = "each is named by CloudTrail's record reference, see `Member::path`"
)]
pub enum Member {
    EventVersion,
    UserIdentity,
    EventTime,
    EventSource,
    EventName,
    AwsRegion,
    SourceIpAddress,
    UserAgent,
    ErrorCode,
    ErrorMessage,
    RequestParameters,
    ResponseElements,
    AdditionalEventData,
    RequestId,
    EventId,
    ReadOnly,
    Resources,
    EventType,
    ApiVersion,
    ManagementEvent,
    RecipientAccountId,
    SharedEventId,
    VpcEndpointId,
    EventCategory,
    ServiceEventDetails,
    SessionCredentialFromConsole,
    TlsDetails,
    IdentityType,
    IdentityPrincipalId,
    IdentityArn,
    IdentityAccountId,
    IdentityAccessKeyId,
    IdentityUserName,
    IdentityInvokedBy,
    IdentitySessionContext,
}

impl Member {
    /// Number of members that the scan notes.
    pub const COUNT: usize = Member::IdentitySessionContext as usize + 1;

    /// Every member with its path in the record.
    pub const ALL: [(Member, &'static str); Member::COUNT] = [
        (Member::EventVersion, "eventVersion"),
        (Member::UserIdentity, "userIdentity"),
        (Member::EventTime, "eventTime"),
        (Member::EventSource, "eventSource"),
        (Member::EventName, "eventName"),
        (Member::AwsRegion, "awsRegion"),
        (Member::SourceIpAddress, "sourceIPAddress"),
        (Member::UserAgent, "userAgent"),
        (Member::ErrorCode, "errorCode"),
        (Member::ErrorMessage, "errorMessage"),
        (Member::RequestParameters, "requestParameters"),
        (Member::ResponseElements, "responseElements"),
        (Member::AdditionalEventData, "additionalEventData"),
        (Member::RequestId, "requestID"),
        (Member::EventId, "eventID"),
        (Member::ReadOnly, "readOnly"),
        (Member::Resources, "resources"),
        (Member::EventType, "eventType"),
        (Member::ApiVersion, "apiVersion"),
        (Member::ManagementEvent, "managementEvent"),
        (Member::RecipientAccountId, "recipientAccountId"),
        (Member::SharedEventId, "sharedEventID"),
        (Member::VpcEndpointId, "vpcEndpointId"),
        (Member::EventCategory, "eventCategory"),
        (Member::ServiceEventDetails, "serviceEventDetails"),
        (
            Member::SessionCredentialFromConsole,
            "sessionCredentialFromConsole",
        ),
        (Member::TlsDetails, "tlsDetails"),
        (Member::IdentityType, "userIdentity.type"),
        (Member::IdentityPrincipalId, "userIdentity.principalId"),
        (Member::IdentityArn, "userIdentity.arn"),
        (Member::IdentityAccountId, "userIdentity.accountId"),
        (Member::IdentityAccessKeyId, "userIdentity.accessKeyId"),
        (Member::IdentityUserName, "userIdentity.userName"),
        (Member::IdentityInvokedBy, "userIdentity.invokedBy"),
        (
            Member::IdentitySessionContext,
            "userIdentity.sessionContext",
        ),
    ];

    /// The member's path, as a rule writes it.
    pub fn path(self) -> &'static str {
        Self::ALL.get(self as usize).map_or("", |(_, path)| path)
    }

    /// Whether the member stands in `userIdentity`.
    pub const fn is_of_identity(self) -> bool {
        self as usize >= Member::IdentityType as usize
    }

    /// The member's key in the object that it stands in. Evaluated by the
    /// compiler.
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated by the compiler: a failure is a compile error"
    )]
    pub(crate) const fn key(self) -> &'static [u8] {
        let (_, path) = Self::ALL[self as usize];
        let inner = self.is_of_identity();
        let (_, key) = path
            .as_bytes()
            .split_at(if inner { IDENTITY.len() } else { 0 });
        key
    }

    /// The member with exactly this path.
    pub fn from_path(path: &str) -> Option<Member> {
        match path.strip_prefix(IDENTITY) {
            Some(inner) => Self::of_identity(inner.as_bytes()),
            None => Self::at_top(path.as_bytes()),
        }
    }

    /// The member that has this key at the top of a record.
    #[inline(always)]
    pub(crate) fn at_top(key: &[u8]) -> Option<Member> {
        AT_TOP.find(key)
    }

    /// The member that has this key in a record's `userIdentity`.
    #[inline(always)]
    pub(crate) fn of_identity(key: &[u8]) -> Option<Member> {
        OF_IDENTITY.find(key)
    }
}

const IDENTITY: &str = "userIdentity.";

static AT_TOP: Keys = Keys::new(false);
static OF_IDENTITY: Keys = Keys::new(true);

/// Keys by a hash that leaves each its own slot.
struct Keys {
    slots: [Option<(&'static [u8], Member)>; Keys::SLOTS],
}

impl Keys {
    const SLOTS: usize = 64;

    /// The keys at the top, or those in `userIdentity`. Evaluated by the
    /// compiler, which refuses two keys in one slot.
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated by the compiler: a failure is a compile error"
    )]
    const fn new(identity: bool) -> Self {
        let mut slots = [None; Self::SLOTS];
        let mut index = 0;
        while index < Member::COUNT {
            let (member, _) = Member::ALL[index];
            if (index >= Member::IdentityType as usize) == identity {
                let key = member.key();
                let slot = Self::slot(key);
                assert!(slots[slot].is_none(), "two keys in one slot");
                slots[slot] = Some((key, member));
            }
            index += 1;
        }
        Self { slots }
    }

    /// The slot that a key would have. Length, first and third-last byte tell
    /// all known keys apart; the factors were searched for.
    #[inline(always)]
    const fn slot(key: &[u8]) -> usize {
        match key {
            [first, .., third_last, _, _] => {
                (key.len() + *first as usize * 23 + *third_last as usize * 27) % Self::SLOTS
            }
            [only, _, _] => (key.len() + *only as usize * 50) % Self::SLOTS,
            _ => 0,
        }
    }

    #[inline(always)]
    fn find(&self, key: &[u8]) -> Option<Member> {
        let (known, member) = self.slots.get(Self::slot(key)).copied().flatten()?;
        same(known, key).then_some(member)
    }
}

/// Whether two keys are the same. Most are 8 to 16 bytes long: two words.
#[inline(always)]
fn same(known: &[u8], key: &[u8]) -> bool {
    if known.len() != key.len() {
        return false;
    }
    match (known.first_chunk::<8>(), key.first_chunk::<8>()) {
        (Some(a), Some(b)) => {
            u64::from_le_bytes(*a) == u64::from_le_bytes(*b)
                && known.last_chunk::<8>() == key.last_chunk::<8>()
                && (key.len() <= 16 || known == key)
        }
        _ => known == key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_listed_in_its_place() {
        for (index, (member, path)) in Member::ALL.iter().enumerate() {
            assert_eq!(*member as usize, index);
            assert_eq!(Member::from_path(path), Some(*member));
            assert_eq!(member.path(), *path);
        }
    }
}
