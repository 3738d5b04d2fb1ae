//! How rules refer to each other: correlations to what they watch, exceptions
//! to what they hide.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::engine::program::Node;
use crate::engine::ruleset::RuleIndex;
use crate::problem::RuleProblem;
use crate::rule::{Logic, Rule};

/// The references of a set, resolved.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Links {
    by_id: HashMap<String, RuleIndex>,
    by_name: HashMap<String, RuleIndex>,
    watchers: Vec<Vec<RuleIndex>>,
    exceptions: Vec<Vec<usize>>,
}

impl Links {
    /// Resolves the references of rules that are [`usable`].
    pub(crate) fn new(
        rules: &[Rule],
        exceptions: &[(RuleIndex, Node)],
        problems: &mut Vec<RuleProblem>,
    ) -> Self {
        let mut links = Self {
            watchers: vec![Vec::new(); rules.len()],
            exceptions: vec![Vec::new(); rules.len()],
            ..Self::default()
        };
        for (position, rule) in rules.iter().enumerate() {
            let index = RuleIndex::at(position);
            links.by_id.insert(rule.meta.id.clone(), index);
            if let Some(name) = &rule.meta.name {
                links.by_name.entry(name.clone()).or_insert(index);
            }
        }
        for (position, rule) in rules.iter().enumerate() {
            links.watch(RuleIndex::at(position), rule);
        }
        for (place, (filter, _)) in exceptions.iter().enumerate() {
            if let Some(rule) = rules.get(filter.position()) {
                links.except(place, rule, rules, problems);
            }
        }
        links
    }

    fn watch(&mut self, index: RuleIndex, rule: &Rule) {
        let Logic::Correlation(correlation) = &rule.logic else {
            return;
        };
        for watched in &correlation.rules {
            let watchers = self
                .by_id(watched)
                .and_then(|watched| self.watchers.get_mut(watched.position()));
            if let Some(watchers) = watchers.filter(|watchers| watchers.last() != Some(&index)) {
                watchers.push(index);
            }
        }
    }

    fn except(
        &mut self,
        place: usize,
        rule: &Rule,
        rules: &[Rule],
        problems: &mut Vec<RuleProblem>,
    ) {
        let Logic::Filter(filter) = &rule.logic else {
            return;
        };
        let mut targets = Vec::new();
        for target in &filter.rules {
            match self.by_id(target) {
                Some(found) => targets.push(found),
                None => problems.push(problem(
                    rule,
                    format!("`{target}` is neither the id nor the name of a rule"),
                )),
            }
        }
        if filter.rules.is_empty() {
            targets.extend((0..rules.len()).map(RuleIndex::at));
        }
        for target in targets {
            let Some(aim) = rules.get(target.position()) else {
                continue;
            };
            if aim.meta.settings.protected {
                // An exception for every rule means those that allow one.
                if !filter.rules.is_empty() {
                    problems.push(problem(
                        rule,
                        format!(
                            "rule `{}` is protected: no exception may hide it",
                            aim.meta.id
                        ),
                    ));
                }
                continue;
            }
            let list = self.exceptions.get_mut(target.position());
            if let Some(list) = list.filter(|list| list.last() != Some(&place)) {
                list.push(place);
            }
        }
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<RuleIndex> {
        self.by_id.get(id).or_else(|| self.by_name.get(id)).copied()
    }

    pub(crate) fn correlations_of(&self, rule: RuleIndex) -> &[RuleIndex] {
        self.watchers
            .get(rule.position())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    pub(crate) fn exceptions_of(&self, rule: RuleIndex) -> &[usize] {
        self.exceptions
            .get(rule.position())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

pub(crate) fn problem(rule: &Rule, message: String) -> RuleProblem {
    RuleProblem {
        location: rule.meta.location.clone(),
        rule: Some(rule.meta.id.clone()),
        message,
    }
}

/// Leaves out rules whose id is taken, and correlations that watch something
/// that is not there or, through others, themselves.
pub(crate) fn usable(
    rules: Vec<(Rule, Option<Node>)>,
    problems: &mut Vec<RuleProblem>,
) -> Vec<(Rule, Option<Node>)> {
    let mut ids = HashMap::new();
    let mut unique = Vec::with_capacity(rules.len());
    for (rule, node) in rules {
        if let Some(first) = ids.get(&rule.meta.id) {
            problems.push(problem(&rule, format!("the id is taken by `{first}`")));
            continue;
        }
        ids.insert(rule.meta.id.clone(), rule.meta.title.clone());
        unique.push((rule, node));
    }
    let grounded = grounded(&unique);
    let mut usable = Vec::with_capacity(unique.len());
    for ((rule, node), missing) in unique.into_iter().zip(grounded) {
        match missing {
            None => usable.push((rule, node)),
            Some(missing) => problems.push(problem(
                &rule,
                format!("it watches `{missing}`, which is no usable rule or leads back to itself"),
            )),
        }
    }
    usable
}

/// For each rule `None` if everything that it watches is there, else what is
/// not. A correlation is there once all that it watches is; one that watches
/// itself never gets there.
fn grounded(rules: &[(Rule, Option<Node>)]) -> Vec<Option<String>> {
    let mut there: HashSet<&str> = HashSet::new();
    let mut missing: Vec<Option<String>> = vec![Some(String::new()); rules.len()];
    loop {
        let mut progress = false;
        for ((rule, _), missing) in rules.iter().zip(&mut missing) {
            if missing.is_none() {
                continue;
            }
            *missing = match &rule.logic {
                Logic::Correlation(correlation) => {
                    let mut watched = correlation.rules.iter();
                    watched
                        .find(|watched| !there.contains(watched.as_str()))
                        .cloned()
                }
                Logic::Event(_) => None,
                // An exception is nothing that could be watched.
                Logic::Filter(_) => {
                    *missing = None;
                    continue;
                }
            };
            if missing.is_none() {
                progress = true;
                there.insert(&rule.meta.id);
                there.extend(rule.meta.name.as_deref());
            }
        }
        if !progress {
            return missing;
        }
    }
}
