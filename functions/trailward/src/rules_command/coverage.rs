//! `trailward rules coverage`: which ATT&CK techniques have a rule, by the
//! rules' tags. A rule on a technique finds some of its uses, never all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context, Result};
use detection::RuleSet;
use detection::rule::Rule;
use rules::cases;

use super::attack::{TACTICS, address, technique, technique_of_tag};
use super::{heat_map, navigator};
use crate::Ending;
use crate::arguments::Coverage;
use crate::rule_files::RuleFiles;

/// The rules on one technique under one tactic.
#[derive(Debug)]
pub(super) struct Cell<'a> {
    /// The technique's number.
    pub(super) id: String,
    /// Its name; its number where it is not known.
    pub(super) name: String,
    pub(super) rules: Vec<&'a Rule>,
}

/// A tactic with its techniques, by number.
#[derive(Debug)]
pub(super) struct Column<'a> {
    pub(super) tactic: &'static str,
    pub(super) name: &'static str,
    pub(super) cells: Vec<Cell<'a>>,
}

pub(crate) fn run(options: &Coverage) -> Result<Ending> {
    let (set, problems) = RuleFiles::read(&options.rules)?.load();
    for problem in &problems {
        eprintln!("{problem}");
    }
    let rules = speaking(&set);
    let columns = columns(&rules);
    if let Some(file) = &options.navigator {
        write(file, &navigator::layer(&columns))?;
    }
    if let Some(file) = &options.svg {
        write(file, &heat_map::svg(&columns))?;
    }
    if options.navigator.is_none() && options.svg.is_none() {
        write!(io::stdout(), "{}", markdown(&columns, rules.len()))?;
    }
    Ok(Ending::Done)
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write `{}`", file.display()))
}

/// The rules that people get to read: not those that only serve a correlation
/// of the same file, nor exceptions.
pub(super) fn speaking(set: &RuleSet) -> Vec<&Rule> {
    let files: BTreeSet<&str> = set
        .rules()
        .map(|rule| rule.meta.location.file.as_str())
        .collect();
    let indices = files.iter().flat_map(|file| cases::rules_of(set, file));
    indices.map(|index| set.rule(index)).collect()
}

/// Every tactic, in ATT&CK's order, with the techniques that have a rule.
pub(super) fn columns<'a>(rules: &[&'a Rule]) -> Vec<Column<'a>> {
    let columns = TACTICS.iter().map(|(tactic, name)| {
        let mut cells: BTreeMap<String, Vec<&Rule>> = BTreeMap::new();
        for rule in rules {
            for id in rule
                .meta
                .tags
                .iter()
                .filter_map(|tag| technique_of_tag(tag))
            {
                if belongs(rule, &id, tactic) {
                    cells.entry(id).or_default().push(rule);
                }
            }
        }
        let cells = cells.into_iter().map(|(id, rules)| Cell {
            name: technique(&id)
                .map_or(id.as_str(), |known| known.name)
                .to_owned(),
            id,
            rules,
        });
        Column {
            tactic,
            name,
            cells: cells.collect(),
        }
    });
    columns.collect()
}

/// Whether a rule's technique is shown under a tactic: where the rule names
/// the tactic too and the technique serves it. A technique that serves none of
/// the rule's tactics is shown under all of its own.
fn belongs(rule: &Rule, id: &str, tactic: &str) -> bool {
    let named = |tactic: &str| {
        let mut tags = rule.meta.tags.iter();
        tags.any(|tag| tag.strip_prefix("attack.") == Some(tactic))
    };
    let Some(technique) = technique(id) else {
        return named(tactic);
    };
    let agreed = |tactic: &str| named(tactic) && technique.serves(tactic);
    if TACTICS.iter().any(|(tactic, _)| agreed(tactic)) {
        agreed(tactic)
    } else {
        technique.serves(tactic)
    }
}

/// Counts of techniques, in words.
pub(super) fn counted(columns: &[Column<'_>], rules: usize) -> String {
    let cells = columns.iter().flat_map(|column| &column.cells);
    let techniques: BTreeSet<&str> = cells.map(|cell| cell.id.as_str()).collect();
    let tactics = columns.iter().filter(|column| !column.cells.is_empty());
    format!(
        "{rules} rules on {} techniques and sub-techniques of {} tactics",
        techniques.len(),
        tactics.count()
    )
}

/// A table per tactic.
pub(super) fn markdown(columns: &[Column<'_>], rules: usize) -> String {
    let mut text = format!("# ATT&CK coverage\n\n{}.\n", counted(columns, rules));
    for column in columns.iter().filter(|column| !column.cells.is_empty()) {
        let _ = write!(
            text,
            "\n## {}\n\n| technique | rules | |\n|---|---|---|\n",
            column.name
        );
        for cell in &column.cells {
            let titles: Vec<_> = cell
                .rules
                .iter()
                .map(|rule| rule.meta.title.replace('|', "\\|"))
                .collect();
            let _ = writeln!(
                text,
                "| [{id}]({address}) {name} | {count} | {titles} |",
                id = cell.id,
                address = address(&cell.id),
                name = cell.name,
                count = cell.rules.len(),
                titles = titles.join("; ")
            );
        }
    }
    let bare = without_rules(columns);
    if !bare.is_empty() {
        let _ = writeln!(text, "\nWithout a rule: {}.", bare.join(", "));
    }
    text
}

/// The tactics that no rule serves.
pub(super) fn without_rules(columns: &[Column<'_>]) -> Vec<&'static str> {
    let bare = columns.iter().filter(|column| column.cells.is_empty());
    bare.map(|column| column.name).collect()
}
