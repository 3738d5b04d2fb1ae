//! The named searches of a detection.

use super::bounds::MAX_TESTS;
use super::condition;
use super::derived;
use super::lists::Lists;
use super::modifiers::{self, Modifier};
use super::pattern::Text;
use super::problem::{Fault, note};
use super::value::{self, Item};
use super::yaml::{Entry, Kind, Map, Node, Scalar, Value};
use crate::rule::{Detection, FieldPredicate, FieldTest, Search, SearchBody, ValueList, ValueTest};

/// Reads the searches and the condition over them. `reserved` are the keys
/// that are no searches.
pub(super) fn detection(
    entry: &Entry,
    reserved: &[&str],
    lists: &Lists,
    faults: &mut Vec<Fault>,
) -> Option<Detection> {
    let Kind::Map(map) = &entry.value.kind else {
        let message = format!("`{}` takes a map of searches and a `condition`", entry.key);
        faults.push(Fault::new(entry.line, message));
        return None;
    };
    let before = faults.len();
    let mut searches = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for search in &map.entries {
        if search.key == "condition" || reserved.contains(&search.key.as_str()) {
            continue;
        }
        names.push(&search.key);
        if is_null(&search.value) {
            let message = format!(
                "the search `{}` is empty; its fields stand below it, further in",
                search.key
            );
            faults.push(Fault::new(search.line, message));
        } else if let Some(body) = note(body(&search.value, search.line, lists), faults) {
            let name = search.key.clone();
            searches.push(Search { name, body });
        }
    }
    if names.is_empty() {
        let message = format!("`{}` has no search, such as `selection`", entry.key);
        faults.push(Fault::new(entry.line, message));
        return None;
    }
    let condition = note(condition::read(map, entry, &names), faults);
    if faults.len() > before {
        return None;
    }
    let condition = condition?;
    Some(Detection {
        searches,
        condition,
    })
}

fn body(node: &Node, line: u32, lists: &Lists) -> Result<SearchBody, Fault> {
    match &node.kind {
        Kind::Map(map) if map.entries.is_empty() => Err(Fault::new(line, "the search is empty")),
        Kind::Map(map) => map_body(map, lists),
        Kind::List(items) if items.is_empty() => Err(Fault::new(line, "the search is empty")),
        Kind::List(items) => {
            let scalars: Option<Vec<(u32, &Scalar)>> = items.iter().map(scalar).collect();
            match scalars {
                Some(scalars) => keywords(&scalars, &[], line, lists),
                None => {
                    let bodies = items.iter().map(|item| body(item, item.line, lists));
                    Ok(SearchBody::AnyOf(bodies.collect::<Result<_, _>>()?))
                }
            }
        }
        Kind::Scalar(scalar) => keywords(&[(node.line, scalar)], &[], line, lists),
    }
}

fn is_null(node: &Node) -> bool {
    matches!(&node.kind, Kind::Scalar(scalar) if scalar.value() == Value::Null)
}

fn scalar(node: &Node) -> Option<(u32, &Scalar)> {
    match &node.kind {
        Kind::Scalar(scalar) => Some((node.line, scalar)),
        Kind::List(_) | Kind::Map(_) => None,
    }
}

fn map_body(map: &Map, lists: &Lists) -> Result<SearchBody, Fault> {
    let mut fields = Vec::new();
    let mut parts = Vec::new();
    for entry in &map.entries {
        let fault = |message| Fault::new(entry.line, message);
        let (field, modifiers) = modifiers::split_key(&entry.key).map_err(fault)?;
        let scalars = values(entry)?;
        if field.is_empty() {
            parts.push(keywords(&scalars, &modifiers, entry.line, lists)?);
        } else {
            fields.push(field_test(field, &modifiers, entry, &scalars, lists)?);
        }
    }
    if parts.is_empty() {
        return Ok(SearchBody::AllOf(fields));
    }
    if !fields.is_empty() {
        parts.insert(0, SearchBody::AllOf(fields));
    }
    match parts.len() {
        1 => parts
            .pop()
            .ok_or_else(|| Fault::new(0, "the search is empty")),
        _ => Ok(SearchBody::Every(parts)),
    }
}

/// The values behind a key, one or a list.
fn values(entry: &Entry) -> Result<Vec<(u32, &Scalar)>, Fault> {
    let nodes = match &entry.value.kind {
        Kind::List(items) => items.as_slice(),
        Kind::Scalar(_) | Kind::Map(_) => std::slice::from_ref(&entry.value),
    };
    let scalar = |node| {
        scalar(node).ok_or_else(|| {
            let message = format!(
                "`{}` takes a value or a list of values; nested fields are written `a.b`",
                entry.key
            );
            let line = if nodes.len() == 1 {
                entry.line
            } else {
                node.line
            };
            Fault::new(line, message)
        })
    };
    nodes.iter().map(scalar).collect()
}

fn field_test(
    field: &str,
    modifiers: &[Modifier],
    entry: &Entry,
    scalars: &[(u32, &Scalar)],
    lists: &Lists,
) -> Result<FieldTest, Fault> {
    let test = match exists(modifiers, scalars)? {
        Some(exists) => FieldPredicate::Exists(exists),
        None => {
            let mut list = value_list(modifiers, scalars, lists)?;
            if scalars.is_empty() {
                list.tests.push(ValueTest::Null);
            }
            FieldPredicate::Values(list)
        }
    };
    if field.chars().any(char::is_control) {
        return Err(Fault::new(
            entry.line,
            "a field's name holds a control character",
        ));
    }
    derived::check(field).map_err(|why| Fault::new(entry.line, why))?;
    Ok(FieldTest {
        field: field.to_owned(),
        negated: modifiers.contains(&Modifier::Neq),
        test,
    })
}

/// The boolean behind `exists`, where that is the modifier.
fn exists(modifiers: &[Modifier], scalars: &[(u32, &Scalar)]) -> Result<Option<bool>, Fault> {
    if !modifiers.contains(&Modifier::Exists) {
        return Ok(None);
    }
    let mut found = None;
    for (line, scalar) in scalars {
        let item = modifiers::apply_all(scalar, modifiers);
        match item.map_err(|message| Fault::new(*line, message))? {
            Item::Exists(exists) if found.is_none() => found = Some(exists),
            _ => return Err(Fault::new(*line, "`exists` takes one `true` or `false`")),
        }
    }
    Ok(found)
}

fn value_list(
    modifiers: &[Modifier],
    scalars: &[(u32, &Scalar)],
    lists: &Lists,
) -> Result<ValueList, Fault> {
    let all = modifiers.contains(&Modifier::All);
    let mut tests = Vec::new();
    for (line, scalar) in scalars {
        let fault = |message| Fault::new(*line, message);
        value::check_length(scalar).map_err(fault)?;
        let made = modifiers::apply_all(scalar, modifiers)
            .and_then(|item| item.finish(lists))
            .map_err(fault)?;
        add(made, all, &mut tests);
        if tests.len() > MAX_TESTS {
            return Err(fault(format!("more than {MAX_TESTS} values for one field")));
        }
    }
    Ok(ValueList { all, tests })
}

/// Adds the tests of one value. One of several variants is enough for a value,
/// which only a list with `all` has to be told.
fn add(made: Vec<ValueTest>, all: bool, tests: &mut Vec<ValueTest>) {
    if made.is_empty() {
        tests.push(ValueTest::AnyOf(Vec::new()));
        return;
    }
    for test in made {
        match test {
            ValueTest::AnyOf(mut variants) if variants.len() == 1 => tests.append(&mut variants),
            ValueTest::AnyOf(mut variants) if !all && !variants.is_empty() => {
                tests.append(&mut variants);
            }
            test => tests.push(test),
        }
    }
}

/// Values without a field. They are found inside a value, unless
/// `startswith` or `endswith` says where.
fn keywords(
    scalars: &[(u32, &Scalar)],
    modifiers: &[Modifier],
    line: u32,
    lists: &Lists,
) -> Result<SearchBody, Fault> {
    let needs_field = [Modifier::Neq, Modifier::Exists, Modifier::FieldRef];
    if let Some(modifier) = modifiers.iter().find(|one| needs_field.contains(one)) {
        return Err(Fault::new(
            line,
            format!("`{}` needs a field", modifier.name()),
        ));
    }
    if let Some((line, _)) = scalars
        .iter()
        .find(|(_, scalar)| scalar.value() == Value::Null)
    {
        return Err(Fault::new(*line, "null needs a field: a keyword is a text"));
    }
    if scalars.is_empty() {
        return Err(Fault::new(line, "a keyword list without keywords"));
    }
    let anchored = [Modifier::StartsWith, Modifier::EndsWith];
    let inside = !modifiers.iter().any(|one| anchored.contains(one));
    // A number is looked for inside a value too, unless it is a bound.
    let counts = |one: &Modifier| matches!(one, Modifier::Compare(_) | Modifier::Time(_));
    let counted = modifiers.iter().any(counts);
    let texts = scalars.iter().map(|(line, scalar)| match counted {
        true => (*line, (*scalar).clone()),
        false => (*line, value::as_text(scalar)),
    });
    let texts: Vec<(u32, Scalar)> = texts.collect();
    let texts: Vec<(u32, &Scalar)> = texts.iter().map(|(line, text)| (*line, text)).collect();
    let mut list = value_list(modifiers, &texts, lists)?;
    if inside {
        list.tests.iter_mut().for_each(open);
    }
    Ok(SearchBody::Keywords(list))
}

fn open(test: &mut ValueTest) {
    match test {
        ValueTest::AnyOf(variants) => variants.iter_mut().for_each(open),
        ValueTest::Text(pattern) => Text::open(pattern),
        _ => {}
    }
}
