//! What the report says of rules and exceptions.

use super::{List, NAMED, Page};
use crate::alert::level_in;
use crate::neutral;
use crate::report::loaded::{EndingException, LoadedRules};
use crate::report::model::{Report, RuleActivity, RuleCount};
use crate::report::period::day_of;
use crate::team::refusal;

/// Refusals that are named: one lost list can cost many rules.
const REFUSALS_NAMED: usize = 20;

/// Rules without a finding that are named.
const SILENT_NAMED: usize = 10;

impl Page<'_> {
    pub(super) fn rules(&mut self, report: &Report) {
        let w = self.words;
        self.section(w.rules);
        self.in_use(&report.rules);
        match &report.activity {
            Some(activity) => self.activity(activity),
            None => self.line(2, w.rule_findings, w.counts_missing),
        }
        self.exceptions(&report.rules.ending);
        self.refused(&report.rules);
    }

    fn in_use(&mut self, rules: &LoadedRules) {
        let w = self.words;
        let (own, built_in): (Vec<_>, Vec<_>) = rules.rules.iter().partition(|rule| rule.own);
        let mut counts = vec![format!("{} {}", built_in.len(), w.built_in)];
        if !own.is_empty() {
            counts.push(format!("{} {}", own.len(), w.of_team));
        }
        self.line(2, w.in_use, &counts.join(", "));
        if rules.unread.is_some() {
            self.line(2, w.of_team_unread, w.counts_missing);
        }
        if rules.exceptions > 0 {
            self.line(2, w.exceptions, &rules.exceptions.to_string());
        }
    }

    fn activity(&mut self, activity: &RuleActivity) {
        let w = self.words;
        self.line(2, w.rule_findings, &activity.findings.to_string());
        let top = List {
            entries: self.counted(&activity.top),
            most: NAMED,
            beyond: activity.untold,
        };
        self.list(2, w.top, &top);
        let staged = List::of(self.counted(&activity.staged), NAMED);
        self.list(2, w.staged, &staged);
        if !activity.silent.is_empty() {
            let silent = activity.silent.iter().map(|title| neutral::value(title));
            self.list(
                2,
                w.without_finding,
                &List::of(silent.collect(), SILENT_NAMED),
            );
        }
    }

    /// Rules with their level and count.
    fn counted(&self, counts: &[RuleCount]) -> Vec<String> {
        let w = self.words;
        let entry = |rule: &RuleCount| {
            let level = rule
                .level
                .map_or(w.not_loaded, |level| level_in(level, self.language));
            let own = if rule.own { w.teams_own } else { "" };
            format!(
                "[{}] {} ({}{own})",
                level.to_uppercase(),
                neutral::value(&rule.title),
                rule.count
            )
        };
        counts.iter().map(entry).collect()
    }

    fn exceptions(&mut self, ending: &[EndingException]) {
        if ending.is_empty() {
            return;
        }
        let w = self.words;
        let entry = |exception: &EndingException| {
            let owner = exception.owner.as_deref().map(neutral::value);
            let (before, after) = if exception.ended { w.ended } else { w.ends };
            format!(
                "{}{}{}{}{}{before}{}{after}",
                neutral::value(&exception.title),
                w.open,
                owner.as_deref().unwrap_or(w.no_owner),
                w.close,
                w.colon,
                day_of(exception.ends)
            )
        };
        let entries = ending.iter().map(entry).collect();
        self.list(2, w.ending, &List::of(entries, NAMED));
    }

    fn refused(&mut self, rules: &LoadedRules) {
        let w = self.words;
        if rules.refused.is_empty() {
            let none = rules.unread.as_ref().map_or(w.none, |_| w.counts_missing);
            return self.line(2, w.refused, none);
        }
        let faults = format!("{}{}{}", w.faults, w.colon, rules.refused.len());
        let label = format!(
            "{}{}{}{faults}{}",
            w.refused, w.until_mended, w.open, w.close
        );
        let entries = rules.refused.iter().map(refusal).collect();
        self.list(2, &label, &List::of(entries, REFUSALS_NAMED));
    }
}
