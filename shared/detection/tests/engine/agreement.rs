//! The engine agrees with the oracle, in both layers.

use std::path::{Path, PathBuf};

use cloudtrail::envelope::file::each_record;
use cloudtrail::{Layer, Record};
use detection::engine::{Match, RuleSet, Scratch};
use detection::rule::*;
use detection::sigma::{Lists, Source, load};
use proptest::prelude::*;

use crate::build::{event, is};
use crate::generate;
use crate::oracle::{self, Tree};

/// What the set must find, told by the oracle.
pub(crate) fn wanted(set: &RuleSet, record: &Tree) -> Vec<Match> {
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

/// Checks one record in both layers. The oracle judges the text that the
/// reader made of the record: rewriting what is written unusually is the
/// reader's part, and its own tests'.
fn check(set: &RuleSet, scratch: &mut Scratch, text: &str) -> Result<(), String> {
    let quoted = serde_json::to_string(text).unwrap();
    let quoted = &quoted[1..quoted.len() - 1];
    for (text, layer) in [(text, Layer::Plain), (quoted, Layer::Escaped)] {
        let record = Record::scan(text.as_bytes(), layer).map_err(|e| e.to_string())?;
        check_record(set, scratch, &record).map_err(|e| format!("{layer:?}: {e}"))?;
    }
    Ok(())
}

fn check_record(set: &RuleSet, scratch: &mut Scratch, record: &Record<'_>) -> Result<(), String> {
    let tree = Tree::read(&record.root().text()).ok_or("the record is no JSON")?;
    let wanted = wanted(set, &tree);
    let mut found = Vec::new();
    set.find(record, scratch, &mut found);
    if !scratch.faults().is_empty() {
        return Err(format!("{:?}", scratch.faults()));
    }
    if found != wanted {
        let odd = found.iter().find(|f| !wanted.contains(f));
        let odd = odd.or_else(|| wanted.iter().find(|w| !found.contains(w)));
        let odd = odd.map(|odd| set.explain(odd.rule, record).to_string());
        return Err(format!(
            "{found:?} instead of {wanted:?}: {}",
            odd.unwrap_or_default()
        ));
    }
    for found in &found {
        let explained = set.explain(found.rule, record);
        if explained.held != Some(true) {
            return Err(format!("explained otherwise: {explained}"));
        }
    }
    Ok(())
}

/// JSON text of a tree with blanks and needless escapes, as `style` says.
pub(crate) fn written(tree: &Tree, style: u8) -> String {
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
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

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

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 6_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn each_operator_agrees_with_the_oracle((test, record) in generate::single()) {
        let (set, _) = RuleSet::new(vec![event("r", vec![test])]);
        let outcome = check(&set, &mut Scratch::default(), &record.json());
        prop_assert!(outcome.is_ok(), "{}: {}", record.json(), outcome.unwrap_err());
    }
}

/// Every record in the folder `CORPUS` against every rule at hand.
#[test]
fn the_engine_agrees_on_real_records() {
    let Ok(folder) = std::env::var("CORPUS") else {
        println!("CORPUS is not set: no real records were judged");
        return;
    };
    let (set, problems) = RuleSet::new(rules_at_hand());
    assert_eq!(problems, []);
    let mut scratch = Scratch::default();
    let (mut records, mut matches) = (0, 0);
    for file in files(Path::new(&folder)) {
        let bytes = std::fs::read(&file).unwrap();
        // What is no record at all is the envelopes' business.
        let _ = each_record(&bytes, &mut |_, outcome| {
            let Ok(record) = outcome else { return };
            let text = record.root().text().into_owned();
            if let Err(message) = check(&set, &mut scratch, &text) {
                panic!("{}: {message}: {text}", file.display());
            }
            let mut found = Vec::new();
            set.find(record, &mut scratch, &mut found);
            records += 1;
            matches += found.len();
        });
    }
    println!("{} rules, {records} records, {matches} matches", set.len());
    assert!(records > 0 && matches > 0, "nothing was compared");
}

/// The rules of the house without those that need derived fields, which the
/// oracle does not know.
fn rules_at_hand() -> Vec<Rule> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let texts: Vec<(String, String)> = files(&folder)
        .into_iter()
        .map(|file| file.display().to_string())
        .filter(|name| name.ends_with(".yml") && !name.ends_with(".cases.yml"))
        .map(|name| (name.clone(), std::fs::read_to_string(&name).unwrap()))
        .collect();
    let sources = texts.iter().map(|(name, text)| Source { name, text });
    let mut lists = Lists::new();
    for file in files(&folder.join("lists")) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let values = text.lines().filter(|line| !line.starts_with('#'));
        lists.insert(&name, values.map(str::to_owned).collect());
    }
    let own = load(&sources.collect::<Vec<_>>(), &lists).rules;
    own.into_iter()
        .filter(is_plain)
        .chain(plain_rules())
        .collect()
}

/// Whether it is an event rule that asks only what the record says itself.
fn is_plain(rule: &Rule) -> bool {
    fn plain(body: &SearchBody) -> bool {
        match body {
            SearchBody::AllOf(items) => items.iter().all(|i| !i.field.starts_with("trailward.")),
            SearchBody::AnyOf(bodies) | SearchBody::Every(bodies) => bodies.iter().all(plain),
            SearchBody::Keywords(_) => true,
        }
    }
    match &rule.logic {
        Logic::Event(detection) => detection.searches.iter().all(|s| plain(&s.body)),
        Logic::Correlation(_) | Logic::Filter(_) => false,
    }
}

/// Rules that many real records match, each by another way.
fn plain_rules() -> Vec<Rule> {
    vec![
        event("name", vec![is("eventName", &["get*", "list*", "*user*"])]),
        event("source", vec![is("eventSource", &["iam.amazonaws.com"])]),
        event("who", vec![is("userIdentity.type", &["root", "iamuser"])]),
        event(
            "deep",
            vec![is("requestParameters.filterSet.items.name", &["*"])],
        ),
        event("object", vec![is("requestParameters", &["*\"*name\":*"])]),
        event("agent", vec![is("userAgent", &["*boto?/*", "aws-*linux*"])]),
        event(
            "issuer",
            vec![is(
                "userIdentity.sessionContext.sessionIssuer.userName",
                &["*admin*", "a*"],
            )],
        ),
        event("list", vec![is("resources.ARN", &["arn:aws:*"])]),
    ]
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
