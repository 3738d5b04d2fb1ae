//! Correlation documents: what must come together, within which time.

use super::bounds::MAX_WATCHED;
use super::derived;
use super::problem::{Fault, note, valid};
use super::section;
use super::threshold::{self, Bound};
use super::time;
use super::yaml::{Entry, Kind, Map, Value};
use crate::rule::{Aggregate, Alias, Correlation, CorrelationKind};

const KEYS: [&str; 7] = [
    "type",
    "rules",
    "group-by",
    "timespan",
    "condition",
    "aliases",
    "generate",
];
const TYPES: [&str; 8] = [
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
];

/// Reads a correlation document. Rules are still named as written.
pub(super) fn read(entry: &Entry, faults: &mut Vec<Fault>) -> Option<Correlation> {
    let map = note(section::map(entry), faults)?;
    section::unknown_keys(map, "correlation", &KEYS, faults);
    let kind_name = note(kind_name(map, entry.line), faults);
    let rules = note(rules(map, entry.line), faults);
    let group_by = note(
        map.get("group-by").map_or(Ok(Vec::new()), section::fields),
        faults,
    );
    let timespan = note(timespan(map, entry.line), faults);
    let aliases = note(map.get("aliases").map_or(Ok(Vec::new()), aliases), faults);
    let generate = note(
        map.get("generate").map_or(Ok(false), section::switch),
        faults,
    );
    let rules = rules?;
    let kind = note(kind(map, entry.line, &kind_name?, &rules), faults);
    Some(Correlation {
        kind: kind?,
        rules,
        group_by: group_by?,
        aliases: aliases?,
        timespan_seconds: timespan?,
        generate: generate?,
    })
}

/// The line of the watched rules, and of each of them.
pub(super) fn lines(entry: &Entry) -> (u32, Vec<u32>) {
    let Kind::Map(map) = &entry.value.kind else {
        return (entry.line, Vec::new());
    };
    let Some(rules) = map.get("rules") else {
        return (entry.line, Vec::new());
    };
    let lines = section::lined_texts(rules).unwrap_or_default();
    (
        rules.line,
        lines.into_iter().map(|(line, _)| line).collect(),
    )
}

fn kind_name(map: &Map, line: u32) -> Result<String, Fault> {
    let Some(entry) = map.get("type") else {
        let message = format!("`correlation` has no `type`; {}", valid("", TYPES));
        return Err(Fault::new(line, message));
    };
    section::parsed(entry, |word| match TYPES.contains(&word) {
        true => Ok(word.to_owned()),
        false => Err(format!(
            "`{word}` is no type of correlation; {}",
            valid(word, TYPES)
        )),
    })
}

fn rules(map: &Map, line: u32) -> Result<Vec<String>, Fault> {
    let (line, rules) = match map.get("rules") {
        Some(entry) => (entry.line, section::texts(entry)?),
        None => (line, Vec::new()),
    };
    if rules.is_empty() {
        let message = "`correlation` has no `rules`: ids or names of the rules it watches";
        return Err(Fault::new(line, message));
    }
    if rules.len() > MAX_WATCHED {
        let message = format!("`rules` names more than {MAX_WATCHED} rules");
        return Err(Fault::new(line, message));
    }
    for (at, rule) in rules.iter().enumerate() {
        if rules.iter().take(at).any(|before| before == rule) {
            return Err(Fault::new(line, format!("`rules` names `{rule}` twice")));
        }
    }
    Ok(rules)
}

fn timespan(map: &Map, line: u32) -> Result<u64, Fault> {
    match map.get("timespan") {
        Some(entry) => section::parsed(entry, time::span),
        None => Err(Fault::new(
            line,
            "`correlation` has no `timespan`, such as `15m`",
        )),
    }
}

fn aliases(entry: &Entry) -> Result<Vec<Alias>, Fault> {
    let alias = |entry: &Entry| {
        let fields = section::map(entry)?.entries.iter().map(|field| {
            let path = section::text(field)?.filter(|path| !path.is_empty());
            let path = path.ok_or_else(|| {
                Fault::new(
                    field.line,
                    format!("the alias names no field for `{}`", field.key),
                )
            })?;
            derived::check(&path).map_err(|why| Fault::new(field.line, why))?;
            Ok((field.key.clone(), path))
        });
        Ok(Alias {
            name: entry.key.clone(),
            fields: fields.collect::<Result<_, Fault>>()?,
        })
    };
    section::map(entry)?.entries.iter().map(alias).collect()
}

fn kind(map: &Map, line: u32, name: &str, rules: &[String]) -> Result<CorrelationKind, Fault> {
    let condition = map.get("condition").filter(|entry| !is_null(entry));
    match (name, condition) {
        ("temporal" | "temporal_ordered", condition) => {
            if let Some(entry) = condition {
                every_rule(entry, name, rules)?;
            }
            Ok(match name {
                "temporal" => CorrelationKind::Temporal,
                _ => CorrelationKind::TemporalOrdered,
            })
        }
        (_, None) => {
            let message = format!("`{name}` has no `condition`, such as `gte: 10`");
            Err(Fault::new(line, message))
        }
        (_, Some(entry)) => counted(name, entry),
    }
}

fn is_null(entry: &Entry) -> bool {
    matches!(&entry.value.kind, Kind::Scalar(scalar) if scalar.value() == Value::Null)
}

fn counted(name: &str, entry: &Entry) -> Result<CorrelationKind, Fault> {
    let Bound {
        threshold,
        fields,
        percentile,
    } = threshold::read(entry)?;
    let field_line = section::map(entry)?
        .get("field")
        .map_or(entry.line, |field| field.line);
    if name == "event_count" {
        return match fields.is_empty() {
            true => Ok(CorrelationKind::EventCount(threshold)),
            false => {
                let message = "`event_count` counts events and takes no `field`; use `value_count`";
                Err(Fault::new(field_line, message))
            }
        };
    }
    if fields.is_empty() {
        return Err(Fault::new(
            field_line,
            format!("the condition of `{name}` has no `field`"),
        ));
    }
    if name == "value_count" {
        return Ok(CorrelationKind::ValueCount { fields, threshold });
    }
    let function = match (name, percentile) {
        ("value_sum", _) => Aggregate::Sum,
        ("value_avg", _) => Aggregate::Average,
        ("value_median", _) => Aggregate::Percentile(50.0),
        (_, Some(percentile)) => Aggregate::Percentile(percentile),
        (_, None) => {
            let message = "the condition of `value_percentile` has no `percentile`, such as 95";
            return Err(Fault::new(entry.line, message));
        }
    };
    match <[String; 1]>::try_from(fields) {
        Ok([field]) => Ok(CorrelationKind::Aggregate {
            function,
            field,
            threshold,
        }),
        Err(_) => Err(Fault::new(
            field_line,
            format!("`{name}` takes one `field`"),
        )),
    }
}

/// A condition of a temporal correlation may only say what is meant anyway:
/// that every rule must come.
fn every_rule(entry: &Entry, name: &str, rules: &[String]) -> Result<(), Fault> {
    let refused = |written: &str| {
        let message = format!(
            "`{written}`: a `{name}` correlation asks for every one of its rules; leave `condition` out"
        );
        Err(Fault::new(entry.line, message))
    };
    let Kind::Scalar(scalar) = &entry.value.kind else {
        let Bound { threshold, .. } = threshold::read(entry)?;
        return match threshold::asks_for_all(&threshold, rules.len()) {
            true => Ok(()),
            false => refused("condition"),
        };
    };
    let words: Vec<&str> = scalar.text.split_whitespace().collect();
    let mut named: Vec<&str> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match (at % 2, *word) {
            (0, word) => named.push(word),
            (_, "and") => {}
            (_, _) => return refused(&scalar.text),
        }
    }
    let every = rules.iter().all(|rule| named.contains(&rule.as_str()));
    match every
        && named
            .iter()
            .all(|name| rules.iter().any(|rule| rule == name))
    {
        true => Ok(()),
        false => refused(&scalar.text),
    }
}
