//! What is remembered from record to record changes no answer: one `Scratch`
//! for many records, and the same question asked afresh.

use cloudtrail::{Layer, Record};
use detection::engine::{Match, RuleFault, RuleSet, Scratch};
use detection::rule::*;

use crate::build::{event, is};

/// What a set finds in a record, and what it could not judge.
type Found = (Vec<Match>, Vec<RuleFault>);

fn find(set: &RuleSet, scratch: &mut Scratch, text: &str, layer: Layer) -> Found {
    let record = Record::scan(text.as_bytes(), layer).unwrap();
    let mut matches = Vec::new();
    set.find(&record, scratch, &mut matches);
    let mut faults = scratch.faults().to_vec();
    faults.sort_by_key(|fault| fault.rule);
    (matches, faults)
}

fn exists(field: &str) -> FieldTest {
    FieldTest {
        field: field.to_owned(),
        negated: false,
        test: FieldPredicate::Exists(true),
    }
}

/// Finds, record after record with one scratch, what a new one finds.
fn check_in_turn(rules: Vec<Rule>, records: &[(&str, Layer)]) {
    let (set, problems) = RuleSet::new(rules);
    assert_eq!(problems, []);
    let mut scratch = Scratch::default();
    for (record, layer) in records {
        let afresh = find(&set, &mut Scratch::default(), record, *layer);
        let found = find(&set, &mut scratch, record, *layer);
        assert_eq!(found, afresh, "{layer:?} {record}");
    }
}

#[test]
fn nothing_that_a_record_may_hold_is_taken_for_an_absent_member() {
    for odd in (1..=255).map(|byte| String::from_utf8_lossy(&[byte]).into_owned()) {
        let record = format!(r#"{{"eventName":"N","errorCode":{odd}}}"#);
        if Record::scan(record.as_bytes(), Layer::Plain).is_err() {
            continue;
        }
        check_in_turn(
            vec![
                event("there", vec![exists("errorCode")]),
                event("odd", vec![is("errorCode", &["*"])]),
            ],
            &[
                (&record, Layer::Plain),
                (r#"{"eventName":"N"}"#, Layer::Plain),
                (&record, Layer::Plain),
            ],
        );
    }
}

#[test]
fn the_same_bytes_in_another_layer_are_another_value() {
    let plainly_broken = r#"{"userIdentity":{"sessionContext":{\"a\":\"b\"}},"eventName":"N"}"#;
    let escaped = r#"{\"userIdentity\":{\"sessionContext\":{\"a\":\"b\"}},\"eventName\":\"N\"}"#;
    let rules = || {
        vec![
            event("there", vec![exists("userIdentity.sessionContext.a")]),
            event("whole", vec![is("userIdentity.sessionContext", &["{\"a*"])]),
        ]
    };
    let (one, other) = ((plainly_broken, Layer::Plain), (escaped, Layer::Escaped));
    check_in_turn(rules(), &[one, other]);
    check_in_turn(rules(), &[other, one]);
}
