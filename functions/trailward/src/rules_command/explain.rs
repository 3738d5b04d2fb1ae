//! `trailward rules explain`: why a rule matches a record, or does not.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use cloudtrail::Record;
use detection::correlate::field_for;
use detection::engine::{Explanation, RuleIndex, RuleSet};
use detection::rule::{Correlation, Logic, Rule};
use detection::sigma::{self, Source};
use detection::{RuleProblem, Scratch};
use pipeline::neutral;

use crate::Ending;
use crate::arguments::Explain;
use crate::one_record::only_record;
use crate::rule_files::RuleFiles;

pub(crate) fn run(options: &Explain) -> Result<Ending> {
    let files = RuleFiles::read(&options.sources)?;
    let (set, problems) = match Path::new(&options.rule).is_file() {
        true => with_file(&files, &options.rule)?,
        false => files.load(),
    };
    for problem in &problems {
        eprintln!("{problem}");
    }
    let asked = asked(&set, &options.rule);
    if asked.is_empty() {
        bail!(
            "`{}` is neither the id, the name nor the file of a rule that loads; \
             `trailward rules list` shows them",
            options.rule
        );
    }
    let texts = only_record(&options.event, |record| {
        asked
            .iter()
            .map(|rule| explained(&set, *rule, record))
            .collect::<Vec<_>>()
    })?;
    let mut out = io::stdout().lock();
    for (place, text) in texts.iter().enumerate() {
        let gap = if place == 0 { "" } else { "\n" };
        write!(out, "{gap}{text}")?;
    }
    Ok(Ending::Done)
}

/// All rules with those of one more file. A built-in rule of the same id gives
/// way: the file may be the one that it is being changed in.
fn with_file(files: &RuleFiles, path: &str) -> Result<(RuleSet, Vec<RuleProblem>)> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{path}`"))?;
    let source = Source {
        name: path,
        text: &text,
    };
    let own: Vec<String> = sigma::load(&[source], &files.lists)
        .rules
        .into_iter()
        .map(|rule| rule.meta.id)
        .collect();
    let (others, _) = files.load();
    let known: Vec<Rule> = others
        .rules()
        .filter(|rule| !own.contains(&rule.meta.id))
        .cloned()
        .collect();
    let loaded = sigma::load_among(&[source], &files.lists, &known);
    let (set, refused) = RuleSet::new([known, loaded.rules].concat());
    Ok((set, loaded.problems.into_iter().chain(refused).collect()))
}

/// The rules meant, each correlation followed by what it watches.
fn asked(set: &RuleSet, rule: &str) -> Vec<RuleIndex> {
    let mut open: Vec<RuleIndex> = match set.by_id(rule) {
        Some(index) => vec![index],
        None => set
            .indices()
            .filter(|index| set.rule(*index).meta.location.file == rule)
            .collect(),
    };
    open.reverse();
    let mut asked = Vec::new();
    while let Some(index) = open.pop() {
        if asked.contains(&index) {
            continue;
        }
        asked.push(index);
        if let Logic::Correlation(correlation) = &set.rule(index).logic {
            open.extend(
                correlation
                    .rules
                    .iter()
                    .rev()
                    .filter_map(|id| set.by_id(id)),
            );
        }
    }
    asked
}

/// The explanation as lines, with what stands beside the rule: exceptions and
/// the value that has to be new.
fn explained(set: &RuleSet, index: RuleIndex, record: &Record<'_>) -> String {
    let mut explanation = set.explain(index, record);
    make_safe(&mut explanation);
    let mut text = explanation.to_string();
    let rule = set.rule(index);
    if let Some(first_seen) = &rule.meta.settings.first_seen {
        let value = set.field_text(record, &first_seen.value);
        let value = value.map_or("absent".to_owned(), |value| {
            format!("`{}`", neutral::value(&value))
        });
        text.push_str(&format!(
            "alerts only where `{}` is new for its group; here it is {value}\n",
            first_seen.value
        ));
    }
    if let Logic::Correlation(correlation) = &rule.logic {
        text.push_str(&groups(set, correlation, record));
    }
    if let Some(filter) = set.exception_for(index, record, &mut Scratch::default()) {
        let meta = &set.rule(filter).meta;
        let is = match explanation.held {
            Some(false) => "would be",
            _ => "is",
        };
        text.push_str(&format!(
            "{is} hidden by the exception `{}` ({})\n",
            meta.title, meta.id
        ));
    }
    text
}

/// The group that the record would count for, by each rule that it may match.
fn groups(set: &RuleSet, correlation: &Correlation, record: &Record<'_>) -> String {
    let mut text = String::new();
    let events = correlation.rules.iter().filter(|id| {
        let rule = set.by_id(id).map(|index| set.rule(index));
        rule.is_some_and(|rule| matches!(rule.logic, Logic::Event(_)))
    });
    for id in events {
        for name in &correlation.group_by {
            let field = field_for(correlation, name, id);
            let value = set.field_text(record, field);
            let value = value.map_or("absent".to_owned(), |value| {
                format!("`{}`", neutral::value(&value))
            });
            text.push_str(&format!("as `{id}` its {name} is {value} ({field})\n"));
        }
    }
    text
}

/// Values come from records: whoever wrote them may not write to the terminal.
fn make_safe(explanation: &mut Explanation) {
    let items = explanation
        .searches
        .iter_mut()
        .flat_map(|search| &mut search.items);
    for item in items {
        for shown in item.seen.iter_mut().chain([&mut item.wanted]) {
            *shown = neutral::neutral(shown, usize::MAX);
        }
    }
}
