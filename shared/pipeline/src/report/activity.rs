//! What the rules did in the period, from the state's counters.

use std::collections::BTreeMap;

use super::loaded::{LoadedRule, LoadedRules};
use super::model::{RuleActivity, RuleCount};
use super::period::Period;
use crate::keys::TOLD;
use crate::ports::{CounterKey, PortError, StateStore};

/// Rules that the report names, the gravest first. The team's, and those that
/// are not loaded, are named besides, wherever they stand.
const TOP_RULES: usize = 10;

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
    let mut activity = RuleActivity::default();
    for (id, count) in counts {
        if id == TOLD {
            activity.alerts += count;
            continue;
        }
        let rule = by_id.get(id.as_str()).copied();
        let entry = RuleCount {
            title: rule.map_or_else(|| id.clone(), |rule| rule.title.clone()),
            level: rule.map(|rule| rule.level),
            own: rule.is_some_and(|rule| rule.own),
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
        list.sort_by(|a, b| {
            let gravest_then_most = (b.level, b.count).cmp(&(a.level, a.count));
            gravest_then_most.then_with(|| a.title.cmp(&b.title))
        });
    }
    activity.untold = cut(&mut activity.top);
    let silent = loaded
        .rules
        .iter()
        .filter(|rule| rule.own && !counts.contains_key(&rule.id));
    activity.silent = silent.map(|rule| rule.title.clone()).collect();
    activity
}

/// Leaves the first rules, the team's and those that are not loaded; says how
/// many went.
fn cut(top: &mut Vec<RuleCount>) -> usize {
    let all = top.len();
    let mut place = 0;
    top.retain(|rule| {
        place += 1;
        place <= TOP_RULES || rule.own || rule.level.is_none()
    });
    all - top.len()
}

#[cfg(test)]
mod tests {
    use detection::rule::Level;

    use super::*;

    fn rule(id: &str, own: bool, staged: bool) -> LoadedRule {
        LoadedRule {
            id: id.to_owned(),
            title: format!("Rule {id}"),
            level: Level::High,
            own,
            staged,
        }
    }

    fn summed(rules: Vec<LoadedRule>, counts: &[(&str, u64)]) -> RuleActivity {
        let loaded = LoadedRules {
            rules,
            ..LoadedRules::default()
        };
        let counts = counts
            .iter()
            .map(|(id, count)| ((*id).to_owned(), *count))
            .collect();
        summary(&counts, &loaded)
    }

    #[test]
    fn staged_rules_are_told_apart_and_unknown_ones_by_their_id() {
        let rules = vec![rule("a", false, false), rule("b", true, true)];
        let activity = summed(rules, &[("a", 2), ("b", 50), ("gone", 7), (TOLD, 3)]);
        assert_eq!((activity.findings, activity.alerts), (9, 3));
        let told: Vec<_> = activity
            .top
            .iter()
            .map(|rule| (rule.title.as_str(), rule.level))
            .collect();
        assert_eq!(told, [("Rule a", Some(Level::High)), ("gone", None)]);
        assert_eq!(
            (activity.staged[0].count, activity.staged[0].own),
            (50, true)
        );
    }

    #[test]
    fn one_grave_finding_stands_before_many_that_are_not() {
        let mut rules = vec![rule("grave", false, false)];
        let ids: Vec<String> = (0..15).map(|n| format!("r{n:02}")).collect();
        rules.extend(ids.iter().map(|id| LoadedRule {
            level: Level::Informational,
            ..rule(id, false, false)
        }));
        let mut counts: Vec<(&str, u64)> = ids.iter().map(|id| (id.as_str(), 9)).collect();
        counts.push(("grave", 1));
        let activity = summed(rules, &counts);
        assert_eq!(activity.top[0].title, "Rule grave");
        assert_eq!((activity.top.len(), activity.untold), (10, 6));
    }

    #[test]
    fn the_teams_rules_are_named_wherever_they_stand() {
        let ids: Vec<String> = (0..15).map(|n| format!("r{n:02}")).collect();
        let mut rules: Vec<LoadedRule> = ids.iter().map(|id| rule(id, false, false)).collect();
        rules.extend(["own", "silent"].map(|id| rule(id, true, false)));
        rules.push(rule("silent on trial", true, true));
        let mut counts: Vec<(&str, u64)> = ids.iter().map(|id| (id.as_str(), 9)).collect();
        counts.extend([("own", 1), ("gone", 1)]);
        let activity = summed(rules, &counts);
        assert_eq!(activity.findings, 15 * 9 + 2);
        assert_eq!((activity.top.len(), activity.untold), (12, 5));
        let last: Vec<_> = activity.top[10..]
            .iter()
            .map(|rule| (rule.title.as_str(), rule.own))
            .collect();
        assert_eq!(last, [("Rule own", true), ("gone", false)]);
        assert_eq!(activity.silent, ["Rule silent", "Rule silent on trial"]);
    }
}
