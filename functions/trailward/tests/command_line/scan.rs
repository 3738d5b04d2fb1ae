//! `trailward scan`.

use serde_json::Value;

use crate::bench::{Bench, OWN_RULE, parameter_deleted, trail_stopped, users_listed};

/// The members of each line, as ARCHITECTURE.md names them.
const MEMBERS: [&str; 18] = [
    "kind",
    "rule_id",
    "rule_title",
    "level",
    "tags",
    "event_id",
    "event_ids",
    "event_time",
    "event_name",
    "event_source",
    "account",
    "region",
    "principal",
    "source_ip",
    "group",
    "fingerprint",
    "suppressed_by",
    "source",
];

fn kinds(lines: &[Value], kind: &str) -> usize {
    lines.iter().filter(|line| line["kind"] == kind).count()
}

#[test]
fn a_finding_is_a_line_and_its_alert_another() {
    let bench = Bench::new();
    bench.trail("trail.json", &[users_listed(1), trail_stopped(2)]);
    let run = bench.run(&["scan", "--format", "jsonl", "trail.json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let lines = run.json();
    assert!(kinds(&lines, "event") >= 1, "{}", run.out);
    assert!(kinds(&lines, "alert") >= 1, "{}", run.out);
    for line in &lines {
        for member in MEMBERS {
            assert!(line.get(member).is_some(), "no `{member}` in {line}");
        }
        let known = line.as_object().unwrap().keys();
        for key in known {
            assert!(MEMBERS.contains(&key.as_str()), "`{key}` is not agreed on");
        }
    }
    let stopped = |line: &&Value| line["kind"] == "event" && line["event_name"] == "StopLogging";
    let event = lines.iter().find(stopped).unwrap();
    assert_eq!(event["event_id"], "00000000-0000-4000-8000-000000000002");
    assert_eq!(event["event_source"], "cloudtrail.amazonaws.com");
    assert_eq!(event["account"], "111122223333");
    assert_eq!(event["principal"], "arn:aws:iam::111122223333:user/alice");
    assert_eq!(event["source"]["path"], "trail.json");
    assert_eq!(event["source"]["index"], 1);
    assert_eq!(event["suppressed_by"], Value::Null);
    assert!(run.err.contains("2 records"), "{}", run.err);
}

#[test]
fn a_second_run_on_the_same_state_alerts_no_more() {
    let bench = Bench::new();
    bench.trail("trail.json", &[trail_stopped(2)]);
    let arguments = [
        "scan",
        "--format",
        "jsonl",
        "--state",
        "state",
        "trail.json",
    ];
    let first = bench.run(&arguments).json();
    let second = bench.run(&arguments).json();
    assert!(kinds(&first, "alert") >= 1);
    assert_eq!(kinds(&second, "alert"), 0);
    assert_eq!(kinds(&second, "event"), kinds(&first, "event"));
    let without = bench
        .run(&["scan", "--format", "jsonl", "trail.json"])
        .json();
    assert_eq!(kinds(&without, "alert"), kinds(&first, "alert"));
}

#[test]
fn fail_on_asks_for_the_level() {
    let bench = Bench::new();
    bench.file("own.yml", OWN_RULE);
    bench.trail("hit.json", &[parameter_deleted("/production/key", 1)]);
    bench.trail("miss.json", &[parameter_deleted("/test/key", 1)]);
    let scan = |level: &str, file: &str| {
        let own = ["--no-builtin-rules", "--rules", "own.yml"];
        let arguments = [&["scan", "--fail-on", level, file][..], &own].concat();
        bench.run(&arguments).code
    };
    assert_eq!(scan("low", "hit.json"), 1);
    assert_eq!(scan("medium", "hit.json"), 1);
    assert_eq!(scan("high", "hit.json"), 0);
    assert_eq!(scan("low", "miss.json"), 0);
}

#[test]
fn min_level_prints_nothing_below() {
    let bench = Bench::new();
    bench.file("own.yml", OWN_RULE);
    bench.trail("hit.json", &[parameter_deleted("/production/key", 1)]);
    for (format, level, printed) in [
        ("jsonl", "medium", true),
        ("jsonl", "high", false),
        ("text", "medium", true),
        ("text", "high", false),
    ] {
        let own = ["--no-builtin-rules", "--rules", "own.yml", "hit.json"];
        let scan = ["scan", "--format", format, "--min-level", level];
        let run = bench.run(&[&scan[..], &own].concat());
        assert_eq!(run.code, 0);
        assert_eq!(
            !run.out.is_empty(),
            printed,
            "{format} {level}: {}",
            run.out
        );
    }
}

#[test]
fn standard_input_is_a_dash() {
    let bench = Bench::new();
    let record = trail_stopped(3).to_string();
    let run = bench.run_with(&["scan", "--format", "jsonl", "-"], &record);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.json()[0]["source"]["path"], "standard input");
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_scanned() {
    let bench = Bench::new();
    bench.file("a.json", "this is no JSON");
    bench.trail("b.json", &[trail_stopped(2)]);
    let run = bench.run(&["scan", "--format", "jsonl", "a.json", "b.json"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("a.json"), "{}", run.err);
    assert!(kinds(&run.json(), "event") >= 1, "{}", run.out);
    let missing = bench.run(&["scan", "nowhere.json"]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("`nowhere.json`"), "{}", missing.err);
    assert_eq!(bench.run(&["scan"]).code, 2);
    assert_eq!(bench.run(&["scan", "--no-such-option", "b.json"]).code, 2);
    assert_eq!(bench.run(&["--help"]).code, 0);
}

#[test]
fn a_broken_rule_is_told_and_the_others_run() {
    let bench = Bench::new();
    bench.file("rules/own.yml", OWN_RULE);
    bench.file(
        "rules/broken.yml",
        &OWN_RULE
            .replace("2f4d", "3f4d")
            .replace("|startswith", "|beginswith"),
    );
    bench.trail("hit.json", &[parameter_deleted("/production/key", 1)]);
    let own = ["--no-builtin-rules", "--rules", "rules", "hit.json"];
    let run = bench.run(&[&["scan", "--format", "jsonl"][..], &own].concat());
    assert_eq!(run.code, 0);
    assert_eq!(kinds(&run.json(), "event"), 1);
    assert!(run.err.contains("broken.yml:10:"), "{}", run.err);
    assert!(run.err.contains("`beginswith`"), "{}", run.err);
}
