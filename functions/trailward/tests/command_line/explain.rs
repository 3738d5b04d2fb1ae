//! `trailward rules explain`.

use crate::bench::{Bench, OWN_RULE, parameter_deleted};

#[test]
fn every_line_of_the_rule_is_answered() {
    let bench = Bench::new();
    bench.file("own.yml", OWN_RULE);
    bench.trail("hit.json", &[parameter_deleted("/production/key", 1)]);
    bench.trail("miss.json", &[parameter_deleted("/test/key", 1)]);
    let hit = bench.run(&["rules", "explain", "own.yml", "hit.json"]);
    assert_eq!(hit.code, 0, "{}", hit.err);
    assert!(
        hit.out.starts_with("A parameter was deleted"),
        "{}",
        hit.out
    );
    assert!(hit.out.contains(") matches\n"), "{}", hit.out);
    for line in [
        "condition: selection and not filter_janitor",
        "yes selection",
        "yes requestParameters.name: `/production/key`; wanted `/production/*`",
        "no  filter_janitor",
        "no  userIdentity.userName: `alice`; wanted `janitor`",
    ] {
        assert!(hit.out.contains(line), "no `{line}` in {}", hit.out);
    }
    let miss = bench.run(&["rules", "explain", "own.yml", "miss.json"]);
    assert_eq!(miss.code, 0, "{}", miss.err);
    assert!(miss.out.contains(") does not match\n"), "{}", miss.out);
    let no = "no  requestParameters.name: `/test/key`";
    assert!(miss.out.contains(no), "{}", miss.out);
}

#[test]
fn a_rule_is_found_by_id_and_by_the_path_it_ships_under() {
    let bench = Bench::new();
    let event = parameter_deleted("/test/key", 1).to_string();
    let list = bench.run(&["rules", "list"]);
    let line = list.out.lines().find(|line| line.contains("  event  "));
    let id = line.unwrap().split_whitespace().nth(1).unwrap();
    let run = bench.run_with(&["rules", "explain", id, "-"], &event);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains(id), "{}", run.out);
    let path = "defense-evasion/trail-stopped-or-deleted.yml";
    let run = bench.run_with(&["rules", "explain", path, "-"], &event);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains(") does not match\n"), "{}", run.out);
}

#[test]
fn a_correlation_brings_the_rules_that_it_watches() {
    let bench = Bench::new();
    bench.file(
        "own.yml",
        &format!(
            "{}name: deleted\n---\ntitle: Many parameters were deleted\n\
             id: 5f4d2a52-7c1b-4c0e-9a47-0d1f5e2b7c11\n\
             correlation:\n  type: event_count\n  rules: [deleted]\n  \
             group-by: [trailward.principal]\n  timespan: 10m\n  condition: {{gte: 3}}\n",
            OWN_RULE
        ),
    );
    bench.trail("hit.json", &[parameter_deleted("/production/key", 1)]);
    let id = "5f4d2a52-7c1b-4c0e-9a47-0d1f5e2b7c11";
    let run = bench.run(&["rules", "explain", "--rules", "own.yml", id, "hit.json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains(") judges records together\n"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("condition: >= 3 events of `"),
        "{}",
        run.out
    );
    let group = "its trailward.principal is `arn:aws:iam::";
    assert!(run.out.contains(group), "{}", run.out);
    assert!(run.out.contains("A parameter was deleted"), "{}", run.out);
}

#[test]
fn an_exception_says_whether_it_hides_the_record() {
    let bench = Bench::new();
    bench.file(
        "own.yml",
        &format!(
            "{OWN_RULE}name: own\n---\ntitle: Not alice\nid: but-alice\ndescription: she may\n\
             filter:\n  rules: [own]\n  selection: {{userIdentity.userName: alice}}\n  \
             condition: not selection\n"
        ),
    );
    bench.trail("hit.json", &[parameter_deleted("/production/key", 1)]);
    bench.trail("miss.json", &[parameter_deleted("/test/key", 1)]);
    let explained = |rule: &str, event: &str| {
        let run = bench.run(&["rules", "explain", "--rules", "own.yml", rule, event]);
        assert_eq!(run.code, 0, "{}", run.err);
        run.out
    };
    let exception = explained("but-alice", "hit.json");
    assert!(exception.contains(") hides this record\n"), "{exception}");
    let hidden = "hidden by the exception `Not alice` (but-alice)";
    let rule = explained("own", "hit.json");
    assert!(rule.contains(&format!("\nis {hidden}")), "{rule}");
    let rule = explained("own", "miss.json");
    assert!(rule.contains(&format!("\nwould be {hidden}")), "{rule}");
}

#[test]
fn terminal_commands_in_a_record_are_not_passed_on() {
    let bench = Bench::new();
    bench.file("own.yml", OWN_RULE);
    bench.trail("hit.json", &[parameter_deleted("/production/\u{1b}[2J", 1)]);
    let run = bench.run(&["rules", "explain", "own.yml", "hit.json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("/production/"), "{}", run.out);
    assert!(!run.out.contains('\u{1b}'), "{:?}", run.out);
}

#[test]
fn wrong_input_is_refused() {
    let bench = Bench::new();
    let two = [parameter_deleted("a", 1), parameter_deleted("b", 2)];
    bench.file("own.yml", OWN_RULE).trail("two.json", &two);
    bench
        .trail("one.json", &two[..1])
        .file("none.json", "no JSON");
    for (arguments, words) in [
        (["own.yml", "two.json"], "holds 2 records; one is wanted"),
        (["own.yml", "none.json"], "none.json"),
        (["own.yml", "nowhere.json"], "nowhere.json"),
        (["no-such-rule", "one.json"], "`no-such-rule` is neither"),
    ] {
        let run = bench.run(&[&["rules", "explain"][..], &arguments].concat());
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.out);
        assert!(run.err.contains(words), "{}", run.err);
    }
}
