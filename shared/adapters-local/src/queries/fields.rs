//! One record as the report's conditions see it: each predicate here is the
//! twin of a fragment of the SQL, and a test runs both over the same records.

use std::borrow::Cow;

use cloudtrail::{Json, Kind, Layer, Member, Record};
use pipeline::report::address::is_public;
use pipeline::report::calls;

/// Stands for the account or region of a record that names none.
pub(super) const UNKNOWN: &str = "unknown";

/// Identity types that belong to the account's own callers.
const OWN_CALLERS: [&str; 5] = [
    "IAMUser",
    "Root",
    "AssumedRole",
    "FederatedUser",
    "IdentityCenterUser",
];

/// A record's fields, read when asked for.
pub(super) struct Fields<'r, 'a>(pub(super) &'r Record<'a>);

impl<'r> Fields<'r, '_> {
    pub(super) fn text(&self, member: Member) -> Option<Cow<'r, str>> {
        self.0.text(member)
    }

    /// Aggregated events write their id otherwise; the table's columns know
    /// no case.
    pub(super) fn id(&self) -> Option<String> {
        let id = self.text(Member::EventId).or_else(|| {
            let id = self.0.root().get("eventId")?;
            (!id.is_null()).then(|| id.text())
        });
        id.map(Cow::into_owned)
    }

    pub(super) fn account(&self) -> String {
        self.0
            .account()
            .map_or_else(|| UNKNOWN.to_owned(), Cow::into_owned)
    }

    pub(super) fn region(&self) -> String {
        self.text(Member::AwsRegion)
            .map_or_else(|| UNKNOWN.to_owned(), Cow::into_owned)
    }

    fn is(&self, member: Member, value: &str) -> bool {
        self.text(member).is_some_and(|text| text == value)
    }

    fn is_one_of(&self, member: Member, values: &[&str]) -> bool {
        self.text(member)
            .is_some_and(|text| values.contains(&text.as_ref()))
    }

    /// The scalar `key` of a member that holds an object, or JSON text.
    pub(super) fn scalar(&self, member: Member, keys: &[&str]) -> Option<String> {
        let value = self.0.member(member)?;
        if value.kind() != Kind::String {
            return scalar_at(value, keys);
        }
        let inner = value.text().into_owned();
        scalar_at(Json::first_in(inner.as_bytes(), Layer::Plain)?, keys)
    }

    pub(super) fn succeeded(&self) -> bool {
        self.text(Member::ErrorCode).is_none()
    }

    fn signed_in(&self) -> bool {
        self.scalar(Member::ResponseElements, &["ConsoleLogin"])
            .is_some_and(|outcome| outcome == "Success")
    }

    pub(super) fn is_sign_in(&self) -> bool {
        self.is(Member::EventName, "ConsoleLogin") && self.signed_in()
    }

    fn is_failed_sign_in(&self) -> bool {
        self.is(Member::EventName, "ConsoleLogin") && !self.signed_in()
    }

    pub(super) fn is_root_sign_in(&self) -> bool {
        self.is_sign_in() && self.is(Member::IdentityType, "Root")
    }

    pub(super) fn is_sign_in_without_mfa(&self) -> bool {
        self.is_sign_in()
            && self.is_one_of(Member::IdentityType, &["IAMUser", "Root"])
            && self
                .scalar(Member::AdditionalEventData, &["MFAUsed"])
                .is_some_and(|used| used == "No")
    }

    pub(super) fn is_escalation(&self) -> bool {
        let from_outside = || {
            let caller = self.text(Member::IdentityAccountId);
            let recipient = self.text(Member::RecipientAccountId);
            matches!((caller, recipient), (Some(a), Some(b)) if a != b)
        };
        self.is_one_of(
            Member::EventSource,
            &["iam.amazonaws.com", "sts.amazonaws.com"],
        ) && (self.is_one_of(Member::EventName, &calls::ESCALATION_CALLS)
            || (self.is(Member::EventName, calls::ASSUME_ROLE)
                && (self.is_one_of(Member::IdentityType, &["IAMUser", "Root"]) || from_outside())))
    }

    pub(super) fn is_trail_change(&self) -> bool {
        self.is(Member::EventSource, "cloudtrail.amazonaws.com")
            && self.is_one_of(Member::EventName, &calls::TRAIL_CHANGES)
            && self.succeeded()
    }

    pub(super) fn is_tampering(&self) -> bool {
        self.is(Member::EventSource, "cloudtrail.amazonaws.com")
            && self.is_one_of(Member::EventName, &calls::TAMPERING_CALLS)
    }

    pub(super) fn is_group_change(&self) -> bool {
        self.is(Member::EventSource, "ec2.amazonaws.com")
            && self.is_one_of(Member::EventName, &calls::GROUP_CHANGES)
            && self.succeeded()
    }

    pub(super) fn is_denied(&self) -> bool {
        self.is_one_of(Member::ErrorCode, &calls::DENIED_CODES)
    }

    pub(super) fn is_root_use(&self) -> bool {
        self.is(Member::IdentityType, "Root")
            && self.text(Member::IdentityInvokedBy).is_none()
            && self.text(Member::EventName).is_some()
            && !self.is(Member::EventType, "AwsServiceEvent")
            && !self.is_failed_sign_in()
    }

    fn is_from_public(&self) -> bool {
        self.text(Member::SourceIpAddress)
            .is_some_and(|address| is_public(&address))
    }

    pub(super) fn is_user_from_public(&self) -> bool {
        self.is(Member::IdentityType, "IAMUser") && self.succeeded() && self.is_from_public()
    }

    pub(super) fn is_user_let_in_from_public(&self) -> bool {
        self.is_user_from_public() && !self.is_failed_sign_in()
    }

    pub(super) fn is_own_from_public(&self) -> bool {
        let caller = self.text(Member::IdentityAccountId);
        let recipient = self.text(Member::RecipientAccountId);
        let own = caller.is_some_and(|caller| recipient.is_none_or(|it| it == caller));
        own && self.is_one_of(Member::IdentityType, &OWN_CALLERS)
            && self.succeeded()
            && !self.is_failed_sign_in()
            && self.is_from_public()
    }

    pub(super) fn is_world_opening(&self) -> bool {
        self.is(Member::EventSource, "ec2.amazonaws.com")
            && self.is_one_of(
                Member::EventName,
                &["AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules"],
            )
            && self.succeeded()
            && self
                .text(Member::RequestParameters)
                .is_some_and(|text| names_everywhere(&text))
    }
}

fn scalar_at(value: Json<'_>, keys: &[&str]) -> Option<String> {
    let found = match keys {
        [key] => value.get(key)?,
        [key, rest @ ..] => return scalar_at(value.get(key)?, rest),
        [] => return None,
    };
    (!matches!(found.kind(), Kind::Object | Kind::Array | Kind::Null))
        .then(|| found.text().into_owned())
}

/// Twin of `calls::EVERYWHERE_PATTERN`: a quoted range of every address.
fn names_everywhere(text: &str) -> bool {
    text.rsplit("/0\"").skip(1).any(|before| {
        let Some((_, address)) = before.rsplit_once('"') else {
            return false;
        };
        address == "0.0.0.0"
            || (address.contains(':') && address.bytes().all(|b| b == b'0' || b == b':'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_everywhere() {
        let table = [
            (r#"{"cidrIp":"0.0.0.0/0"}"#, true),
            (r#"{"cidrIpv6":"::/0"}"#, true),
            (r#"{"cidrIpv6":"0:0:0:0:0:0:0:0/0"}"#, true),
            (r#"{"cidrIp":"10.0.0.0/8","x":"::/0"}"#, true),
            (r#"{"cidrIp":"10.0.0.0/0"}"#, false),
            (r#"{"cidrIp":"0.0.0.0/01"}"#, false),
            (r#"{"x":"/0"}"#, false),
            (r#"{"x":"2600::/0"}"#, false),
            ("", false),
        ];
        for (text, expected) in table {
            assert_eq!(names_everywhere(text), expected, "{text}");
        }
    }
}
