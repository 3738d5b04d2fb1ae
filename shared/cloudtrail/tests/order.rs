//! Records as CloudTrail writes them, many by one reader: members in their
//! order, strings of their usual lengths or nearly so, and the same identity
//! again, or nearly so.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod agreement;

use agreement::{assert_read_in_place, assert_record, escaped};
use cloudtrail::envelope::file::each_record;
use cloudtrail::{Member, Record};
use proptest::prelude::*;
use serde_json::Value;

/// Members in the order in which CloudTrail writes them, with usual values.
const TOP: [(&str, &str); 25] = [
    ("eventVersion", r#""1.11""#),
    ("userIdentity", ""),
    ("eventTime", r#""2026-03-02T09:15:00Z""#),
    ("eventSource", r#""kms.amazonaws.com""#),
    ("eventName", r#""Decrypt""#),
    ("awsRegion", r#""us-east-1""#),
    ("sourceIPAddress", r#""198.51.100.7""#),
    (
        "userAgent",
        r#""aws-cli/2.31.0 md/awscrt#0.27 ua/2.1 os/linux""#,
    ),
    ("errorCode", r#""AccessDenied""#),
    ("errorMessage", r#""not authorized: \"kms:Decrypt\"""#),
    ("requestParameters", r#"{"keyId":"alias/a","x":["}"]}"#),
    ("responseElements", "null"),
    ("additionalEventData", r#"{"a":{}}"#),
    ("requestID", r#""d1951d0c-9891-4502-8dda-b7291b37673d""#),
    ("eventID", r#""07525a1e-5ec1-416a-a0f4-9252d2d9dcb8""#),
    ("readOnly", "true"),
    ("resources", r#"[{"accountId":"111122223333"}]"#),
    ("eventType", r#""AwsApiCall""#),
    ("apiVersion", r#""2014-11-01""#),
    ("managementEvent", "true"),
    ("recipientAccountId", r#""111122223333""#),
    ("sharedEventID", r#""a""#),
    ("vpcEndpointId", r#""vpce-1""#),
    ("eventCategory", r#""Management""#),
    ("tlsDetails", r#"{"tlsVersion":"TLSv1.3"}"#),
];

/// The same for an identity.
const IDENTITY: [(&str, &str); 8] = [
    ("type", r#""IAMUser""#),
    ("principalId", r#""AIDACKCEVSQ6C2EXAMPLE""#),
    ("arn", r#""arn:aws:iam::111122223333:user/alice""#),
    ("accountId", r#""111122223333""#),
    ("accessKeyId", r#""AKIAIOSFODNN7EXAMPLE""#),
    ("userName", r#""alice""#),
    (
        "sessionContext",
        r#"{"attributes":{"mfaAuthenticated":"true"}}"#,
    ),
    ("invokedBy", r#""cloudformation.amazonaws.com""#),
];

/// What is done to a member.
#[derive(Debug, Clone, Copy)]
enum Change {
    Left,
    LeftOut,
    Twice,
    Null,
    Longer,
    Shorter,
    Quoted,
    Backslash,
    Spaced,
    Between,
    Dotted,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        20 => Just(Change::Left),
        3 => Just(Change::LeftOut),
        1 => Just(Change::Null),
        1 => Just(Change::Longer),
        1 => Just(Change::Shorter),
        1 => Just(Change::Quoted),
        1 => Just(Change::Backslash),
        1 => Just(Change::Spaced),
        1 => Just(Change::Between),
    ]
}

/// Changes that the fast scan leaves to the slow one, or that reach further
/// than their member.
fn odd_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        60 => change(),
        1 => Just(Change::Twice),
        1 => Just(Change::Dotted),
    ]
}

fn changed(key: &str, value: &str, change: Change, at: usize) -> String {
    let inner = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let with = |value: &str| format!("\"{key}\":{value}");
    let spelled = |more: &str| match inner {
        Some(inner) => {
            let cut = at % (inner.len() + 1);
            let cut = (cut..).find(|cut| !inner[..*cut].ends_with('\\')).unwrap();
            with(&format!("\"{}{more}{}\"", &inner[..cut], &inner[cut..]))
        }
        None => with(value),
    };
    match change {
        Change::Left => with(value),
        Change::LeftOut => String::new(),
        Change::Twice => format!("{},{}", with(value), with("[\"}\"]")),
        Change::Null => with("null"),
        Change::Longer => spelled("x"),
        Change::Shorter => with(
            inner
                .map_or("{}".to_owned(), |it| {
                    Value::from(
                        it.chars()
                            .filter(|c| *c != '\\')
                            .skip(1)
                            .collect::<String>(),
                    )
                    .to_string()
                })
                .as_str(),
        ),
        Change::Quoted => spelled("\\\""),
        Change::Backslash => spelled("\\\\"),
        Change::Spaced => format!(" \"{key}\" : {value} "),
        Change::Between => format!("{},\"other\":[{value}]", with(value)),
        Change::Dotted => format!("{},\"a.b\":1", with(value)),
    }
}

fn object(members: &[(&str, &str)], changes: &[(Change, usize)]) -> String {
    let members = members.iter().zip(changes);
    let members: Vec<_> = members
        .map(|((key, value), (change, at))| changed(key, value, *change, *at))
        .filter(|member| !member.is_empty())
        .collect();
    format!("{{{}}}", members.join(","))
}

fn changes(
    one: impl Strategy<Value = Change>,
    count: usize,
) -> impl Strategy<Value = Vec<(Change, usize)>> {
    prop::collection::vec((one, 0usize..80), count)
}

fn record(identity: &str, changes: &[(Change, usize)]) -> String {
    let members = TOP.map(|(key, value)| match key {
        "userIdentity" => (key, identity),
        _ => (key, value),
    });
    // What a record is told by stays.
    let mut changes = changes.to_vec();
    for ((key, _), (change, _)) in TOP.iter().zip(&mut changes) {
        if matches!(*key, "userIdentity" | "eventName") {
            *change = Change::Left;
        }
    }
    object(&members, &changes)
}

/// What stands as the identity of a record that one reader read, and its mark.
fn marked(record: &Record<'_>) -> Option<(u64, Vec<u8>)> {
    let identity = record.member(Member::UserIdentity).unwrap();
    let mark = record.identity_mark()?;
    Some((mark.get(), identity.as_written().to_vec()))
}

proptest! {
    #[test]
    fn records_in_their_order_are_read_in_place(
        top in changes(change(), TOP.len()),
        inside in changes(change(), IDENTITY.len()),
    ) {
        assert_read_in_place(&record(&object(&IDENTITY, &inside), &top));
    }

    #[test]
    fn one_reader_reads_many_as_each_is_read_alone(
        records in prop::collection::vec(changes(odd_change(), TOP.len()), 1..20),
        identities in prop::collection::vec(changes(odd_change(), IDENTITY.len()), 1..4),
        picked in prop::collection::vec(any::<prop::sample::Index>(), 20),
    ) {
        let texts: Vec<String> = records.iter().zip(picked).map(|(changes, picked)| {
            record(&object(&IDENTITY, &identities[picked.index(identities.len())]), changes)
        }).collect();
        let lines = texts.join("\n");
        let events = texts.iter().map(|text| {
            format!(r#"{{"id":"1","timestamp":2,"message":"{}"}}"#, escaped(text))
        });
        let payload = format!(
            r#"{{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":[],"logEvents":[{}]}}"#,
            events.collect::<Vec<_>>().join(",")
        );
        for file in [lines, payload] {
            let (mut read, mut marks) = (0, Vec::new());
            each_record(file.as_bytes(), &mut |index, outcome| {
                let record = outcome.unwrap();
                assert_record(record, &serde_json::from_str(&texts[index]).unwrap());
                marks.extend(marked(record));
                read += 1;
            }).unwrap();
            prop_assert_eq!(read, texts.len());
            for (mark, identity) in &marks {
                for (other, another) in &marks {
                    prop_assert!(mark != other || identity == another);
                }
            }
        }
    }
}

#[test]
fn the_same_identity_again_has_the_same_mark() {
    let ordinary = |count| vec![(Change::Left, 0); count];
    let alice = record(
        &object(&IDENTITY, &ordinary(IDENTITY.len())),
        &ordinary(TOP.len()),
    );
    let bob = alice.replace("alice", "bob");
    let mut marks = Vec::new();
    let file = [&*alice, &*alice, &*bob, &*bob, &*alice].join("\n");
    each_record(file.as_bytes(), &mut |_, outcome| {
        marks.push(outcome.unwrap().identity_mark().unwrap());
    })
    .unwrap();
    assert_eq!((marks[0], marks[2]), (marks[1], marks[3]));
    assert_ne!(marks[0], marks[2]);
    let alone = Record::scan(alice.as_bytes(), cloudtrail::Layer::Plain);
    assert_eq!(alone.unwrap().identity_mark(), None);
}
