//! Rules: whatever a file says, it loads or is refused, and what loads can be
//! compiled, stored, read again and matched, with the same outcome.

#![no_main]

use std::sync::Mutex;

use cloudtrail::{Layer, Record};
use detection::rule::Logic;
use detection::sigma::{Lists, Source, load};
use detection::{RuleSet, Scratch};
use libfuzzer_sys::fuzz_target;

/// A record that rules of every kind find something in.
const RECORD: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"Root","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","sessionContext":{"attributes":{"mfaAuthenticated":"false"}}},"eventTime":"2026-03-02T09:15:00Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7","userAgent":"Mozilla/5.0","requestParameters":{"ipPermissions":{"items":[{"fromPort":22,"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}}]},"policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"},"responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"MFAUsed":"No"},"eventID":"e-1","readOnly":false,"recipientAccountId":"111122223333"}"#;

/// Stored sets, which are borrowed for ever by what is read of them.
static STORED: Mutex<Vec<&'static [u8]>> = Mutex::new(Vec::new());

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
    let (rules, _) = RuleSet::new(loaded.rules);
    let mut scratch = Scratch::default();
    let mut matches = Vec::new();
    rules.find(&record, &mut scratch, &mut matches);
    let stored = rules.to_bytes().expect("a set can be stored");
    // What is read of it stays: one text of sixteen is enough.
    if text.len().is_multiple_of(16) {
        let stored: &'static [u8] = stored.leak();
        STORED.lock().expect("one thread").push(stored);
        let again = RuleSet::from_bytes(stored).expect("a stored set can be read");
        let words = |set: &RuleSet| format!("{:?}", set.rules().collect::<Vec<_>>());
        // A number that is none would be unequal to itself, so words decide.
        assert_eq!(words(&again), words(&rules));
        let mut found = Vec::new();
        again.find(&record, &mut Scratch::default(), &mut found);
        assert_eq!(found, matches, "the stored set finds something else");
    }
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
