//! Rules and records made up from few words, so that they often meet.

use detection::rule::*;
use proptest::prelude::*;
use proptest::sample::select;

use crate::build::{detection, exception, rule};
use crate::oracle::Tree;

/// Texts that records hold and rules want. Some are traps: other alphabets,
/// letters whose lower case is another number of bytes, escapes, numbers,
/// addresses and times that are none.
const WORDS: &[&str] = &[
    "CreateUser",
    "createUserGroup",
    // Another word only where case matters.
    "createuser",
    "Root",
    "ROOT",
    "iam.amazonaws.com",
    "",
    "a",
    "AB",
    "true",
    "22",
    "1.50",
    "-3e2",
    "10.1.2.3",
    "010.1.2.3",
    "2001:db8::1",
    "2024-12-31T23:05:00Z",
    "2021-01-01T00:59:59Z",
    "2024-13-01",
    "Straße ÄÖ",
    "ΣΑΣ",
    "\u{212a}elvin \u{130}",
    "say \"hi\"",
    "back\\slash\\",
    "line\nbreak\ttab",
    "{\"a\":1}",
];

/// Keys, nested by dots in [`PATHS`].
const KEYS: &[&str] = &["a", "b", "a.b", "b.a", "list", "k\"ey"];

const PATHS: &[&str] = &[
    "eventName",
    "eventSource",
    "errorCode",
    "eventTime",
    "userIdentity",
    "userIdentity.type",
    "userIdentity.arn.a",
    "userIdentity.sessionContext.a.b",
    "requestParameters",
    "requestParameters.a",
    "requestParameters.a.b",
    "requestParameters.b.a.b",
    "requestParameters.list.a",
    "responseElements.a",
    "a",
    "a.b",
    "a.b.a",
];

const TOP: &[&str] = &[
    "eventName",
    "eventSource",
    "errorCode",
    "eventTime",
    "userIdentity",
    "requestParameters",
    "responseElements",
    "a",
    "a.b",
    "userIdentity.type",
    "requestParameters.a",
];

fn word() -> impl Strategy<Value = String> {
    select(WORDS).prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Tree> {
    prop_oneof![
        6 => word().prop_map(Tree::Text),
        1 => Just(Tree::Null),
        2 => select(&["true", "false", "22", "1.50", "-3e2", "0", "7.0"][..])
            .prop_map(|word| Tree::Word(word.to_owned())),
    ]
}

fn keyed(
    keys: &'static [&'static str],
    value: impl Strategy<Value = Tree>,
    most: usize,
) -> impl Strategy<Value = Tree> {
    prop::collection::vec((select(keys), value), 0..=most).prop_map(|members| {
        let mut map: Vec<(String, Tree)> = Vec::new();
        for (key, value) in members {
            if !map.iter().any(|(known, _)| known == key) {
                map.push((key.to_owned(), value));
            }
        }
        Tree::Map(map)
    })
}

fn tree() -> impl Strategy<Value = Tree> {
    scalar().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            keyed(KEYS, inner.clone(), 3),
            prop::collection::vec(inner, 0..3).prop_map(Tree::List),
        ]
    })
}

/// A record: names where records have names, anything anywhere else.
pub(crate) fn record() -> impl Strategy<Value = Tree> {
    let identity = keyed(
        &[
            "type",
            "arn",
            "sessionContext",
            "sessionContext.a",
            "type.x",
        ],
        tree(),
        3,
    );
    let other = keyed(TOP, tree(), 6);
    (other, identity, prop::bool::weighted(0.6), scalar()).prop_map(
        |(record, identity, plain, name)| {
            let Tree::Map(mut members) = record else {
                return record;
            };
            if plain {
                members.retain(|(key, _)| key != "userIdentity" && key != "eventName");
                members.push(("userIdentity".to_owned(), identity));
                members.push(("eventName".to_owned(), name));
            }
            Tree::Map(members)
        },
    )
}

/// A word with some of it replaced by wildcards.
fn pattern() -> impl Strategy<Value = TextPattern> {
    let cuts = (0usize..8, 0usize..8, 0u8..11, any::<bool>());
    (word(), cuts).prop_map(|(word, (from, to, wild, cased))| {
        let word: Vec<char> = if cased {
            word.chars().collect()
        } else {
            word.chars().flat_map(char::to_lowercase).collect()
        };
        let from = from.min(word.len());
        let to = to.clamp(from, word.len().max(from));
        let literal = |part: &[char]| PatternPart::Literal(part.iter().collect());
        let mut parts = match wild {
            0 | 1 => vec![literal(&word)],
            2 => vec![literal(&word[..to]), PatternPart::Any],
            3 => vec![PatternPart::Any, literal(&word[from..])],
            4 => vec![PatternPart::Any, literal(&word[from..to]), PatternPart::Any],
            5 => vec![
                literal(&word[..from]),
                PatternPart::Any,
                literal(&word[to..]),
            ],
            6 => vec![
                literal(&word[..from]),
                PatternPart::One,
                literal(word.get(from + 1..).unwrap_or_default()),
            ],
            7 => vec![
                literal(&word[..from]),
                PatternPart::Any,
                literal(&word[from..to]),
                PatternPart::Any,
                literal(&word[to..]),
            ],
            // The middle is wanted twice: its first place need not do.
            8 => vec![
                PatternPart::Any,
                literal(&word[from..to]),
                PatternPart::Any,
                literal(&word[from..to]),
                PatternPart::Any,
            ],
            9 => vec![
                PatternPart::One,
                PatternPart::Any,
                PatternPart::One,
                literal(word.get(to + 1..).unwrap_or_default()),
            ],
            _ => vec![PatternPart::Any],
        };
        parts.retain(|part| *part != PatternPart::Literal(String::new()));
        TextPattern { parts, cased }
    })
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::*;
    select(vec![Eq, Neq, Lt, Lte, Gt, Gte])
}

fn regex() -> impl Strategy<Value = RegexPattern> {
    let patterns = select(&["^create", "user$", "a.b", r"\d+", "ä", "k", "^b", "(?:a|ß)"][..]);
    (patterns, any::<[bool; 3]>()).prop_map(|(pattern, flags)| RegexPattern {
        pattern: pattern.to_owned(),
        ignore_case: flags[0],
        multi_line: flags[1],
        dot_all: flags[2],
    })
}

fn value_test() -> impl Strategy<Value = ValueTest> {
    use Relation::*;
    use TimePart::*;
    let networks = select(&["10.0.0.0/8", "10.1.2.3/32", "2001:db8::/32", "0.0.0.0/0"][..]);
    let relation = select(vec![Equals, StartsWith, EndsWith, Contains]);
    let reference = (select(PATHS), relation, any::<bool>());
    let part = select(vec![Minute, Hour, Day, Week, Month, Year]);
    let number = select(vec![1, 5, 12, 22, 23, 31, 53, 59, 2021, 2024]);
    let single = prop_oneof![
        10 => pattern().prop_map(ValueTest::Text),
        1 => Just(ValueTest::Null),
        1 => regex().prop_map(ValueTest::Regex),
        1 => networks.prop_map(|net| ValueTest::Cidr(net.parse().unwrap())),
        2 => (comparison(), select(vec![22.0, 1.5, -300.0, 0.0]))
            .prop_map(|(comparison, bound)| ValueTest::Compare(comparison, bound)),
        2 => reference.prop_map(|(field, relation, cased)| ValueTest::FieldRef(FieldRef {
            field: field.to_owned(),
            relation,
            cased,
        })),
        2 => (part, comparison(), number)
            .prop_map(|(part, comparison, bound)| ValueTest::TimePart(part, comparison, bound)),
    ];
    let single = single.boxed();
    prop_oneof![
        9 => single.clone(),
        1 => prop::collection::vec(single, 0..3).prop_map(ValueTest::AnyOf),
    ]
}

fn values() -> impl Strategy<Value = ValueList> {
    let few = prop::collection::vec(value_test(), 0..4);
    let many = prop::collection::vec(pattern().prop_map(ValueTest::Text), 6..12);
    let tests = prop_oneof![5 => few, 1 => many];
    (prop::bool::weighted(0.2), tests).prop_map(|(all, tests)| ValueList { all, tests })
}

fn item() -> impl Strategy<Value = FieldTest> {
    let path = prop_oneof![1 => Just("eventName"), 3 => select(PATHS)];
    let test = prop_oneof![
        1 => any::<bool>().prop_map(FieldPredicate::Exists),
        6 => values().prop_map(FieldPredicate::Values),
    ];
    (path, prop::bool::weighted(0.1), test).prop_map(|(field, negated, test)| FieldTest {
        field: field.to_owned(),
        negated,
        test,
    })
}

fn body() -> impl Strategy<Value = SearchBody> {
    let map = || prop::collection::vec(item(), 0..3).prop_map(SearchBody::AllOf);
    let keywords = || values().prop_map(SearchBody::Keywords);
    let list = |inner: BoxedStrategy<SearchBody>| prop::collection::vec(inner, 0..3);
    prop_oneof![
        6 => map(),
        1 => keywords(),
        2 => list(map().boxed()).prop_map(SearchBody::AnyOf),
        1 => list(prop_oneof![map(), keywords()].boxed()).prop_map(SearchBody::Every),
    ]
}

fn condition(searches: usize) -> impl Strategy<Value = Condition> {
    let leaf = (0..searches).prop_map(Condition::Search);
    leaf.prop_recursive(3, 8, 3, |inner| {
        let parts = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            inner.prop_map(|c| Condition::Not(Box::new(c))),
            parts.clone().prop_map(Condition::And),
            parts.prop_map(Condition::Or),
        ]
    })
}

pub(crate) fn any_detection() -> impl Strategy<Value = Detection> {
    let bodies = prop::collection::vec(body(), 1..4);
    bodies.prop_flat_map(|bodies| {
        condition(bodies.len()).prop_map(move |condition| detection(bodies.clone(), condition))
    })
}

/// One item about the field `a`, and a record that has it: nothing stands
/// between an operator and its answer.
pub(crate) fn single() -> impl Strategy<Value = (FieldTest, Tree)> {
    let test = (value_test(), prop::bool::weighted(0.1)).prop_map(|(test, negated)| FieldTest {
        field: "a".to_owned(),
        negated,
        test: FieldPredicate::Values(ValueList {
            all: false,
            tests: vec![test],
        }),
    });
    let list = prop::collection::vec(scalar(), 0..3).prop_map(Tree::List);
    let value = prop_oneof![4 => scalar(), 1 => list];
    let part = (scalar(), 0usize..8, 0u8..6);
    (test, value, part).prop_map(|(mut test, value, (other, cut, kin))| {
        let name = akin(&value, cut, kin).unwrap_or(other);
        to_the_name(&mut test);
        let members = vec![("a".to_owned(), value), ("eventName".to_owned(), name)];
        (test, Tree::Map(members))
    })
}

/// A text that stands in a relation to another: the same, in other case, its
/// beginning, its end.
fn akin(value: &Tree, cut: usize, kin: u8) -> Option<Tree> {
    let Tree::Text(text) = value else {
        return None;
    };
    let letters: Vec<char> = text.chars().collect();
    let cut = cut.min(letters.len());
    Some(Tree::Text(match kin {
        0 => text.clone(),
        1 => text.to_uppercase(),
        2 => letters[..cut].iter().collect(),
        3 => letters[cut..].iter().collect(),
        _ => return None,
    }))
}

/// Lets a reference refer to the one other field that the record has.
fn to_the_name(test: &mut FieldTest) {
    let FieldPredicate::Values(values) = &mut test.test else {
        return;
    };
    for test in &mut values.tests {
        if let ValueTest::FieldRef(reference) = test {
            reference.field = "eventName".to_owned();
        }
    }
}

/// Several event rules, and exceptions to them.
pub(crate) fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let events = prop::collection::vec(any_detection(), 1..6);
    let exceptions = prop::collection::vec((0usize..5, any_detection()), 0..3);
    (events, exceptions).prop_map(|(events, exceptions)| {
        let count = events.len();
        let mut rules: Vec<_> = events
            .into_iter()
            .enumerate()
            .map(|(i, detection)| rule(&format!("r{i}"), Logic::Event(detection)))
            .collect();
        for (i, (target, detection)) in exceptions.into_iter().enumerate() {
            let mut filter =
                exception(&format!("x{i}"), &[&format!("r{}", target % count)], vec![]);
            if let Logic::Filter(filter) = &mut filter.logic {
                filter.detection = detection;
            }
            rules.push(filter);
        }
        rules
    })
}
