//! Each of the report's questions as a predicate, a projection and a finish.

use std::collections::{BTreeMap, BTreeSet};

use pipeline::ports::Row;
use pipeline::report::Query;
use pipeline::report::calls::{DENIED_THRESHOLD, LISTED};

use super::columns::{keeps, project};
use super::fields::Fields;

/// A record that a question keeps: compared whole, so that a duplicate
/// delivery is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    time: i64,
    id: Option<String>,
    row: Row,
}

/// What a question gathers while records go by.
#[derive(Debug)]
pub(super) struct Answer {
    query: Query,
    kept: BTreeSet<Kept>,
    partitions: BTreeMap<(String, String), Tally>,
}

/// The six counts of a partition, by event id.
#[derive(Debug, Default)]
struct Tally {
    records: u64,
    ids: [BTreeSet<String>; 6],
}

const COUNTS: [&str; 6] = [
    "root_sign_ins",
    "sign_ins_without_mfa",
    "escalation_attempts",
    "trail_changes",
    "security_group_changes",
    "denied_calls",
];

impl Answer {
    pub(super) fn new(query: Query) -> Self {
        Self {
            query,
            kept: BTreeSet::new(),
            partitions: BTreeMap::new(),
        }
    }

    /// Looks at a record of the question's days.
    pub(super) fn look(&mut self, fields: &Fields<'_, '_>, time: i64) {
        if self.query == Query::Counts {
            return self.tally(fields);
        }
        if keeps(self.query, fields) {
            self.kept.insert(Kept {
                time,
                id: fields.id(),
                row: project(self.query, fields),
            });
        }
    }

    fn tally(&mut self, fields: &Fields<'_, '_>) {
        let key = (fields.account(), fields.region());
        let tally = self.partitions.entry(key).or_default();
        tally.records += 1;
        let Some(id) = fields.id() else { return };
        let belongs = [
            fields.is_root_sign_in(),
            fields.is_sign_in_without_mfa(),
            fields.is_escalation(),
            fields.is_trail_change(),
            fields.is_group_change(),
            fields.is_denied(),
        ];
        for (ids, belongs) in tally.ids.iter_mut().zip(belongs) {
            if belongs {
                ids.insert(id.clone());
            }
        }
    }

    /// The rows, as the SQL gives them.
    pub(super) fn rows(self) -> Vec<Row> {
        let query = self.query;
        let mut rows = match query {
            Query::Counts => self.counted(),
            Query::EscalationChains | Query::RootUse => grouped(
                self.kept,
                &["account", "principal"],
                &[chain, caller, outcome, times, addresses],
            ),
            Query::UserAddresses => grouped(
                self.kept,
                &["account", "principal", "sourceipaddress"],
                &[caller, calls, distinct_events, times],
            ),
            Query::DeniedCalls => {
                let mut rows = grouped(
                    self.kept,
                    &["arn", "eventname", "account"],
                    &[denials, caller, times, addresses],
                );
                rows.retain(|row| number(row, "denied_count") > DENIED_THRESHOLD);
                rows
            }
            Query::FamiliarAddresses => grouped(self.kept, &["sourceipaddress"], &[calls]),
            // The statement groups by its columns, the event's id aside.
            Query::PublicAddressCalls => {
                let rows: BTreeSet<Row> = self.kept.into_iter().map(|kept| kept.row).collect();
                rows.into_iter().collect()
            }
            _ => newest_first(self.kept),
        };
        order(query, &mut rows);
        rows.truncate(query.limit());
        rows
    }

    fn counted(self) -> Vec<Row> {
        self.partitions
            .into_iter()
            .map(|((account, region), tally)| {
                let mut row = Row::from([
                    ("account".to_owned(), account),
                    ("region".to_owned(), region),
                    ("records".to_owned(), tally.records.to_string()),
                ]);
                for (name, ids) in COUNTS.into_iter().zip(&tally.ids) {
                    row.insert(name.to_owned(), ids.len().to_string());
                }
                row
            })
            .collect()
    }
}

/// Single events, the newest first.
fn newest_first(kept: BTreeSet<Kept>) -> Vec<Row> {
    let mut kept: Vec<Kept> = kept.into_iter().collect();
    kept.sort_by(|a, b| {
        b.time
            .cmp(&a.time)
            .then_with(|| a.id.is_none().cmp(&b.id.is_none()))
            .then_with(|| a.id.cmp(&b.id))
    });
    kept.into_iter().map(|kept| kept.row).collect()
}

/// Adds columns to a group's row.
type Column = fn(&[Kept], &mut Row);

/// One row per distinct values of `keys`, its members in the order of time.
fn grouped(kept: BTreeSet<Kept>, keys: &[&str], columns: &[Column]) -> Vec<Row> {
    let mut groups: BTreeMap<Row, Vec<Kept>> = BTreeMap::new();
    for member in kept {
        let key = keys
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), member.row.get(*key)?.clone())))
            .collect();
        groups.entry(key).or_default().push(member);
    }
    groups
        .into_iter()
        .map(|(mut row, mut members)| {
            members.sort_by(|a, b| {
                (a.time, a.id.is_none(), &a.id).cmp(&(b.time, b.id.is_none(), &b.id))
            });
            for column in columns {
                column(&members, &mut row);
            }
            row
        })
        .collect()
}

fn all<'a>(members: &'a [Kept], column: &'a str) -> impl Iterator<Item = &'a str> {
    members
        .iter()
        .filter_map(move |kept| kept.row.get(column))
        .map(String::as_str)
}

fn put(row: &mut Row, name: &str, value: Option<String>) {
    if let Some(value) = value {
        row.insert(name.to_owned(), value);
    }
}

fn joined<'a>(values: impl Iterator<Item = &'a str>, separator: &str) -> Option<String> {
    let values: Vec<&str> = values.take(LISTED).collect();
    (!values.is_empty()).then(|| values.join(separator))
}

fn chain(members: &[Kept], row: &mut Row) {
    let mut steps: Vec<&str> = all(members, "eventname").collect();
    steps.dedup();
    put(row, "events", joined(steps.into_iter(), " -> "));
    let others = all(members, "eventname").filter(|name| *name != "AssumeRole");
    put(
        row,
        "other_than_assume_role",
        Some(others.count().to_string()),
    );
}

fn distinct_events(members: &[Kept], row: &mut Row) {
    let names: BTreeSet<&str> = all(members, "eventname").collect();
    put(row, "events", joined(names.into_iter(), ", "));
}

fn addresses(members: &[Kept], row: &mut Row) {
    let texts: BTreeSet<&str> = all(members, "sourceipaddress").collect();
    put(row, "addresses", joined(texts.into_iter(), ", "));
}

fn caller(members: &[Kept], row: &mut Row) {
    put(
        row,
        "username",
        all(members, "username").max().map(str::to_owned),
    );
}

fn calls(members: &[Kept], row: &mut Row) {
    put(row, "calls", Some(members.len().to_string()));
}

fn denials(members: &[Kept], row: &mut Row) {
    put(row, "denied_count", Some(members.len().to_string()));
}

fn outcome(members: &[Kept], row: &mut Row) {
    calls(members, row);
    put(
        row,
        "failed",
        Some(all(members, "errorcode").count().to_string()),
    );
}

fn times(members: &[Kept], row: &mut Row) {
    put(
        row,
        "first_time",
        all(members, "eventtime").min().map(str::to_owned),
    );
    put(
        row,
        "last_time",
        all(members, "eventtime").max().map(str::to_owned),
    );
}

fn number(row: &Row, column: &str) -> u64 {
    row.get(column)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// The statement's order for grouped rows; single events come in theirs.
fn order(query: Query, rows: &mut [Row]) {
    let (number_column, text_column, ties): (&str, &str, &[&str]) = match query {
        Query::DeniedCalls => ("denied_count", "", &["arn", "eventname", "account"]),
        Query::FamiliarAddresses => ("calls", "", &["sourceipaddress"]),
        Query::EscalationChains | Query::RootUse => ("", "last_time", &["account", "principal"]),
        Query::UserAddresses => (
            "",
            "last_time",
            &["account", "principal", "sourceipaddress"],
        ),
        Query::PublicAddressCalls => (
            "",
            "eventtime",
            &["arn", "eventname", "sourceipaddress", "awsregion"],
        ),
        _ => return,
    };
    let ascending = |row: &Row| -> Vec<(bool, Option<String>)> {
        ties.iter()
            .map(|column| (!row.contains_key(*column), row.get(*column).cloned()))
            .collect()
    };
    rows.sort_by(|a, b| {
        number(b, number_column)
            .cmp(&number(a, number_column))
            .then_with(|| b.get(text_column).cmp(&a.get(text_column)))
            .then_with(|| ascending(a).cmp(&ascending(b)))
    });
}
