//! Rules: whatever a file says, it loads or is refused, and what loads can be
//! compiled, stored, read again and matched, with the same outcome.

#![no_main]

use cloudtrail::{Layer, Record};
use detection::engine::{rules_from_bytes, rules_to_bytes};
use detection::rule::Logic;
use detection::sigma::{Lists, Source, load};
use detection::{RuleSet, Scratch};
use libfuzzer_sys::fuzz_target;

/// A record that rules of every kind find something in.
const RECORD: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"Root","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","sessionContext":{"attributes":{"mfaAuthenticated":"false"}}},"eventTime":"2026-03-02T09:15:00Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7","userAgent":"Mozilla/5.0","requestParameters":{"ipPermissions":{"items":[{"fromPort":22,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]},"policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"},"responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"MFAUsed":"No"},"eventID":"e-1","readOnly":false,"recipientAccountId":"111122223333"}"#;

fuzz_target!(|text: &str| {
    let mut lists = Lists::new();
    lists.insert("list", vec!["198.51.100.7".to_owned(), "a*b".to_owned()]);
    let source = Source {
        name: "rule.yml",
        text,
    };
    let loaded = load(&[source], &lists);
    for problem in &loaded.problems {
        assert!(!problem.message.is_empty(), "a problem without words");
    }
    let record = Record::scan(RECORD.as_bytes(), Layer::Plain).expect("a record");
    let stored = rules_to_bytes(&loaded.rules).expect("rules can be stored");
    let again = rules_from_bytes(&stored).expect("stored rules can be read");
    // A number that is none would be unequal to itself, so the words decide.
    assert_eq!(format!("{again:?}"), format!("{:?}", loaded.rules));
    let (rules, _) = RuleSet::new(loaded.rules);
    let mut scratch = Scratch::default();
    let mut matches = Vec::new();
    rules.find(&record, &mut scratch, &mut matches);
    for index in rules.indices() {
        let explanation = rules.explain(index, &record);
        if matches!(rules.rule(index).logic, Logic::Event(_)) {
            let found = matches.iter().any(|found| found.rule == index);
            let failed = scratch.faults().iter().any(|fault| fault.rule == index);
            let held = explanation.held == Some(true);
            assert!(failed || found == held, "the explanation says otherwise");
        }
    }
});
