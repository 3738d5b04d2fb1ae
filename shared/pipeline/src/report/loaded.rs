//! The rules and exceptions that are in use, and those that were refused.

use std::collections::BTreeSet;

use detection::rule::{Filter, Level, Logic, Rule};
use detection::{RuleProblem, RuleSet};

use crate::cases::is_staged;
use crate::team::TeamRules;

/// An exception that ends within this time is told: two reports name it
/// before it does.
const SOON_SECONDS: i64 = 14 * 86_400;

/// A loaded rule, as far as the report speaks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedRule {
    /// The id under which it is counted.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// How grave its findings are.
    pub level: Level,
    /// The team's, not built in.
    pub own: bool,
    /// It counts but does not alert.
    pub staged: bool,
}

/// An exception that ended, or ends soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingException {
    /// What people call it.
    pub title: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// When it ends (epoch seconds).
    pub ends: i64,
    /// It ended: it hides nothing any more.
    pub ended: bool,
}

/// The rules that are loaded, and those that were refused. Texts are as the
/// files have them: rendering neutralises.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadedRules {
    /// Loaded ones.
    pub rules: Vec<LoadedRule>,
    /// How many exceptions hide findings.
    pub exceptions: usize,
    /// Exceptions that ended or end soon, the first to end first.
    pub ending: Vec<EndingException>,
    /// Refused ones, each with its place and what would be right.
    pub refused: Vec<RuleProblem>,
    /// Why the team's rules could not be read.
    pub unread: Option<String>,
}

impl LoadedRules {
    /// The rules of a set, as they stand at `now` (epoch seconds), with what
    /// was refused when it was loaded. Those that are not among the built-in
    /// ones are the team's.
    pub fn of(set: &RuleSet, built_in: &[Rule], problems: &[RuleProblem], now: i64) -> Self {
        let built_in: BTreeSet<&str> = built_in.iter().map(|rule| rule.meta.id.as_str()).collect();
        let mut loaded = Self {
            refused: problems.to_vec(),
            ..Self::default()
        };
        for rule in set.rules() {
            match &rule.logic {
                Logic::Filter(filter) => loaded.exception(rule, filter, now),
                Logic::Event(_) | Logic::Correlation(_) => loaded.rules.push(LoadedRule {
                    id: rule.meta.id.clone(),
                    title: rule.meta.title.clone(),
                    level: rule.meta.level,
                    own: !built_in.contains(rule.meta.id.as_str()),
                    staged: is_staged(rule, now),
                }),
            }
        }
        loaded.ending.sort_by_key(|exception| exception.ends);
        loaded
    }

    /// The built-in rules and the team's, as they stand at `now` (epoch
    /// seconds).
    pub fn of_team(team: &TeamRules, now: i64) -> Self {
        Self {
            unread: team.unread.as_ref().map(ToString::to_string),
            ..Self::of(&team.set, &team.built_in, &team.problems, now)
        }
    }

    fn exception(&mut self, rule: &Rule, filter: &Filter, now: i64) {
        let ended = filter.expires.is_some_and(|ends| ends <= now);
        self.exceptions += usize::from(!ended);
        let soon = now.saturating_add(SOON_SECONDS);
        if let Some(ends) = filter.expires.filter(|ends| *ends <= soon) {
            self.ending.push(EndingException {
                title: rule.meta.title.clone(),
                owner: filter.owner.clone(),
                ends,
                ended,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use detection::sigma::{self, Lists, Source};

    use super::*;

    const NOW: i64 = 1_771_826_400; // 2026-02-23T06:00:00Z

    const RULES: &str = "
title: Built in
id: built-in
logsource: {product: aws, service: cloudtrail}
detection: {it: {eventName: A}, condition: it}
level: low
---
title: Own
id: own
logsource: {product: aws, service: cloudtrail}
detection: {it: {eventName: B}, condition: it}
level: high
trailward: {staged: 2026-02-24}
";

    fn exception(title: &str, expires: &str) -> String {
        format!(
            "title: {title}\nid: {title}\nlogsource: {{product: aws, service: cloudtrail}}\n\
             filter: {{rules: [own], it: {{eventName: B}}, condition: not it}}\n\
             trailward: {{reason: r, owner: platform{expires}}}\n"
        )
    }

    fn loaded(texts: &[String]) -> LoadedRules {
        let text = texts.join("---\n");
        let source = Source {
            name: "rules.yml",
            text: &text,
        };
        let loaded = sigma::load(&[source], &Lists::new());
        assert_eq!(loaded.problems, []);
        let built_in: Vec<Rule> = loaded.rules.iter().take(1).cloned().collect();
        let (set, problems) = RuleSet::new(loaded.rules);
        assert_eq!(problems, []);
        LoadedRules::of(&set, &built_in, &problems, NOW)
    }

    #[test]
    fn what_is_not_built_in_is_the_teams() {
        let loaded = loaded(&[RULES.to_owned()]);
        let seen: Vec<_> = loaded
            .rules
            .iter()
            .map(|rule| (rule.title.as_str(), rule.level, rule.own, rule.staged))
            .collect();
        assert_eq!(
            seen,
            [
                ("Built in", Level::Low, false, false),
                ("Own", Level::High, true, true)
            ]
        );
    }

    #[test]
    fn an_exception_is_told_two_weeks_before_it_ends_and_once_it_ended() {
        let loaded = loaded(&[
            RULES.to_owned(),
            exception("for-ever", ""),
            exception("far", ", expires: 2026-03-10"),
            exception("near", ", expires: 2026-03-09"),
            exception("over", ", expires: 2026-02-23"),
        ]);
        assert_eq!((loaded.rules.len(), loaded.exceptions), (2, 3));
        let told: Vec<_> = loaded
            .ending
            .iter()
            .map(|exception| (exception.title.as_str(), exception.ended))
            .collect();
        assert_eq!(told, [("over", true), ("near", false)]);
        assert_eq!(loaded.ending[0].owner.as_deref(), Some("platform"));
    }
}
