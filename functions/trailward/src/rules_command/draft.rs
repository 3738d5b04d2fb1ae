//! `trailward rules new`: a rule and its cases out of one record. What nobody
//! can read out of a record (why it matters) the rule says that it lacks.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context, Result, bail};
use cloudtrail::Record;
use cloudtrail::derived::Derived;
use cloudtrail::json::Layer;
use detection::sigma::{Lists, Source};
use rules::cases;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::deciding::{self, Deciding};
use crate::Ending;
use crate::arguments::New;
use crate::one_record::only_record;

/// Derived fields that decide where the record has them.
const DERIVED: [&str; 3] = [
    "trailward.policy.public",
    "trailward.policy.admin",
    "trailward.world-open.any",
];

/// Another call, for the case that must miss.
const OTHER_CALLS: [&str; 2] = ["ListTagsForResource", "DescribeRegions"];

/// What a rule is made of.
struct Draft {
    record: Map<String, Value>,
    source: String,
    name: String,
    derived: Vec<&'static str>,
    deciding: Vec<Deciding>,
}

pub(crate) fn run(options: &New) -> Result<Ending> {
    let draft = only_record(&options.event, draft_of)??;
    let slug = slug(&draft.name);
    let files = [
        (
            format!("{slug}.yml"),
            draft.rule(Uuid::new_v4(), options.title.as_deref()),
        ),
        (format!("{slug}.cases.yml"), draft.cases()),
    ];
    prove(&files)?;
    fs::create_dir_all(&options.write)
        .with_context(|| format!("cannot make `{}`", options.write.display()))?;
    for (name, text) in &files {
        let path = options.write.join(name);
        write(&path, text)?;
        writeln!(io::stdout(), "{}", path.display())?;
    }
    Ok(Ending::Done)
}

/// Never over a file that is there: it may be somebody's rule.
fn write(path: &Path, text: &str) -> Result<()> {
    let failed = || format!("cannot write `{}`", path.display());
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(failed)?;
    file.write_all(text.as_bytes()).with_context(failed)
}

/// The rule must load and its cases come out before anything is written.
fn prove(files: &[(String, String); 2]) -> Result<()> {
    let [rule, cases] = files.each_ref().map(|(name, text)| Source { name, text });
    let report = cases::run(&[rule], &Lists::new(), &[], &[cases]);
    let problems = report.problems.iter().map(ToString::to_string);
    let faults = report.faults.iter().map(ToString::to_string);
    let failures = report
        .verdicts
        .iter()
        .filter_map(|verdict| verdict.failure.clone());
    match problems.chain(faults).chain(failures).next() {
        Some(problem) => bail!("no rule can be made of this record: {problem}"),
        None => Ok(()),
    }
}

fn draft_of(record: &Record<'_>) -> Result<Draft> {
    let root = record.root();
    let written = std::str::from_utf8(root.as_written()).context("the record is not UTF-8")?;
    let plain = match root.layer() {
        Layer::Plain => written.to_owned(),
        Layer::Escaped => serde_json::from_str(&format!("\"{written}\""))?,
    };
    let record_map: Map<String, Value> = serde_json::from_str(&plain)?;
    let text = |key: &str| match record_map.get(key).and_then(Value::as_str) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => bail!("the record has no `{key}`: there is nothing to make a rule of"),
    };
    let derived = DERIVED.into_iter().filter(|path| {
        Derived::from_path(path).is_some_and(|derived| !record.derived(derived).is_empty())
    });
    Ok(Draft {
        source: text("eventSource")?,
        name: text("eventName")?,
        derived: derived.collect(),
        deciding: deciding::parameters(record_map.get("requestParameters")),
        record: record_map,
    })
}

impl Draft {
    fn rule(&self, id: Uuid, title: Option<&str>) -> String {
        let title = title.map_or_else(|| format!("{} was called", self.name), str::to_owned);
        let mut selection = String::new();
        for (field, value) in [("eventSource", &self.source), ("eventName", &self.name)] {
            let _ = writeln!(selection, "    {field}: {}", quoted(value));
        }
        for field in &self.derived {
            let _ = writeln!(selection, "    {field}: true");
        }
        for Deciding { path, values } in &self.deciding {
            let values: Vec<String> = values.iter().map(scalar).collect();
            let path = path.join(".");
            let _ = match values.as_slice() {
                [value] => writeln!(selection, "    requestParameters.{path}: {value}"),
                values => writeln!(
                    selection,
                    "    requestParameters.{path}: [{}]",
                    values.join(", ")
                ),
            };
        }
        let (filter, condition) = match self.is_by_a_service() {
            true => ("", "selection"),
            false => (SERVICE_FILTER, "selection and not filter_aws_service"),
        };
        format!(
            "title: {title}\nid: {id}\nstatus: experimental\n{HEAD}{selection}{filter}  \
             condition: {condition}\n{TAIL}",
            title = quoted_text(&title),
        )
    }

    fn is_by_a_service(&self) -> bool {
        let identity = self.record.get("userIdentity");
        let member = |key: &str| identity.and_then(|identity| identity.get(key));
        member("invokedBy").is_some() || member("type").is_some_and(|kind| kind == "AWSService")
    }

    fn has_failed(&self) -> bool {
        self.record
            .get("errorCode")
            .is_some_and(|code| !code.is_null())
    }

    fn cases(&self) -> String {
        let level = if self.has_failed() { "low" } else { "medium" };
        let mut text = format!(
            "- name: the record that the rule was made of\n  expect: hit\n  level: {level}\n  \
             record: &event\n{}",
            block(&Value::Object(self.record.clone()), 4)
        );
        if !self.has_failed() {
            text.push_str(
                "- name: the same call, refused\n  expect: hit\n  level: low\n  \
                 record: {<<: *event, errorCode: AccessDenied, responseElements: null}\n",
            );
        }
        let other = OTHER_CALLS.into_iter().find(|call| *call != self.name);
        let _ = writeln!(
            text,
            "- name: another call of the same service\n  expect: miss\n  \
             record: {{<<: *event, eventName: {}}}",
            other.unwrap_or_default()
        );
        for deciding in &self.deciding {
            let mut parameters = self
                .record
                .get("requestParameters")
                .cloned()
                .unwrap_or_default();
            deciding.change(&mut parameters);
            let _ = writeln!(
                text,
                "- name: the same call with another {}\n  expect: miss\n  \
                 record: {{<<: *event, requestParameters: {parameters}}}",
                deciding.path.join(".")
            );
        }
        text
    }
}

/// What every made rule says between its name and its selection.
const HEAD: &str = "\
description: >-
  Made of one record: it says what was called, and not yet why that matters.
  Medium until somebody has weighed it; a refused attempt is low.
logsource:
  product: aws
  service: cloudtrail
detection:
  selection:
";

const SERVICE_FILTER: &str = "  filter_aws_service:
    - userIdentity.type: AWSService
    - userIdentity.invokedBy|endswith: .amazonaws.com
    - userIdentity.sessionContext.sessionIssuer.arn|contains: ':role/aws-service-role/'
";

/// And behind its condition.
const TAIL: &str = "\
falsepositives:
  - Not known yet; run `trailward rules backtest` over past files to see who does this every day.
level: medium
trailward:
  staged: true
  failed-level: low
  response:
    en:
      - Ask the caller whether the call was theirs and what it was for.
    zh:
      - 询问调用者该操作是否由其本人发起、目的是什么。
";

/// Members as lines of a YAML flow mapping, so many blanks in.
fn block(value: &Value, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    let lines = format!("{value:#}");
    lines
        .lines()
        .map(|line| format!("{blanks}{line}\n"))
        .collect()
}

/// A value of a selection: text stands for itself, not for a pattern.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let literal = text
        .replace('\\', "\\\\")
        .replace('*', "\\*")
        .replace('?', "\\?");
    quoted_text(&literal)
}

fn quoted_text(text: &str) -> String {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || "./-_ ".contains(char))
        && !text.ends_with(' ')
        && !["true", "false", "null", "yes", "no"].contains(&text.to_ascii_lowercase().as_str());
    if plain {
        text.to_owned()
    } else {
        json!(text).to_string()
    }
}

/// `DeleteParameter` as `delete-parameter`.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    let mut before_was_lower = false;
    for char in name.chars() {
        match char {
            upper if upper.is_ascii_uppercase() => {
                if before_was_lower {
                    slug.push('-');
                }
                slug.push(upper.to_ascii_lowercase());
            }
            kept if kept.is_ascii_alphanumeric() => slug.push(kept),
            _ if !slug.ends_with('-') && !slug.is_empty() => slug.push('-'),
            _ => {}
        }
        before_was_lower = char.is_ascii_lowercase() || char.is_ascii_digit();
    }
    match slug.trim_end_matches('-') {
        "" => "rule".to_owned(),
        slug => slug.to_owned(),
    }
}
