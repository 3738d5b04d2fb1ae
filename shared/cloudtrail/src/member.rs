//! The members of a record that the scan notes.

/// A member that rules and alerts read often: noted by the scan, so that
/// reading it later costs nothing. Any other path is walked on demand from
/// [`Record::root`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
        Self::ALL
            .iter()
            .find(|(member, _)| *member == self)
            .map_or("", |(_, path)| path)
    }

    /// The member with exactly this path.
    pub fn from_path(path: &str) -> Option<Member> {
        match path.strip_prefix("userIdentity.") {
            Some(inner) => Self::of_identity(inner),
            None => Self::at_top(path),
        }
    }

    /// The member that has this key at the top of a record.
    pub(crate) fn at_top(key: &str) -> Option<Member> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == key)
            .map(|(member, _)| *member)
    }

    /// The member that has this key in a record's `userIdentity`.
    pub(crate) fn of_identity(key: &str) -> Option<Member> {
        Self::ALL
            .iter()
            .find(|(_, known)| known.strip_prefix("userIdentity.") == Some(key))
            .map(|(member, _)| *member)
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
