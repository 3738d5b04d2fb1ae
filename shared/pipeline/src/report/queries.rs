//! The report's questions, as statements for Athena.
//!
//! Each is a template in `sql/`; conditions that several share are written
//! once, here. Only functions that Trino documents are used. Values come from
//! [`super::literal`], never from elsewhere.

use sha2::{Digest, Sha256};

use super::address::{ADDRESS_PATTERN, PRIVATE_PATTERN};
use super::calls;
use super::literal::{quoted, quoted_list};
use super::period::Period;
use super::scope::Scope;
use crate::ports::QueryRequest;

/// A question to the trail's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Query {
    /// The six counts, per account and region.
    Counts,
    /// Console sign-ins of users and root without MFA.
    SignInsWithoutMfa,
    /// Single escalation calls, newest first: to be run by hand.
    EscalationAttempts,
    /// Escalation calls as one chain per caller.
    EscalationChains,
    /// Calls that blind the trail.
    TrailTampering,
    /// Single calls of IAM users from public addresses: to be run by hand.
    PublicAddressCalls,
    /// Public addresses per IAM user.
    UserAddresses,
    /// Calls refused often.
    DeniedCalls,
    /// What root did, as one chain per account.
    RootUse,
    /// Security groups opened to the world.
    WorldOpenGroups,
    /// Public addresses in use before the period.
    FamiliarAddresses,
}

impl Query {
    /// Every query, those for people included.
    pub const ALL: [Query; 11] = [
        Query::Counts,
        Query::SignInsWithoutMfa,
        Query::EscalationAttempts,
        Query::EscalationChains,
        Query::TrailTampering,
        Query::PublicAddressCalls,
        Query::UserAddresses,
        Query::DeniedCalls,
        Query::RootUse,
        Query::WorldOpenGroups,
        Query::FamiliarAddresses,
    ];

    /// The queries that a report runs.
    pub const REPORT: [Query; 9] = [
        Query::Counts,
        Query::SignInsWithoutMfa,
        Query::EscalationChains,
        Query::TrailTampering,
        Query::UserAddresses,
        Query::DeniedCalls,
        Query::RootUse,
        Query::WorldOpenGroups,
        Query::FamiliarAddresses,
    ];

    /// The query's name, by which local engines know it.
    pub fn name(self) -> &'static str {
        match self {
            Query::Counts => "counts",
            Query::SignInsWithoutMfa => "sign_ins_without_mfa",
            Query::EscalationAttempts => "escalation_attempts",
            Query::EscalationChains => "escalation_chains",
            Query::TrailTampering => "trail_tampering",
            Query::PublicAddressCalls => "public_address_calls",
            Query::UserAddresses => "user_addresses",
            Query::DeniedCalls => "denied_calls",
            Query::RootUse => "root_use",
            Query::WorldOpenGroups => "world_open_groups",
            Query::FamiliarAddresses => "familiar_addresses",
        }
    }

    /// The query of this name.
    pub fn from_name(name: &str) -> Option<Query> {
        Self::ALL.into_iter().find(|query| query.name() == name)
    }

    /// Rows that are fetched at most. A query that reaches its limit has more
    /// to say, and the report says so.
    pub fn limit(self) -> usize {
        match self {
            Query::Counts => 50_000,
            Query::EscalationAttempts => 100,
            Query::PublicAddressCalls => 200,
            Query::UserAddresses | Query::FamiliarAddresses => 5_000,
            _ => 1_000,
        }
    }

    /// The days that the query reads for a report on `period`.
    pub fn period(self, period: Period) -> Period {
        match self {
            Query::FamiliarAddresses => period.before(),
            _ => period,
        }
    }

    fn template(self) -> &'static str {
        match self {
            Query::Counts => include_str!("sql/counts.sql"),
            Query::SignInsWithoutMfa => include_str!("sql/sign_ins_without_mfa.sql"),
            Query::EscalationAttempts => include_str!("sql/escalation_attempts.sql"),
            Query::EscalationChains | Query::RootUse => include_str!("sql/chains.sql"),
            Query::TrailTampering => include_str!("sql/trail_tampering.sql"),
            Query::PublicAddressCalls => include_str!("sql/public_address_calls.sql"),
            Query::UserAddresses => include_str!("sql/user_addresses.sql"),
            Query::DeniedCalls => include_str!("sql/denied_calls.sql"),
            Query::WorldOpenGroups => include_str!("sql/world_open_groups.sql"),
            Query::FamiliarAddresses => include_str!("sql/familiar_addresses.sql"),
        }
    }

    /// The statement for a report on `period`.
    pub fn sql(self, period: Period, scope: &Scope) -> String {
        let mut sql = self
            .template()
            .lines()
            .filter(|line| !line.starts_with("--"))
            .collect::<Vec<_>>()
            .join("\n");
        for (name, text) in self.fragments(period, scope) {
            sql = sql.replace(&format!("{{{{{name}}}}}"), &text);
        }
        sql
    }

    /// The request to start, with a token that is the same for every attempt
    /// at the same report and another one where the statement is another
    /// (a new account came up): Athena refuses a known token with new text.
    pub fn request(self, period: Period, scope: &Scope) -> QueryRequest {
        let sql = self.sql(period, scope);
        let mut hash = Sha256::new();
        for part in [period.key().as_str(), self.name(), &sql] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let read = self.period(period);
        QueryRequest {
            name: self.name(),
            sql,
            token: hash.finalize().iter().map(|b| format!("{b:02x}")).collect(),
            from: read.from(),
            to: read.to(),
        }
    }

    /// Texts by placeholder, outer ones first: a fragment may hold another.
    fn fragments(self, period: Period, scope: &Scope) -> Vec<(&'static str, String)> {
        let filter = match self {
            Query::RootUse => ROOT_USE,
            _ => "{{escalation}}",
        };
        vec![
            ("filter", filter.to_owned()),
            ("sign_in_without_mfa", SIGN_IN_WITHOUT_MFA.to_owned()),
            ("sign_in", SIGN_IN.to_owned()),
            ("failed_sign_in", FAILED_SIGN_IN.to_owned()),
            ("escalation", ESCALATION.to_owned()),
            ("escalation_calls", quoted_list(calls::ESCALATION_CALLS)),
            ("trail_change", TRAIL_CHANGE.to_owned()),
            ("trail_changes", quoted_list(calls::TRAIL_CHANGES)),
            ("tampering_calls", quoted_list(calls::TAMPERING_CALLS)),
            ("group_change", GROUP_CHANGE.to_owned()),
            ("group_changes", quoted_list(calls::GROUP_CHANGES)),
            ("denied_codes", quoted_list(calls::DENIED_CODES)),
            ("denied_threshold", calls::DENIED_THRESHOLD.to_string()),
            ("everywhere", calls::EVERYWHERE_PATTERN.to_owned()),
            ("public_address", public_address()),
            ("principal", PRINCIPAL.to_owned()),
            ("listed", calls::LISTED.to_string()),
            ("limit", self.limit().to_string()),
            ("table", scope.table().to_owned()),
            ("period", scope.condition(self.period(period))),
        ]
    }
}

const PRINCIPAL: &str = "COALESCE(NULLIF(useridentity.arn, ''), NULLIF(useridentity.username, ''), \
    NULLIF(useridentity.principalid, ''), NULLIF(useridentity.invokedby, ''))";

const SIGN_IN: &str = "(eventname = 'ConsoleLogin' \
    AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Success')";

/// True or false for every record, never null: it stands behind a NOT.
const FAILED_SIGN_IN: &str = "(eventname IS NOT NULL AND eventname = 'ConsoleLogin' \
    AND COALESCE(json_extract_scalar(responseelements, '$.ConsoleLogin'), '') <> 'Success')";

const SIGN_IN_WITHOUT_MFA: &str = "({{sign_in}} \
    AND useridentity.type IN ('IAMUser', 'Root') \
    AND json_extract_scalar(additionaleventdata, '$.MFAUsed') = 'No')";

const ESCALATION: &str = "(eventsource IN ('iam.amazonaws.com', 'sts.amazonaws.com') \
    AND (eventname IN ({{escalation_calls}}) \
    OR (eventname = 'AssumeRole' AND (useridentity.type IN ('IAMUser', 'Root') \
    OR useridentity.accountid <> recipientaccountid))))";

const TRAIL_CHANGE: &str = "(eventsource = 'cloudtrail.amazonaws.com' \
    AND eventname IN ({{trail_changes}}) AND errorcode IS NULL)";

const GROUP_CHANGE: &str = "(eventsource = 'ec2.amazonaws.com' \
    AND eventname IN ({{group_changes}}) AND errorcode IS NULL)";

/// The benchmark's definition of root use; a sign-in that failed is none.
const ROOT_USE: &str = "useridentity.type = 'Root' AND useridentity.invokedby IS NULL \
    AND eventname IS NOT NULL \
    AND COALESCE(eventtype, '') <> 'AwsServiceEvent' AND NOT {{failed_sign_in}}";

fn public_address() -> String {
    format!(
        "(regexp_like(lower(sourceipaddress), {}) AND NOT regexp_like(lower(sourceipaddress), {}))",
        quoted(ADDRESS_PATTERN),
        quoted(PRIVATE_PATTERN)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Partition;

    fn partition(account: &str, region: &str) -> Partition {
        Partition {
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }

    fn scope() -> Scope {
        let partitions = vec![
            partition("111122223333", "us-east-1"),
            partition("111122223333", "eu-west-1"),
        ];
        Scope::new("trail", "cloudtrail_logs", partitions).unwrap()
    }

    const WEEK: i64 = 1_771_826_400; // 2026-02-23T06:00:00Z

    #[test]
    fn statements_are_complete() {
        for query in Query::ALL {
            let sql = query.sql(Period::ending_at(WEEK), &scope());
            assert!(!sql.contains("{{") && !sql.contains("--"), "{sql}");
            assert!(sql.contains("FROM \"trail\".\"cloudtrail_logs\""), "{sql}");
            assert!(
                sql.contains("region IN ('eu-west-1', 'us-east-1')"),
                "{sql}"
            );
            assert_eq!(Query::from_name(query.name()), Some(query));
        }
    }

    #[test]
    fn a_period_reads_its_delivery_days_and_no_more() {
        let period = Period::ending_at(WEEK);
        let now = Query::Counts.sql(period, &scope());
        assert!(
            now.contains("day BETWEEN '2026/02/16' AND '2026/02/23'"),
            "{now}"
        );
        assert!(
            now.contains("from_iso8601_timestamp('2026-02-23T00:00:00Z')"),
            "{now}"
        );
        let before = Query::FamiliarAddresses.sql(period, &scope());
        assert!(
            before.contains("day BETWEEN '2026/02/09' AND '2026/02/16'"),
            "{before}"
        );
    }

    #[test]
    fn a_token_is_the_same_for_the_same_question_only() {
        let period = Period::ending_at(WEEK);
        let token = |query: Query, period, scope: &Scope| query.request(period, scope).token;
        let first = token(Query::RootUse, period, &scope());
        assert_eq!(first.len(), 64);
        assert_eq!(
            first,
            token(Query::RootUse, Period::ending_at(WEEK + 60), &scope())
        );
        assert_ne!(first, token(Query::DeniedCalls, period, &scope()));
        assert_ne!(first, token(Query::RootUse, period.before(), &scope()));
        let grown = vec![partition("444455556666", "us-east-1")];
        let grown = Scope::new("trail", "cloudtrail_logs", grown).unwrap();
        assert_ne!(first, token(Query::RootUse, period, &grown));
    }
}
