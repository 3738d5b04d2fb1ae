//! `trailward report`: what it says of a team's rules, lists and exceptions.

use crate::bench::{Bench, OWN_RULE, parameter_deleted, trail_stopped};

const EXCEPTION: &str = "
title: The yearly drill
id: 6f4d2a52-7c1b-4c0e-9a47-0d1f5e2b7c11
logsource: {product: aws, service: cloudtrail}
filter:
  rules: [2f4d2a52-7c1b-4c0e-9a47-0d1f5e2b7c11]
  selection: {userIdentity.userName: alice}
  condition: not selection
trailward: {owner: platform, reason: a drill, expires: 2020-01-31}
";

/// The lines of the section on rules in a report over two calls.
fn rules_section(bench: &Bench, options: &[&str]) -> String {
    let records = [parameter_deleted("/production/key", 1), trail_stopped(2)];
    bench.trail("trail.json", &records);
    let run = bench.run(&[&["report", "trail.json"][..], options].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let (_, section) = run.out.split_once("\nRules:\n").unwrap();
    section.split("\n\n").next().unwrap().to_owned()
}

#[test]
fn the_teams_rules_are_named_counted_and_refused_by_their_place() {
    let bench = Bench::new();
    let other = OWN_RULE.replace("2f4d", "3f4d");
    let staged =
        other.replace("A parameter was deleted", "On trial") + "trailward: {staged: yes}\n";
    let silent = OWN_RULE
        .replace("2f4d", "4f4d")
        .replace("A parameter was deleted", "Nothing found")
        .replace("/production/", "/nowhere/");
    let broken = OWN_RULE
        .replace("2f4d", "5f4d")
        .replace("|startswith", "|beginswith");
    bench
        .file("rules/own.yml", OWN_RULE)
        .file("rules/staged.yml", &staged)
        .file("rules/silent.yml", &silent)
        .file("rules/broken.yml", &broken)
        .file("exceptions.yml", EXCEPTION);
    let own = ["--rules=rules", "--exceptions=exceptions.yml"];

    let section = rules_section(&bench, &own);
    for words in [
        " built in, 3 of the team\n",
        "\n    - [CRITICAL] CloudTrail was stopped or a trail was deleted (1)\n",
        "\n    - [MEDIUM] A parameter was deleted (1, the team's)\n",
        "they would have said:\n    - [MEDIUM] On trial (1, the team's)\n",
        "without a finding:\n    - Nothing found\n",
        "- The yearly drill (platform): ended on 2020-01-31, hides nothing any more\n",
        "out of use until mended (faults: 1):\n    - rules/broken.yml:10: rule `5f4d",
        "unknown modifier `beginswith`; valid are `all`, ",
        "`startswith`, ",
        ", `year`",
    ] {
        assert!(section.contains(words), "no `{words}` in {section}");
    }

    let alone = rules_section(&bench, &[&own[..], &["--no-builtin-rules"]].concat());
    assert!(
        alone.starts_with("  Rules in use: 0 built in, 3 of the team\n"),
        "{alone}"
    );
    assert!(!alone.contains("CloudTrail was stopped"), "{alone}");

    let without = rules_section(&bench, &[]);
    assert!(!without.contains("team"), "{without}");
    assert!(
        without.ends_with("Rules refused at load: none"),
        "{without}"
    );
}

#[test]
fn the_teams_list_of_exits_marks_addresses() {
    let bench = Bench::new();
    bench
        .trail("trail.json", &[trail_stopped(2)])
        .file("lists/tor-exits.txt", "198.51.100.7\n");
    let marked = "198.51.100.7 (suspicious)";
    let plain = bench.run(&["report", "trail.json"]);
    assert!(plain.out.contains("198.51.100.7"), "{}", plain.out);
    assert!(!plain.out.contains(marked), "{}", plain.out);
    let listed = bench.run(&["report", "trail.json", "--lists=lists"]);
    assert!(listed.out.contains(marked), "{}", listed.out);
}
