//! Who acted, in words.

use crate::facts::Identity;
use crate::neutral::neutral;
use crate::settings::Language;

/// Longest name in a sentence, in characters.
const MAX_NAME_CHARS: usize = 80;

/// Begins the role that IAM Identity Center makes for a permission set; the
/// set's name and 16 hex digits follow.
const SSO_PREFIX: &str = "AWSReservedSSO_";

/// Who acted: the user's name, role and session, the service.
pub fn who(identity: &Identity, language: Language) -> String {
    let user = name(best_name(identity));
    let anonymous = [&identity.account, &identity.principal_id]
        .iter()
        .any(|text| text.eq_ignore_ascii_case("anonymous"));
    match (identity.kind.as_str(), language) {
        ("Root", Language::En) => "the root user".to_owned(),
        ("Root", Language::Zh) => "root 用户".to_owned(),
        ("IAMUser", Language::En) if !user.is_empty() => format!("IAM user {user}"),
        ("IAMUser", Language::Zh) if !user.is_empty() => format!("IAM 用户 {user}"),
        ("AssumedRole", _) => session(identity, language),
        ("AWSService", Language::En) => format!("service {}", service(identity)),
        ("AWSService", Language::Zh) => format!("服务 {}", service(identity)),
        ("AWSAccount", Language::En) if anonymous => "an anonymous caller".to_owned(),
        ("AWSAccount", Language::Zh) if anonymous => "匿名调用者".to_owned(),
        ("AWSAccount", Language::En) => format!("another account ({})", foreign(identity)),
        ("AWSAccount", Language::Zh) => format!("其他账户 ({})", foreign(identity)),
        ("SAMLUser" | "WebIdentityUser" | "FederatedUser" | "IdentityCenterUser", _)
            if !user.is_empty() =>
        {
            match language {
                Language::En => format!("federated user {user}"),
                Language::Zh => format!("联合身份用户 {user}"),
            }
        }
        _ => unnamed(identity, language),
    }
}

fn session(identity: &Identity, language: Language) -> String {
    let role_in_arn = identity.arn.split('/').nth(1).unwrap_or_default();
    let role = first_of(&[&identity.issuer, role_in_arn]);
    let session = name(identity.arn.rsplit('/').next().unwrap_or_default());
    if role.is_empty() {
        return unnamed(identity, language);
    }
    match (permission_set(role).map(name), name(role), language) {
        (Some(set), _, Language::En) => format!("{session} (through SSO as {set})"),
        (Some(set), _, Language::Zh) => format!("{session}(通过 SSO,权限集 {set})"),
        (None, role, Language::En) => format!("role {role} (session {session})"),
        (None, role, Language::Zh) => format!("角色 {role}(会话 {session})"),
    }
}

/// The permission set that a role of IAM Identity Center stands for.
fn permission_set(role: &str) -> Option<&str> {
    let (set, digits) = role.strip_prefix(SSO_PREFIX)?.rsplit_once('_')?;
    let hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (hex && !set.is_empty()).then_some(set)
}

fn unnamed(identity: &Identity, language: Language) -> String {
    let best = first_of(&[
        best_name(identity),
        &identity.principal_id,
        &identity.invoked_by,
    ]);
    match (best, language) {
        ("", Language::En) => "an unknown identity".to_owned(),
        ("", Language::Zh) => "未知身份".to_owned(),
        (best, _) => name(best),
    }
}

fn service(identity: &Identity) -> String {
    name(first_of(&[&identity.invoked_by, &identity.principal_id]))
}

fn foreign(identity: &Identity) -> String {
    name(first_of(&[&identity.account, &identity.principal_id]))
}

fn best_name(identity: &Identity) -> &str {
    let last_of_arn = identity.arn.rsplit(['/', ':']).next().unwrap_or_default();
    first_of(&[&identity.user_name, last_of_arn])
}

fn name(text: &str) -> String {
    neutral(text, MAX_NAME_CHARS)
}

fn first_of<'a>(texts: &[&'a str]) -> &'a str {
    let filled = |text: &&&'a str| !text.is_empty();
    texts.iter().find(filled).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(kind: &str, arn: &str, user_name: &str) -> Identity {
        Identity {
            kind: kind.to_owned(),
            arn: arn.to_owned(),
            user_name: user_name.to_owned(),
            ..Identity::default()
        }
    }

    #[test]
    fn people_read_names_not_identifiers() {
        let sts = "arn:aws:sts::111122223333:assumed-role";
        let sso = format!("{sts}/AWSReservedSSO_Admin_0123456789abcdef/kim@example.com");
        let role = format!("{sts}/deploy/build-7");
        let cases = [
            (identity("Root", "arn:aws:iam::1:root", ""), "the root user"),
            (identity("IAMUser", "", "kim"), "IAM user kim"),
            (
                identity("IAMUser", "arn:aws:iam::111122223333:user/ops/kim", ""),
                "IAM user kim",
            ),
            (
                identity("AssumedRole", &role, ""),
                "role deploy (session build-7)",
            ),
            (
                identity("AssumedRole", &sso, ""),
                "kim@example.com (through SSO as Admin)",
            ),
            (identity("SAMLUser", "", "kim"), "federated user kim"),
            (identity("", "", ""), "an unknown identity"),
            (identity("Unknown", "arn:aws:x", ""), "x"),
        ];
        for (identity, words) in cases {
            assert_eq!(who(&identity, Language::En), words);
        }
    }

    #[test]
    fn services_and_strangers_are_told_apart() {
        let service = Identity {
            kind: "AWSService".to_owned(),
            invoked_by: "config.amazonaws.com".to_owned(),
            ..Identity::default()
        };
        assert_eq!(who(&service, Language::En), "service config.amazonaws.com");
        assert_eq!(who(&service, Language::Zh), "服务 config.amazonaws.com");
        let stranger = |account: &str| Identity {
            kind: "AWSAccount".to_owned(),
            account: account.to_owned(),
            ..Identity::default()
        };
        assert_eq!(
            who(&stranger("444455556666"), Language::En),
            "another account (444455556666)"
        );
        assert_eq!(
            who(&stranger("anonymous"), Language::En),
            "an anonymous caller"
        );
    }
}
