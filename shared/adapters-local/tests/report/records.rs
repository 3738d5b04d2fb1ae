//! Records of a made-up week, close to the sample that the report follows.

use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "123456789012";

/// An IAM user's record.
pub(crate) fn record(
    id: &str,
    user: &str,
    time: &str,
    source: &str,
    name: &str,
    address: &str,
) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "userName": user, "accountId": ACCOUNT,
            "arn": format!("arn:aws:iam::{ACCOUNT}:user/{user}"),
        },
        "eventTime": time, "eventSource": source, "eventName": name,
        "awsRegion": "us-east-1", "sourceIPAddress": address, "eventID": id,
        "eventType": "AwsApiCall", "recipientAccountId": ACCOUNT,
    })
}

/// The record with some members replaced.
pub(crate) fn with(mut record: Value, members: Value) -> Value {
    for (key, value) in members.as_object().unwrap() {
        record[key] = value.clone();
    }
    record
}

/// A console sign-in of a user without MFA.
pub(crate) fn sign_in(id: &str, user: &str, time: &str, address: &str) -> Value {
    let call = record(
        id,
        user,
        time,
        "signin.amazonaws.com",
        "ConsoleLogin",
        address,
    );
    with(
        call,
        json!({
            "responseElements": {"ConsoleLogin": "Success"},
            "additionalEventData": {"MFAUsed": "No"},
        }),
    )
}

/// A week with every kind of finding, and one before it to compare with.
pub(crate) fn week() -> Vec<Value> {
    let (iam, ec2, trail) = (
        "iam.amazonaws.com",
        "ec2.amazonaws.com",
        "cloudtrail.amazonaws.com",
    );
    let (office, stranger) = ("203.0.113.50", "185.220.101.7");
    let root = json!({
        "userIdentity": {"type": "Root", "accountId": ACCOUNT, "arn": format!("arn:aws:iam::{ACCOUNT}:root")},
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "Yes"},
    });
    let open = json!({"requestParameters": {"groupId": "sg-0abc", "ipPermissions": {"items": [
        {"ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]}}});
    let mut records = vec![
        record(
            "b1",
            "ann",
            "2026-02-10T08:00:00Z",
            ec2,
            "DescribeInstances",
            office,
        ),
        sign_in("s1", "admin-user", "2026-02-21T08:30:00Z", office),
        sign_in("s2", "admin-user", "2026-02-22T14:30:00Z", office),
        sign_in("s2", "admin-user", "2026-02-22T14:30:00Z", office),
        record(
            "e1",
            "dev-user",
            "2026-02-23T03:15:00Z",
            iam,
            "CreatePolicyVersion",
            stranger,
        ),
        record(
            "e2",
            "dev-user",
            "2026-02-22T03:15:00Z",
            iam,
            "CreatePolicyVersion",
            stranger,
        ),
        record(
            "e3",
            "dev-user",
            "2026-02-22T03:16:00Z",
            iam,
            "AttachRolePolicy",
            stranger,
        ),
        with(
            record(
                "r1",
                "-",
                "2026-02-18T06:00:00Z",
                "signin.amazonaws.com",
                "ConsoleLogin",
                office,
            ),
            root,
        ),
        with(
            record(
                "g1",
                "ann",
                "2026-02-19T10:00:00Z",
                ec2,
                "AuthorizeSecurityGroupIngress",
                office,
            ),
            open,
        ),
        with(
            record(
                "t1",
                "dev-user",
                "2026-02-22T03:17:00Z",
                trail,
                "StopLogging",
                stranger,
            ),
            json!({"errorCode": "AccessDenied", "requestParameters": {"name": "org-security-trail"}}),
        ),
        with(
            record(
                "w1",
                "ann",
                "2026-02-20T10:00:00Z",
                ec2,
                "DescribeVpcs",
                office,
            ),
            json!({"recipientAccountId": "210987654321", "awsRegion": "eu-west-1"}),
        ),
    ];
    for n in 0..12 {
        let call = record(
            &format!("d{n}"),
            "ci",
            "2026-02-17T12:00:00Z",
            "s3.amazonaws.com",
            "GetObject",
            "10.0.0.4",
        );
        records.push(with(call, json!({"errorCode": "AccessDenied"})));
    }
    // A region that delivered only before the week.
    records.push(with(
        record(
            "b2",
            "ann",
            "2026-02-11T08:00:00Z",
            ec2,
            "DescribeInstances",
            office,
        ),
        json!({"awsRegion": "ap-southeast-1"}),
    ));
    records
}
