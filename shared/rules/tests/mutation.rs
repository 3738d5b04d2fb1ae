//! Whether the cases would notice a broken rule: each search of each rule,
//! and each line of it, is taken away in turn, and a case has to fail.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects in the shortest way"
)]

use std::collections::BTreeMap;

use detection::RuleSet;
use detection::rule::{Condition, Detection, Logic, Rule, SearchBody};
use detection::sigma::Lists;
use rules::cases::{self, Case};

/// Searches that may be taken away unnoticed, in per cent.
const SEARCHES_PERCENT_MAX: usize = 5;
/// Lines and alternatives inside searches likewise: many name one more
/// spelling of the same thing.
const PARTS_PERCENT_MAX: usize = 20;

/// A rule with something taken away, and what that was.
type Mutant = (String, Rule);

#[test]
fn nothing_can_be_taken_away_unnoticed() {
    let mut by_lists = BTreeMap::new();
    let mut tried = [0, 0];
    let mut survivors = [Vec::new(), Vec::new()];
    for source in rules::case_files() {
        let file = cases::rule_file(source.name);
        let cases = cases::read(source.name, source.text).unwrap();
        for case in &cases {
            by_lists
                .entry(case.lists.clone())
                .or_insert_with(|| loaded(&case.lists));
        }
        for (what, mutant) in mutants(&rules::builtin().unwrap(), &file) {
            let kind = usize::from(what.starts_with("part"));
            tried[kind] += 1;
            let noticed = cases
                .iter()
                .any(|case| fails(&by_lists[&case.lists], &mutant, source.name, case));
            if !noticed {
                survivors[kind].push(format!("{file}: {what}"));
            }
        }
    }
    assert!(tried[0] > 200, "the rules were not found");
    for (kind, most) in [SEARCHES_PERCENT_MAX, PARTS_PERCENT_MAX]
        .into_iter()
        .enumerate()
    {
        let (tried, survivors) = (tried[kind], &survivors[kind]);
        let told = format!(
            "{} of {tried} survive:\n{}",
            survivors.len(),
            survivors.join("\n")
        );
        println!("{told}");
        assert!(survivors.len() * 100 < tried * most, "{told}");
    }
}

fn loaded(own: &BTreeMap<String, Vec<String>>) -> Vec<Rule> {
    let mut lists = Lists::new();
    for (name, values) in own {
        lists.insert(name, values.clone());
    }
    rules::builtin_with(&lists).rules
}

fn fails(all: &[Rule], mutant: &Rule, case_file: &str, case: &Case) -> bool {
    let (set, _) = RuleSet::new(around(all, mutant));
    cases::judge(&set, case_file.to_owned(), case.clone())
        .failure
        .is_some()
}

/// The mutant with the rules of its file and those that they watch.
fn around(all: &[Rule], mutant: &Rule) -> Vec<Rule> {
    let file = &mutant.meta.location.file;
    let mut wanted: Vec<&Rule> = all
        .iter()
        .filter(|rule| rule.meta.location.file == *file)
        .collect();
    let watched: Vec<&str> = wanted.iter().flat_map(|rule| watched(rule)).collect();
    for rule in all {
        if watched.contains(&rule.meta.id.as_str())
            && !wanted.iter().any(|known| known.meta.id == rule.meta.id)
        {
            wanted.push(rule);
        }
    }
    let swap = |rule: &Rule| {
        if rule.meta.id != mutant.meta.id {
            return rule.clone();
        }
        // The mutant was made under the shipped lists: its lines are taken
        // from the rule as loaded under the lists of the case.
        let mut swapped = rule.clone();
        if let (Logic::Event(own), Logic::Event(cut)) = (&mut swapped.logic, &mutant.logic) {
            cut_alike(own, cut);
        }
        swapped
    };
    wanted.into_iter().map(swap).collect()
}

fn watched(rule: &Rule) -> impl Iterator<Item = &str> {
    let rules = match &rule.logic {
        Logic::Correlation(correlation) => &correlation.rules[..],
        _ => &[],
    };
    rules.iter().map(String::as_str)
}

/// Takes from `own` what was taken from `cut`; both were the same but for
/// the values that lists gave them.
fn cut_alike(own: &mut Detection, cut: &Detection) {
    own.condition = cut.condition.clone();
    for (search, cut) in own.searches.iter_mut().zip(&cut.searches) {
        if let (SearchBody::AllOf(lines), SearchBody::AllOf(left)) = (&mut search.body, &cut.body) {
            lines.retain(|line| {
                left.iter()
                    .any(|kept| kept.field == line.field && kept.negated == line.negated)
            });
        }
        if let (SearchBody::AnyOf(bodies), SearchBody::AnyOf(left)) = (&mut search.body, &cut.body)
            && bodies.len() != left.len()
        {
            bodies.clone_from(left);
        }
    }
}

fn mutants(all: &[Rule], file: &str) -> Vec<Mutant> {
    let mut found = Vec::new();
    for rule in all.iter().filter(|rule| rule.meta.location.file == file) {
        let Logic::Event(detection) = &rule.logic else {
            continue;
        };
        for (place, search) in detection.searches.iter().enumerate() {
            let mut without = detection.clone();
            without.condition = without_search(&detection.condition, place, true);
            found.push((format!("search `{}`", search.name), with(rule, without)));
            let parts = match &search.body {
                SearchBody::AllOf(lines) => lines.len(),
                SearchBody::AnyOf(bodies) => bodies.len(),
                _ => 0,
            };
            for part in (0..parts).filter(|_| parts > 1) {
                let mut without = detection.clone();
                match &mut without.searches[place].body {
                    SearchBody::AllOf(lines) => drop(lines.remove(part)),
                    SearchBody::AnyOf(bodies) => drop(bodies.remove(part)),
                    _ => {}
                }
                found.push((
                    format!("part {} of `{}`", part + 1, search.name),
                    with(rule, without),
                ));
            }
        }
    }
    found
}

fn with(rule: &Rule, detection: Detection) -> Rule {
    let logic = Logic::Event(detection);
    Rule {
        logic,
        ..rule.clone()
    }
}

/// The condition as if a search were not there: true where it asks for
/// something, false where it lets something pass.
fn without_search(condition: &Condition, place: usize, positive: bool) -> Condition {
    let inner = |one: &Condition| without_search(one, place, positive);
    match condition {
        Condition::Search(search) if *search == place && positive => Condition::And(Vec::new()),
        Condition::Search(search) if *search == place => Condition::Or(Vec::new()),
        Condition::Search(search) => Condition::Search(*search),
        Condition::Not(one) => Condition::Not(Box::new(without_search(one, place, !positive))),
        Condition::And(all) => Condition::And(all.iter().map(inner).collect()),
        Condition::Or(any) => Condition::Or(any.iter().map(inner).collect()),
    }
}
