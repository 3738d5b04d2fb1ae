//! Reading the keys of a map whose keys are all known: texts, lists, switches,
//! each with its fault when it is something else.

use super::bounds::MAX_VALUE_BYTES;
use super::derived;
use super::problem::{Fault, valid};
use super::value::written_bool;
use super::yaml::{Entry, Kind, Map, Node, Scalar, Value};

/// The map behind a key.
pub(super) fn map(entry: &Entry) -> Result<&Map, Fault> {
    match &entry.value.kind {
        Kind::Map(map) => Ok(map),
        Kind::List(_) | Kind::Scalar(_) => Err(Fault::new(
            entry.line,
            format!("`{}` takes a map", entry.key),
        )),
    }
}

/// A fault for every key that is not among the known ones.
pub(super) fn unknown_keys(map: &Map, of: &str, known: &[&str], faults: &mut Vec<Fault>) {
    for entry in &map.entries {
        if !known.contains(&entry.key.as_str()) {
            let names = valid(&entry.key, known.iter().copied());
            let message = format!("unknown key `{}` in `{of}`; {names}", entry.key);
            faults.push(Fault::new(entry.line, message));
        }
    }
}

pub(super) fn scalar(entry: &Entry) -> Result<&Scalar, Fault> {
    match &entry.value.kind {
        Kind::Scalar(scalar) => Ok(scalar),
        Kind::List(_) | Kind::Map(_) => Err(Fault::new(
            entry.line,
            format!("`{}` takes one value", entry.key),
        )),
    }
}

/// The text behind a key; `None` for null.
pub(super) fn text(entry: &Entry) -> Result<Option<String>, Fault> {
    checked_text(&entry.key, entry.line, scalar(entry)?)
}

fn checked_text(key: &str, line: u32, scalar: &Scalar) -> Result<Option<String>, Fault> {
    if scalar.text.len() > MAX_VALUE_BYTES {
        let message = format!("`{key}` is longer than {MAX_VALUE_BYTES} bytes");
        return Err(Fault::new(line, message));
    }
    Ok(match scalar.value() {
        Value::Null => None,
        _ => Some(scalar.text.clone()),
    })
}

/// A list of texts, or a single one; each with its line.
pub(super) fn lined_texts(entry: &Entry) -> Result<Vec<(u32, String)>, Fault> {
    let nodes = match &entry.value.kind {
        Kind::List(items) => items.as_slice(),
        Kind::Scalar(_) | Kind::Map(_) => std::slice::from_ref(&entry.value),
    };
    let text = |node: &Node| match &node.kind {
        Kind::Scalar(scalar) => {
            Ok(checked_text(&entry.key, node.line, scalar)?.map(|text| (node.line, text)))
        }
        Kind::List(_) | Kind::Map(_) => {
            let message = format!("`{}` takes a text or a list of texts", entry.key);
            Err(Fault::new(node.line, message))
        }
    };
    nodes
        .iter()
        .filter_map(|node| text(node).transpose())
        .collect()
}

/// Texts that only people read. One with a colon in it is a map to YAML, which
/// is no reason to go without the rule: `- Legitimate use: backups`.
pub(super) fn remarks(entry: &Entry) -> Result<Vec<String>, Fault> {
    match &entry.value.kind {
        Kind::List(items) => Ok(items
            .iter()
            .map(remark)
            .filter(|text| !text.is_empty())
            .collect()),
        Kind::Scalar(_) | Kind::Map(_) => texts(entry),
    }
}

fn remark(node: &Node) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match &node.kind {
        Kind::Scalar(scalar) => scalar.text.chars().take(MAX_VALUE_BYTES).collect(),
        Kind::List(items) => joined(items.iter().map(remark).collect()),
        Kind::Map(map) => {
            let pair = |entry: &Entry| format!("{}: {}", entry.key, remark(&entry.value));
            joined(map.entries.iter().map(pair).collect())
        }
    }
}

pub(super) fn texts(entry: &Entry) -> Result<Vec<String>, Fault> {
    Ok(lined_texts(entry)?
        .into_iter()
        .map(|(_, text)| text)
        .collect())
}

pub(super) fn switch(entry: &Entry) -> Result<bool, Fault> {
    written_bool(scalar(entry)?).ok_or_else(|| {
        let message = format!("`{}` takes `true` or `false`", entry.key);
        Fault::new(entry.line, message)
    })
}

/// The text behind a key, read further by a function that says what is wrong.
pub(super) fn parsed<T>(
    entry: &Entry,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, Fault> {
    let text = text(entry)?.unwrap_or_default();
    parse(&text).map_err(|why| Fault::new(entry.value.line, format!("`{}`: {why}", entry.key)))
}

/// The names of fields, or a single one; each of them one that can be there.
pub(super) fn fields(entry: &Entry) -> Result<Vec<String>, Fault> {
    for (line, path) in lined_texts(entry)? {
        derived::check(&path).map_err(|why| Fault::new(line, why))?;
    }
    texts(entry)
}
