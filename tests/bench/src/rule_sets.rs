//! Rule sets of a wanted size, as texts that every engine reads alike.
//!
//! The first are the project's own by id; behind them come variations with
//! other names and values. Placeholders are filled in, since engines differ
//! in how a list is given to them.

use anyhow::{Result, ensure};
use detection::RuleSet;
use detection::sigma::{self, Lists, Source};
use serde::Deserialize as _;
use yaml_serde::{Mapping, Value};

/// The texts of `count` event rules; where `named`, of such alone that name an
/// event.
pub(crate) fn texts(count: usize, named: bool) -> Result<Vec<String>> {
    let mut own = own_rules()?;
    own.retain(|rule| !named || !names(rule).is_empty());
    // A variation of a pattern would fit half of all records.
    let mut names: Vec<String> = own.iter().flat_map(names).collect();
    names.retain(|name| !name.contains(['*', '?']));
    // Rules without a name apply to every record: no set has many of them.
    let named: Vec<&Mapping> = own
        .iter()
        .filter(|rule| !self::names(rule).is_empty())
        .collect();
    let mut chosen: Vec<Mapping> = own.iter().take(count).cloned().collect();
    let mut turn = 1;
    while chosen.len() < count {
        for rule in named.iter().take(count - chosen.len()) {
            chosen.push(variation(rule, turn, chosen.len(), &names));
        }
        turn += 1;
    }
    Ok(chosen
        .iter()
        .map(yaml_serde::to_string)
        .collect::<Result<_, _>>()?)
}

/// The product's set of these rules.
pub(crate) fn ours(texts: &[String]) -> Result<RuleSet> {
    let sources: Vec<Source<'_>> = texts
        .iter()
        .map(|text| Source { name: "rule", text })
        .collect();
    let loaded = sigma::load(&sources, &Lists::new());
    let (set, problems) = RuleSet::new(loaded.rules);
    for problem in loaded.problems.iter().chain(&problems) {
        println!("{problem}");
    }
    ensure!(set.len() == texts.len(), "every rule must load");
    Ok(set)
}

/// The project's event rules, by id, placeholders filled in.
fn own_rules() -> Result<Vec<Mapping>> {
    let lists = rules::shipped_lists();
    let mut found = Vec::new();
    for source in rules::sources() {
        for document in yaml_serde::Deserializer::from_str(source.text) {
            let mut rule = Mapping::deserialize(document)?;
            // The block is for alerts; the other engine knows nothing of it.
            rule.remove("trailward");
            if rule.contains_key("filter") {
                continue;
            }
            if let Some(Value::Mapping(detection)) = rule.get_mut("detection") {
                each_field(detection, &mut |field, value| filled(field, value, &lists));
                found.push(rule);
            }
        }
    }
    found.sort_by_key(|rule| rule.get("id").and_then(Value::as_str).map(str::to_owned));
    Ok(found)
}

/// Replaces every `field: value` of the searches.
fn each_field(map: &mut Mapping, change: &mut dyn FnMut(String, Value) -> (String, Value)) {
    for (key, value) in std::mem::take(map) {
        let Some(name) = key.as_str().map(str::to_owned) else {
            continue;
        };
        let (name, value) = match value {
            Value::Mapping(mut inner) => {
                each_field(&mut inner, change);
                (name, Value::Mapping(inner))
            }
            Value::Sequence(mut list) if list.iter().any(Value::is_mapping) => {
                for element in list.iter_mut().filter_map(Value::as_mapping_mut) {
                    each_field(element, change);
                }
                (name, Value::Sequence(list))
            }
            value if matches!(name.as_str(), "condition" | "timeframe") => (name, value),
            value => change(name, value),
        };
        map.insert(Value::String(name), value);
    }
}

fn filled(field: String, value: Value, lists: &Lists) -> (String, Value) {
    if !field.contains("|expand") {
        return (field, value);
    }
    let mut values = Vec::new();
    for text in scalars(&value) {
        match lists.get(text.trim_matches('%')) {
            Some(list) => values.extend(list.iter().cloned().map(Value::String)),
            None => values.push(Value::String(text)),
        }
    }
    if values.is_empty() {
        values.push(Value::String("none".to_owned()));
    }
    (field.replace("|expand", ""), Value::Sequence(values))
}

fn scalars(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Sequence(list) => list.iter().flat_map(scalars).collect(),
        _ => Vec::new(),
    }
}

/// The names that a rule wants.
fn names(rule: &Mapping) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(Value::Mapping(detection)) = rule.get("detection") {
        each_field(&mut detection.clone(), &mut |field, value| {
            if field == "eventName" {
                names.extend(scalars(&value));
            }
            (field, value)
        });
    }
    names
}

/// The same rule about other things: every second turn other rules' names,
/// else names that no other rule has.
fn variation(rule: &Mapping, turn: usize, place: usize, names: &[String]) -> Mapping {
    let mut rule = rule.clone();
    rule.insert(
        "id".into(),
        format!("00000000-0000-4000-8000-{place:012}").into(),
    );
    rule.remove("name");
    let mut drawn = place.wrapping_mul(7919);
    if let Some(Value::Mapping(detection)) = rule.get_mut("detection") {
        each_field(detection, &mut |field, value| {
            let mut other = |text: String| {
                drawn = drawn.wrapping_add(31);
                match (field.starts_with("eventName"), turn % 2) {
                    (true, 0) if field == "eventName" && !text.contains(['*', '?']) => {
                        names[drawn % names.len()].clone()
                    }
                    (true, _) => format!("{text}V{turn}"),
                    (false, _) => text,
                }
            };
            let changed = match value {
                Value::String(text) => Value::String(other(text)),
                Value::Sequence(list) if list.iter().all(Value::is_string) => {
                    let texts = list.iter().flat_map(scalars);
                    Value::Sequence(texts.map(&mut other).map(Value::String).collect())
                }
                value => value,
            };
            (field.clone(), changed)
        });
    }
    rule
}
