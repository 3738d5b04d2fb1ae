//! Where the report's questions look: one table, and the partitions that exist.

use std::collections::BTreeSet;

use super::literal::{self, BadValue, quoted, quoted_list};
use super::period::Period;
use crate::ports::Partition;

/// Distinct values of one projected partition column that a statement may
/// name: Athena refuses more.
pub const MAX_PARTITION_VALUES: usize = 1_000;

/// Where the records lie: the table and the partitions that exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    table: String,
    partitions: Vec<Partition>,
    left_out: Vec<String>,
}

impl Scope {
    /// A scope over the partitions whose names are what the trail writes.
    /// Others, and accounts past what a statement may name, are left out and
    /// told by [`Scope::left_out`].
    pub fn new(database: &str, table: &str, partitions: Vec<Partition>) -> Result<Self, BadValue> {
        literal::check_identifier(database)?;
        literal::check_identifier(table)?;
        let mut scope = Self {
            table: format!("\"{database}\".\"{table}\""),
            partitions: Vec::new(),
            left_out: Vec::new(),
        };
        let mut accounts = BTreeSet::new();
        for partition in partitions {
            let good = literal::check_account(&partition.account)
                .and_then(|()| literal::check_region(&partition.region))
                .is_ok();
            let fits =
                accounts.len() < MAX_PARTITION_VALUES || accounts.contains(&partition.account);
            if good && fits {
                accounts.insert(partition.account.clone());
                scope.partitions.push(partition);
            } else {
                scope
                    .left_out
                    .push(format!("{}/{}", partition.account, partition.region));
            }
        }
        Ok(scope)
    }

    /// The table, as a statement names it.
    pub(super) fn table(&self) -> &str {
        &self.table
    }

    /// The partitions that are read.
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// Partitions that no statement may name.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    fn values<'a>(&'a self, of: impl Fn(&'a Partition) -> &'a String) -> Vec<&'a str> {
        let mut values: Vec<&str> = self.partitions.iter().map(|p| of(p).as_str()).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// Partition columns by literals, then the event's own time.
    pub(super) fn condition(&self, period: Period) -> String {
        format!(
            "account IN ({}) AND region IN ({}) AND day BETWEEN {} AND {} \
             AND TRY(from_iso8601_timestamp(eventtime)) >= from_iso8601_timestamp({}) \
             AND TRY(from_iso8601_timestamp(eventtime)) < from_iso8601_timestamp({})",
            quoted_list(self.values(|p| &p.account)),
            quoted_list(self.values(|p| &p.region)),
            quoted(&period.first_delivery_day()),
            quoted(&period.last_delivery_day()),
            quoted(&period.from_time()),
            quoted(&period.to_time()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::queries::Query;

    const WEEK: i64 = 1_771_826_400; // 2026-02-23T06:00:00Z

    fn partition(account: &str, region: &str) -> Partition {
        Partition {
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }

    #[test]
    fn what_is_no_account_or_region_reaches_no_statement() {
        let partitions = vec![
            partition("111122223333", "us-east-1"),
            partition("x' OR '1'='1", "us-east-1"),
            partition("111122223333", "us-east-1') --"),
        ];
        let scope = Scope::new("trail", "logs", partitions).unwrap();
        assert_eq!(scope.partitions().len(), 1);
        assert_eq!(scope.left_out().len(), 2);
        let sql = Query::Counts.sql(Period::ending_at(WEEK), &scope);
        assert!(!sql.contains("OR '1'"), "{sql}");
        assert!(Scope::new("trail\"", "logs", Vec::new()).is_err());
    }

    #[test]
    fn accounts_past_what_athena_takes_are_named() {
        let many = (0..=MAX_PARTITION_VALUES)
            .map(|n| partition(&format!("{n:012}"), "us-east-1"))
            .collect();
        let scope = Scope::new("trail", "logs", many).unwrap();
        assert_eq!(scope.partitions().len(), MAX_PARTITION_VALUES);
        assert_eq!(scope.left_out(), ["000000001000/us-east-1"]);
        let longest = Query::ALL.map(|query| query.sql(Period::ending_at(WEEK), &scope).len());
        assert!(longest.into_iter().all(|length| length < 262_144));
    }
}
