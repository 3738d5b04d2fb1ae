//! From rows to findings: who, when, from where, in which order.

use std::collections::{BTreeMap, BTreeSet};

use super::address::is_public;
use super::calls::LISTED;
use super::model::{Address, Baseline, Counts, Finding, FindingGroup, Kind};
use super::queries::Query;
use crate::ports::Row;

/// Findings of one kind that the report tells in full.
pub const TOLD_PER_KIND: usize = 20;

/// The rows that queries gave; a query that failed is absent.
pub type Answers = BTreeMap<Query, Vec<Row>>;

/// Tells which addresses are suspicious.
#[derive(Debug)]
pub struct Judge<'a> {
    familiar: BTreeSet<&'a str>,
    listed: &'a BTreeSet<String>,
    baseline: Baseline,
}

impl<'a> Judge<'a> {
    /// A judge who knows the addresses of the week before, and listed ones.
    pub fn new(answers: &'a Answers, listed: &'a BTreeSet<String>) -> Self {
        let rows = answers.get(&Query::FamiliarAddresses);
        let familiar: BTreeSet<&str> = rows
            .into_iter()
            .flatten()
            .filter_map(|row| row.get("sourceipaddress"))
            .map(String::as_str)
            .collect();
        let baseline = match rows {
            None => Baseline::Missing,
            Some(_) if familiar.is_empty() => Baseline::Empty,
            Some(_) => Baseline::Known,
        };
        Self {
            familiar,
            listed,
            baseline,
        }
    }

    /// How addresses are judged.
    pub fn baseline(&self) -> Baseline {
        self.baseline
    }

    /// Public, and listed or not in use before. With nothing to compare with,
    /// only the list speaks: marking everything would say nothing.
    fn is_suspicious(&self, address: &str) -> bool {
        self.listed.contains(address)
            || (self.baseline == Baseline::Known
                && is_public(address)
                && !self.familiar.contains(address))
    }

    fn addresses<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Vec<Address> {
        let distinct: BTreeSet<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        distinct
            .into_iter()
            .take(LISTED)
            .map(|text| Address {
                text: text.to_owned(),
                suspicious: self.is_suspicious(text),
            })
            .collect()
    }
}

/// The six counts over all partitions.
pub fn counts(rows: &[Row]) -> Counts {
    let sum = |column: &str| rows.iter().map(|row| number(row, column)).sum();
    Counts {
        root_sign_ins: sum("root_sign_ins"),
        sign_ins_without_mfa: sum("sign_ins_without_mfa"),
        escalation_attempts: sum("escalation_attempts"),
        trail_changes: sum("trail_changes"),
        security_group_changes: sum("security_group_changes"),
        denied_calls: sum("denied_calls"),
    }
}

/// The findings of all kinds, the gravest kind first; within a kind suspicious
/// addresses first, then the latest.
pub fn findings(answers: &Answers, judge: &Judge<'_>) -> Vec<FindingGroup> {
    Kind::ALL
        .into_iter()
        .filter_map(|kind| group(kind, answers, judge))
        .collect()
}

fn group(kind: Kind, answers: &Answers, judge: &Judge<'_>) -> Option<FindingGroup> {
    let query = query_of(kind);
    let rows = answers.get(&query)?;
    let mut told = match kind {
        Kind::SignInWithoutMfa | Kind::TrailTampering | Kind::WorldOpenGroup => {
            merged(kind, rows, judge)
        }
        Kind::Escalation => rows
            .iter()
            .filter(|row| number(row, "other_than_assume_role") > 0)
            .map(|row| aggregated(kind, row, judge))
            .collect(),
        Kind::UnusualAddress => rows
            .iter()
            .map(|row| aggregated(kind, row, judge))
            .filter(|finding| judge.baseline() != Baseline::Known || finding.is_suspicious())
            .collect(),
        Kind::RootUse | Kind::DeniedBurst => rows
            .iter()
            .map(|row| aggregated(kind, row, judge))
            .collect(),
    };
    told.sort_by(|a, b| {
        b.is_suspicious()
            .cmp(&a.is_suspicious())
            .then_with(|| b.last_time.cmp(&a.last_time))
            .then_with(|| (&a.account, &a.user).cmp(&(&b.account, &b.user)))
    });
    let untold = told.len().saturating_sub(TOLD_PER_KIND);
    told.truncate(TOLD_PER_KIND);
    (!told.is_empty()).then_some(FindingGroup {
        kind,
        told,
        untold,
        cut: rows.len() >= query.limit(),
    })
}

/// The query whose rows tell of this kind.
pub fn query_of(kind: Kind) -> Query {
    match kind {
        Kind::TrailTampering => Query::TrailTampering,
        Kind::RootUse => Query::RootUse,
        Kind::SignInWithoutMfa => Query::SignInsWithoutMfa,
        Kind::Escalation => Query::EscalationChains,
        Kind::WorldOpenGroup => Query::WorldOpenGroups,
        Kind::UnusualAddress => Query::UserAddresses,
        Kind::DeniedBurst => Query::DeniedCalls,
    }
}

/// A row that is a finding already.
fn aggregated(kind: Kind, row: &Row, judge: &Judge<'_>) -> Finding {
    let listed = text(row, "addresses").split(", ");
    let single = row.get("sourceipaddress").map(String::as_str);
    let events = row.get("events").or_else(|| row.get("eventname"));
    let count = number(row, "calls").max(number(row, "denied_count"));
    Finding {
        kind,
        user: user(row),
        account: text(row, "account").to_owned(),
        first_time: text(row, "first_time").to_owned(),
        last_time: text(row, "last_time").to_owned(),
        events: events.cloned(),
        count,
        failed: match kind {
            Kind::DeniedBurst => count,
            _ => number(row, "failed"),
        },
        addresses: judge.addresses(listed.chain(single)),
        targets: Vec::new(),
    }
}

/// Rows of single events, newest first, as one finding per account and caller.
fn merged(kind: Kind, rows: &[Row], judge: &Judge<'_>) -> Vec<Finding> {
    let mut callers: BTreeMap<(&str, &str, String), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let caller = (text(row, "account"), text(row, "arn"), user(row));
        callers.entry(caller).or_default().push(row);
    }
    callers
        .into_iter()
        .map(|((account, _, user), rows)| {
            let oldest_first = || rows.iter().rev().copied();
            let times: Vec<&str> = oldest_first().map(|row| text(row, "eventtime")).collect();
            let targets: BTreeSet<&str> = oldest_first()
                .flat_map(|row| [row.get("trail"), row.get("groupid")])
                .flatten()
                .map(String::as_str)
                .collect();
            Finding {
                kind,
                user,
                account: account.to_owned(),
                first_time: times.first().copied().unwrap_or_default().to_owned(),
                last_time: times.last().copied().unwrap_or_default().to_owned(),
                events: chain(oldest_first().map(|row| text(row, "eventname"))),
                count: rows.len() as u64,
                failed: oldest_first()
                    .filter(|row| row.contains_key("errorcode"))
                    .count() as u64,
                addresses: judge.addresses(oldest_first().map(|row| text(row, "sourceipaddress"))),
                targets: targets
                    .into_iter()
                    .take(LISTED)
                    .map(str::to_owned)
                    .collect(),
            }
        })
        .collect()
}

/// Calls in order, one repeated at once written once.
fn chain<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut steps: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    steps.dedup();
    steps.truncate(LISTED);
    (!steps.is_empty()).then(|| steps.join(" -> "))
}

/// The user's name; for roles what follows the account in the arn, which
/// holds the role and who took it.
fn user(row: &Row) -> String {
    let principal = row.get("principal").or_else(|| row.get("arn"));
    match (row.get("username"), principal) {
        (Some(name), _) if !name.is_empty() => name.clone(),
        (_, Some(arn)) if arn.ends_with(":root") => "root".to_owned(),
        (_, Some(arn)) => match arn.splitn(6, ':').nth(5) {
            Some(tail) if arn.starts_with("arn:") && !tail.is_empty() => tail.to_owned(),
            _ => arn.clone(),
        },
        _ => "-".to_owned(),
    }
}

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).map(String::as_str).unwrap_or_default()
}

/// A count; what is no number counts nothing (an engine's fault, not input's).
fn number(row: &Row, column: &str) -> u64 {
    text(row, column).parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[(&str, &str)]) -> Row {
        columns
            .iter()
            .map(|(column, value)| ((*column).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn user_call(user: &str, address: &str, time: &str) -> Row {
        row(&[
            ("account", "111122223333"),
            (
                "principal",
                &format!("arn:aws:iam::111122223333:user/{user}"),
            ),
            ("sourceipaddress", address),
            ("calls", "3"),
            ("first_time", time),
            ("last_time", time),
        ])
    }

    fn judged(answers: &Answers, listed: &[&str]) -> Vec<FindingGroup> {
        let listed = listed.iter().map(|text| (*text).to_owned()).collect();
        findings(answers, &Judge::new(answers, &listed))
    }

    #[test]
    fn only_new_or_listed_addresses_are_findings() {
        let familiar = row(&[("sourceipaddress", "203.0.113.1")]);
        let answers = Answers::from([
            (Query::FamiliarAddresses, vec![familiar]),
            (
                Query::UserAddresses,
                vec![
                    user_call("old", "203.0.113.1", "2026-02-18T00:00:00Z"),
                    user_call("new", "203.0.113.2", "2026-02-18T00:00:00Z"),
                ],
            ),
        ]);
        let told = |listed: &[&str]| -> Vec<String> {
            let groups = judged(&answers, listed);
            groups[0].told.iter().map(|f| f.user.clone()).collect()
        };
        assert_eq!(told(&[]), ["user/new"]);
        assert_eq!(told(&["203.0.113.1"]), ["user/new", "user/old"]);
    }

    #[test]
    fn without_an_earlier_week_nothing_is_marked_but_what_is_listed() {
        let calls = vec![
            user_call("a", "203.0.113.1", "2026-02-18T00:00:00Z"),
            user_call("b", "203.0.113.2", "2026-02-17T00:00:00Z"),
        ];
        for baseline in [None, Some((Query::FamiliarAddresses, Vec::new()))] {
            let mut answers = Answers::from([(Query::UserAddresses, calls.clone())]);
            answers.extend(baseline);
            let groups = judged(&answers, &["203.0.113.2"]);
            let marks: Vec<bool> = groups[0].told.iter().map(Finding::is_suspicious).collect();
            assert_eq!(marks, [true, false]);
            assert_eq!(groups[0].told[0].user, "user/b", "the suspicious first");
        }
    }

    #[test]
    fn what_is_not_told_is_counted() {
        let calls = (0..50)
            .map(|n| user_call(&format!("u{n:02}"), "203.0.113.1", "2026-02-18T00:00:00Z"))
            .collect();
        let answers = Answers::from([(Query::UserAddresses, calls)]);
        let groups = judged(&answers, &[]);
        assert_eq!(
            (groups[0].told.len(), groups[0].untold),
            (TOLD_PER_KIND, 30)
        );
        assert!(!groups[0].cut);
    }

    #[test]
    fn roles_alone_are_no_escalation() {
        let chain = |others: &str| {
            row(&[
                (
                    "principal",
                    "arn:aws:sts::111122223333:assumed-role/ops/ann",
                ),
                ("events", "AssumeRole"),
                ("other_than_assume_role", others),
            ])
        };
        let answers = Answers::from([(Query::EscalationChains, vec![chain("0"), chain("1")])]);
        let groups = judged(&answers, &[]);
        assert_eq!(groups[0].told.len(), 1);
        assert_eq!(groups[0].told[0].user, "assumed-role/ops/ann");
    }

    #[test]
    fn single_events_of_a_caller_are_one_finding_in_their_order() {
        let call = |time: &str, name: &str| {
            row(&[
                ("arn", "arn:aws:iam::111122223333:user/eve"),
                ("eventtime", time),
                ("eventname", name),
                ("trail", "main"),
            ])
        };
        let newest_first = vec![
            call("2026-02-18T03:00:00Z", "DeleteTrail"),
            call("2026-02-18T02:00:00Z", "StopLogging"),
            call("2026-02-18T01:00:00Z", "StopLogging"),
        ];
        let answers = Answers::from([(Query::TrailTampering, newest_first)]);
        let finding = &judged(&answers, &[])[0].told[0];
        assert_eq!(
            finding.events.as_deref(),
            Some("StopLogging -> DeleteTrail")
        );
        assert_eq!(
            (finding.count, finding.targets.as_slice()),
            (3, ["main".to_owned()].as_slice())
        );
        assert_eq!(finding.first_time, "2026-02-18T01:00:00Z");
    }
}
