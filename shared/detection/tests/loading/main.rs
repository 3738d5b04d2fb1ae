//! Whole documents through the loader.

mod correlations;

use detection::rule::*;
use detection::sigma::{Lists, Loaded, Source, load, load_among};

fn loaded(text: &str) -> Loaded {
    let mut lists = Lists::new();
    lists.insert(
        "partners",
        vec!["111122223333".into(), "444455556666".into()],
    );
    lists.insert("nobody", vec![]);
    let name = "rules.yml";
    load(&[Source { name, text }], &lists)
}

fn rules(text: &str) -> Vec<Rule> {
    let Loaded { rules, problems } = loaded(text);
    assert_eq!(problems, [], "{text}");
    rules
}

fn base(name: &str) -> String {
    format!(
        "title: {name}\nname: {name}\n{HEAD}detection: {{s: {{eventName: {name}}}, condition: s}}\n"
    )
}

fn messages(text: &str) -> Vec<String> {
    loaded(text)
        .problems
        .iter()
        .map(ToString::to_string)
        .collect()
}

const HEAD: &str = "logsource: {product: aws, service: cloudtrail}\n";

#[test]
fn a_remark_with_a_colon_costs_no_rule() {
    let text = format!(
        "{}falsepositives:\n  - Legitimate use: backups\n  - [a, b]\n  -\nreferences: x\n",
        base("a")
    );
    let meta = &rules(&text)[0].meta;
    assert_eq!(meta.false_positives, ["Legitimate use: backups", "a, b"]);
    assert_eq!(meta.references, ["x"]);
}

#[test]
fn a_rule_with_everything() {
    let text = "\
title: A key for somebody else
id: 8F5B1D3C-0A4E-4B6E-9A7D-1C2B3D4E5F60
name: foreign_key
status: Test
level: high
description: >
  One user makes a key for another.
author: somebody
date: 2026-01-02
references: [https://docs.aws.amazon.com/IAM/]
tags:
  - attack.persistence
  - attack.t1098.001
falsepositives:
  - An administrator
custom: {anything: goes}
logsource:
  product: aws
  service: cloudtrail
detection:
  selection:
    eventSource: iam.amazonaws.com
    eventName: [CreateAccessKey, UpdateAccessKey]
    errorCode: null
  self:
    userIdentity.userName|fieldref: requestParameters.userName
  condition: selection and not self
trailward:
  group: [trailward.principal, recipientAccountId]
  fold: 12h
  scope: organization
  staged: 2026-03-01
  failed-level: low
  protected: true
  gain: A second credential.
  details: requestParameters.userName
  response:
    en: [Disable the key., Ask the user.]
    zh: 停用密钥。
  first-seen: {value: trailward.network, learn: 7d}
";
    let rule = rules(text).remove(0);
    let meta = rule.meta;
    assert_eq!(meta.id, "8f5b1d3c-0a4e-4b6e-9a7d-1c2b3d4e5f60");
    assert_eq!(meta.name.as_deref(), Some("foreign_key"));
    assert_eq!(
        (meta.status.as_deref(), meta.level),
        (Some("test"), Level::High)
    );
    assert_eq!(meta.description, "One user makes a key for another.\n");
    assert_eq!(meta.tags, ["attack.persistence", "attack.t1098.001"]);
    assert_eq!(
        (meta.location.file.as_str(), meta.location.line),
        ("rules.yml", 1)
    );
    assert_eq!(meta.version.len(), 16);
    let settings = meta.settings;
    assert_eq!(
        settings.group,
        ["trailward.principal", "recipientAccountId"]
    );
    assert_eq!(settings.fold_seconds, Some(43_200));
    assert_eq!(settings.scope, Scope::Organization);
    assert_eq!(settings.staged, Staged::Until(1_772_323_200));
    assert_eq!(settings.failed_level, Some(Level::Low));
    assert!(settings.protected);
    assert_eq!(settings.details, ["requestParameters.userName"]);
    assert_eq!(settings.response.zh, ["停用密钥。"]);
    let first_seen = settings.first_seen.unwrap();
    assert_eq!(first_seen.learn_seconds, 7 * 86_400);
    assert_eq!(first_seen.forget_seconds, 90 * 86_400);
    let Logic::Event(detection) = rule.logic else {
        panic!()
    };
    assert_eq!(detection.searches[0].name, "selection");
    let not_self = Condition::Not(Box::new(Condition::Search(1)));
    assert_eq!(
        detection.condition,
        Condition::And(vec![Condition::Search(0), not_self])
    );
    let SearchBody::AllOf(fields) = &detection.searches[0].body else {
        panic!()
    };
    let FieldPredicate::Values(names) = &fields[1].test else {
        panic!()
    };
    assert_eq!(names.tests.len(), 2);
    let FieldPredicate::Values(error) = &fields[2].test else {
        panic!()
    };
    assert_eq!(error.tests, [ValueTest::Null]);
}

#[test]
fn what_is_not_said() {
    let text = format!("title: Plain\n{HEAD}detection: {{s: {{a: 1}}, condition: s}}\n");
    let rule = rules(&text).remove(0);
    assert!(rule.meta.id.starts_with("plain-"), "{}", rule.meta.id);
    assert_eq!(rule.meta.level, Level::Medium);
    assert_eq!(rule.meta.settings, Settings::default());
    let text = text + "level:\nstatus: ~\ntags:\nid:\nauthor: null\nfalsepositives:\n";
    let empty = rules(&text).remove(0);
    assert_eq!(empty.meta.level, Level::Medium);
    assert_eq!(empty.meta.id, rule.meta.id);
}

#[test]
fn rules_without_an_id_may_have_one_title() {
    let rule = |name: &str| {
        format!("title: Same\n{HEAD}detection: {{s: {{eventName: {name}}}, condition: s}}\n---\n")
    };
    let ids: Vec<String> = rules(&(rule("a") + &rule("b")))
        .into_iter()
        .map(|rule| rule.meta.id)
        .collect();
    assert_eq!(ids[1], format!("{}-2", ids[0]));
    // A copy is no other rule.
    let twice = messages(&(rule("a") + &rule("a")));
    assert!(twice[0].contains("is taken, in rules.yml:1"), "{twice:?}");
}

#[test]
fn the_version_follows_the_meaning_not_the_layout() {
    let version = |text: &str| {
        rules(&format!("title: Plain\n{HEAD}{text}"))
            .remove(0)
            .meta
            .version
    };
    let flow = version("detection: {s: {a: 1}, condition: s}\n");
    assert_eq!(
        flow,
        version("# why\ndetection:\n    s:\n        a:   1\n    condition: s\n")
    );
    assert_ne!(flow, version("detection: {s: {a: 2}, condition: s}\n"));
    assert_ne!(flow, version("detection: {s: {a: '1'}, condition: s}\n"));
    assert_ne!(
        flow,
        version("detection: {s: {a: 1}, condition: s}\nlevel: low\n")
    );
}

#[test]
fn a_refused_rule_takes_along_what_stands_on_it_and_nothing_else() {
    let text = format!(
        "{}---\ntitle: broken\nname: broken\n{HEAD}detection: {{s: {{a|no: 1}}, condition: s}}\n---\ntitle: c\ncorrelation: {{type: temporal, rules: [a, broken], timespan: 1h}}\n---\n'\n---\n{}",
        base("a"),
        base("b")
    );
    let loaded = loaded(&text);
    assert_eq!(loaded.rules.len(), 2);
    let messages = messages(&text);
    assert_eq!(messages.len(), 3, "{messages:?}");
    assert!(messages.iter().any(|m| m.contains("unknown modifier `no`")));
    assert!(
        messages
            .iter()
            .any(|m| m.contains("id or name `broken`; valid are `a`, `b`")),
        "{messages:?}"
    );
    assert!(messages.iter().any(|m| m.contains("broken YAML")));
}

#[test]
fn names_reach_across_sources_and_to_known_rules() {
    let one = base("a");
    let two =
        "title: c\ncorrelation: {type: event_count, rules: a, timespan: 1h, condition: {gt: 1}}\n";
    let sources = [
        Source {
            name: "two",
            text: two,
        },
        Source {
            name: "one",
            text: &one,
        },
    ];
    let both = load(&sources, &Lists::new());
    assert_eq!((both.rules.len(), both.problems.len()), (2, 0));
    let known = load(&sources[1..], &Lists::new()).rules;
    let alone = load_among(&sources[..1], &Lists::new(), &known);
    assert_eq!((alone.rules.len(), alone.problems.len()), (1, 0));
    let again = load_among(&sources[1..], &Lists::new(), &known);
    assert!(
        again.problems[0].message.contains("is taken, in one:1"),
        "{:?}",
        again.problems
    );
}

#[test]
fn exceptions() {
    let text = format!(
        "{}---\ntitle: Deployments\n{HEAD}filter:\n  rules: [a, later]\n  role: {{trailward.role|endswith: /deploy}}\n  condition: not role\ntrailward: {{owner: platform, reason: It deploys., expires: 2027-01-31}}\n---\ntitle: All\ndescription: Noise.\nfilter: {{rules: Any, s: {{a: 1}}, condition: not s}}\n",
        base("a")
    );
    let rules = rules(&text);
    let Logic::Filter(filter) = &rules[1].logic else {
        panic!()
    };
    assert_eq!(filter.rules, [rules[0].meta.id.clone(), "later".to_owned()]);
    assert_eq!(filter.owner.as_deref(), Some("platform"));
    assert_eq!(filter.reason.as_deref(), Some("It deploys."));
    assert_eq!(filter.expires, Some(1_801_353_600));
    assert_eq!(
        filter.detection.condition,
        Condition::Not(Box::new(Condition::Search(0)))
    );
    let Logic::Filter(filter) = &rules[2].logic else {
        panic!()
    };
    assert!(filter.rules.is_empty());
    assert_eq!(filter.reason.as_deref(), Some("Noise."));
}

#[test]
fn a_collection_may_be_known_by_its_title_alone() {
    let text = format!(
        "action: global\ntitle: Many\n{HEAD}---\ntitle: hidden\ndetection: {{s: {{a: 1}}, condition: s}}\n---\ndetection: {{s: {{b: 1}}, condition: s}}\n"
    );
    let ids: Vec<String> = rules(&text).into_iter().map(|rule| rule.meta.id).collect();
    assert_eq!(ids[1], format!("{}-2", ids[0]));
}

#[test]
fn documents_of_a_collection_share_an_id() {
    let text = format!(
        "action: global\ntitle: Many\nid: many\n{HEAD}---\ndetection: {{s: {{a: 1}}, condition: s}}\n---\naction: repeat\ndetection: {{s: {{b: 2}}}}\n---\naction: repeat\ndetection: {{s: {{c: 3}}}}\n"
    );
    let rules = rules(&text);
    assert_eq!(
        rules
            .iter()
            .map(|rule| rule.meta.id.as_str())
            .collect::<Vec<_>>(),
        ["many", "many-2", "many-3"]
    );
    let Logic::Event(detection) = &rules[1].logic else {
        panic!()
    };
    let SearchBody::AllOf(fields) = &detection.searches[0].body else {
        panic!()
    };
    assert_eq!(fields.len(), 2);
    let Logic::Event(detection) = &rules[2].logic else {
        panic!()
    };
    let SearchBody::AllOf(fields) = &detection.searches[0].body else {
        panic!()
    };
    let names: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
}
