//! Who acts in a case: the `userIdentity` that a word stands for.

use serde::Deserialize;
use serde_json::{Value, json};

/// The actors that a case may name under `as`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The IAM user `dev-user` with a long-lived key.
    #[default]
    User,
    /// The root user of the account.
    Root,
    /// A session of the role `operations`.
    Role,
    /// A session that came through IAM Identity Center.
    Sso,
    /// An AWS service acting for itself.
    Service,
    /// A session of a service-linked role.
    ServiceLinked,
    /// A principal of another account, as the called account sees it.
    External,
    /// A person who comes through SAML.
    Saml,
    /// Somebody who comes through a web identity provider.
    Web,
    /// A caller without credentials.
    Anonymous,
}

impl Actor {
    /// The member `userIdentity` of a record in account 111122223333.
    pub fn identity(self) -> Value {
        match self {
            Self::User => json!({
                "type": "IAMUser",
                "principalId": "AIDACKCEVSQ6C2EXAMPLE",
                "arn": "arn:aws:iam::111122223333:user/dev-user",
                "accountId": "111122223333",
                "accessKeyId": "AKIAI44QH8DHBEXAMPLE",
                "userName": "dev-user",
            }),
            Self::Root => json!({
                "type": "Root",
                "principalId": "111122223333",
                "arn": "arn:aws:iam::111122223333:root",
                "accountId": "111122223333",
            }),
            Self::Role => session("operations", "role/operations", "alice"),
            Self::Sso => session(
                "AWSReservedSSO_AdministratorAccess_0123456789abcdef",
                "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_AdministratorAccess_0123456789abcdef",
                "alice@example.com",
            ),
            Self::Service => json!({
                "type": "AWSService",
                "invokedBy": "autoscaling.amazonaws.com",
            }),
            Self::ServiceLinked => session(
                "AWSServiceRoleForAutoScaling",
                "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
                "AutoScaling",
            ),
            Self::External => json!({
                "type": "AWSAccount",
                "principalId": "AIDAQRSTUVWXYZEXAMPLE",
                "accountId": "444455556666",
            }),
            Self::Saml => json!({
                "type": "SAMLUser",
                "principalId": "SAMPLEPROVIDER:alice@example.com",
                "userName": "alice@example.com",
                "identityProvider": "SAMPLEPROVIDER",
            }),
            Self::Web => json!({
                "type": "WebIdentityUser",
                "principalId": "accounts.google.com:application-id.apps.googleusercontent.com:user-id",
                "userName": "user-id",
                "identityProvider": "accounts.google.com",
            }),
            Self::Anonymous => json!({
                "type": "AWSAccount",
                "principalId": "",
                "accountId": "ANONYMOUS_PRINCIPAL",
            }),
        }
    }
}

/// A session of a role; `path` is what follows the account in the role's ARN.
fn session(role: &str, path: &str, name: &str) -> Value {
    json!({
        "type": "AssumedRole",
        "principalId": format!("AROACKCEVSQ6C2EXAMPLE:{name}"),
        "arn": format!("arn:aws:sts::111122223333:assumed-role/{role}/{name}"),
        "accountId": "111122223333",
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROACKCEVSQ6C2EXAMPLE",
                "arn": format!("arn:aws:iam::111122223333:{path}"),
                "accountId": "111122223333",
                "userName": role,
            },
            "attributes": {
                "creationDate": "2026-03-02T09:00:00Z",
                "mfaAuthenticated": "false",
            },
        },
    })
}
