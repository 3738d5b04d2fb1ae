//! A record changed in one field, in the ways that engines read differently.

use serde_json::{Map, Value, json};

/// The record once for every change of the field.
pub(super) fn of(record: &Map<String, Value>, field: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |changed: Map<String, Value>| found.push(Value::Object(changed).to_string());
    let mut put = |value: Option<Value>| {
        let mut changed = record.clone();
        set(&mut changed, field, value);
        add(changed);
    };
    for value in [
        json!(null),
        json!(""),
        json!([]),
        json!({}),
        json!(true),
        json!(0),
    ] {
        put(Some(value));
    }
    put(None);
    let Some(value) = get(record, field).cloned() else {
        return found;
    };
    for wrapped in wrappings(&value) {
        put(Some(wrapped));
    }
    for text in spellings(&value) {
        put(Some(json!(text)));
    }
    found.extend(moved(record, field, &value));
    found.extend(respelt_numbers(record, field, &value));
    found
}

fn wrappings(value: &Value) -> Vec<Value> {
    vec![
        json!([value]),
        json!(["other", value]),
        json!([value, null]),
        json!([[value]]),
        json!({"value": value}),
        json!({"items": [{"value": value}, {"value": "other"}]}),
        json!(value.to_string()),
        json!({"text": value.to_string()}),
    ]
}

/// Other spellings of a text, or a number or switch as text.
fn spellings(value: &Value) -> Vec<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return Vec::new(),
    };
    let mut found = vec![
        text.to_uppercase(),
        text.to_lowercase(),
        format!("{text}x"),
        format!("x{text}"),
        format!("{text} "),
        format!("\n{text}"),
        format!("{text}\nmore"),
        format!("first\n{text}\nlast"),
        format!("{text}\\"),
        format!("\\{text}"),
        format!("\"{text}\""),
        format!("{text}\u{1f600}"),
        format!("{text}\u{0}"),
        text.replace('k', "\u{212a}").replace('s', "\u{17f}"),
        text.replace('.', "x"),
        text.replace('/', "\\/"),
        text.replace('a', "\u{e4}"),
        format!("{text}{}", "y".repeat(3_000)),
        format!("0{text}"),
        format!("{text}.0"),
        format!("+{text}"),
        format!("{text}e0"),
    ];
    let mut shorter = text.clone();
    if shorter.pop().is_some() {
        found.push(shorter);
    }
    found.extend(match text.to_lowercase().as_str() {
        "true" => ["1", "yes", "TRUE"].map(str::to_owned).to_vec(),
        "false" => ["0", "no", "False"].map(str::to_owned).to_vec(),
        _ => Vec::new(),
    });
    found
}

/// The value in another place: under a key with dots, and with its parents as
/// lists, texts or null.
fn moved(record: &Map<String, Value>, field: &str, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let names: Vec<&str> = field.split('.').collect();
    for cut in 1..names.len() {
        let (front, back) = (names[..cut].join("."), names[cut..].join("."));
        let parent = get(record, &front).cloned().unwrap_or_default();
        let mut other = Map::new();
        set(&mut other, &back, Some(json!("other")));
        let mut dotted = Map::new();
        dotted.insert(back, value.clone());
        for parents in [
            json!([parent]),
            json!([other, parent]),
            json!([parent, other]),
            json!([[parent], {}]),
            json!(dotted),
            json!(parent.to_string()),
            json!(null),
            json!("text"),
        ] {
            let mut changed = record.clone();
            set(&mut changed, &front, Some(parents));
            found.push(Value::Object(changed).to_string());
        }
    }
    if names.len() > 1 {
        for nested in [true, false] {
            let mut changed = record.clone();
            if !nested {
                set(&mut changed, field, None);
            }
            changed.insert(field.to_owned(), value.clone());
            found.push(Value::Object(changed).to_string());
        }
    }
    found
}

/// A number as it can be written otherwise; the tree would write it its way.
fn respelt_numbers(record: &Map<String, Value>, field: &str, value: &Value) -> Vec<String> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.parse::<i64>().is_ok() => text.clone(),
        _ => return Vec::new(),
    };
    let hole = "c0ffee00-0000-4000-8000-000000000000";
    let mut changed = record.clone();
    set(&mut changed, field, Some(json!(hole)));
    let record = Value::Object(changed).to_string();
    let whole = text.trim_start_matches('0');
    [
        text.clone(),
        format!("{whole}.0"),
        format!("{whole}.50"),
        format!("{whole}e0"),
        format!("-{whole}"),
    ]
    .iter()
    .map(|number| record.replace(&format!("\"{hole}\""), number))
    .filter(|record| serde_json::from_str::<Value>(record).is_ok())
    .collect()
}

fn get<'r>(record: &'r Map<String, Value>, path: &str) -> Option<&'r Value> {
    let (front, back) = match path.split_once('.') {
        None => return record.get(path),
        Some(cut) => cut,
    };
    get(record.get(front)?.as_object()?, back)
}

/// Puts a value at a path, or takes it away.
pub(super) fn set(record: &mut Map<String, Value>, path: &str, value: Option<Value>) {
    let Some((front, back)) = path.split_once('.') else {
        match value {
            Some(value) => record.insert(path.to_owned(), value),
            None => record.remove(path),
        };
        return;
    };
    let below = record.entry(front).or_insert_with(|| json!({}));
    if !below.is_object() {
        if value.is_none() {
            return;
        }
        *below = json!({});
    }
    if let Value::Object(below) = below {
        set(below, back, value);
    }
}
