//! `trailward rules list`, `check` and `test`.

use crate::bench::{Bench, OWN_RULE};

/// A hit and a miss for [`OWN_RULE`].
const OWN_CASES: &str = "\
- name: a production parameter goes
  expect: hit
  level: medium
  record: &call
    eventSource: ssm.amazonaws.com
    eventName: DeleteParameter
    requestParameters: {name: /production/key}
- name: a test parameter goes
  expect: miss
  record: {<<: *call, requestParameters: {name: /test/key}}
";

const OWN: [&str; 3] = ["--no-builtin-rules", "--rules", "rules"];

#[test]
fn the_rules_that_ship_are_sound() {
    let bench = Bench::new();
    let check = bench.run(&["rules", "check"]);
    assert_eq!(check.code, 0, "{}", check.err);
    assert!(check.out.ends_with(" rules, 0 refused\n"), "{}", check.out);
    let list = bench.run(&["rules", "list"]);
    assert_eq!(list.code, 0);
    let count: usize = check.out.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(list.out.lines().count(), count);
}

#[test]
fn check_tells_file_and_line_and_fails() {
    let bench = Bench::new();
    bench.file(
        "rules/broken.yml",
        &OWN_RULE.replace("condition:", "conditon:"),
    );
    let run = bench.run(&[&["rules", "check"][..], &OWN].concat());
    assert_eq!(run.code, 1);
    let line = OWN_RULE
        .lines()
        .position(|line| line.contains("condition:"))
        .unwrap()
        + 1;
    let place = format!("broken.yml:{line}:");
    assert!(run.err.contains(&place), "{}", run.err);
    assert!(run.err.contains("no `condition`"), "{}", run.err);
    assert_eq!(run.out, "0 rules, 1 refused\n");
    let nowhere = bench.run(&["rules", "check", "--rules", "nowhere"]);
    assert_eq!(nowhere.code, 2);
}

#[test]
fn a_file_that_is_no_text_stops_no_other() {
    let bench = Bench::new();
    bench.file("rules/own.yml", OWN_RULE);
    bench.bytes("rules/latin.yml", b"title: x\nauthor: Andr\xe9\n");
    bench.file("rules/lost.yml", "# nothing is left\n---\n");
    bench.file("rules/own.cases.yml", "");
    bench.file("rules/.github/workflow.yml", "on: push\n");
    let run = bench.run(&[&["rules", "check"][..], &OWN].concat());
    assert_eq!(run.code, 1);
    assert_eq!(run.out, "1 rules, 2 refused\n");
    for place in [
        "latin.yml:2: the file is not UTF-8",
        "lost.yml:1: the file holds no rule",
    ] {
        assert!(run.err.contains(place), "{}", run.err);
    }
}

#[test]
fn a_path_in_another_tools_spelling_is_told() {
    let bench = Bench::new();
    bench.file(
        "rules/own.yml",
        &OWN_RULE.replace("requestParameters.name", "requestParameters.names[].name"),
    );
    let run = bench.run(&[&["rules", "check"][..], &OWN].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let note = "own.yml:1: rule `A parameter was deleted` reads `requestParameters.names[].name`, \
                which no record has: arrays are tried element by element, \
                write `requestParameters.names.name`";
    assert!(run.err.contains(note), "{}", run.err);
}

#[test]
fn cases_are_run() {
    let bench = Bench::new();
    bench.file("rules/own.yml", OWN_RULE);
    bench.file("rules/own.cases.yml", OWN_CASES);
    let test = [&["rules", "test"][..], &OWN].concat();
    let run = bench.run(&test);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.out, "2 cases, all as expected\n");

    bench.file(
        "rules/own.cases.yml",
        &OWN_CASES.replace("/test/", "/production/"),
    );
    let run = bench.run(&test);
    assert_eq!(run.code, 1);
    assert_eq!(run.out, "2 cases, some failed\n");
    let place = "own.cases.yml:8: case `a test parameter goes`: expected a miss";
    assert!(run.err.contains(place), "{}", run.err);
}
