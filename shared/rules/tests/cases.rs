//! Every case of every built-in rule.

use detection::sigma::Source;
use rules::cases;

#[test]
fn every_case_comes_out() {
    let rules: Vec<Source<'_>> = rules::sources().collect();
    let files: Vec<Source<'_>> = rules::case_files().collect();
    let report = cases::run(&rules, &rules::shipped_lists(), &[], &files);
    let failures: Vec<String> = report
        .verdicts
        .iter()
        .filter_map(|verdict| {
            let failure = verdict.failure.as_ref()?;
            let case = &verdict.case;
            Some(format!(
                "{}:{}: {}: {failure}",
                verdict.file, case.line, case.name
            ))
        })
        .chain(report.faults.iter().map(ToString::to_string))
        .chain(report.problems.iter().map(ToString::to_string))
        .collect();
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
    assert!(report.is_clean());
    assert!(
        report.verdicts.len() > 2 * rules.len(),
        "the cases were not found"
    );
}

#[test]
fn a_case_that_should_fail_fails() {
    let rules: Vec<Source<'_>> = rules::sources().collect();
    let text = "- name: wrong\n  expect: miss\n  record: {eventSource: iam.amazonaws.com, eventName: CreateUser}\n\
                - name: wrong level\n  expect: hit\n  level: high\n  record: {eventSource: iam.amazonaws.com, eventName: CreateUser}\n\
                - name: nothing there\n  expect: hit\n  record: {eventName: GetUser}\n";
    let file = Source {
        name: "persistence/iam-user-created.cases.yml",
        text,
    };
    let report = cases::run(&rules, &rules::shipped_lists(), &[], &[file]);
    let failures: Vec<_> = report
        .verdicts
        .iter()
        .map(|v| v.failure.clone().unwrap_or_default())
        .collect();
    assert_eq!(failures.len(), 3);
    assert!(failures[0].starts_with("expected a miss"), "{failures:?}");
    assert!(
        failures[1].starts_with("expected level High"),
        "{failures:?}"
    );
    assert!(failures[2].starts_with("expected a hit"), "{failures:?}");
}
