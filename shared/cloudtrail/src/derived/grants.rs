//! Whom a request lets in, by policy or by one of the many other ways to
//! share: Lambda, SNS and SQS permissions, S3 access control lists, shared
//! snapshots, images and documents.

use serde_json::Value;

use super::policy;
use super::tree;
use crate::member::Member;
use crate::record::Record;

/// Whether everybody is let in.
pub(super) fn public(record: &Record<'_>) -> bool {
    if policy::of(record).public() {
        return true;
    }
    let Some(parameters) = tree::parameters(record) else {
        return false;
    };
    permitted(record, parameters).iter().any(|it| it == "*")
        || (is_from(record, "s3.amazonaws.com") && opens_by_acl(parameters))
}

/// Accounts other than the record's that are let in.
pub(super) fn foreign_accounts(record: &Record<'_>) -> Vec<String> {
    let mut accounts: Vec<String> = policy::of(record).accounts().collect();
    if let Some(parameters) = tree::parameters(record) {
        let names = permitted(record, parameters);
        accounts.extend(names.iter().filter_map(|name| policy::account_of(name)));
        shared_with(parameters, false, &mut accounts);
    }
    let own = record.account();
    accounts.retain(|account| Some(account.as_str()) != own.as_deref());
    accounts
}

/// The principals that an `AddPermission` or `PutPermission` names. Everybody
/// counts only where nothing beside narrows it.
fn permitted(record: &Record<'_>, parameters: &Value) -> Vec<String> {
    const PRINCIPALS: [&str; 4] = ["principal", "awsAccountId", "awsAccountIds", "accountIds"];
    const NARROWING: [&str; 6] = [
        "sourceArn",
        "sourceAccount",
        "principalOrgID",
        "organizationId",
        "eventSourceToken",
        "condition",
    ];
    // Names carry dates: `AddPermission20150331v2`.
    let grants = record.text(Member::EventName).is_some_and(|name| {
        [
            "AddPermission",
            "AddLayerVersionPermission",
            "PutPermission",
        ]
        .iter()
        .any(|known| name.starts_with(known))
    });
    if !grants {
        return Vec::new();
    }
    let narrowed = NARROWING.iter().any(|name| {
        tree::member(parameters, name)
            .is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
    });
    PRINCIPALS
        .iter()
        .filter_map(|name| tree::member(parameters, name))
        .flat_map(tree::items)
        .map(tree::text_of)
        .filter(|name| name != "*" || !narrowed)
        .collect()
}

/// Accounts in the sharing attributes of a request: `userId` under `add`, and
/// the lists that other services call by their own names.
fn shared_with(value: &Value, adding: bool, accounts: &mut Vec<String>) {
    const LISTS: [&str; 5] = [
        "valuesToAdd",
        "accountIdsToAdd",
        "addAllowedPrincipals",
        "accountWithRestoreAccess",
        "principals",
    ];
    match value {
        Value::Array(elements) => {
            for element in elements {
                shared_with(element, adding, accounts);
            }
        }
        Value::Object(members) => {
            for (key, inner) in members {
                let listed = LISTS.iter().any(|it| key.eq_ignore_ascii_case(it))
                    || (adding && key.eq_ignore_ascii_case("userId"));
                if listed {
                    let names = tree::items(inner).into_iter().map(tree::text_of);
                    accounts.extend(names.filter_map(|name| policy::account_of(&name)));
                } else {
                    let adding = adding || key.eq_ignore_ascii_case("add");
                    shared_with(inner, adding, accounts);
                }
            }
        }
        _ => {}
    }
}

/// Whether an access control list in the request opens the object: a canned
/// one by name, or a grant to one of the two groups that are everybody.
fn opens_by_acl(value: &Value) -> bool {
    const CANNED: [&str; 3] = ["public-read", "public-read-write", "authenticated-read"];
    const GROUPS: [&str; 2] = [
        "acs.amazonaws.com/groups/global/AllUsers",
        "acs.amazonaws.com/groups/global/AuthenticatedUsers",
    ];
    match value {
        Value::String(text) => {
            CANNED.iter().any(|it| text.eq_ignore_ascii_case(it))
                || GROUPS.iter().any(|it| text.contains(it))
        }
        Value::Array(elements) => elements.iter().any(opens_by_acl),
        Value::Object(members) => members.iter().any(|(key, inner)| {
            // A key or a tag may be called like a canned list.
            !matches!(key.as_str(), "key" | "bucketName" | "prefix" | "Tagging")
                && opens_by_acl(inner)
        }),
        _ => false,
    }
}

fn is_from(record: &Record<'_>, source: &str) -> bool {
    record
        .text(Member::EventSource)
        .is_some_and(|it| it.eq_ignore_ascii_case(source))
}

#[cfg(test)]
mod tests {
    use crate::derived::{Derived, tests::values};

    #[track_caller]
    fn check(name: &str, parameters: &str, public: bool, accounts: &[&str]) {
        let text = format!(
            r#"{{"eventName":"{name}","eventSource":"s3.amazonaws.com","recipientAccountId":"111122223333","requestParameters":{parameters}}}"#
        );
        assert_eq!(
            !values(Derived::PolicyPublic, &text).is_empty(),
            public,
            "{text}"
        );
        assert_eq!(
            values(Derived::PolicyForeignAccount, &text),
            accounts,
            "{text}"
        );
    }

    #[test]
    fn permissions_are_grants() {
        let add = "AddPermission20150331v2";
        check(add, r#"{"functionName":"f","principal":"*"}"#, true, &[]);
        check(
            add,
            r#"{"principal":"*","functionUrlAuthType":"NONE"}"#,
            true,
            &[],
        );
        check(
            add,
            r#"{"principal":"*","sourceArn":"arn:aws:s3:::b"}"#,
            false,
            &[],
        );
        check(
            add,
            r#"{"principal":"*","principalOrgID":"o-1"}"#,
            false,
            &[],
        );
        check(
            add,
            r#"{"principal":"444455556666"}"#,
            false,
            &["444455556666"],
        );
        check(
            add,
            r#"{"principal":"arn:aws:iam::444455556666:root"}"#,
            false,
            &["444455556666"],
        );
        check(add, r#"{"principal":"111122223333"}"#, false, &[]);
        check(add, r#"{"principal":"s3.amazonaws.com"}"#, false, &[]);
        check(
            "AddPermission",
            r#"{"aWSAccountIds":["444455556666"]}"#,
            false,
            &["444455556666"],
        );
        check(
            "PutPermission",
            r#"{"principal":"*","condition":{"key":"aws:PrincipalOrgID"}}"#,
            false,
            &[],
        );
        check(
            "AddLayerVersionPermission20181031",
            r#"{"principal":"*"}"#,
            true,
            &[],
        );
        check("GetFunction", r#"{"principal":"*"}"#, false, &[]);
    }

    #[test]
    fn shared_things_have_receivers() {
        check(
            "ModifySnapshotAttribute",
            r#"{"createVolumePermission":{"add":{"items":[{"userId":"444455556666"},{"userId":"111122223333"}]},"remove":{"items":[{"userId":"777788889999"}]}}}"#,
            false,
            &["444455556666"],
        );
        check(
            "ModifyImageAttribute",
            r#"{"launchPermission":{"add":{"items":[{"group":"all"}]}}}"#,
            false,
            &[],
        );
        check(
            "ModifyDBSnapshotAttribute",
            r#"{"attributeName":"restore","valuesToAdd":["444455556666","all"]}"#,
            false,
            &["444455556666"],
        );
        check(
            "ModifyDocumentPermission",
            r#"{"accountIdsToAdd":["444455556666"],"accountIdsToRemove":["777788889999"]}"#,
            false,
            &["444455556666"],
        );
    }

    #[test]
    fn access_control_lists_may_be_public() {
        let grant = |uri: &str| {
            format!(
                r#"{{"AccessControlPolicy":{{"AccessControlList":{{"Grant":[{{"Grantee":{{"ID":"x"}}}},{{"Grantee":{{"URI":"{uri}"}},"Permission":"READ"}}]}}}}}}"#
            )
        };
        check(
            "PutBucketAcl",
            &grant("http://acs.amazonaws.com/groups/global/AllUsers"),
            true,
            &[],
        );
        check(
            "PutBucketAcl",
            &grant("http://acs.amazonaws.com/groups/global/AuthenticatedUsers"),
            true,
            &[],
        );
        check(
            "PutBucketAcl",
            &grant("http://acs.amazonaws.com/groups/s3/LogDelivery"),
            false,
            &[],
        );
        check("PutObjectAcl", r#"{"x-amz-acl":"public-read"}"#, true, &[]);
        check(
            "CreateBucket",
            r#"{"x-amz-acl":["authenticated-read"]}"#,
            true,
            &[],
        );
        check(
            "PutObjectAcl",
            r#"{"x-amz-acl":"private","key":"public-read"}"#,
            false,
            &[],
        );
        let header = r#"{"accessControlList":{"x-amz-grant-read":"uri=\"http://acs.amazonaws.com/groups/global/AllUsers\""}}"#;
        check("PutBucketAcl", header, true, &[]);
    }
}
