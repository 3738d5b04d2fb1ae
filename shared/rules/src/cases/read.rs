//! Case files, read.

use std::collections::BTreeMap;

use detection::rule::Level;
use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, YamlData};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::identity::Actor;

/// The most bytes of a case file.
pub const MAX_FILE_BYTES: usize = 1 << 20;
/// The most records that one step of a case may repeat.
pub const MAX_TIMES: u32 = 10_000;

/// The key whose mapping lends its members, so that a case shows only in what
/// it differs: `{<<: *call, eventName: StartLogging}`.
const MERGE: &str = "<<";

/// What is wrong with a case file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct CaseFault {
    /// The file, as its bringer names it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

/// What a case asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// A rule of the file finds something.
    Hit,
    /// No rule of the file finds anything.
    Miss,
}

/// One case of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// What happens, in a few words.
    pub name: String,
    /// The line at which the case begins.
    pub line: usize,
    /// Whether the rule has to find it.
    pub expect: Expect,
    /// The level that the finding must have.
    pub level: Option<Level>,
    /// The id or name of the rule that is asked; `None` for those of the file.
    pub rule: Option<String>,
    /// Lists that stand in place of the usual ones.
    pub lists: BTreeMap<String, Vec<String>>,
    /// What happens, step by step.
    pub steps: Vec<Step>,
}

/// One record of a case, or several of a kind.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Step {
    /// Who acts.
    #[serde(default, rename = "as")]
    pub actor: Actor,
    /// How long after the case begins, such as `30s`.
    #[serde(default)]
    pub after: Option<String>,
    /// How often.
    #[serde(default)]
    pub times: Option<u32>,
    /// How long between two repetitions, such as `10s`.
    #[serde(default)]
    pub every: Option<String>,
    /// The members that are laid over the plain record.
    pub record: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Written {
    name: String,
    expect: Expect,
    #[serde(default)]
    level: Option<Level>,
    #[serde(default)]
    rule: Option<String>,
    #[serde(default)]
    lists: BTreeMap<String, Vec<String>>,
    #[serde(default, rename = "as")]
    actor: Option<Actor>,
    #[serde(default)]
    record: Option<Map<String, Value>>,
    #[serde(default)]
    records: Option<Vec<Step>>,
}

/// Reads a case file.
///
/// # Errors
/// The first thing that is wrong with it, and where.
pub fn read(file: &str, text: &str) -> Result<Vec<Case>, CaseFault> {
    let fault = |line: usize, message: String| CaseFault {
        file: file.to_owned(),
        line,
        message,
    };
    if text.len() > MAX_FILE_BYTES {
        return Err(fault(
            1,
            format!("the file is longer than {MAX_FILE_BYTES} bytes"),
        ));
    }
    let documents = MarkedYaml::load_from_str(text)
        .map_err(|error| fault(error.marker().line(), error.info().to_owned()))?;
    let mut cases = Vec::new();
    for document in &documents {
        let YamlData::Sequence(entries) = &document.data else {
            let message = "a case file is a list of cases".to_owned();
            return Err(fault(document.span.start.line(), message));
        };
        for entry in entries {
            let line = entry.span.start.line();
            let case = plain(entry)
                .and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string()))
                .and_then(|written| case(written, line));
            cases.push(case.map_err(|message| fault(line, message))?);
        }
    }
    Ok(cases)
}

fn case(written: Written, line: usize) -> Result<Case, String> {
    let steps = match (written.record, written.records) {
        (Some(record), None) => vec![Step {
            actor: written.actor.unwrap_or_default(),
            after: None,
            times: None,
            every: None,
            record,
        }],
        (None, Some(steps)) if !steps.is_empty() && written.actor.is_none() => steps,
        _ => {
            return Err("a case has either `record` (and `as`) or a list `records`".to_owned());
        }
    };
    if steps
        .iter()
        .any(|step| step.times.is_some_and(|times| times > MAX_TIMES))
    {
        return Err(format!("`times` is at most {MAX_TIMES}"));
    }
    Ok(Case {
        name: written.name,
        line,
        expect: written.expect,
        level: written.level,
        rule: written.rule,
        lists: written.lists,
        steps,
    })
}

/// YAML as JSON.
fn plain(node: &MarkedYaml<'_>) -> Result<Value, String> {
    let at = node.span.start.line();
    match &node.data {
        YamlData::Value(scalar) => Ok(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => Value::from(*value),
            Scalar::Integer(value) => Value::from(*value),
            Scalar::FloatingPoint(value) => Value::from(value.0),
            Scalar::String(value) => Value::from(value.as_ref()),
        }),
        YamlData::Sequence(items) => items.iter().map(plain).collect(),
        YamlData::Mapping(members) => {
            let mut merged = Map::new();
            let mut own = Map::new();
            for (key, value) in members {
                match (plain(key)?, plain(value)?) {
                    (Value::String(key), Value::Object(others)) if key == MERGE => merged = others,
                    (Value::String(key), value) => drop(own.insert(key, value)),
                    (other, _) => {
                        return Err(format!(
                            "line {at}: the key `{other}` must be text: quote it"
                        ));
                    }
                }
            }
            merged.extend(own);
            Ok(Value::Object(merged))
        }
        YamlData::Tagged(_, inner) => plain(inner),
        YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => {
            Err(format!("line {at}: the value cannot be read"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_read() {
        let text = "- name: one\n  expect: hit\n  as: root\n  level: high\n  record: &r {a: 1, b: ~}\n\
                    - name: two\n  expect: miss\n  records:\n    - times: 3\n      record: *r\n\
                    - name: three\n  expect: miss\n  record: {<<: *r, a: 2, c: 3}\n";
        let cases = read("x.cases.yml", text).unwrap();
        assert_eq!(cases.len(), 3);
        assert_eq!(cases[0].steps[0].actor, Actor::Root);
        assert_eq!(cases[0].level, Some(Level::High));
        assert_eq!(cases[1].line, 6);
        assert_eq!(cases[1].steps[0].record, cases[0].steps[0].record);
        assert_eq!(cases[2].steps[0].record["a"], 2);
        assert_eq!(cases[2].steps[0].record.len(), 3);
    }

    #[test]
    fn faults_name_their_place() {
        for (text, line, words) in [
            (
                "- name: a\n  expect: perhaps\n  record: {}",
                1,
                "expected `hit` or `miss`",
            ),
            ("- name: a\n  expect: hit", 1, "either `record`"),
            ("name: a", 1, "a list of cases"),
            (
                "- name: a\n  expect: hit\n  record: {}\n- nam: b\n  expect: hit\n  record: {}",
                4,
                "unknown field `nam`",
            ),
            ("- name: [", 2, ""),
            (
                "- name: a\n  expect: hit\n  records: [{times: 20000, record: {}}]",
                1,
                "`times` is at most",
            ),
        ] {
            let fault = read("x.cases.yml", text).unwrap_err();
            assert_eq!(fault.line, line, "{fault}");
            assert!(fault.message.contains(words), "{fault}");
        }
    }
}
