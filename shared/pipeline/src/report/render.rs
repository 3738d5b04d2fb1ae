//! The report as plain text, in the form that managers know: head, six
//! counts, numbered findings, alarm state. Every text that a record brought
//! is neutralised on the way in; nothing raw reaches a line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::model::{Baseline, Finding, FindingGroup, Report};
use super::words::{Words, of_kind, words};
use crate::neutral;
use crate::settings::Language;

/// Greatest length of a report, in bytes: what a topic takes, less what its
/// attributes need.
pub const MAX_REPORT_BYTES: usize = 250 * 1024;

/// Accounts, partitions, rules or reasons that a list names.
const NAMED: usize = 50;

/// Accounts that the head names.
const ACCOUNTS_IN_HEAD: usize = 5;

/// The report's text. `account_names` is what the team calls its accounts.
pub fn render(
    report: &Report,
    language: Language,
    account_names: &BTreeMap<String, String>,
) -> String {
    let mut page = Page {
        text: String::new(),
        words: words(language),
        language,
        account_names,
    };
    page.head(report);
    page.counts(report);
    page.findings(report);
    page.alarm_state(report);
    page.rules(report);
    page.gaps(report);
    page.finish()
}

/// The subject of the report's mail: printable ASCII, under 100 characters.
pub fn subject(report: &Report) -> String {
    let account = match report.accounts.as_slice() {
        [one] => format!("account {one}"),
        many => format!("{} accounts", many.len()),
    };
    let period = report.period;
    let subject = format!(
        "Trailward weekly report {} to {}, {account}",
        period.from_date(),
        period.to_date()
    );
    neutral::ascii(&subject, 99)
}

struct Page<'a> {
    text: String,
    words: &'static Words,
    language: Language,
    account_names: &'a BTreeMap<String, String>,
}

/// Entries of a list, of which only the first are shown.
struct List {
    entries: Vec<String>,
    /// How many are shown.
    most: usize,
    /// How many there are besides the entries.
    beyond: usize,
}

impl List {
    fn of(entries: Vec<String>, most: usize) -> Self {
        Self {
            entries,
            most,
            beyond: 0,
        }
    }
}

impl Page<'_> {
    fn line(&mut self, indent: usize, label: &str, value: &str) {
        let colon = self.words.colon;
        let _ = writeln!(self.text, "{:indent$}{label}{colon}{value}", "");
    }

    fn section(&mut self, title: &str) {
        let _ = writeln!(self.text, "\n{title}:");
    }

    fn head(&mut self, report: &Report) {
        let w = self.words;
        let _ = writeln!(self.text, "{}\n{}", w.title, "=".repeat(38));
        let named: Vec<String> = report
            .accounts
            .iter()
            .take(ACCOUNTS_IN_HEAD)
            .map(|account| self.account(account))
            .collect();
        let mut accounts = named.join(", ");
        let rest = report.accounts.len().saturating_sub(ACCOUNTS_IN_HEAD);
        if rest > 0 {
            let _ = write!(accounts, ", + {rest}");
        }
        self.line(
            0,
            w.account,
            if accounts.is_empty() { "-" } else { &accounts },
        );
        let (from, to) = (report.period.from_date(), report.period.to_date());
        self.line(0, w.period, &format!("{from} {} {to}", w.to));
        let mut trail = neutral::value(&report.trail);
        if report.organization {
            let _ = write!(trail, "{}{}{}", w.open, w.organization_wide, w.close);
        }
        self.line(0, w.trail, &trail);
    }

    fn counts(&mut self, report: &Report) {
        let w = self.words;
        self.section(w.events);
        let values = report.counts.as_ref().map(|counts| {
            [
                counts.root_sign_ins,
                counts.sign_ins_without_mfa,
                counts.escalation_attempts,
                counts.trail_changes,
                counts.security_group_changes,
                counts.denied_calls,
            ]
        });
        for (place, label) in w.counts.iter().enumerate() {
            let value = values.as_ref().and_then(|values| values.get(place));
            let shown = value.map_or_else(|| w.counts_missing.to_owned(), u64::to_string);
            self.line(2, label, &shown);
        }
    }

    fn findings(&mut self, report: &Report) {
        let w = self.words;
        self.section(w.findings);
        if report.findings.is_empty() {
            let _ = writeln!(self.text, "  {}", w.no_findings);
        }
        let mut number = 0;
        for group in &report.findings {
            for finding in &group.told {
                number += 1;
                self.finding(number, finding);
            }
            self.untold(group);
        }
    }

    fn finding(&mut self, number: usize, finding: &Finding) {
        let w = self.words;
        let (title, action) = of_kind(self.language, finding.kind);
        let _ = writeln!(self.text, "\n  [CT-{number:03}] {title}");
        self.line(4, w.user, &neutral::value(&finding.user));
        self.line(4, w.account, &self.account(&finding.account));
        self.line(4, w.time, &times(finding));
        if let Some(events) = &finding.events {
            self.line(4, w.calls, &neutral::neutral(events, 1_000));
        }
        if finding.count > 1 || finding.failed > 0 {
            let mut count = finding.count.to_string();
            if finding.failed > 0 {
                let (open, close) = (w.open, w.close);
                let _ = write!(
                    count,
                    "{open}{} {}{close}",
                    finding.failed, w.of_which_failed
                );
            }
            self.line(4, w.count, &count);
        }
        if !finding.targets.is_empty() {
            let targets: Vec<String> = finding.targets.iter().map(|t| neutral::value(t)).collect();
            self.line(4, w.target, &targets.join(", "));
        }
        let addresses: Vec<String> = finding
            .addresses
            .iter()
            .map(|address| {
                let text = neutral::value(&address.text);
                if address.suspicious {
                    format!("{text}{}{}{}", w.open, w.suspicious, w.close)
                } else {
                    text
                }
            })
            .collect();
        if !addresses.is_empty() {
            self.line(4, w.address, &addresses.join(", "));
        }
        self.line(4, w.action, action);
    }

    fn untold(&mut self, group: &FindingGroup) {
        if group.untold == 0 && !group.cut {
            return;
        }
        let w = self.words;
        let (title, _) = of_kind(self.language, group.kind);
        let least = if group.cut {
            format!("{} ", w.at_least)
        } else {
            String::new()
        };
        let _ = writeln!(
            self.text,
            "\n  {title}{}{least}{} {}",
            w.colon, group.untold, w.more
        );
    }

    fn alarm_state(&mut self, report: &Report) {
        let w = self.words;
        self.section(w.alarm_state);
        let shown = |state: Option<(u32, u32)>| match state {
            Some((standing, expected)) => format!("{standing} / {expected}"),
            None => w.not_checked.to_owned(),
        };
        self.line(2, w.filters, &shown(report.alarms.filters));
        self.line(2, w.alarms, &shown(report.alarms.alarms));
        let fired = report.activity.as_ref().map_or_else(
            || w.counts_missing.to_owned(),
            |activity| activity.alerts.to_string(),
        );
        self.line(2, w.fired, &fired);
    }

    /// A label with its entries below it, bounded.
    fn list(&mut self, indent: usize, label: &str, list: &List) {
        if list.entries.is_empty() {
            return self.line(indent, label, self.words.none);
        }
        let _ = writeln!(self.text, "{:indent$}{label}:", "");
        for entry in list.entries.iter().take(list.most) {
            let _ = writeln!(self.text, "{:indent$}  - {entry}", "");
        }
        let rest = list.entries.len().saturating_sub(list.most) + list.beyond;
        if rest > 0 {
            let (before, after) = self.words.and_more;
            let _ = writeln!(self.text, "{:indent$}  - {before}{rest}{after}", "");
        }
    }

    fn gaps(&mut self, report: &Report) {
        let w = self.words;
        let missing: Vec<String> = report
            .missing
            .iter()
            .map(|m| format!("{}: {}", m.name, neutral::neutral(&m.reason, 400)))
            .collect();
        let silent: Vec<String> = report
            .silent
            .iter()
            .map(|p| format!("{} {}", self.account(&p.account), neutral::value(&p.region)))
            .collect();
        let left_out: Vec<String> = report.left_out.iter().map(|p| neutral::value(p)).collect();
        for (label, entries) in [
            (w.missing, missing),
            (w.silent, silent),
            (w.left_out, left_out),
        ] {
            if !entries.is_empty() {
                self.text.push('\n');
                self.list(0, label, &List::of(entries, NAMED));
            }
        }
        let note = match report.baseline {
            Baseline::Known => return,
            Baseline::Empty => w.baseline_empty,
            Baseline::Missing => w.baseline_missing,
        };
        self.section(w.notes);
        let _ = writeln!(self.text, "  {note}");
    }

    /// The account's number, with the team's name for it where it has one.
    fn account(&self, account: &str) -> String {
        let number = neutral::value(account);
        match self.account_names.get(account) {
            Some(name) => format!(
                "{number}{}{}{}",
                self.words.open,
                neutral::value(name),
                self.words.close
            ),
            None => number,
        }
    }

    /// The text within its bound, cut at a line's end.
    fn finish(self) -> String {
        if self.text.len() <= MAX_REPORT_BYTES {
            return self.text;
        }
        let note = format!("\n[{}]\n", self.words.cut);
        let mut kept = String::new();
        for line in self.text.split_inclusive('\n') {
            if kept.len() + line.len() + note.len() > MAX_REPORT_BYTES {
                break;
            }
            kept.push_str(line);
        }
        kept + &note
    }
}

fn times(finding: &Finding) -> String {
    let (first, last) = (
        neutral::value(&finding.first_time),
        neutral::value(&finding.last_time),
    );
    if first == last || first.is_empty() {
        last
    } else {
        format!("{first} - {last}")
    }
}

mod rules;
#[cfg(test)]
mod tests;
