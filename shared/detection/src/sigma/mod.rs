//! The rule language: Sigma 2.x with correlations, filters, placeholder lists
//! and the `trailward:` block, read into [`crate::rule`].
//!
//! Nothing is guessed. What the language does not know is refused with file,
//! line, the offending word and the valid ones, and a refused document leaves
//! every other one alone. Nothing here reads files: texts come in with names.
//!
//! Rules mean what the reference implementation (pySigma) takes them to mean.
//! On purpose otherwise:
//!
//! - YAML is read as 1.2: `No` and `yes` are text (CloudTrail writes `MFAUsed:
//!   No`), and so are digits with a leading zero (account ids) and dates. Only
//!   where nothing but a switch makes sense are `yes` and `no` switches.
//! - A number without quotes equals every spelling of it (`5`, `5.0`, `"5"`),
//!   numbers and booleans go through `contains` and its like as text, and
//!   `2 of selection_*` asks for any two.
//! - The field of a `value_count` may stand beside its condition, as the
//!   specification's schema has it, and `timeframe` is another word for
//!   `timespan`.
//! - A list may fill a placeholder behind `cidr`, and its values stand for
//!   themselves inside an expression.
//! - An id need not be a UUID, and a rule need not have one: it is made of the
//!   title then, and numbered where two titles are alike. What is named neither
//!   by id nor by name is found by its title.
//!
//! Refused, though Sigma has it: log sources other than CloudTrail's; `re` with
//! `contains`, `startswith` or `endswith` (an expression is searched for
//! anywhere); look-around and back references; `neq`, `fieldref`, `exists` and
//! null without a field; correlations that ask of a watched one what it does not
//! carry; unknown keys in `correlation` and `trailward`, and unknown fields behind
//! `trailward.`; filters without a reason.

pub mod bounds;
mod chains;
mod condition;
mod correlation;
mod derived;
mod document;
mod encode;
mod expression;
mod filter;
mod lists;
mod logsource;
mod metadata;
mod modifiers;
mod pattern;
mod problem;
mod quantifier;
mod references;
mod rule_condition;
mod scalar;
mod search;
mod section;
mod settings;
mod threshold;
mod time;
mod value;
mod yaml;

pub use lists::Lists;

use crate::problem::RuleProblem;
use crate::rule::{Location, Logic, Rule, Settings};
use bounds::{MAX_RULES, MAX_SOURCE_BYTES};
use document::Document;
use problem::Fault;
use references::Draft;

/// A text with rules, under the name that problems will call it by.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Its text: YAML of one or several documents.
    pub text: &'a str,
}

/// What loading gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// The rules, in the order of the sources.
    pub rules: Vec<Rule>,
    /// What is wrong with the documents that are not among the rules.
    pub problems: Vec<RuleProblem>,
}

/// Reads rules. References are resolved across all sources.
pub fn load(sources: &[Source<'_>], lists: &Lists) -> Loaded {
    load_among(sources, lists, &[])
}

/// Reads rules that may refer to others which are loaded already, such as the
/// built-in ones, and may not take their ids. The known rules are not part of
/// the outcome.
pub fn load_among(sources: &[Source<'_>], lists: &Lists, known: &[Rule]) -> Loaded {
    let mut drafts = Vec::new();
    let mut problems = Vec::new();
    for source in sources {
        if source.text.len() > MAX_SOURCE_BYTES {
            let message = format!("the file is longer than {MAX_SOURCE_BYTES} bytes");
            problems.push(Fault::new(1, message).whose(source.name, None));
            continue;
        }
        let (documents, faults) = document::read(source.text);
        problems.extend(
            faults
                .into_iter()
                .map(|fault| fault.whose(source.name, None)),
        );
        for document in documents {
            if drafts.len() >= MAX_RULES {
                let message = format!("there are more than {MAX_RULES} rules");
                problems.push(Fault::new(document.line, message).whose(source.name, None));
                break;
            }
            drafts.extend(draft(source.name, &document, lists, &mut problems));
        }
    }
    let drafts = references::unique(drafts, known, &mut problems);
    let rules = references::resolve(drafts, known, &mut problems);
    problems.sort_by_key(|problem| source_index(sources, &problem.location.file));
    Loaded { rules, problems }
}

fn source_index(sources: &[Source<'_>], file: &str) -> Option<usize> {
    sources.iter().position(|source| source.name == file)
}

/// One document as a rule, or everything that is wrong with it.
fn draft(
    file: &str,
    document: &Document,
    lists: &Lists,
    problems: &mut Vec<RuleProblem>,
) -> Option<Draft> {
    let mut faults = Vec::new();
    let read = read(file, document, lists, &mut faults);
    if faults.is_empty() {
        return read;
    }
    let name = |key| {
        let entry = document.root.get(key)?;
        section::text(entry).ok().flatten()
    };
    let whose = name("id").or_else(|| name("title"));
    problems.extend(
        faults
            .into_iter()
            .map(|fault| fault.whose(file, whose.clone())),
    );
    None
}

fn read(file: &str, document: &Document, lists: &Lists, faults: &mut Vec<Fault>) -> Option<Draft> {
    let root = &document.root;
    let location = Location {
        file: file.to_owned(),
        line: document.line,
    };
    let meta = metadata::read(root, location, faults);
    let description = meta.as_ref().map_or("", |meta| meta.description.as_str());
    let (logic, settings) = logic(document, description, lists, faults);
    let mut meta = meta?;
    meta.settings = settings?;
    let lines = root.get("correlation").map(correlation::lines);
    Some(Draft {
        rule: Rule {
            meta,
            logic: logic?,
        },
        id_line: root.get("id").map_or(document.line, |entry| entry.line),
        lines: lines.unwrap_or_default(),
        shared_id: document.shared_id,
        made_id: !root.get("id").is_some_and(metadata::says_something),
    })
}

fn logic(
    document: &Document,
    description: &str,
    lists: &Lists,
    faults: &mut Vec<Fault>,
) -> (Option<Logic>, Option<Settings>) {
    let root = &document.root;
    if let Some(entry) = root.get("correlation") {
        let settings = settings::read(root, false, faults);
        let correlation = correlation::read(root, entry, faults);
        return (correlation.map(Logic::Correlation), settings);
    }
    if let Some(entry) = root.get("filter") {
        logsource::check(root, document.line, false, faults);
        let filter = filter::read(root, entry, description, lists, faults);
        return (filter.map(Logic::Filter), Some(Settings::default()));
    }
    logsource::check(root, document.line, true, faults);
    let settings = settings::read(root, true, faults);
    let Some(entry) = root.get("detection") else {
        faults.push(without_detection(document));
        return (None, settings);
    };
    let detection = search::detection(entry, &[], lists, faults);
    (detection.map(Logic::Event), settings)
}

/// A key that was meant to be `detection` is the likeliest reason.
fn without_detection(document: &Document) -> Fault {
    const KINDS: [&str; 3] = ["detection", "correlation", "filter"];
    let slip = document.root.entries.iter().find_map(|entry| {
        let meant = problem::slip_of(&entry.key, KINDS)?;
        let message = format!("unknown key `{}`; write `{meant}`", entry.key);
        Some(Fault::new(entry.line, message))
    });
    slip.unwrap_or_else(|| {
        let message = "the rule has no `detection` (nor `correlation`, nor `filter`)";
        Fault::new(document.line, message)
    })
}
