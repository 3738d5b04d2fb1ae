//! A second opinion: our rules over our events, with the verdicts of pySigma.
//!
//! `judge.py` (`make peers`) writes `verdicts.json`. Where we judge otherwise,
//! `differences.json` says so, says why, and says which events are ours
//! instead; a difference that is not there, or is no longer one, fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may say what they expect in the shortest way"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cloudtrail::{Layer, Member, Record};
use detection::sigma::{Lists, Source, load};
use detection::{RuleSet, Scratch};
use serde_json::Value;

/// For each rule by title: the ids of the events that it finds, in order, or
/// nothing where the rule is refused.
type Verdicts = BTreeMap<String, Option<Vec<String>>>;

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peer")
}

fn json(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(here().join(name)).unwrap()).unwrap()
}

fn ids(list: &Value) -> Option<Vec<String>> {
    let ids = list.as_array()?.iter();
    Some(ids.map(|id| id.as_str().unwrap().to_owned()).collect())
}

/// What `judge.py` wrote down.
fn theirs() -> Verdicts {
    let verdicts = json("verdicts.json");
    let rules = verdicts["verdicts"].as_object().unwrap();
    rules
        .iter()
        .map(|(title, found)| (title.clone(), ids(found)))
        .collect()
}

/// The same rules over the same events, by our engine.
fn ours() -> Verdicts {
    let mut lists = Lists::new();
    lists.insert("exits", vec!["203.0.113.9".into(), "2001:db8::9".into()]);
    lists.insert("names", vec!["root".into(), "user/mallory".into()]);
    let files = fs::read_dir(here().join("rules")).unwrap();
    let texts: Vec<(String, String)> = files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    let sources: Vec<Source<'_>> = texts
        .iter()
        .map(|(name, text)| Source { name, text })
        .collect();
    let loaded = load(&sources, &lists);
    let refused = loaded.problems.into_iter().map(|problem| problem.rule);
    let mut verdicts: Verdicts = refused.map(|title| (title.unwrap(), None)).collect();
    let (rules, problems) = RuleSet::new(loaded.rules);
    assert_eq!(problems, [], "the engine leaves a rule out");
    for rule in rules.rules() {
        let before = verdicts.insert(rule.meta.title.clone(), Some(Vec::new()));
        assert_eq!(before, None, "two rules are called {}", rule.meta.title);
    }
    let mut scratch = Scratch::default();
    for line in fs::read_to_string(here().join("events.jsonl"))
        .unwrap()
        .lines()
    {
        let record = Record::scan(line.as_bytes(), Layer::Plain).unwrap();
        let id = record.text(Member::EventId).unwrap();
        let mut matches = Vec::new();
        rules.find(&record, &mut scratch, &mut matches);
        assert_eq!(scratch.faults(), [], "a rule cannot be judged for {id}");
        for found in matches {
            let title = &rules.rule(found.rule).meta.title;
            let events = verdicts.get_mut(title).and_then(Option::as_mut);
            events.unwrap().push(id.clone().into_owned());
        }
    }
    verdicts
}

#[test]
fn pysigma_judges_as_we_do_or_it_is_known_why_not() {
    let (theirs, ours) = (theirs(), ours());
    assert!(ours.len() >= 125, "only {} rules", ours.len());
    assert!(
        ours.keys().eq(theirs.keys()),
        "rules and verdicts.json differ: run `make peers`"
    );
    let known = json("differences.json");
    let mut known: BTreeMap<&str, &Value> = known
        .as_array()
        .unwrap()
        .iter()
        .map(|difference| (difference["rule"].as_str().unwrap(), difference))
        .collect();
    let mut wrong = Vec::new();
    for (title, found) in &ours {
        let other = &theirs[title];
        match known.remove(title.as_str()) {
            None if found == other => {}
            None => wrong.push(format!(
                "`{title}`\n  ours:   {found:?}\n  theirs: {other:?}"
            )),
            Some(_) if found == other => wrong.push(format!("`{title}` differs no longer")),
            Some(difference) => {
                assert!(difference["why"].as_str().is_some_and(|why| why.len() > 20));
                if ids(&difference["ours"]) != *found {
                    wrong.push(format!("`{title}` differs otherwise: {found:?}"));
                }
            }
        }
    }
    wrong.extend(
        known
            .keys()
            .map(|title| format!("no rule is called `{title}`")),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_events_tell_the_rules_apart() {
    let events = fs::read_to_string(here().join("events.jsonl")).unwrap();
    let events = events.lines().count();
    assert!(events >= 100, "only {events} events");
    // A rule that finds all or nothing would agree by chance.
    let telling = ours()
        .values()
        .flatten()
        .filter(|found| !found.is_empty() && found.len() < events)
        .count();
    assert!(telling >= 115, "only {telling} rules tell events apart");
}
