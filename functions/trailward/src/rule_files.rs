//! Rules, lists and exceptions as files, besides the built-in ones.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use detection::rule::{Location, Rule};
use detection::sigma::{self, Lists, Source};
use detection::{RuleProblem, RuleSet};

use crate::arguments::RuleSources;
use crate::inputs::entries;

/// Ends the name of a file of cases, which is no rule.
const CASES_ENDING: &str = ".cases.yml";

/// A text file with its name.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl TextFile {
    pub(crate) fn source(&self) -> Source<'_> {
        Source {
            name: &self.name,
            text: &self.text,
        }
    }

    pub(crate) fn is_cases(&self) -> bool {
        self.name.ends_with(CASES_ENDING)
    }
}

/// Everything that the options name, read.
#[derive(Debug)]
pub(crate) struct RuleFiles {
    /// Files of the `--rules` folders: rules and their cases.
    pub(crate) own: Vec<TextFile>,
    /// The shipped lists under the ones of `--lists`.
    pub(crate) lists: Lists,
    /// The built-in rules, unless left out.
    pub(crate) builtin: Vec<Rule>,
    exceptions: Option<TextFile>,
    problems: Vec<RuleProblem>,
}

impl RuleFiles {
    /// Reads what the options name.
    pub(crate) fn read(options: &RuleSources) -> Result<Self> {
        let mut own = Vec::new();
        let mut unreadable = Vec::new();
        for path in &options.rules.folders {
            yaml_files(path, &mut own, &mut unreadable)?;
        }
        let team_lists = options.rules.lists.as_deref().map(read_lists).transpose()?;
        let (builtin, mut problems) = match &team_lists {
            _ if options.rules.no_builtin_rules => (Vec::new(), Vec::new()),
            None => (rules::builtin()?, Vec::new()),
            Some(lists) => {
                let loaded = rules::builtin_with(lists);
                (loaded.rules, loaded.problems)
            }
        };
        let mut exceptions = Vec::new();
        if let Some(path) = &options.exceptions {
            rule_file(path, &mut exceptions, &mut unreadable)?;
        }
        problems.append(&mut unreadable);
        Ok(Self {
            own,
            lists: rules::overlaid(&team_lists.unwrap_or_default()),
            builtin,
            exceptions: exceptions.pop(),
            problems,
        })
    }

    /// The rules of the `--rules` folders and the exceptions.
    pub(crate) fn sources(&self) -> Vec<Source<'_>> {
        let rules = self.own.iter().filter(|file| !file.is_cases());
        rules
            .chain(&self.exceptions)
            .map(TextFile::source)
            .collect()
    }

    /// All rules together, with everything that was refused on the way.
    pub(crate) fn load(&self) -> (RuleSet, Vec<RuleProblem>) {
        let loaded = sigma::load_among(&self.sources(), &self.lists, &self.builtin);
        let (set, refused) = RuleSet::new([self.builtin.as_slice(), &loaded.rules].concat());
        let problems = self
            .problems
            .iter()
            .cloned()
            .chain(loaded.problems)
            .chain(refused);
        (set, problems.collect())
    }
}

/// YAML files at or below `path`, by name. What is hidden (`.github` and the
/// like) holds no rules.
fn yaml_files(
    path: &Path,
    files: &mut Vec<TextFile>,
    problems: &mut Vec<RuleProblem>,
) -> Result<()> {
    if !path.is_dir() {
        rule_file(path, files, problems)?;
        // Nothing at all is more likely a lost file than a rule set of none.
        if let Some(file) = files.pop_if(|file| !file.is_cases() && says_nothing(&file.text)) {
            problems.push(refused(file.name, 1, "the file holds no rule"));
        }
        return Ok(());
    }
    for entry in entries(path)? {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let is_yaml = entry
            .extension()
            .is_some_and(|ending| ending == "yml" || ending == "yaml");
        if entry.is_dir() || is_yaml {
            yaml_files(&entry, files, problems)?;
        }
    }
    Ok(())
}

fn read_lists(folder: &Path) -> Result<Lists> {
    let mut lists = Lists::new();
    for path in entries(folder)? {
        if path.extension().is_some_and(|ending| ending == "txt") {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            lists.parse_text(name, &text_file(&path)?.text);
        }
    }
    Ok(lists)
}

/// A file of rules. One that is no text is a rule that is refused: it must not
/// stop the others.
fn rule_file(
    path: &Path,
    files: &mut Vec<TextFile>,
    problems: &mut Vec<RuleProblem>,
) -> Result<()> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let name = path.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => files.push(TextFile { name, text }),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let before = error.as_bytes().iter().take(valid);
            let line = 1 + before.filter(|byte| **byte == b'\n').count();
            let message = "the file is not UTF-8; save it as UTF-8 text";
            problems.push(refused(name, line, message));
        }
    }
    Ok(())
}

fn refused(file: String, line: usize, message: &str) -> RuleProblem {
    RuleProblem {
        location: Location {
            file,
            line: u32::try_from(line).unwrap_or(u32::MAX),
        },
        rule: None,
        message: message.to_owned(),
    }
}

fn says_nothing(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---"
    })
}

fn text_file(path: &Path) -> Result<TextFile> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(TextFile {
        name: PathBuf::from(path).display().to_string(),
        text,
    })
}
