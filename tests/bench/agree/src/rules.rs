//! A folder of rules as both engines load it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use detection::rule::{Detection, Logic, Rule};
use detection::sigma::{Lists, Source, load};
use rsigma_eval::Engine;
use rsigma_parser::{Detection as Search, Modifier, SigmaValue};

use crate::choices::Traits;

/// A rule over single events that both engines load.
pub(crate) struct Pair {
    pub(crate) ours: Rule,
    pub(crate) detection: Detection,
    /// The other engine with this rule alone.
    pub(crate) theirs: Engine,
    pub(crate) traits: Traits,
}

/// What loading gave.
#[derive(Default)]
pub(crate) struct Both {
    pub(crate) files: usize,
    pub(crate) pairs: Vec<Pair>,
    /// Correlations and filters that both load; they find nothing alone.
    pub(crate) others: usize,
    /// What one of them refuses, by file.
    pub(crate) refused_here: Vec<String>,
    pub(crate) refused_there: Vec<String>,
    /// Files that the other engine reads otherwise.
    pub(crate) not_compared: Vec<String>,
    /// Rules that ask for fields which only this project derives.
    pub(crate) derived: Vec<String>,
    /// Rules that only one of them loads.
    pub(crate) only_here: Vec<String>,
    pub(crate) only_there: Vec<String>,
}

/// Loads the files at or below a folder.
pub(crate) fn read(folder: &Path) -> Result<Both> {
    let mut texts = Vec::new();
    files(folder, &mut texts)?;
    let sources: Vec<Source<'_>> = texts
        .iter()
        .map(|(name, text)| Source { name, text })
        .collect();
    let loaded = load(&sources, &Lists::new());
    let mut both = Both {
        files: texts.len(),
        refused_here: loaded.problems.iter().map(ToString::to_string).collect(),
        ..Both::default()
    };
    let mut left = loaded.rules;
    for (name, text) in &texts {
        if text.contains("<<: [") {
            both.not_compared.push(name.clone());
            left.retain(|rule| rule.meta.location.file != *name);
            continue;
        }
        match rsigma_parser::parse_sigma_yaml(text) {
            Ok(collection) => both.add(name, collection, &mut left),
            Err(error) => both.refused_there.push(format!("{name}: {error}")),
        }
    }
    let place = |rule: Rule| called(&rule.meta.location.file, &rule.meta.title);
    both.only_here = left.into_iter().map(place).collect();
    Ok(both)
}

impl Both {
    fn add(
        &mut self,
        file: &str,
        collection: rsigma_parser::SigmaCollection,
        left: &mut Vec<Rule>,
    ) {
        let errors = collection.errors.iter();
        self.refused_there
            .extend(errors.map(|error| format!("{file}: {error}")));
        let mut own = |title: &str, event: bool| {
            let place = left.iter().position(|rule| {
                let meta = &rule.meta;
                let kind = matches!(rule.logic, Logic::Event(_)) == event;
                meta.location.file == file && meta.title == title && kind
            })?;
            Some(left.remove(place))
        };
        for rule in &collection.rules {
            if rule.detection.named.values().any(asks_for_derived) {
                own(&rule.title, true);
                self.derived.push(called(file, &rule.title));
                continue;
            }
            let mut theirs = Engine::new();
            if let Err(error) = theirs.add_rule(rule) {
                self.refused_there
                    .push(format!("{}: {error}", called(file, &rule.title)));
                continue;
            }
            let ours = own(&rule.title, true);
            let Some((detection, ours)) = ours.and_then(|ours| match &ours.logic {
                Logic::Event(detection) => Some((detection.clone(), ours)),
                Logic::Correlation(_) | Logic::Filter(_) => None,
            }) else {
                self.only_there.push(called(file, &rule.title));
                continue;
            };
            let mut traits = Traits::default();
            let searches = rule.detection.named.values();
            searches.for_each(|search| look(search, &mut traits));
            self.pairs.push(Pair {
                ours,
                detection,
                theirs,
                traits,
            });
        }
        let correlations = collection.correlations.iter().map(|other| &other.title);
        let filters = collection.filters.iter().map(|other| &other.title);
        for title in correlations.chain(filters) {
            match own(title, false) {
                Some(_) => self.others += 1,
                None => self.only_there.push(called(file, title)),
            }
        }
    }
}

fn called(file: &str, title: &str) -> String {
    format!("{file}: `{title}`")
}

/// Whether a search names a field that no record brings.
fn asks_for_derived(search: &Search) -> bool {
    match search {
        Search::AllOf(items) => items.iter().any(|item| {
            let name = item.field.name.as_deref();
            name.is_some_and(|name| name.starts_with("trailward."))
        }),
        Search::AnyOf(searches) => searches.iter().any(asks_for_derived),
        _ => false,
    }
}

fn look(search: &Search, traits: &mut Traits) {
    match search {
        Search::AllOf(items) => {
            for item in items {
                let has = |modifier| item.field.modifiers.contains(&modifier);
                let wild = |value: &SigmaValue| matches!(value, SigmaValue::String(text) if !text.is_plain());
                traits.encoded |= has(Modifier::Base64) || has(Modifier::Base64Offset);
                traits.empty_list |= item.values.is_empty();
                traits.anchored |= (has(Modifier::StartsWith) || has(Modifier::EndsWith))
                    && item.values.iter().any(wild);
            }
        }
        Search::AnyOf(searches) => searches.iter().for_each(|search| look(search, traits)),
        _ => {}
    }
}

/// YAML files by name; what is hidden holds no rules.
fn files(path: &Path, found: &mut Vec<(String, String)>) -> Result<()> {
    let yaml = |path: &Path| {
        let ending = path.extension().unwrap_or_default();
        (ending == "yml" || ending == "yaml") && !path.to_string_lossy().ends_with(".cases.yml")
    };
    if !path.is_dir() {
        let text = fs::read_to_string(path).with_context(|| format!("`{}`", path.display()))?;
        found.push((path.display().to_string(), text));
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(|| format!("`{}`", path.display()))?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !name.starts_with('.') && (path.is_dir() || yaml(&path)) {
            files(&path, found)?;
        }
    }
    Ok(())
}
