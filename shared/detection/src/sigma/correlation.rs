//! Correlation documents: what must come together, within which time.

use super::bounds::MAX_WATCHED;
use super::derived;
use super::problem::{Fault, note, valid};
use super::rule_condition;
use super::section;
use super::threshold::{self, Bound};
use super::time;
use super::yaml::{Entry, Kind, Map, Value};
use crate::rule::{Aggregate, Alias, Correlation, CorrelationKind, MAX_WAYS, Presence};

const KEYS: [&str; 9] = [
    "type",
    "rules",
    "group-by",
    "timespan",
    "condition",
    "field",
    "aliases",
    "generate",
    "timeframe",
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

const NO_FIELD: &str = "a temporal correlation counts rules and takes no `field`";

/// Reads a correlation document. Rules are still named as written.
pub(super) fn read(root: &Map, entry: &Entry, faults: &mut Vec<Fault>) -> Option<Correlation> {
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
    // The specification's schema has `generate` beside `correlation`, its
    // reference implementation inside.
    let switches = [map, root].map(|map| map.get("generate"));
    let generate = switches.into_iter().flatten().map(section::switch);
    let generate = note(
        generate
            .collect::<Result<Vec<bool>, Fault>>()
            .map(|on| on.contains(&true)),
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

/// Where a correlation's references stand.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Where they begin.
    pub(super) first: u32,
    /// Each watched rule.
    pub(super) rules: Vec<u32>,
    /// Each rule of each alias.
    pub(super) aliases: Vec<u32>,
}

/// The lines of a correlation's references.
pub(super) fn lines(entry: &Entry) -> Lines {
    let mut lines = Lines {
        first: entry.line,
        ..Lines::default()
    };
    let Kind::Map(map) = &entry.value.kind else {
        return lines;
    };
    if let Some(rules) = map.get("rules") {
        lines.first = rules.line;
        let texts = section::lined_texts(rules).unwrap_or_default();
        lines.rules = texts.into_iter().map(|(line, _)| line).collect();
    }
    let aliases = map.get("aliases").map(|aliases| &aliases.value.kind);
    if let Some(Kind::Map(aliases)) = aliases {
        for alias in &aliases.entries {
            if let Kind::Map(fields) = &alias.value.kind {
                lines
                    .aliases
                    .extend(fields.entries.iter().map(|field| field.line));
            }
        }
    }
    lines
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
        None => (line, named_in_condition(map)),
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

/// A temporal correlation without `rules` watches those that its condition
/// names.
fn named_in_condition(map: &Map) -> Vec<String> {
    let words = |key| match map.get(key).map(|entry: &Entry| &entry.value.kind) {
        Some(Kind::Scalar(scalar)) => Some(scalar.text.as_str()),
        _ => None,
    };
    match (words("type"), words("condition")) {
        (Some("temporal" | "temporal_ordered"), Some(text)) => rule_condition::rules_named(text)
            .into_iter()
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

/// The timespan, which rules of their own day called `timeframe`.
fn timespan(map: &Map, line: u32) -> Result<u64, Fault> {
    match (map.get("timespan"), map.get("timeframe")) {
        (Some(entry), None) | (None, Some(entry)) => section::parsed(entry, time::span),
        (Some(_), Some(entry)) => Err(Fault::new(
            entry.line,
            "`timeframe` is another word for `timespan`; write one of them",
        )),
        (None, None) => Err(Fault::new(
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
            if let Some(field) = map.get("field") {
                return Err(Fault::new(field.line, NO_FIELD));
            }
            let presence = match condition {
                Some(entry) => presence(entry, rules)?,
                None => Presence::Every,
            };
            match name {
                "temporal" => Ok(CorrelationKind::Temporal(presence)),
                _ => ordered(presence, rules.len())
                    .map_err(|why| Fault::new(condition.map_or(line, |c| c.line), why)),
            }
        }
        (_, None) => {
            let message = format!("`{name}` has no `condition`, such as `gte: 10`");
            Err(Fault::new(line, message))
        }
        (_, Some(entry)) if matches!(entry.value.kind, Kind::Scalar(_) | Kind::List(_)) => {
            let message = format!("`condition` of `{name}` takes a map, such as `{{gte: 10}}`");
            Err(Fault::new(entry.line, message))
        }
        (_, Some(entry)) => counted(name, entry, map.get("field")),
    }
}

fn is_null(entry: &Entry) -> bool {
    matches!(&entry.value.kind, Kind::Scalar(scalar) if scalar.value() == Value::Null)
}

/// A kind that counts; its field stands in the condition, or beside it.
fn counted(name: &str, entry: &Entry, beside: Option<&Entry>) -> Result<CorrelationKind, Fault> {
    let Bound {
        threshold,
        mut fields,
        percentile,
    } = threshold::read(entry)?;
    let inside = section::map(entry)?.get("field");
    let field_line = inside.or(beside).map_or(entry.line, |field| field.line);
    if let Some(beside) = beside {
        let named = section::fields(beside)?;
        if !fields.is_empty() && fields != named {
            let message = "`field` names something else in the `condition`; write it there only";
            return Err(Fault::new(beside.line, message));
        }
        fields = named;
    }
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
        (_, percentile) => Aggregate::Percentile(percentile.unwrap_or(50.0)),
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

/// Which of the rules a temporal correlation asks for: by their number, or by
/// an expression over all of them.
fn presence(entry: &Entry, rules: &[String]) -> Result<Presence, Fault> {
    let Kind::Scalar(scalar) = &entry.value.kind else {
        let Bound {
            threshold, fields, ..
        } = threshold::read(entry)?;
        if !fields.is_empty() {
            return Err(Fault::new(entry.line, NO_FIELD));
        }
        return threshold::presence(&threshold, rules.len()).ok_or_else(|| {
            let message = format!(
                "the `condition` can never hold: {} of the `rules` at the most are seen",
                rules.len()
            );
            Fault::new(entry.line, message)
        });
    };
    let fault = |why| Fault::new(entry.value.line, why);
    let names: Vec<&str> = rules.iter().map(String::as_str).collect();
    let condition = rule_condition::over_rules(&scalar.text, &names).map_err(fault)?;
    let named = rule_condition::rules_named(&scalar.text);
    if let Some(idle) = names.iter().find(|name| !named.contains(name)) {
        return Err(fault(format!(
            "the condition does not name `{idle}`, which stands among the `rules`"
        )));
    }
    let every = condition.ways(1) == Some(vec![(0..rules.len()).collect()]);
    Ok(match every {
        true => Presence::Every,
        false => Presence::Expression(condition),
    })
}

fn ordered(presence: Presence, rules: usize) -> Result<CorrelationKind, String> {
    match presence.only_grows() && presence.ways(rules, MAX_WAYS).is_none() {
        true => Err(format!(
            "the rules can come in their order in more than {MAX_WAYS} ways; ask for fewer of them"
        )),
        false => Ok(CorrelationKind::TemporalOrdered(presence)),
    }
}
