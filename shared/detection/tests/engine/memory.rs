//! What is remembered from record to record changes no answer: one `Scratch`
//! for a long sequence of records, and the same question asked afresh.

use cloudtrail::envelope::file::each_record;
use cloudtrail::{Layer, Record};
use detection::engine::{Match, RuleFault, RuleSet, Scratch};
use detection::rule::*;
use proptest::prelude::*;

use crate::agreement::wanted;
use crate::build::{detection, event, is, rule};
use crate::generate;
use crate::oracle::Tree;
use crate::sequence::{put, sequence, text};

/// Fields of which values are remembered.
const REMEMBERED: &[&str] = &[
    "errorCode",
    "userAgent",
    "userIdentity.type",
    "userIdentity.sessionContext",
    "userIdentity.sessionContext.a",
    "userIdentity.sessionContext.sessionIssuer.arn",
    "trailward.role",
    "trailward.principal",
    "trailward.agent",
    "trailward.network",
    "trailward.oversize",
];

/// Many rules, of which a failure would print every line.
struct Rules(Vec<Rule>);

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rules", self.0.len())
    }
}

/// What a set finds in a record, and what it could not judge.
type Found = (Vec<Match>, Vec<RuleFault>);

fn find(set: &RuleSet, scratch: &mut Scratch, text: &str, layer: Layer) -> Found {
    let record = Record::scan(text.as_bytes(), layer).unwrap();
    find_in(set, scratch, &record)
}

fn find_in(set: &RuleSet, scratch: &mut Scratch, record: &Record<'_>) -> Found {
    let mut matches = Vec::new();
    set.find(record, scratch, &mut matches);
    let mut faults = scratch.faults().to_vec();
    faults.sort_by_key(|fault| fault.rule);
    (matches, faults)
}

/// Rules that name no event. With `odd`, some ask for derived fields, and
/// some have an expression that cannot be compiled.
fn unnamed(count: usize, odd: bool) -> impl Strategy<Value = Rules> {
    let fields = if odd { REMEMBERED } else { &REMEMBERED[..6] };
    let picked = prop::collection::vec(prop::sample::select(fields), 30);
    let detections = prop::collection::vec((generate::any_detection(), picked), count);
    detections.prop_map(move |detections| {
        let rules = detections.into_iter().enumerate();
        let mut rules: Vec<_> = rules
            .map(|(i, (mut detection, picked))| {
                let mut picked = picked.into_iter().cycle();
                for search in &mut detection.searches {
                    rename(&mut search.body, &mut picked, odd);
                }
                rule(&format!("r{i}"), Logic::Event(detection))
            })
            .collect();
        rules.extend(told_by_one_source());
        if odd {
            rules.extend(with_faults());
        }
        Rules(rules)
    })
}

fn rename(body: &mut SearchBody, picked: &mut impl Iterator<Item = &'static str>, odd: bool) {
    match body {
        SearchBody::AllOf(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                if item.field == "eventName" || i == 0 {
                    item.field = picked.next().unwrap().to_owned();
                }
                if let FieldPredicate::Values(values) = &mut item.test {
                    values.tests.iter_mut().for_each(|test| change(test, odd));
                }
            }
        }
        SearchBody::AnyOf(bodies) | SearchBody::Every(bodies) => {
            bodies.iter_mut().for_each(|body| rename(body, picked, odd));
        }
        SearchBody::Keywords(values) => values.tests.iter_mut().for_each(|test| change(test, odd)),
    }
}

fn change(test: &mut ValueTest, odd: bool) {
    match test {
        ValueTest::FieldRef(reference) if reference.field == "eventName" => {
            reference.field = "errorCode".to_owned();
        }
        ValueTest::Regex(regex) if odd && ["k", "^b"].contains(&regex.pattern.as_str()) => {
            regex.pattern = "(".to_owned();
        }
        ValueTest::AnyOf(tests) => tests.iter_mut().for_each(|test| change(test, odd)),
        _ => {}
    }
}

/// More rules about one member than a word has bits.
fn told_by_one_source() -> Vec<Rule> {
    let rules = (0..100).map(|n| {
        let end = format!("*{n}");
        event(&format!("end {n}"), vec![is("errorCode", &[&end])])
    });
    rules.collect()
}

/// Alternatives of which one cannot be judged, asked for and ruled out.
fn with_faults() -> Vec<Rule> {
    let bad = |field: &str| FieldTest {
        field: field.to_owned(),
        negated: false,
        test: FieldPredicate::Values(ValueList {
            all: false,
            tests: vec![ValueTest::Regex(RegexPattern {
                pattern: "(".to_owned(),
                ignore_case: false,
                multi_line: false,
                dot_all: false,
            })],
        }),
    };
    let mut rules = Vec::new();
    for (one, other) in [
        ("errorCode", "errorCode"),
        ("errorCode", "userAgent"),
        ("userAgent", "errorCode"),
        ("a", "errorCode"),
        ("userAgent", "a"),
    ] {
        for shape in 0..4 {
            let both = vec![Condition::Search(0), Condition::Search(1)];
            let condition = if shape % 2 == 0 {
                Condition::And(both)
            } else {
                Condition::Or(both)
            };
            let condition = if shape < 2 {
                condition
            } else {
                Condition::Not(Box::new(condition))
            };
            let searches = vec![
                SearchBody::AllOf(vec![bad(one)]),
                SearchBody::AllOf(vec![is(other, &["*1*", "*a*"])]),
            ];
            rules.push(rule(
                &format!("fault {one} {other} {shape}"),
                Logic::Event(detection(searches, condition)),
            ));
        }
    }
    rules
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2,
        failure_persistence: None,
        // A smaller sequence remembers something else: nothing is gained.
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_long_sequence_agrees_with_the_oracle(
        rules in unnamed(150, false),
        pool in prop::collection::vec(generate::record(), 10),
        sequence in sequence(),
    ) {
        let (set, problems) = RuleSet::new(rules.0);
        prop_assert_eq!(problems, []);
        let mut scratch = Scratch::default();
        for (i, mixed) in sequence.into_iter().enumerate() {
            let record = mixed.named(&mixed.members(&pool), text("N"));
            let written = mixed.text(&record);
            let (found, faults) = find(&set, &mut scratch, &written, mixed.layer);
            prop_assert_eq!(faults, [], "{}", written);
            // The oracle is slow; what every record leaves behind is not lost.
            if i % 5 == 4 {
                let read = Record::scan(written.as_bytes(), mixed.layer).unwrap();
                let tree = Tree::read(&read.root().text()).unwrap();
                prop_assert_eq!(found, wanted(&set, &tree), "{}", written);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    })]

    /// A name in an array has every rule tried, each judged whole: with a new
    /// scratch nothing is remembered, sifted or left out.
    #[test]
    fn a_long_sequence_agrees_with_rules_judged_whole(
        rules in unnamed(150, true),
        others in unnamed(70, true),
        pool in prop::collection::vec(generate::record(), 10),
        sequence in sequence(),
        swapped in prop::collection::vec(prop::bool::weighted(0.05), 200),
    ) {
        let (one, _) = RuleSet::new(rules.0);
        let (other, _) = RuleSet::new(others.0);
        let other = RuleSet::from_bytes(other.to_bytes().unwrap().leak()).unwrap();
        let (mut set, mut next) = (&one, &other);
        let mut scratch = Scratch::default();
        for (mixed, swap) in sequence.into_iter().zip(swapped) {
            if swap {
                std::mem::swap(&mut set, &mut next);
            }
            let mut members = mixed.members(&pool);
            // No JSON, but a record that is read as far as it goes.
            if mixed.code == 9 {
                put(&mut members, "errorCode", Some(Tree::Word("~".to_owned())));
            }
            let whole = mixed.named(&members, Tree::List(vec![text("N")]));
            let whole = find(set, &mut Scratch::default(), &mixed.text(&whole), mixed.layer);
            let written = mixed.text(&mixed.named(&members, text("N")));
            let found = find(set, &mut scratch, &written, mixed.layer);
            let names = |found: &Found| {
                let (matches, faults) = found;
                let matches = matches.iter().map(|found| found.rule);
                let all = matches.chain(faults.iter().map(|fault| fault.rule));
                all.map(|rule| set.rule(rule).meta.id.clone()).collect::<Vec<_>>()
            };
            prop_assert_eq!(&found, &whole, "{} {:?} {:?}", written, names(&found), names(&whole));
        }
    }

    /// A reader tells of identities that stand in a row.
    #[test]
    fn records_of_one_reader_are_judged_as_each_alone(
        rules in unnamed(100, true),
        pool in prop::collection::vec(generate::record(), 10),
        sequence in sequence(),
    ) {
        let (set, _) = RuleSet::new(rules.0);
        let mut scratch = Scratch::default();
        let records = sequence.chunks(4).enumerate().flat_map(|(i, run)| {
            let identity = match i % 2 {
                0 => Some(Tree::Map(vec![("type".to_owned(), text(["Root", "a"][i / 2 % 2]))])),
                _ => run.first().and_then(|mixed| of(&mixed.members(&pool), "userIdentity")),
            };
            run.iter().map(|mixed| {
                let mut members = mixed.members(&pool);
                if i % 2 == 0 {
                    // Nothing that keeps an identity from having a mark.
                    members.retain(|(key, _)| key == "errorCode" || key == "userAgent");
                }
                put(&mut members, "userIdentity", identity.clone());
                let record = mixed.named(&members, text("N"));
                crate::agreement::written(&record, 0)
            }).collect::<Vec<_>>()
        });
        let file = records.collect::<Vec<_>>().join("\n");
        let mut repeated = (0, None);
        each_record(file.as_bytes(), &mut |_, outcome| {
            let record = outcome.unwrap();
            let mark = record.identity_mark();
            repeated.0 += usize::from(mark.is_some() && mark == repeated.1);
            repeated.1 = mark;
            let found = find_in(&set, &mut scratch, record);
            let alone = String::from_utf8_lossy(record.root().as_written());
            let afresh = find(&set, &mut Scratch::default(), &alone, record.layer());
            assert_eq!(found, afresh, "{alone}");
        }).unwrap();
        prop_assert!(repeated.0 > 0, "{repeated:?}");
    }
}

/// The member of a record that has this key.
fn of(members: &[(String, Tree)], key: &str) -> Option<Tree> {
    let member = members.iter().find(|(known, _)| known == key);
    member.map(|(_, value)| value.clone())
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
fn what_exceeds_a_bound_is_taken_for_nothing_else() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let deep = format!(r#"{{"errorCode":"a","eventName":"N","readOnly":true,"x":{deep}}}"#);
    let plain = r#"{"errorCode":"a","eventName":"N","readOnly":true}"#;
    let rules = || {
        vec![
            event("over", vec![is("trailward.oversize", &["true"])]),
            event("a", vec![is("errorCode", &["a"])]),
            event("reads", vec![is("readOnly", &["true"])]),
            event("root", vec![is("userIdentity.type", &["Root"])]),
        ]
    };
    let (one, other) = ((plain, Layer::Plain), (&*deep, Layer::Plain));
    check_in_turn(rules(), &[one, other, one]);
    check_in_turn(rules(), &[other, one, other]);
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
