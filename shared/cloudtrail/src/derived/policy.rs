//! Policy documents in a request: where they stand and what they allow.
//!
//! AWS writes them as objects, as JSON text, or URL-encoded, under a dozen
//! names (`policyDocument`, `assumeRolePolicyDocument`, `bucketPolicy`,
//! `policyText`, `attributes.Policy`, ...). They are told by their shape, an
//! object with `Statement`, so that a new name is no hole. Names of elements
//! and effects are compared without case.

use serde_json::Value;

use super::condition;
use super::tree::{items, member, parameters, text_of, written_object};
use crate::bounds::MAX_STATEMENTS;
use crate::record::Record;

/// The policies of one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policies {
    statements: Vec<Statement>,
}

/// Who a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Principal {
    Everybody,
    Aws(String),
    Federated(String),
    Service(String),
}

#[derive(Debug, Clone)]
struct Statement {
    allow: bool,
    principals: Vec<Principal>,
    actions: Vec<String>,
    resources: Vec<String>,
    condition: Value,
}

/// The policies in the record's request.
pub(super) fn of<'r>(record: &'r Record<'_>) -> &'r Policies {
    record.asked().policies(|| {
        let mut policies = Policies::default();
        if let Some(parameters) = parameters(record) {
            collect(parameters, &mut policies.statements);
        }
        policies
    })
}

impl Policies {
    fn allowing(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.allow)
    }

    /// Whether everybody is allowed something, with no condition that narrows
    /// who that is.
    pub(super) fn public(&self) -> bool {
        self.allowing().any(|statement| {
            statement.principals.contains(&Principal::Everybody)
                && !condition::narrows(&statement.condition)
        })
    }

    /// Accounts that are allowed something, by name or by a condition under
    /// a principal that is everybody.
    pub(super) fn accounts(&self) -> impl Iterator<Item = String> {
        self.allowing().flat_map(|statement| {
            let named = statement.principals.iter().filter_map(|it| match it {
                Principal::Aws(name) => account_of(name),
                _ => None,
            });
            let by_condition = if statement.principals.contains(&Principal::Everybody) {
                condition::callers(&statement.condition)
            } else {
                Vec::new()
            };
            named.chain(by_condition).collect::<Vec<_>>()
        })
    }

    pub(super) fn federated(&self) -> impl Iterator<Item = String> {
        self.allowed(|it| match it {
            Principal::Federated(name) => Some(name.clone()),
            _ => None,
        })
    }

    pub(super) fn services(&self) -> impl Iterator<Item = String> {
        self.allowed(|it| match it {
            Principal::Service(name) => Some(name.clone()),
            _ => None,
        })
    }

    fn allowed(&self, name: fn(&Principal) -> Option<String>) -> impl Iterator<Item = String> {
        self.allowing()
            .flat_map(move |statement| statement.principals.iter().filter_map(name))
    }

    /// Whether every action on everything is allowed.
    pub(super) fn admin(&self) -> bool {
        self.allowing().any(|statement| {
            statement.actions.iter().any(|it| is_everything(it))
                && statement.resources.iter().any(|it| is_everything(it))
        })
    }

    /// The actions allowed or denied.
    pub(super) fn actions(&self, allowed: bool) -> Vec<String> {
        self.statements
            .iter()
            .filter(|statement| statement.allow == allowed)
            .flat_map(|statement| statement.actions.iter().cloned())
            .collect()
    }
}

/// Whether a pattern for actions or resources leaves nothing out: `*`, `*:*`,
/// `arn:aws:*`.
fn is_everything(pattern: &str) -> bool {
    let rest = pattern.strip_prefix("arn:").map_or(pattern, |rest| {
        rest.trim_start_matches(|c: char| c != ':' && c != '*')
    });
    rest.contains('*') && rest.bytes().all(|byte| matches!(byte, b'*' | b':'))
}

/// The account in a principal: twelve digits, alone or in an ARN.
pub(super) fn account_of(name: &str) -> Option<String> {
    let candidate = if name.starts_with("arn:") {
        name.split(':').nth(4)?
    } else {
        name
    };
    let digits = candidate.len() == 12 && candidate.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| candidate.to_owned())
}

fn collect(value: &Value, found: &mut Vec<Statement>) {
    match value {
        Value::Object(members) => match member(value, "Statement") {
            Some(statements) => read_statements(statements, found),
            None => members.values().for_each(|it| collect(it, found)),
        },
        Value::Array(elements) => elements.iter().for_each(|it| collect(it, found)),
        Value::String(text) => {
            if let Some(policy) = written_object(text)
                && let Some(statements) = member(&policy, "Statement")
            {
                read_statements(statements, found);
            }
        }
        _ => {}
    }
}

fn read_statements(statements: &Value, found: &mut Vec<Statement>) {
    for statement in items(statements) {
        if found.len() >= MAX_STATEMENTS {
            return;
        }
        let Some(effect) = member(statement, "Effect").and_then(Value::as_str) else {
            continue;
        };
        let list = |name| {
            member(statement, name)
                .map(|value| items(value).into_iter().map(text_of).collect::<Vec<_>>())
                .unwrap_or_default()
        };
        found.push(Statement {
            allow: effect.eq_ignore_ascii_case("Allow"),
            principals: principals(statement),
            actions: list("Action").iter().map(|it| it.to_lowercase()).collect(),
            resources: list("Resource"),
            condition: member(statement, "Condition").cloned().unwrap_or_default(),
        });
    }
}

/// Whom a statement names. Everybody but some is everybody.
fn principals(statement: &Value) -> Vec<Principal> {
    if member(statement, "NotPrincipal").is_some() {
        return vec![Principal::Everybody];
    }
    let Some(principal) = member(statement, "Principal") else {
        return Vec::new();
    };
    match principal {
        Value::Object(kinds) => kinds
            .iter()
            .flat_map(|(kind, names)| {
                items(names)
                    .into_iter()
                    .filter_map(|name| named(kind, &text_of(name)))
                    .collect::<Vec<_>>()
            })
            .collect(),
        other => items(other)
            .into_iter()
            .filter_map(|name| named("AWS", &text_of(name)))
            .collect(),
    }
}

fn named(kind: &str, name: &str) -> Option<Principal> {
    let name = name.trim();
    match kind.to_ascii_lowercase().as_str() {
        _ if name == "*" => Some(Principal::Everybody),
        "aws" => Some(Principal::Aws(name.to_owned())),
        "federated" => Some(Principal::Federated(name.to_owned())),
        "service" => Some(Principal::Service(name.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::derived::{Derived, tests::values};

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole","STS:TagSession"],"Principal":{"AWS":["arn:aws:iam::444455556666:root","111122223333"],"Service":"ec2.amazonaws.com","Federated":"cognito-identity.amazonaws.com"}},{"Effect":"Deny","Action":"s3:*","Principal":"*"}]}"#;

    fn request(parameters: &str) -> String {
        format!(r#"{{"recipientAccountId":"111122223333","requestParameters":{parameters}}}"#)
    }

    fn quoted(text: &str) -> String {
        serde_json::Value::from(text).to_string()
    }

    fn url_encoded(text: &str) -> String {
        text.bytes()
            .map(|byte| match byte {
                b' ' => "+".to_owned(),
                byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            })
            .collect()
    }

    #[test]
    fn a_policy_is_found_in_every_writing() {
        for parameters in [
            format!(r#"{{"bucketPolicy":{TRUST}}}"#),
            format!(r#"{{"policyDocument":{}}}"#, quoted(TRUST)),
            format!(r#"{{"policy":{}}}"#, quoted(&url_encoded(TRUST))),
            format!(r#"{{"attributes":{{"Policy":{}}}}}"#, quoted(TRUST)),
            format!(
                r#"{{"attributeName":"Policy","attributeValue":{}}}"#,
                quoted(TRUST)
            ),
            format!(
                r#"{{"items":[{{"x":{{"value":{}}}}}]}}"#,
                quoted(&format!("\n {TRUST} "))
            ),
        ] {
            let text = request(&parameters);
            assert_eq!(
                values(Derived::PolicyForeignAccount, &text),
                ["444455556666"],
                "{text}"
            );
            assert_eq!(values(Derived::PolicyService, &text), ["ec2.amazonaws.com"]);
            assert_eq!(
                values(Derived::PolicyFederated, &text),
                ["cognito-identity.amazonaws.com"]
            );
            assert_eq!(
                values(Derived::PolicyAction, &text),
                ["sts:assumerole", "sts:tagsession"]
            );
            assert_eq!(values(Derived::PolicyDeny, &text), ["s3:*"]);
            assert_eq!(values(Derived::PolicyPublic, &text), [""; 0]);
            assert_eq!(values(Derived::PolicyAdmin, &text), [""; 0]);
        }
    }

    #[test]
    fn what_is_no_policy_has_no_values() {
        for parameters in [
            r#"{"policy":""}"#,
            r#"{"policy":"{"}"#,
            r#"{"policy":"%7B%7"}"#,
            r#""text""#,
            "null",
            r#"{"Statement":7}"#,
        ] {
            assert_eq!(
                values(Derived::PolicyAction, &request(parameters)),
                [""; 0],
                "{parameters}"
            );
        }
    }

    #[track_caller]
    fn statement(derived: Derived, statement: &str) -> bool {
        let text = request(&format!(r#"{{"policy":{{"Statement":{statement}}}}}"#));
        !values(derived, &text).is_empty()
    }

    #[test]
    fn everybody_has_many_names() {
        for (public, principal) in [
            (true, r#""Principal":"*""#),
            (true, r#""Principal":{"AWS":"*"}"#),
            (
                true,
                r#""Principal":{"aws":["arn:aws:iam::444455556666:root"," * "]}"#,
            ),
            (true, r#""principal":["*"]"#),
            (
                true,
                r#""NotPrincipal":{"AWS":"arn:aws:iam::444455556666:root"}"#,
            ),
            (false, r#""Principal":{"AWS":"111122223333"}"#),
            (false, r#""Principal":{"Service":"s3.amazonaws.com"}"#),
            (false, r#""Resource":"*""#),
        ] {
            for effect in ["Allow", "allow"] {
                let text =
                    format!(r#"{{"Effect":"{effect}","Action":"s3:GetObject",{principal}}}"#);
                assert_eq!(statement(Derived::PolicyPublic, &text), public, "{text}");
                assert_eq!(
                    statement(Derived::PolicyPublic, &format!("[{text}]")),
                    public
                );
                let denied = text.replace(effect, "Deny");
                assert!(!statement(Derived::PolicyPublic, &denied), "{denied}");
            }
        }
    }

    #[test]
    fn a_condition_may_narrow_everybody() {
        for (public, condition) in [
            (false, r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#),
            (
                true,
                r#"{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}"#,
            ),
        ] {
            let text = format!(
                r#"{{"Effect":"Allow","Principal":"*","Action":"kms:*","Condition":{condition}}}"#
            );
            assert_eq!(statement(Derived::PolicyPublic, &text), public, "{text}");
        }
    }

    #[test]
    fn an_account_may_be_let_in_by_condition() {
        let text = request(
            r#"{"policy":{"Statement":{"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":["444455556666","111122223333"]}}}}}"#,
        );
        assert_eq!(
            values(Derived::PolicyForeignAccount, &text),
            ["444455556666"]
        );
    }

    #[test]
    fn an_administrator_may_do_everything() {
        for (admin, rest) in [
            (true, r#""Action":"*","Resource":"*""#),
            (
                true,
                r#""Action":["s3:Get*","*:*"],"Resource":["arn:aws:s3:::a","*"]"#,
            ),
            (true, r#""Action":"*","Resource":"arn:aws:*""#),
            (false, r#""Action":"s3:*","Resource":"*""#),
            (false, r#""Action":"*","Resource":"arn:aws:s3:::*""#),
            (false, r#""Action":"*""#),
            (false, r#""NotAction":"iam:*","Resource":"*""#),
        ] {
            let text = format!(r#"{{"Effect":"Allow",{rest}}}"#);
            assert_eq!(statement(Derived::PolicyAdmin, &text), admin, "{text}");
        }
    }
}
