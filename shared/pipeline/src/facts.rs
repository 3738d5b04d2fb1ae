//! The part of a record that may leave: small, owned, allow-listed.
//!
//! A record is borrowed from a buffer that the next one reuses, and most of
//! it (request and response bodies, keys, tokens) must never reach a mail.
//! What an alert may show is copied out here, once, for matching records only.

use cloudtrail::{Member, Record};

use crate::keys;

/// What an alert may say about an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFacts {
    /// The event's identity, as it stands in keys.
    pub identity: String,
    /// `eventID`, as written.
    pub event_id: String,
    /// `eventTime` in epoch seconds; `None` where it cannot be read.
    pub time: Option<i64>,
    /// `eventName`.
    pub name: String,
    /// `eventSource`.
    pub source: String,
    /// The account that the record is about, 12 digits or empty.
    pub account: String,
    /// `awsRegion`, or empty.
    pub region: String,
    /// `sourceIPAddress`, or empty.
    pub source_ip: String,
    /// `userAgent`, or empty.
    pub agent: String,
    /// `errorCode`, or empty.
    pub error_code: String,
    /// `errorMessage`, or empty: a refused sign-in has no code.
    pub error_message: String,
    /// The principal as rules group by it: arn, else user name, else
    /// principal id, else the invoking service.
    pub principal: String,
    /// Who acted.
    pub who: Identity,
}

/// The parts of `userIdentity` that say who acted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// `type`.
    pub kind: String,
    /// `arn`.
    pub arn: String,
    /// `accountId`, as written.
    pub account: String,
    /// `userName`.
    pub user_name: String,
    /// `principalId`.
    pub principal_id: String,
    /// `invokedBy`.
    pub invoked_by: String,
    /// `sessionContext.sessionIssuer.userName`: the role of a session.
    pub issuer: String,
}

impl EventFacts {
    /// Copies what may leave out of a record.
    pub fn of(record: &Record<'_>) -> Self {
        Self {
            identity: keys::event(record),
            event_id: text(record, Member::EventId),
            time: record.event_time(),
            name: text(record, Member::EventName),
            source: text(record, Member::EventSource),
            account: account_of(record),
            region: text(record, Member::AwsRegion),
            source_ip: text(record, Member::SourceIpAddress),
            agent: text(record, Member::UserAgent),
            error_code: text(record, Member::ErrorCode),
            error_message: text(record, Member::ErrorMessage),
            principal: record
                .principal()
                .map(|name| bounded(&name))
                .unwrap_or_default(),
            who: Identity::of(record),
        }
    }

    /// The event's time where state needs one: an unreadable time counts as
    /// the epoch, always the same, so that a retry decides as before.
    pub fn time_or_epoch(&self) -> i64 {
        self.time.unwrap_or(0)
    }
}

impl EventFacts {
    /// What the call failed with: the code, else the message; empty where it
    /// succeeded.
    pub fn failure(&self) -> &str {
        match self.error_code.as_str() {
            "" => &self.error_message,
            code => code,
        }
    }
}

impl Identity {
    fn of(record: &Record<'_>) -> Self {
        let issuer = record
            .member(Member::IdentitySessionContext)
            .and_then(|context| context.get("sessionIssuer"))
            .and_then(|issuer| issuer.get("userName"))
            .filter(|name| !name.is_null());
        Self {
            kind: text(record, Member::IdentityType),
            arn: text(record, Member::IdentityArn),
            account: text(record, Member::IdentityAccountId),
            user_name: text(record, Member::IdentityUserName),
            principal_id: text(record, Member::IdentityPrincipalId),
            invoked_by: text(record, Member::IdentityInvokedBy),
            issuer: issuer.map(|name| bounded(&name.text())).unwrap_or_default(),
        }
    }
}

/// Whether the text is an account's number.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn account_of(record: &Record<'_>) -> String {
    record
        .account()
        .filter(|account| is_account(account))
        .map(|account| account.to_string())
        .unwrap_or_default()
}

fn text(record: &Record<'_>, member: Member) -> String {
    record
        .text(member)
        .map(|text| bounded(&text))
        .unwrap_or_default()
}

/// Longest text that is copied from a record, in characters; what is shown is
/// cut further.
const MAX_COPIED_CHARS: usize = 2_048;

/// The text, cut at [`MAX_COPIED_CHARS`].
pub(crate) fn bounded(text: &str) -> String {
    text.chars().take(MAX_COPIED_CHARS).collect()
}
