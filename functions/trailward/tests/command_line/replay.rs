//! `trailward replay`.

use serde_json::{Value, json};
use trailward_tests::payload::logs_data;

use crate::bench::{Bench, trail_stopped, users_listed};

/// The stopped trails among the findings, in the order in which they were
/// printed.
fn stopped(lines: &[Value]) -> Vec<&str> {
    let mut ids: Vec<&str> = lines
        .iter()
        .filter(|line| line["kind"] == "event" && line["event_name"] == "StopLogging")
        .map(|line| line["event_id"].as_str().unwrap_or_default())
        .collect();
    ids.dedup();
    ids
}

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

#[test]
fn a_folder_as_downloaded_is_judged_and_the_rest_is_named() {
    let bench = Bench::new();
    let bus = json!({
        "detail-type": "AWS API Call via CloudTrail", "source": "aws.cloudtrail",
        "account": "111122223333", "detail": trail_stopped(2),
    });
    let lines = format!("plain text\n{}\n{{\"eventName\":", trail_stopped(3));
    bench
        .file("unreadable/0a", &trail_stopped(1).to_string())
        .file("unreadable/0a.reason.txt", "it was broken\nlog-batch\n")
        .file("unreadable/0b", &bus.to_string())
        .file("unreadable/0c", &lines)
        .file(
            "unreadable/0d",
            &logs_data(&[users_listed(5), trail_stopped(4)], "any").unwrap(),
        )
        .file("unreadable/0e", "{\"eventName\":\"StopLogging");
    let run = bench.run(&["replay", "--format", "jsonl", "unreadable"]);
    let expected = [id(1), id(2), id(3), id(4)];
    assert_eq!(stopped(&run.json()), expected, "{}", run.err);
    assert_eq!(run.code, 2, "three are unreadable still: {}", run.err);
    for told in [
        "0c: line 1: expected CloudTrail records",
        "0c: line 3: line 1: a record must be one complete JSON object",
        "0e: line 1: a record must be one complete JSON object",
        "5 records can be read now, 3 still cannot",
    ] {
        assert!(run.err.contains(told), "no `{told}` in {}", run.err);
    }
    assert!(!run.err.contains("reason.txt"), "{}", run.err);
}

#[test]
fn what_can_be_read_throughout_ends_well_and_again_alerts_no_more() {
    let bench = Bench::new();
    bench.file("0a", &trail_stopped(1).to_string());
    let replay = |more: &[&str]| {
        let arguments = ["replay", "--format", "jsonl", "--state", "state", "0a"];
        bench.run(&[&arguments[..], more].concat())
    };
    let alerts = |lines: Vec<Value>| lines.iter().filter(|line| line["kind"] == "alert").count();
    let first = replay(&[]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(alerts(first.json()) > 0);
    let second = replay(&["--fail-on", "high"]);
    assert_eq!((second.code, alerts(second.json())), (1, 0));
}

#[test]
fn standard_input_is_a_dash_and_an_empty_folder_is_told() {
    let bench = Bench::new();
    let run = bench.run_with(&["replay", "-"], &trail_stopped(1).to_string());
    assert_eq!(run.code, 0, "{}", run.err);
    std::fs::create_dir(bench.path("nothing")).unwrap();
    let run = bench.run(&["replay", "nothing"]);
    assert_eq!(run.code, 2);
    let told = "`nothing` holds no quarantined record";
    assert!(run.err.contains(told), "{}", run.err);
}
