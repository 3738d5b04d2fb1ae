//! Records made from a rule: some that it finds, and each of these changed in
//! every way that engines are known to read differently.

mod changes;
mod samples;

use std::collections::BTreeSet;

use detection::rule::{Condition, Detection, FieldPredicate, FieldTest, SearchBody, ValueTest};
use serde_json::{Map, Value, json};

/// Values for fields, by path.
type Fields = Vec<(String, Option<Value>)>;

/// Ways to reach a verdict that are followed up; a rule of many alternatives
/// has too many of them.
const WAYS: usize = 24;
/// Records that are changed, of one rule.
const CHANGED: usize = 6;

/// The records of one rule as JSON texts, each once.
pub(crate) fn records(detection: &Detection) -> Vec<String> {
    let mut plain = Vec::new();
    for wanted in [true, false] {
        let ways = ways(&detection.condition, detection, wanted);
        plain.extend(ways.iter().filter_map(gathered));
        plain.extend(ways);
    }
    let fields = fields_of(detection);
    let mut found = BTreeSet::new();
    for (place, way) in plain.iter().enumerate() {
        let record = with(way);
        if place < CHANGED {
            for field in &fields {
                found.extend(changes::of(&record, field));
            }
        }
        found.insert(Value::Object(record).to_string());
    }
    found.into_iter().collect()
}

/// The same way with all texts for one field in one text, where several parts
/// of a rule ask for that field.
fn gathered(way: &Fields) -> Option<Fields> {
    let mut found: Fields = Vec::new();
    for (path, value) in way {
        match (found.iter_mut().find(|(other, _)| other == path), value) {
            (Some((_, Some(Value::String(text)))), Some(Value::String(more))) if text != more => {
                text.push(' ');
                text.push_str(more);
            }
            (Some((_, before)), value) => *before = value.clone(),
            (None, value) => found.push((path.clone(), value.clone())),
        }
    }
    (found.len() < way.len()).then_some(found)
}

/// Ways to make a condition hold, or fail.
fn ways(condition: &Condition, detection: &Detection, wanted: bool) -> Vec<Fields> {
    match condition {
        Condition::Search(index) => body_ways(&detection.searches[*index].body, wanted),
        Condition::Not(inner) => ways(inner, detection, !wanted),
        Condition::And(parts) | Condition::Or(parts) => {
            let together = matches!(condition, Condition::And(_)) == wanted;
            let parts = parts.iter().map(|part| ways(part, detection, wanted));
            joined(parts.collect(), together)
        }
    }
}

fn body_ways(body: &SearchBody, wanted: bool) -> Vec<Fields> {
    let (parts, every): (Vec<Vec<Fields>>, bool) = match body {
        SearchBody::AllOf(items) => (items.iter().map(|i| item_ways(i, wanted)).collect(), true),
        SearchBody::AnyOf(bodies) => (bodies.iter().map(|b| body_ways(b, wanted)).collect(), false),
        SearchBody::Every(bodies) => (bodies.iter().map(|b| body_ways(b, wanted)).collect(), true),
        SearchBody::Keywords(values) => {
            let texts: Vec<String> = values.tests.iter().flat_map(samples::texts).collect();
            let each = texts.iter().map(|t| vec![note(json!(t))]);
            let all = vec![note(json!(texts.join(" ")))];
            return match wanted {
                true => each.chain([all]).take(WAYS).collect(),
                false => vec![vec![note(json!("nothing"))]],
            };
        }
    };
    joined(parts, every == wanted)
}

fn note(value: Value) -> (String, Option<Value>) {
    ("requestParameters.note".to_owned(), Some(value))
}

/// Alternatives of several parts: all at once, or one of them.
fn joined(parts: Vec<Vec<Fields>>, together: bool) -> Vec<Fields> {
    if !together {
        return parts.into_iter().flatten().take(WAYS).collect();
    }
    let longest = parts.iter().map(Vec::len).max().unwrap_or_default();
    // Not every combination: each part runs through its own alternatives.
    let way = |turn: usize| {
        let chosen = parts.iter().filter(|part| !part.is_empty());
        chosen
            .flat_map(|part| part[turn % part.len()].clone())
            .collect()
    };
    (0..longest.min(WAYS)).map(way).collect()
}

fn item_ways(item: &FieldTest, wanted: bool) -> Vec<Fields> {
    let wanted = wanted != item.negated;
    let way = |value: Option<Value>| vec![(item.field.clone(), value)];
    match &item.test {
        FieldPredicate::Exists(there) if *there == wanted => {
            [json!("x"), json!(null), json!([]), json!("")]
                .map(|value| way(Some(value)))
                .to_vec()
        }
        FieldPredicate::Exists(_) => vec![way(None)],
        FieldPredicate::Values(_) if !wanted => [Some(json!("nothing")), None].map(way).to_vec(),
        FieldPredicate::Values(values) => {
            let mut found: Vec<Fields> = Vec::new();
            for test in &values.tests {
                if let ValueTest::FieldRef(reference) = test {
                    let mut both = way(Some(json!("same")));
                    both.push((reference.field.clone(), Some(json!("same"))));
                    found.push(both);
                }
                found.extend(
                    samples::values(test)
                        .into_iter()
                        .map(|value| way(Some(value))),
                );
            }
            if values.all {
                let texts: Vec<String> = values.tests.iter().flat_map(samples::texts).collect();
                found.insert(0, way(Some(json!(texts.join(" ")))));
                found.insert(1, way(Some(json!(texts))));
            }
            found.truncate(WAYS);
            found
        }
    }
}

/// The fields that a rule asks for, and those that it refers to.
fn fields_of(detection: &Detection) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for search in &detection.searches {
        body_fields(&search.body, &mut found);
    }
    found
}

fn body_fields(body: &SearchBody, found: &mut BTreeSet<String>) {
    match body {
        SearchBody::AllOf(items) => {
            for item in items {
                found.insert(item.field.clone());
                if let FieldPredicate::Values(values) = &item.test {
                    for test in &values.tests {
                        if let ValueTest::FieldRef(reference) = test {
                            found.insert(reference.field.clone());
                        }
                    }
                }
            }
        }
        SearchBody::AnyOf(bodies) | SearchBody::Every(bodies) => {
            bodies.iter().for_each(|body| body_fields(body, found));
        }
        SearchBody::Keywords(_) => {
            found.insert("requestParameters.note".to_owned());
        }
    }
}

/// An ordinary record with these fields; a later one wins.
fn with(fields: &Fields) -> Map<String, Value> {
    let ordinary = json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice"},
        "eventTime": "2026-03-02T09:15:00Z",
        "eventSource": "example.amazonaws.com",
        "eventName": "Example",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.10",
        "recipientAccountId": "111122223333",
    });
    let Value::Object(mut record) = ordinary else {
        return Map::new();
    };
    for (path, value) in fields {
        changes::set(&mut record, path, value.clone());
    }
    record
}
