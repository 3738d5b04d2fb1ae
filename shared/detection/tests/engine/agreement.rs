//! The engine agrees with the oracle, in both layers.

use cloudtrail::{Layer, Record};
use detection::engine::{Match, RuleSet, Scratch};
use detection::rule::*;
use proptest::prelude::*;

use crate::generate;
use crate::oracle::{self, Tree};

/// What the set must find, told by the oracle.
fn wanted(set: &RuleSet, record: &Tree) -> Vec<Match> {
    let mut wanted = Vec::new();
    for index in set.indices() {
        let rule = set.rule(index);
        let Logic::Event(detection) = &rule.logic else {
            continue;
        };
        if !oracle::holds(detection, record) {
            continue;
        }
        let excepted_by = set.indices().find(|filter| {
            let Logic::Filter(filter) = &set.rule(*filter).logic else {
                return false;
            };
            filter.rules.contains(&rule.meta.id) && !oracle::holds(&filter.detection, record)
        });
        wanted.push(Match {
            rule: index,
            excepted_by,
        });
    }
    wanted
}

/// Checks one record in both layers.
fn check(set: &RuleSet, scratch: &mut Scratch, text: &str) -> Result<(), String> {
    let tree = Tree::read(text).ok_or("the record is no JSON")?;
    let wanted = wanted(set, &tree);
    let quoted = serde_json::to_string(text).unwrap();
    let quoted = &quoted[1..quoted.len() - 1];
    for (text, layer) in [(text, Layer::Plain), (quoted, Layer::Escaped)] {
        let record = Record::scan(text.as_bytes(), layer).map_err(|e| e.to_string())?;
        let mut found = Vec::new();
        set.find(&record, scratch, &mut found);
        if !scratch.faults().is_empty() {
            return Err(format!("{layer:?}: {:?}", scratch.faults()));
        }
        if found != wanted {
            return Err(format!("{layer:?}: {found:?} instead of {wanted:?}"));
        }
        for found in &found {
            let explained = set.explain(found.rule, &record);
            if explained.held != Some(true) {
                return Err(format!("explained otherwise: {explained}"));
            }
        }
    }
    Ok(())
}

/// JSON text of a tree with blanks and needless escapes, as `style` says.
fn written(tree: &Tree, style: u8) -> String {
    let blank = ["", " ", "\n\t"][usize::from(style % 3)];
    let text = |text: &str| {
        let plain = serde_json::to_string(text).unwrap();
        if style < 3 {
            return plain;
        }
        let mut ascii = String::new();
        for character in plain.chars() {
            if character.is_ascii() && (character != '/' || style < 6) {
                ascii.push(character);
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
        ascii
    };
    match tree {
        Tree::Text(content) => text(content),
        Tree::Null | Tree::Word(_) => tree.json(),
        Tree::List(list) => {
            let list: Vec<_> = list.iter().map(|e| written(e, style)).collect();
            format!("[{blank}{}{blank}]", list.join(&format!("{blank},{blank}")))
        }
        Tree::Map(map) => {
            let members: Vec<_> = map
                .iter()
                .map(|(k, v)| {
                    // Keys with escapes are the reader's business.
                    let key = serde_json::to_string(k).unwrap();
                    format!("{key}{blank}:{blank}{}", written(v, style))
                })
                .collect();
            let members = members.join(&format!("{blank},{blank}"));
            format!("{{{blank}{members}{blank}}}")
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_engine_agrees_with_the_oracle(
        rules in generate::rules(),
        records in prop::collection::vec(generate::record(), 1..8),
        style in 0u8..9,
    ) {
        let (set, problems) = RuleSet::new(rules);
        prop_assert_eq!(problems, []);
        let mut scratch = Scratch::default();
        for record in records {
            let text = written(&record, style);
            let outcome = check(&set, &mut scratch, &text);
            prop_assert!(outcome.is_ok(), "{}: {}", text, outcome.unwrap_err());
        }
    }
}
