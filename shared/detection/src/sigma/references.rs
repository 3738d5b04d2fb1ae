//! Who means whom: ids are unique, correlations and filters name rules by id or
//! by name, and no correlation waits for itself.

use std::collections::{BTreeMap, BTreeSet};

use super::bounds::MAX_CHAIN;
use super::chains;
use super::correlation::Lines;
use super::metadata::normal_id;
use super::problem::{Fault, valid};
use crate::problem::RuleProblem;
use crate::rule::{Correlation, Logic, Rule};

/// A rule whose references are still as written, with the lines at which
/// problems point.
pub(super) struct Draft {
    pub(super) rule: Rule,
    pub(super) id_line: u32,
    pub(super) lines: Lines,
    /// The id came from a collection and may be numbered.
    pub(super) shared_id: bool,
    /// The id is made of the title, for the document gives none.
    pub(super) made_id: bool,
}

impl Draft {
    fn problem(&self, line: u32, message: String) -> RuleProblem {
        let meta = &self.rule.meta;
        Fault::new(line, message).whose(&meta.location.file, Some(meta.id.clone()))
    }
}

/// Keeps the first bearer of an id. Documents of a collection share an id, and
/// rules without one may share the title that theirs is made of: these are
/// numbered, unless they say the same to the letter.
pub(super) fn unique(
    drafts: Vec<Draft>,
    known: &[Rule],
    problems: &mut Vec<RuleProblem>,
) -> Vec<Draft> {
    let place = |rule: &Rule| {
        let location = &rule.meta.location;
        format!("{}:{}", location.file, location.line)
    };
    let entry = |rule: &Rule| {
        (
            rule.meta.id.clone(),
            (place(rule), rule.meta.version.clone()),
        )
    };
    let mut taken: BTreeMap<String, (String, String)> = known.iter().map(entry).collect();
    let mut kept = Vec::new();
    for mut draft in drafts {
        let (id, version) = (&draft.rule.meta.id, &draft.rule.meta.version);
        let copy = taken.get(id).is_some_and(|(_, first)| first == version);
        if (draft.shared_id || (draft.made_id && !copy)) && taken.contains_key(id) {
            let free = (2..)
                .map(|n: u32| format!("{id}-{n}"))
                .find(|id| !taken.contains_key(id));
            draft.rule.meta.id = free.unwrap_or_default();
        }
        match taken.get(&draft.rule.meta.id) {
            Some((first, _)) => {
                let message = format!("the id `{}` is taken, in {first}", draft.rule.meta.id);
                problems.push(draft.problem(draft.id_line, message));
            }
            None => {
                taken.extend([entry(&draft.rule)]);
                kept.push(draft);
            }
        }
    }
    kept
}

/// Turns the names in correlations and filters into ids, and refuses the
/// correlations whose rules are not there.
pub(super) fn resolve(
    mut drafts: Vec<Draft>,
    known: &[Rule],
    problems: &mut Vec<RuleProblem>,
) -> Vec<Rule> {
    loop {
        let names = Names::of(known.iter().chain(drafts.iter().map(|draft| &draft.rule)));
        let mut refused = BTreeMap::new();
        for (at, draft) in drafts.iter_mut().enumerate() {
            match &mut draft.rule.logic {
                Logic::Event(_) => {}
                Logic::Filter(filter) => {
                    for rule in &mut filter.rules {
                        if let Ok(id) = names.id(rule) {
                            *rule = id;
                        }
                    }
                }
                Logic::Correlation(correlation) => {
                    if let Err((place, message)) = names.fill(correlation) {
                        refused.insert(at, (draft.lines.of(place), message));
                    }
                }
            }
        }
        if refused.is_empty() {
            for (id, message) in endless(known, &drafts) {
                let at = drafts.iter().position(|draft| draft.rule.meta.id == id);
                let draft = at.and_then(|at| drafts.get(at));
                refused.extend(at.zip(draft.map(|draft| (draft.lines.first, message))));
            }
        }
        if refused.is_empty() {
            for (at, rule, message) in chains::unsound(known, &drafts) {
                let draft = drafts.get(at);
                let line = draft.map(|draft| draft.lines.of(Place::Rule(rule)));
                refused.insert(at, (line.unwrap_or_default(), message));
            }
        }
        if refused.is_empty() {
            return drafts.into_iter().map(|draft| draft.rule).collect();
        }
        // A refused correlation may be watched by another: look again.
        let mut kept = Vec::new();
        for (at, draft) in drafts.into_iter().enumerate() {
            match refused.remove(&at) {
                Some((line, message)) => problems.push(draft.problem(line, message)),
                None => kept.push(draft),
            }
        }
        drafts = kept;
    }
}

/// One of a correlation's references.
enum Place {
    /// All of them.
    Whole,
    /// The watched rule at this place.
    Rule(usize),
    /// The rule at this place of all aliases.
    Alias(usize),
}

impl Lines {
    fn of(&self, place: Place) -> u32 {
        let line = match place {
            Place::Whole => None,
            Place::Rule(at) => self.rules.get(at),
            Place::Alias(at) => self.aliases.get(at),
        };
        line.copied().unwrap_or(self.first)
    }
}

/// The rules that can be named: all but the filters.
struct Names {
    ids: BTreeSet<String>,
    by_name: BTreeMap<String, Vec<String>>,
    /// What goes by no name is also found by its title, as other engines have
    /// it.
    by_title: BTreeMap<String, Vec<String>>,
}

impl Names {
    fn of<'a>(rules: impl Iterator<Item = &'a Rule>) -> Self {
        let mut names = Self {
            ids: BTreeSet::new(),
            by_name: BTreeMap::new(),
            by_title: BTreeMap::new(),
        };
        for rule in rules.filter(|rule| !matches!(rule.logic, Logic::Filter(_))) {
            let id = &rule.meta.id;
            names.ids.insert(id.clone());
            let titled = names.by_title.entry(rule.meta.title.clone());
            titled.or_default().push(id.clone());
            if let Some(name) = &rule.meta.name {
                let named = names.by_name.entry(name.clone());
                named.or_default().push(id.clone());
            }
        }
        names
    }

    fn id(&self, written: &str) -> Result<String, String> {
        let id = normal_id(written);
        if self.ids.contains(&id) {
            return Ok(id);
        }
        let named = self.by_name.get(written).map(|ids| ("name", ids));
        let titled = || self.by_title.get(written).map(|ids| ("title", ids));
        match named
            .or_else(titled)
            .map(|(kind, ids)| (kind, ids.as_slice()))
        {
            Some((_, [id])) => Ok(id.clone()),
            Some((kind, ids)) => Err(format!(
                "the {kind} `{written}` is borne by {} rules; use an id",
                ids.len()
            )),
            None => {
                let words = self.by_name.keys().chain(&self.ids).map(String::as_str);
                let names = valid(written, words);
                Err(format!(
                    "no rule that loads has the id or name `{written}`; {names}"
                ))
            }
        }
    }

    /// Turns the names into ids; a fault says which of them it is about.
    fn fill(&self, correlation: &mut Correlation) -> Result<(), (Place, String)> {
        for (at, rule) in correlation.rules.iter_mut().enumerate() {
            *rule = self
                .id(rule)
                .map_err(|message| (Place::Rule(at), message))?;
        }
        let distinct: BTreeSet<&String> = correlation.rules.iter().collect();
        if distinct.len() < correlation.rules.len() {
            let message = "`rules` names one rule twice, by its id and by its name";
            return Err((Place::Whole, message.to_owned()));
        }
        let aliased = correlation.aliases.iter_mut().flat_map(|a| &mut a.fields);
        for (at, (rule, _)) in aliased.enumerate() {
            *rule = self
                .id(rule)
                .map_err(|message| (Place::Alias(at), message))?;
        }
        Ok(())
    }
}

/// The new correlations that wait for themselves, or stand on too many others.
fn endless(known: &[Rule], drafts: &[Draft]) -> Vec<(String, String)> {
    let rules = known.iter().chain(drafts.iter().map(|draft| &draft.rule));
    let watched: BTreeMap<&str, &[String]> = rules
        .filter_map(|rule| match &rule.logic {
            Logic::Correlation(correlation) => {
                Some((rule.meta.id.as_str(), correlation.rules.as_slice()))
            }
            Logic::Event(_) | Logic::Filter(_) => None,
        })
        .collect();
    let fresh = drafts.iter().map(|draft| draft.rule.meta.id.as_str());
    fresh
        .filter_map(|id| Some((id.to_owned(), too_deep(id, &watched)?)))
        .collect()
}

/// Walks down level by level: whoever still stands on something after the
/// longest chain allowed is in a circle or too high. Every level is a set, so
/// the walk is short however the rules are woven.
fn too_deep(id: &str, watched: &BTreeMap<&str, &[String]>) -> Option<String> {
    let mut level: BTreeSet<&str> = BTreeSet::from([id]);
    for _ in 0..MAX_CHAIN {
        level = level
            .iter()
            .filter_map(|id| watched.get(id))
            .flat_map(|rules| rules.iter().map(String::as_str))
            .filter(|rule| watched.contains_key(rule))
            .collect();
        if level.contains(id) {
            return Some(format!("the correlation `{id}` waits for itself"));
        }
        if level.is_empty() {
            return None;
        }
    }
    Some(format!(
        "more than {MAX_CHAIN} correlations stand on each other below `{id}`"
    ))
}
