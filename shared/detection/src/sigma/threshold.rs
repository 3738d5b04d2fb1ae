//! The condition of a correlation: comparisons with numbers, and for some kinds
//! the field whose values are counted or added up.

use super::problem::{Fault, valid};
use super::section;
use super::yaml::{Entry, Value};
use crate::rule::{Comparison, Presence, Threshold};

const OPERATORS: [(&str, Comparison); 6] = [
    ("gt", Comparison::Gt),
    ("gte", Comparison::Gte),
    ("lt", Comparison::Lt),
    ("lte", Comparison::Lte),
    ("eq", Comparison::Eq),
    ("neq", Comparison::Neq),
];

/// What a condition says.
pub(super) struct Bound {
    pub(super) threshold: Threshold,
    pub(super) fields: Vec<String>,
    pub(super) percentile: Option<f64>,
}

pub(super) fn read(entry: &Entry) -> Result<Bound, Fault> {
    let map = section::map(entry)?;
    let mut bound = Bound {
        threshold: Threshold {
            comparisons: Vec::new(),
        },
        fields: Vec::new(),
        percentile: None,
    };
    for entry in &map.entries {
        if let Some((_, comparison)) = OPERATORS.iter().find(|(name, _)| *name == entry.key) {
            bound
                .threshold
                .comparisons
                .push((*comparison, number(entry)?));
        } else if entry.key == "field" {
            bound.fields = section::fields(entry)?;
        } else if entry.key == "percentile" {
            bound.percentile = Some(percentile(entry)?);
        } else {
            let known = OPERATORS
                .iter()
                .map(|(name, _)| *name)
                .chain(["field", "percentile"]);
            let message = format!(
                "unknown key `{}` in `condition`; {}",
                entry.key,
                valid(&entry.key, known)
            );
            return Err(Fault::new(entry.line, message));
        }
    }
    if bound.threshold.comparisons.is_empty() {
        let names = valid("", OPERATORS.iter().map(|(name, _)| *name));
        let message = format!("`condition` compares with no number; {names}");
        return Err(Fault::new(entry.line, message));
    }
    Ok(bound)
}

fn number(entry: &Entry) -> Result<f64, Fault> {
    let scalar = section::scalar(entry)?;
    match scalar.value() {
        Value::Number(number, _) => Ok(number),
        _ => scalar
            .text
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite())
            .ok_or_else(|| {
                let message = format!("`{}` takes a number, not `{}`", entry.key, scalar.text);
                Fault::new(entry.value.line, message)
            }),
    }
}

fn percentile(entry: &Entry) -> Result<f64, Fault> {
    let percentile = number(entry)?;
    match percentile > 0.0 && percentile <= 100.0 {
        true => Ok(percentile),
        false => {
            let message = format!("`percentile` lies above 0 and up to 100, not at {percentile}");
            Err(Fault::new(entry.value.line, message))
        }
    }
}

/// Which numbers of different rules, of so many, the threshold asks for; `None`
/// where no number of them will do.
pub(super) fn presence(threshold: &Threshold, rules: usize) -> Option<Presence> {
    let least = (0..=rules).find(|number| threshold.allows(*number))?;
    match (least..=rules).all(|number| threshold.allows(number)) {
        true if least == rules => Some(Presence::Every),
        true if least > 0 => Some(Presence::AtLeast(least)),
        _ => Some(Presence::Number(threshold.clone())),
    }
}
