//! Which calls the report counts. The SQL and the local engine read these
//! same lists, so that they cannot come to differ.

/// Calls by which a caller can raise rights. `AssumeRole` stands apart (see
/// [`ASSUME_ROLE`]); `PassRole` is a permission and never an event's name.
pub const ESCALATION_CALLS: [&str; 9] = [
    "CreatePolicyVersion",
    "SetDefaultPolicyVersion",
    "AttachUserPolicy",
    "AttachRolePolicy",
    "PutUserPolicy",
    "PutRolePolicy",
    "CreateAccessKey",
    "CreateLoginProfile",
    "UpdateLoginProfile",
];

/// Counts as escalation when a user, root or another account's caller makes
/// it: services assume roles all day.
pub const ASSUME_ROLE: &str = "AssumeRole";

/// Changes of what the trail records, made with success.
pub const TRAIL_CHANGES: [&str; 7] = [
    "CreateTrail",
    "UpdateTrail",
    "DeleteTrail",
    "StartLogging",
    "StopLogging",
    "PutEventSelectors",
    "PutInsightSelectors",
];

/// Calls that blind the trail: reported even when refused.
pub const TAMPERING_CALLS: [&str; 4] = [
    "StopLogging",
    "DeleteTrail",
    "UpdateTrail",
    "PutEventSelectors",
];

/// Changes of security groups.
pub const GROUP_CHANGES: [&str; 7] = [
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
    "ModifySecurityGroupRules",
    "CreateSecurityGroup",
    "DeleteSecurityGroup",
];

/// Error codes by which services say that the caller may not.
pub const DENIED_CODES: [&str; 9] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Client.UnauthorizedAccess",
    "Client.UnauthorizedOperation",
    "UnauthorizedAccess",
    "UnauthorizedException",
    "UnauthorizedOperation",
];

/// Refusals of one call to one caller above which it is a finding.
pub const DENIED_THRESHOLD: u64 = 10;

/// In a request's JSON text: a range that holds every address.
pub const EVERYWHERE_PATTERN: &str = r#""(0\.0\.0\.0|[0:]*:[0:]*)/0""#;

/// Events or addresses that one finding lists.
pub const LISTED: usize = 12;
