//! A set of rules: what it finds, what it refuses, and how its rules refer to
//! each other.

use cloudtrail::{Layer, Record};
use detection::engine::{RuleSet, Scratch};
use detection::rule::*;

use crate::build::*;

const RECORD: &str = r#"{
    "eventName": "UpdateFunctionCode20150331v2",
    "eventSource": "lambda.amazonaws.com",
    "userIdentity": {"type": "IAMUser", "userName": "deploy", "mfa": false},
    "requestParameters": {"list": [{"a": 1}, {"a": 2}], "none": null, "empty": []}
}"#;

fn set(rules: Vec<Rule>) -> RuleSet {
    let (set, problems) = RuleSet::new(rules);
    assert_eq!(problems, []);
    set
}

/// The ids of the rules that hold for a record, `~exception` behind those
/// that one hides.
fn found_in(set: &RuleSet, scratch: &mut Scratch, record: &str) -> Vec<String> {
    let record = Record::scan(record.as_bytes(), Layer::Plain).unwrap();
    let mut matches = Vec::new();
    set.find(&record, scratch, &mut matches);
    assert_eq!(scratch.faults(), []);
    let id = |rule| set.rule(rule).meta.id.clone();
    matches
        .into_iter()
        .map(|found| match found.excepted_by {
            None => id(found.rule),
            Some(by) => format!("{}~{}", id(found.rule), id(by)),
        })
        .collect()
}

fn found(rules: Vec<Rule>) -> Vec<String> {
    found_in(&set(rules), &mut Scratch::default(), RECORD)
}

#[test]
fn each_kind_of_key_leads_to_its_rules() {
    let rules = vec![
        event("unkeyed", vec![is("userIdentity.type", &["iamuser"])]),
        event("source", vec![is("eventSource", &["Lambda.amazonaws.com"])]),
        event("prefix", vec![is("eventName", &["updatefunctioncode*"])]),
        event("shorter", vec![is("eventName", &["upd*", "x"])]),
        event(
            "exact",
            vec![is("eventName", &["UPDATEFUNCTIONCODE20150331V2"])],
        ),
        event("contains", vec![is("eventName", &["*function*"])]),
        event("other", vec![is("eventName", &["DeleteFunction"])]),
        event(
            "other prefix",
            vec![is("eventName", &["UpdateFunctionConf*"])],
        ),
    ];
    assert_eq!(
        found(rules),
        [
            "unkeyed", "source", "prefix", "shorter", "exact", "contains"
        ]
    );
}

#[test]
fn a_name_that_is_no_text_is_tried_by_every_rule() {
    let set = set(vec![
        event("name", vec![is("eventName", &["b"])]),
        event("source", vec![is("eventSource", &["s"])]),
    ]);
    let mut scratch = Scratch::default();
    for (record, wanted) in [
        (r#"{"eventName":["a","B"]}"#, vec!["name"]),
        (r#"{"eventName":"a","eventSource":[["S"]]}"#, vec!["source"]),
        (r#"{"eventName":"\u0062"}"#, vec!["name"]),
        (r#"{"eventName":null}"#, vec![]),
        (r#"{}"#, vec![]),
    ] {
        assert_eq!(found_in(&set, &mut scratch, record), wanted, "{record}");
    }
}

#[test]
fn values_of_every_kind_are_compared_as_text() {
    for (field, wanted) in [
        ("userIdentity.mfa", "false"),
        ("requestParameters.list.a", "2"),
        ("requestParameters.list", "{\"a\":1}"),
        ("requestParameters", "*\"list\":[{\"a\":1},*"),
    ] {
        let rule = event("r", vec![is(field, &[wanted])]);
        assert_eq!(found(vec![rule]), ["r"], "{field}");
    }
}

#[test]
fn absent_null_and_empty_are_told_apart() {
    let exists = |field: &str| FieldTest {
        field: field.to_owned(),
        negated: false,
        test: FieldPredicate::Exists(true),
    };
    let null = |field: &str| FieldTest {
        field: field.to_owned(),
        negated: false,
        test: FieldPredicate::Values(ValueList {
            all: false,
            tests: vec![ValueTest::Null],
        }),
    };
    for (field, is_there, is_null, has_value) in [
        ("eventName", true, false, true),
        ("errorCode", false, true, false),
        ("requestParameters.none", true, true, false),
        ("requestParameters.empty", true, false, false),
    ] {
        let found = found(vec![
            event("exists", vec![exists(field)]),
            event("null", vec![null(field)]),
            event("any", vec![is(field, &["*"])]),
        ]);
        let has = |id: &str| found.contains(&id.to_owned());
        assert_eq!(
            (has("exists"), has("null"), has("any")),
            (is_there, is_null, has_value),
            "{field}"
        );
    }
}

#[test]
fn exceptions_hide_what_they_name_until_they_expire() {
    let mut guarded = event("guarded", vec![is("eventName", &["*"])]);
    guarded.meta.settings.protected = true;
    let mut named = event("named", vec![is("eventName", &["*"])]);
    named.meta.name = Some("by_name".to_owned());
    let deploy = || vec![is("userIdentity.userName", &["Deploy"])];
    let mut ends = exception("ends", &["free", "by_name"], deploy());
    if let Logic::Filter(filter) = &mut ends.logic {
        filter.expires = Some(1_000);
    }
    let other = vec![is("userIdentity.userName", &["other"])];
    let set = set(vec![
        guarded,
        named,
        event("free", vec![is("eventName", &["*"])]),
        exception("misses", &["free"], other),
        ends,
        exception("every", &[], deploy()),
    ]);
    let mut scratch = Scratch::default();
    let hidden = ["guarded", "named~ends", "free~ends"];
    assert_eq!(found_in(&set, &mut scratch, RECORD), hidden);
    scratch.set_time(999);
    assert_eq!(found_in(&set, &mut scratch, RECORD), hidden);
    scratch.set_time(1_000);
    assert_eq!(
        found_in(&set, &mut scratch, RECORD),
        ["guarded", "named~every", "free~every"]
    );
    assert_eq!(set.expired_exceptions(999), []);
    assert_eq!(set.expired_exceptions(1_000), [set.by_id("ends").unwrap()]);
}

#[test]
fn what_cannot_be_used_is_left_out_and_said() {
    let mut guarded = event("guarded", vec![is("eventName", &["*"])]);
    guarded.meta.settings.protected = true;
    let lost = detection(vec![], Condition::Search(3));
    let mut deep = Condition::Search(0);
    for _ in 0..100 {
        deep = Condition::Not(Box::new(deep));
    }
    let deep = detection(vec![SearchBody::AllOf(vec![])], deep);
    let (set, problems) = RuleSet::new(vec![
        event("good", vec![is("eventName", &["*"])]),
        event("good", vec![is("eventName", &["*"])]),
        rule("lost", Logic::Event(lost)),
        rule("deep", Logic::Event(deep)),
        guarded,
        exception("aims", &["guarded", "nobody"], vec![]),
        correlation("watches", &["nobody"], false),
        correlation("one", &["two"], false),
        correlation("two", &["one", "good"], false),
    ]);
    let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
    for (rule, word) in [
        ("good", "is taken"),
        ("lost", "search 3"),
        ("deep", "nested"),
        ("aims", "protected"),
        ("aims", "`nobody`"),
        ("watches", "`nobody`"),
        ("one", "back to itself"),
        ("two", "back to itself"),
    ] {
        let prefix = format!("rules.yml:1: rule `{rule}`: ");
        let is_said = said
            .iter()
            .any(|s| s.starts_with(&prefix) && s.contains(word));
        assert!(is_said, "{rule} {word}: {said:#?}");
    }
    assert_eq!(said.len(), 8);
    let kept: Vec<_> = set.rules().map(|r| r.meta.id.as_str()).collect();
    assert_eq!(kept, ["good", "guarded", "aims"]);
}

#[test]
fn correlations_know_what_they_watch() {
    let set = set(vec![
        correlation("chained", &["quiet"], true),
        correlation("quiet", &["a", "b"], false),
        correlation("loud", &["b"], true),
        event("a", vec![is("eventName", &["a"])]),
        event("b", vec![is("eventName", &["b"])]),
        event("c", vec![is("eventName", &["c"])]),
        exception("x", &["c"], vec![]),
    ]);
    let at = |id: &str| set.by_id(id).unwrap();
    assert_eq!(set.correlations_of(at("b")), [at("quiet"), at("loud")]);
    assert_eq!(set.correlations_of(at("quiet")), [at("chained")]);
    let alone: Vec<_> = set
        .indices()
        .filter(|rule| set.alerts_alone(*rule))
        .map(|rule| set.rule(rule).meta.id.as_str())
        .collect();
    assert_eq!(alone, ["chained", "quiet", "loud", "b", "c"]);
}

#[test]
fn rules_survive_as_bytes() {
    let rules = vec![
        event("a", vec![is("eventName", &["a*?"])]),
        exception("x", &["a"], vec![is("awsRegion", &["eu-*"])]),
        correlation("c", &["a"], false),
    ];
    let set = set(rules.clone());
    let bytes: &'static [u8] = set.to_bytes().unwrap().leak();
    let again = RuleSet::from_bytes(bytes).unwrap();
    assert!(again.rules().eq(&rules));
    for record in [
        r#"{"eventName":"abc","awsRegion":"us-east-1"}"#,
        r#"{"eventName":"abc","awsRegion":"eu-west-1"}"#,
        r#"{"eventName":"b"}"#,
    ] {
        let found = |set| found_in(set, &mut Scratch::default(), record);
        assert_eq!(found(&again), found(&set), "{record}");
    }
    assert!(RuleSet::from_bytes(&bytes[..bytes.len() / 2]).is_err());
}

#[test]
fn fields_are_read_as_text() {
    let set = set(vec![]);
    let record = Record::scan(RECORD.as_bytes(), Layer::Plain).unwrap();
    for (path, wanted) in [
        ("eventName", Some("UpdateFunctionCode20150331v2")),
        ("userIdentity.mfa", Some("false")),
        ("requestParameters.list.a", Some("1, 2")),
        ("requestParameters.list", Some("{\"a\":1}, {\"a\":2}")),
        ("requestParameters.none", None),
        ("requestParameters.empty", None),
        ("errorCode", None),
    ] {
        assert_eq!(set.field_text(&record, path).as_deref(), wanted, "{path}");
    }
}

#[test]
fn an_explanation_shows_field_by_field() {
    let set = set(vec![event(
        "r",
        vec![
            is("eventName", &["update*", "delete*"]),
            is("errorCode", &["AccessDenied"]),
        ],
    )]);
    let record = Record::scan(RECORD.as_bytes(), Layer::Plain).unwrap();
    let shown = set.explain(set.by_id("r").unwrap(), &record).to_string();
    assert_eq!(
        shown,
        "title of r (r) does not match\n\
         condition: s0\n\
         no  s0\n    \
         yes eventName: `UpdateFunctionCode20150331v2`; wanted one of `update*`, `delete*`\n    \
         no  errorCode: absent; wanted `accessdenied`\n"
    );
}
