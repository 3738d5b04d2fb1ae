//! `trailward exceptions check`, and what `scan` says of exceptions.

use crate::bench::{Bench, OWN_RULE, Run, parameter_deleted};

const ID: &str = "2f4d2a52-7c1b-4c0e-9a47-0d1f5e2b7c11";

/// An exception that lets alice pass, for as long as anybody will care.
fn exception(rules: &str, settings: &str) -> String {
    format!(
        "title: Alice may\nid: 6f4d2a52-7c1b-4c0e-9a47-0d1f5e2b7c11\n\
         logsource: {{product: aws, service: cloudtrail}}\n\
         filter:\n  rules: [{rules}]\n  selection: {{userIdentity.userName: alice}}\n  \
         condition: not selection\n\
         trailward: {{{settings}}}\n"
    )
}

const SOUND: &str = "owner: platform, reason: she tidies up, expires: 2999-12-31";

fn check(text: &str) -> Run {
    let bench = Bench::new();
    bench.file("own.yml", OWN_RULE).file("exceptions.yml", text);
    bench.run(&[
        "exceptions",
        "check",
        "--rules",
        "own.yml",
        "exceptions.yml",
    ])
}

#[test]
fn a_sound_file_is_told_and_passes() {
    let run = check(&exception(ID, SOUND));
    assert_eq!(run.code, 0, "{}", run.err);
    let told = "until 2999-12-31, by platform: she tidies up";
    assert!(run.out.contains(told), "{}", run.out);
    assert!(run.out.contains("`A parameter was deleted`"), "{}", run.out);
    let end = "1 exceptions, 0 expired, 0 problems\n";
    assert!(run.out.ends_with(end), "{}", run.out);
}

#[test]
fn what_an_exception_owes_is_asked_for() {
    let protected = Bench::new()
        .run(&["rules", "list"])
        .out
        .lines()
        .find(|line| line.contains("CloudTrail was stopped or a trail was deleted"))
        .and_then(|line| line.split_whitespace().nth(1).map(str::to_owned))
        .unwrap();
    for (text, words) in [
        (
            exception(ID, "reason: r, expires: 2999-12-31"),
            "has no owner",
        ),
        (exception(ID, "owner: o, expires: 2999-12-31"), "no reason"),
        (exception(ID, "owner: o, reason: r"), "has no end"),
        (
            exception(ID, "owner: o, reason: r, expires: 2020-01-31"),
            "expired on 2020-01-31",
        ),
        (
            exception("no-such-rule", SOUND),
            "`no-such-rule` is neither the id nor the name of a rule",
        ),
        (exception(&protected, SOUND), "is protected"),
        (OWN_RULE.replace("2f4d", "9f4d"), "is no exception"),
        ("filter: [".to_owned(), "exceptions.yml:"),
    ] {
        let run = check(&text);
        assert_eq!(run.code, 1, "{words}: {}", run.out);
        assert!(run.err.contains(words), "no `{words}` in {}", run.err);
        assert!(run.err.contains("exceptions.yml:"), "{}", run.err);
    }
    let nowhere = Bench::new().run(&["exceptions", "check", "nowhere.yml"]);
    assert_eq!(nowhere.code, 2);
}

#[test]
fn a_scan_says_how_many_findings_each_exception_hid() {
    let bench = Bench::new();
    let gone = [1, 2].map(|number| parameter_deleted("/production/key", number));
    bench.file("own.yml", OWN_RULE).trail("trail.json", &gone);
    let scan = |settings: &str| {
        bench.file("exceptions.yml", &exception(ID, settings));
        bench.run(&[
            "scan",
            "--format=jsonl",
            "--no-builtin-rules",
            "--rules=own.yml",
            "--exceptions=exceptions.yml",
            "--fail-on=low",
            "trail.json",
        ])
    };
    let hidden = scan(SOUND);
    assert_eq!(hidden.code, 0, "{}", hidden.err);
    assert!(
        hidden.err.contains("exception `Alice may`"),
        "{}",
        hidden.err
    );
    assert!(hidden.err.contains("hid 2 findings"), "{}", hidden.err);
    for line in hidden.json() {
        assert_eq!(line["kind"], "event");
        assert_eq!(
            line["suppressed_by"],
            "6f4d2a52-7c1b-4c0e-9a47-0d1f5e2b7c11"
        );
    }
    let expired = scan("owner: o, reason: r, expires: 2020-01-31");
    assert_eq!(expired.code, 1, "{}", expired.err);
    let told = "expired on 2020-01-31: it hides nothing";
    assert!(expired.err.contains(told), "{}", expired.err);
}
