//! What every built-in rule owes its reader.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects in the shortest way"
)]

use std::collections::{BTreeMap, BTreeSet};

use detection::RuleSet;
use detection::rule::{
    Condition, Detection, FieldPredicate, FieldTest, Logic, PatternPart, Rule, SearchBody,
    ValueTest,
};
use rules::cases::{self, Expect};

const TACTICS: [&str; 14] = [
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
];

/// Rules that name no event, and why: each is judged for every record.
const NAMES_NO_EVENT: &[(&str, &str)] = &[
    ("initial-access/root-acted.yml", "any call of root counts"),
    (
        "initial-access/call-from-listed-tor-exit.yml",
        "any call from there counts",
    ),
    (
        "initial-access/iam-user-from-public-address.yml",
        "any call from there counts",
    ),
    (
        "defense-evasion/request-hidden-by-its-size.yml",
        "any call can be padded",
    ),
    (
        "defense-evasion/record-over-a-bound.yml",
        "any record can be padded",
    ),
    ("discovery/call-denied.yml", "any call can be denied"),
    (
        "exfiltration/vpc-endpoint-refused-call.yml",
        "any call can be refused there",
    ),
    (
        "initial-access/access-key-from-new-network.yml",
        "any call of the key counts",
    ),
    (
        "initial-access/access-key-from-several-networks.yml",
        "any call of the key counts",
    ),
    (
        "initial-access/identity-in-new-region.yml",
        "any change counts",
    ),
    (
        "initial-access/identity-with-new-user-agent.yml",
        "any change counts",
    ),
    (
        "initial-access/identity-at-new-service.yml",
        "any change counts",
    ),
    (
        "credential-access/instance-credentials-from-several-networks.yml",
        "any call of the instance counts",
    ),
    (
        "credential-access/instance-credentials-from-new-network.yml",
        "any call of the instance counts",
    ),
    (
        "credential-access/instance-credentials-on-a-desktop.yml",
        "any call of the instance counts",
    ),
    (
        "initial-access/call-by-attack-tool.yml",
        "such tools call everything",
    ),
    (
        "initial-access/call-from-attackers-distribution.yml",
        "any call from there counts",
    ),
    (
        "discovery/call-by-posture-scanner.yml",
        "scanners call everything",
    ),
];

fn builtin() -> Vec<Rule> {
    let rules = rules::builtin().unwrap();
    assert!(rules.len() > 80, "the rules were not found");
    rules
}

/// The rules that people get to read: not those that only serve a correlation
/// of the same file.
fn speaking() -> Vec<Rule> {
    let (set, problems) = RuleSet::new(builtin());
    assert_eq!(problems, []);
    let files: BTreeSet<&str> = set
        .rules()
        .map(|rule| rule.meta.location.file.as_str())
        .collect();
    let asked = files.iter().flat_map(|file| cases::rules_of(&set, file));
    asked.map(|rule| set.rule(rule).clone()).collect()
}

fn file(rule: &Rule) -> &str {
    &rule.meta.location.file
}

#[test]
fn ids_are_random_uuids_and_unique() {
    let mut seen = BTreeSet::new();
    for rule in builtin() {
        let id = &rule.meta.id;
        let shape: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(shape, [8, 4, 4, 4, 12], "{}: `{id}`", file(&rule));
        assert_eq!(
            id.as_bytes()[14],
            b'4',
            "{}: `{id}` is no version 4",
            file(&rule)
        );
        assert!(
            seen.insert(id.clone()),
            "{}: `{id}` is used twice",
            file(&rule)
        );
    }
}

/// Other tools read rules as YAML 1.1, where these words are switches: a search
/// called `off` is one called `false` there, and the rule is refused.
#[test]
fn no_search_is_called_like_a_switch() {
    for rule in builtin() {
        let detection = match &rule.logic {
            Logic::Event(detection) => detection,
            Logic::Filter(filter) => &filter.detection,
            Logic::Correlation(_) => continue,
        };
        for search in &detection.searches {
            let name = search.name.to_lowercase();
            let switches = ["on", "off", "yes", "no", "y", "n", "true", "false"];
            assert!(
                !switches.contains(&name.as_str()),
                "{}: {name}",
                file(&rule)
            );
        }
    }
}

#[test]
fn files_lie_in_the_folder_of_a_tactic_under_a_plain_slug() {
    for rule in builtin() {
        let (tactic, slug) = file(&rule).split_once('/').unwrap();
        assert!(TACTICS.contains(&tactic), "{}", file(&rule));
        let slug = slug.strip_suffix(".yml").unwrap();
        let plain = slug.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
        assert!(
            plain,
            "{}: write lower-case words joined by hyphens",
            file(&rule)
        );
        let tag = format!("attack.{tactic}");
        assert!(
            rule.meta.tags.contains(&tag),
            "{} lacks the tag `{tag}`",
            file(&rule)
        );
    }
}

#[test]
fn tags_name_tactics_and_techniques() {
    for rule in builtin() {
        let mut techniques = 0;
        for tag in &rule.meta.tags {
            let name = tag
                .strip_prefix("attack.")
                .unwrap_or_else(|| panic!("{}: `{tag}`", file(&rule)));
            let technique = is_technique(name);
            techniques += usize::from(technique);
            assert!(
                technique || TACTICS.contains(&name),
                "{}: `{tag}`",
                file(&rule)
            );
        }
        assert!(techniques > 0, "{} names no technique", file(&rule));
    }
}

fn is_technique(name: &str) -> bool {
    let Some(number) = name.strip_prefix('t') else {
        return false;
    };
    let (main, sub) = number.split_once('.').unwrap_or((number, "000"));
    let digits =
        |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    digits(main, 4) && digits(sub, 3)
}

#[test]
fn readers_are_told_what_and_why_and_what_to_do() {
    for rule in speaking() {
        let meta = &rule.meta;
        let place = file(&rule);
        assert!(
            meta.title.len() <= 90,
            "{place}: the title does not fit a subject line"
        );
        let level = format!("{:?}", meta.level);
        assert!(
            meta.description.contains(&level),
            "{place}: the description gives no reason for {level}"
        );
        assert!(
            !meta.false_positives.is_empty(),
            "{place}: no false positives"
        );
        assert!(!meta.references.is_empty(), "{place}: no references");
        for reference in &meta.references {
            assert!(
                reference.starts_with("https://docs.aws.amazon.com/"),
                "{place}: {reference}"
            );
        }
        assert!(
            matches!(meta.status.as_deref(), Some("stable" | "test")),
            "{place}: status"
        );
        let settings = &meta.settings;
        assert!(
            settings.gain.as_ref().is_some_and(|gain| gain.len() > 10),
            "{place}: no gain"
        );
        for (language, steps) in [("en", &settings.response.en), ("zh", &settings.response.zh)] {
            assert!(
                (2..=4).contains(&steps.len()),
                "{place}: {language} has {} steps",
                steps.len()
            );
        }
        let chinese = |step: &String| step.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(
            settings.response.zh.iter().all(chinese),
            "{place}: a step is not Chinese"
        );
        assert!(
            !settings.response.en.iter().any(chinese),
            "{place}: a step is not English"
        );
    }
}

#[test]
fn every_rule_has_a_hit_and_a_miss_and_its_failed_attempt() {
    let files: BTreeMap<&str, &str> = rules::case_files()
        .map(|source| (source.name, source.text))
        .collect();
    for rule in speaking() {
        let name = file(&rule).replace(".yml", ".cases.yml");
        let text = files
            .get(name.as_str())
            .unwrap_or_else(|| panic!("there is no {name}"));
        let cases = cases::read(&name, text).unwrap();
        for expect in [Expect::Hit, Expect::Miss] {
            assert!(
                cases.iter().any(|case| case.expect == expect),
                "{name} has no {expect:?}"
            );
        }
        if let Some(level) = rule.meta.settings.failed_level {
            assert!(
                cases.iter().any(|case| case.level == Some(level)),
                "{name} has no failed attempt at level {level:?}"
            );
        }
    }
}

#[test]
fn event_rules_name_their_event() {
    for rule in builtin() {
        let Logic::Event(detection) = &rule.logic else {
            continue;
        };
        let excused = NAMES_NO_EVENT
            .iter()
            .any(|(excused, _)| *excused == file(&rule));
        let named = names_event(detection, &detection.condition);
        assert!(
            named != excused,
            "{}: names its event: {named}, excused: {excused}",
            file(&rule)
        );
    }
}

/// Whether a condition holds only for records with one of certain events.
fn names_event(detection: &Detection, condition: &Condition) -> bool {
    match condition {
        Condition::Search(search) => body_names_event(&detection.searches[*search].body),
        Condition::Not(_) => false,
        Condition::And(all) => all.iter().any(|one| names_event(detection, one)),
        Condition::Or(any) => any.iter().all(|one| names_event(detection, one)),
    }
}

fn body_names_event(body: &SearchBody) -> bool {
    match body {
        SearchBody::AllOf(tests) => tests.iter().any(test_names_event),
        SearchBody::AnyOf(bodies) => !bodies.is_empty() && bodies.iter().all(body_names_event),
        _ => false,
    }
}

fn test_names_event(test: &FieldTest) -> bool {
    let FieldPredicate::Values(values) = &test.test else {
        return false;
    };
    let begins_plainly = |value: &ValueTest| match value {
        ValueTest::Text(text) => matches!(text.parts.first(), Some(PatternPart::Literal(_))),
        _ => false,
    };
    test.field == "eventName" && !test.negated && values.tests.iter().all(begins_plainly)
}
