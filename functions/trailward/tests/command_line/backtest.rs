//! `trailward rules backtest`.

use serde_json::json;

use crate::bench::{Bench, OWN_RULE, parameter_deleted};

#[test]
fn days_principals_and_examples_are_counted() {
    let bench = Bench::new();
    let mut records: Vec<_> = (1..=5)
        .map(|number| parameter_deleted("/production/key", number))
        .collect();
    records[4]["eventTime"] = json!("2026-03-03T10:00:00Z");
    records[3]["userIdentity"]["arn"] = json!("arn:aws:iam::111122223333:user/bob");
    records.push(parameter_deleted("/test/key", 9));
    bench
        .file("own.yml", OWN_RULE)
        .trail("trail.json", &records);
    let own = ["--no-builtin-rules", "--rules", "own.yml", "trail.json"];
    let run = bench.run(&[&["rules", "backtest", "--format", "jsonl"][..], &own].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let alice = "arn:aws:iam::111122223333:user/alice";
    let bob = "arn:aws:iam::111122223333:user/bob";
    let expected = json!({
        "rule_id": "2f4d2a52-7c1b-4c0e-9a47-0d1f5e2b7c11",
        "rule_title": "A parameter was deleted",
        "level": "medium",
        "findings": 5,
        "excepted": 0,
        "alerts": 3,
        "per_day": {"2026-03-02": 4, "2026-03-03": 1},
        "per_principal": {alice: 4, bob: 1},
        "examples": [
            "00000000-0000-4000-8000-000000000001",
            "00000000-0000-4000-8000-000000000002",
            "00000000-0000-4000-8000-000000000003",
        ],
    });
    assert_eq!(run.json(), [expected]);
    let text = bench.run(&[&["rules", "backtest"][..], &own].concat());
    assert!(
        text.out.contains("5 findings on 2 days, 3 alerts"),
        "{}",
        text.out
    );
    assert!(text.out.contains("by day: 2026-03-02 4, 2026-03-03 1"));
    assert!(
        text.err.contains("1 of 1 rules fired on 6 records"),
        "{}",
        text.err
    );
}

#[test]
fn a_staged_rule_is_counted_too() {
    let bench = Bench::new();
    bench.file(
        "own.yml",
        &format!("{OWN_RULE}trailward: {{staged: true}}\n"),
    );
    bench.trail("trail.json", &[parameter_deleted("/production/key", 1)]);
    let own = ["--no-builtin-rules", "--rules", "own.yml", "trail.json"];
    let run = bench.run(&[&["rules", "backtest", "--format", "jsonl"][..], &own].concat());
    assert_eq!(run.json()[0]["findings"], 1);
    assert_eq!(run.json()[0]["alerts"], 0);
    let nowhere = bench.run(&["rules", "backtest", "nowhere.json"]);
    assert_eq!(nowhere.code, 2);
}
