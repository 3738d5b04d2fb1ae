//! What the rules did in the period, from the state's counters.

use std::collections::BTreeMap;

use detection::{RuleProblem, RuleSet};

use super::model::{RuleActivity, RuleCount};
use super::period::Period;
use crate::cases::is_staged;
use crate::keys::TOLD;
use crate::ports::{CounterKey, PortError, StateStore};

/// Rules that the report names as having found the most.
const TOP_RULES: usize = 10;

/// A loaded rule, as far as the report speaks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedRule {
    /// The id under which it is counted.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// It counts but does not alert.
    pub staged: bool,
}

/// The rules that are loaded, and those that were refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadedRules {
    /// Loaded ones.
    pub rules: Vec<LoadedRule>,
    /// Refused ones, each with its reason.
    pub refused: Vec<String>,
}

impl LoadedRules {
    /// The rules of a set, as they stand at `now` (epoch seconds), with what
    /// was refused when it was loaded.
    pub fn of(rules: &RuleSet, problems: &[RuleProblem], now: i64) -> Self {
        Self {
            rules: rules
                .rules()
                .map(|rule| LoadedRule {
                    id: rule.meta.id.clone(),
                    title: rule.meta.title.clone(),
                    staged: is_staged(rule, now),
                })
                .collect(),
            refused: problems.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Reads the counters of the period's days and sorts them by rule.
pub async fn read(
    state: &dyn StateStore,
    period: Period,
    loaded: &LoadedRules,
) -> Result<RuleActivity, PortError> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for day in period.days() {
        for (key, count) in state.day(day).await? {
            if let CounterKey::Day { rule, .. } = key {
                *counts.entry(rule).or_default() += count;
            }
        }
    }
    Ok(summary(&counts, loaded))
}

fn summary(counts: &BTreeMap<String, u64>, loaded: &LoadedRules) -> RuleActivity {
    let by_id: BTreeMap<&str, &LoadedRule> = loaded
        .rules
        .iter()
        .map(|rule| (rule.id.as_str(), rule))
        .collect();
    let mut activity = RuleActivity {
        refused: loaded.refused.clone(),
        ..RuleActivity::default()
    };
    for (id, count) in counts {
        if id == TOLD {
            activity.alerts += count;
            continue;
        }
        let rule = by_id.get(id.as_str());
        let entry = RuleCount {
            title: rule.map_or_else(|| id.clone(), |rule| rule.title.clone()),
            count: *count,
        };
        if rule.is_some_and(|rule| rule.staged) {
            activity.staged.push(entry);
        } else {
            activity.findings += count;
            activity.top.push(entry);
        }
    }
    for list in [&mut activity.top, &mut activity.staged] {
        list.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.title.cmp(&b.title)));
    }
    activity.top.truncate(TOP_RULES);
    activity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staged_rules_are_told_apart_and_unknown_ones_by_their_id() {
        let rule = |id: &str, staged| LoadedRule {
            id: id.to_owned(),
            title: format!("Rule {id}"),
            staged,
        };
        let loaded = LoadedRules {
            rules: vec![rule("a", false), rule("b", true)],
            refused: vec!["c.yml:3: no".to_owned()],
        };
        let counts = [("a", 2), ("b", 50), ("gone", 7), (TOLD, 3)]
            .map(|(id, count)| (id.to_owned(), count))
            .into();
        let activity = summary(&counts, &loaded);
        assert_eq!((activity.findings, activity.alerts), (9, 3));
        let titles: Vec<&str> = activity.top.iter().map(|r| r.title.as_str()).collect();
        assert_eq!(titles, ["gone", "Rule a"]);
        assert_eq!(activity.staged[0].count, 50);
        assert_eq!(activity.refused.len(), 1);
    }
}
