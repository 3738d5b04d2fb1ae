//! Whether a policy's condition narrows who is allowed.
//!
//! A condition narrows where it must hold and ties the caller to accounts,
//! organizations, resources, VPCs or addresses. Operators that deny (`Not`),
//! or that hold where the key is absent (`IfExists`, `ForAllValues`), narrow
//! nothing: an anonymous caller has no keys.

use std::net::IpAddr;

use serde_json::Value;

use super::policy;
use super::tree;

/// Keys that name the caller's account, organization, or way in.
const NARROWING: [&str; 16] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// Keys of which the value names an account that may call.
const CALLERS: [&str; 3] = [
    "aws:principalaccount",
    "aws:principalarn",
    "kms:calleraccount",
];

/// Shortest prefixes of addresses that still narrow. Wider ranges let a good
/// part of the world in.
const SHORTEST_V4: u8 = 8;
const SHORTEST_V6: u8 = 32;

/// Whether the condition narrows who is allowed.
pub(super) fn narrows(condition: &Value) -> bool {
    required(condition).any(|(key, values)| {
        NARROWING.contains(&key.as_str())
            && !values.is_empty()
            && values.iter().all(|value| is_narrow(&key, value))
    })
}

/// The accounts that the condition lets call.
pub(super) fn callers(condition: &Value) -> Vec<String> {
    required(condition)
        .filter(|(key, _)| CALLERS.contains(&key.as_str()))
        .flat_map(|(_, values)| values)
        .filter_map(|value| policy::account_of(&value))
        .collect()
}

/// The keys, lower-cased, that must be there with one of their values.
fn required(condition: &Value) -> impl Iterator<Item = (String, Vec<String>)> {
    condition
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(operator, _)| is_required(operator))
        .filter_map(|(_, keys)| keys.as_object())
        .flatten()
        .map(|(key, values)| {
            let values = tree::items(values).into_iter().map(tree::text_of).collect();
            (key.to_ascii_lowercase(), values)
        })
}

fn is_required(operator: &str) -> bool {
    const POSITIVE: [&str; 6] = [
        "stringequals",
        "stringequalsignorecase",
        "stringlike",
        "arnequals",
        "arnlike",
        "ipaddress",
    ];
    let operator = operator.to_ascii_lowercase();
    let operator = operator.strip_prefix("foranyvalue:").unwrap_or(&operator);
    POSITIVE.contains(&operator)
}

/// Whether one value of a key leaves somebody out.
fn is_narrow(key: &str, value: &str) -> bool {
    let value = value.trim();
    if key == "aws:sourceip" {
        return is_narrow_range(value);
    }
    if value.starts_with("arn:") && value.contains('*') {
        // An ARN of nothing but stars, from the service on, is anybody's.
        let mut parts = value.splitn(6, ':').skip(3);
        let account = parts.nth(1).unwrap_or("*");
        let resource = parts.next().unwrap_or("*");
        let named = |part: &str| {
            part.bytes()
                .any(|byte| !matches!(byte, b'*' | b'?' | b':' | b'/'))
        };
        return named(account) || (account.is_empty() && named(resource));
    }
    value
        .bytes()
        .any(|byte| !matches!(byte, b'*' | b'?' | b':' | b'/'))
}

fn is_narrow_range(value: &str) -> bool {
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, length.parse::<u8>().ok()),
        None => (value, Some(u8::MAX)),
    };
    match (address.parse::<IpAddr>(), length) {
        (Ok(IpAddr::V4(_)), Some(length)) => length >= SHORTEST_V4,
        (Ok(IpAddr::V6(_)), Some(length)) => length >= SHORTEST_V6,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(narrow: bool, operator: &str, key: &str, value: &str) {
        let text = format!(r#"{{"{operator}":{{"{key}":{value}}}}}"#);
        let condition: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(narrows(&condition), narrow, "{text}");
    }

    #[test]
    fn the_operator_must_hold() {
        let key = "aws:SourceAccount";
        for operator in [
            "StringEquals",
            "stringlike",
            "ForAnyValue:StringEquals",
            "StringEqualsIgnoreCase",
        ] {
            check(true, operator, key, r#""111122223333""#);
        }
        for operator in [
            "StringNotEquals",
            "StringEqualsIfExists",
            "ForAllValues:StringEquals",
            "Null",
            "Bool",
        ] {
            check(false, operator, key, r#""111122223333""#);
        }
    }

    #[test]
    fn the_key_must_tie_the_caller() {
        for key in [
            "aws:PrincipalOrgID",
            "AWS:SOURCEVPCE",
            "aws:SourceVpc",
            "kms:CallerAccount",
            "aws:SourceOwner",
            "aws:PrincipalOrgPaths",
        ] {
            check(true, "StringEquals", key, r#"["x","y"]"#);
        }
        for key in [
            "kms:ViaService",
            "aws:PrincipalTag/team",
            "aws:UserAgent",
            "aws:Referer",
            "s3:prefix",
            "aws:SecureTransport",
            "sts:ExternalId",
            "aws:PrincipalType",
        ] {
            check(false, "StringEquals", key, r#""x""#);
        }
    }

    #[test]
    fn the_values_must_leave_somebody_out() {
        check(false, "StringLike", "aws:PrincipalOrgID", r#""*""#);
        check(false, "StringLike", "aws:PrincipalOrgID", r#"["o-1","*"]"#);
        check(false, "StringEquals", "aws:PrincipalOrgID", "[]");
        check(
            true,
            "ArnLike",
            "aws:SourceArn",
            r#""arn:aws:sns:*:111122223333:*""#,
        );
        check(true, "ArnLike", "aws:SourceArn", r#""arn:aws:s3:::bucket""#);
        check(
            true,
            "ArnLike",
            "aws:SourceArn",
            r#""arn:aws:s3:*::bucket""#,
        );
        check(false, "ArnLike", "aws:SourceArn", r#""arn:aws:sns:*:*:*""#);
        check(
            false,
            "ArnLike",
            "aws:SourceArn",
            r#""arn:aws:sns:*:*:topic""#,
        );
        check(
            false,
            "ArnLike",
            "aws:PrincipalArn",
            r#""arn:aws:iam::*:role/admin""#,
        );
        check(false, "ArnLike", "aws:SourceArn", r#""arn:aws:s3:::*""#);
    }

    #[test]
    fn a_range_of_addresses_must_be_small() {
        check(true, "IpAddress", "aws:SourceIp", r#""198.51.100.7""#);
        check(
            true,
            "IpAddress",
            "aws:SourceIp",
            r#"["10.0.0.0/8","2001:db8::/32"]"#,
        );
        check(false, "IpAddress", "aws:SourceIp", r#""0.0.0.0/0""#);
        check(
            false,
            "IpAddress",
            "aws:SourceIp",
            r#"["0.0.0.0/1","128.0.0.0/1"]"#,
        );
        check(
            false,
            "IpAddress",
            "aws:SourceIp",
            r#"["198.51.100.0/24","::/0"]"#,
        );
        check(false, "NotIpAddress", "aws:SourceIp", r#""198.51.100.7""#);
    }
}
