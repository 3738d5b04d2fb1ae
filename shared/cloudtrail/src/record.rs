//! One CloudTrail record, read by a single scan.

use std::borrow::Cow;

use crate::json::{Json, Kind, Layer};

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
        Self::ALL
            .iter()
            .find(|(_, known)| *known == path)
            .map(|(member, _)| *member)
    }
}

/// Why a text is no record. Such a text is quarantined, never dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The text is not one complete JSON value.
    #[error("not a complete JSON value")]
    Broken,
    /// The text is JSON, but no object.
    #[error("a record must be a JSON object")]
    NotAnObject,
}

/// One record: where its members lie in the text that brought it.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    root: Json<'a>,
    members: [Option<Json<'a>>; Member::COUNT],
}

impl<'a> Record<'a> {
    /// Reads the record that `text` holds in the given layer.
    pub fn scan(text: &'a [u8], layer: Layer) -> Result<Self, RecordError> {
        let root = Json::first_in(text, layer).ok_or(RecordError::Broken)?;
        if root.kind() != Kind::Object {
            return Err(RecordError::NotAnObject);
        }
        let mut members = [None; Member::COUNT];
        for (key, value) in root.members() {
            note(&mut members, &key, value);
            if key == "userIdentity" {
                for (inner, value) in value.members() {
                    note(&mut members, &format!("userIdentity.{inner}"), value);
                }
            }
        }
        Ok(Self { root, members })
    }

    /// The whole record.
    pub fn root(&self) -> Json<'a> {
        self.root
    }

    /// A noted member, `None` where the record has none. A JSON `null` is a
    /// value here.
    pub fn member(&self, member: Member) -> Option<Json<'a>> {
        self.members.get(member as usize).copied().flatten()
    }

    /// A noted member as text; `None` where it is absent or null.
    pub fn text(&self, member: Member) -> Option<Cow<'a, str>> {
        self.member(member)
            .filter(|value| !value.is_null())
            .map(Json::text)
    }
}

fn note<'a>(members: &mut [Option<Json<'a>>; Member::COUNT], path: &str, value: Json<'a>) {
    if let Some(slot) = Member::from_path(path).and_then(|member| members.get_mut(member as usize))
    {
        *slot = Some(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_noted() {
        let text = br#"{"userIdentity":{"type":"Root","arn":null},"eventName":"ConsoleLogin"}"#;
        let record = Record::scan(text, Layer::Plain).unwrap();
        assert_eq!(record.text(Member::IdentityType).unwrap(), "Root");
        assert_eq!(record.text(Member::EventName).unwrap(), "ConsoleLogin");
        assert!(record.member(Member::IdentityArn).unwrap().is_null());
        assert_eq!(record.text(Member::IdentityArn), None);
        assert!(record.member(Member::ErrorCode).is_none());
    }

    #[test]
    fn every_member_is_listed_in_its_place() {
        for (index, (member, path)) in Member::ALL.iter().enumerate() {
            assert_eq!(*member as usize, index);
            assert_eq!(Member::from_path(path), Some(*member));
        }
    }
}
