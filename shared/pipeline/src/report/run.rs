//! The weekly report on one screen: ask everything at once, wait, judge,
//! write, keep, and mail once per period.
//!
//! Questions carry tokens of the period, so a second attempt finds the
//! queries of the first and pays for none again. The claim is taken only
//! around publishing: it is short, questions are not.

use std::collections::BTreeSet;

use tracing::{info, warn};

use super::activity;
use super::findings::{self, Answers, Judge};
use super::literal::BadValue;
use super::model::{Missing, Report};
use super::period::Period;
use super::queries::Query;
use super::render::{render, subject};
use super::scope::Scope;
use super::setup::ReportSettings;
use super::wait::{self, Attempt};
use crate::invocation::{Clock, Invocation};
use crate::keys::STATE_SECONDS;
use crate::ports::{AlertSink, Claim, Mail, PortError, QueryEngine, ReportStore, Row, StateStore};

/// Left of an invocation for writing and mailing.
const CLOSING_MS: i64 = 20_000;

/// Whom the report asks and where it goes.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// Claims and counters.
    pub state: &'a dyn StateStore,
    /// The trail's records.
    pub queries: &'a dyn QueryEngine,
    /// Where reports are kept.
    pub store: &'a dyn ReportStore,
    /// Where the mail goes.
    pub sink: &'a dyn AlertSink,
    /// The clock: waiting for queries takes minutes.
    pub clock: &'a Clock,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The report was kept under this key and mailed.
    Sent {
        /// The key in the store.
        key: String,
        /// Sections that could not be made.
        missing: usize,
    },
    /// This period's report had been mailed before.
    AlreadySent,
}

/// Why there is no report yet. The invocation fails and is tried again.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A port gave no answer.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The database's or the table's name is no name.
    #[error("the report's table cannot be named: {0}")]
    Table(#[from] BadValue),
    /// Time is up and queries still run; the next attempt resumes them.
    #[error("{running} of the report's queries still run at the deadline: {names}")]
    Unfinished {
        /// How many.
        running: usize,
        /// Which.
        names: String,
    },
    /// Another attempt is publishing.
    #[error("`{key}` is being published by another attempt until {until_ms}")]
    Held {
        /// The claim.
        key: String,
        /// When its lease ends (epoch milliseconds).
        until_ms: i64,
    },
}

/// Makes and sends the report of the week that ends before `scheduled`: the
/// schedule's time (epoch seconds), not the clock's.
pub async fn run(
    ports: Ports<'_>,
    settings: &ReportSettings,
    scheduled: i64,
    invocation: &Invocation,
) -> Result<Outcome, ReportError> {
    let period = Period::ending_at(scheduled);
    let report = build(ports, settings, scheduled, invocation).await?;
    let body = render(&report, settings.language, &settings.account_names);
    let key = format!("reports/{}.txt", period.from_date());
    if publish(ports, invocation, &report, &key, &body).await? == Published::Before {
        info!(period = period.key(), "report had been sent");
        return Ok(Outcome::AlreadySent);
    }
    info!(
        period = period.key(),
        key,
        missing = report.missing.len(),
        "report sent"
    );
    Ok(Outcome::Sent {
        key,
        missing: report.missing.len(),
    })
}

/// Asks everything and judges the answers; sends nothing.
pub async fn build(
    ports: Ports<'_>,
    settings: &ReportSettings,
    scheduled: i64,
    invocation: &Invocation,
) -> Result<Report, ReportError> {
    let period = Period::ending_at(scheduled);
    let partitions = ports.queries.partitions().await?;
    let scope = Scope::new(&settings.database, &settings.table, partitions)?;
    let attempt = Attempt {
        scheduled_ms: scheduled.saturating_mul(1_000),
        started_ms: (ports.clock)(),
        deadline_ms: invocation.deadline_ms.saturating_sub(CLOSING_MS),
        clock: ports.clock,
    };
    let (answers, mut missing) = wait::ask(ports.queries, period, &scope, &attempt).await?;
    let activity = match activity::read(ports.state, period, &settings.rules).await {
        Ok(activity) => Some(activity),
        Err(problem) => {
            warn!(%problem, "the rules' counters are missing from the report");
            missing.push(Missing {
                name: "rule_counters".to_owned(),
                reason: problem.to_string(),
            });
            None
        }
    };
    if let Some(reason) = &settings.rules.unread {
        warn!(reason, "the team's rules are missing from the report");
        missing.push(Missing {
            name: "team_rules".to_owned(),
            reason: reason.clone(),
        });
    }
    let judge = Judge::new(&answers, &settings.listed_addresses);
    let mut accounts: Vec<String> = scope
        .partitions()
        .iter()
        .map(|p| p.account.clone())
        .collect();
    accounts.sort();
    accounts.dedup();
    Ok(Report {
        accounts,
        period,
        trail: settings.trail.clone(),
        organization: settings.organization,
        counts: counts(&answers, &scope),
        findings: findings::findings(&answers, &judge),
        baseline: judge.baseline(),
        rules: settings.rules.clone(),
        activity,
        alarms: settings.alarms,
        silent: silent(&answers, &scope),
        missing,
        left_out: scope.left_out().to_vec(),
    })
}

/// The counts; a trail that never delivered counts nothing.
fn counts(answers: &Answers, scope: &Scope) -> Option<super::model::Counts> {
    if scope.partitions().is_empty() {
        return Some(findings::counts(&[]));
    }
    answers
        .get(&Query::Counts)
        .map(|rows| findings::counts(rows))
}

/// Partitions of which the counts say nothing.
fn silent(answers: &Answers, scope: &Scope) -> Vec<crate::ports::Partition> {
    let Some(rows) = answers.get(&Query::Counts) else {
        return Vec::new();
    };
    let column = |row: &Row, name: &str| row.get(name).cloned().unwrap_or_default();
    let delivered: BTreeSet<(String, String)> = rows
        .iter()
        .map(|row| (column(row, "account"), column(row, "region")))
        .collect();
    scope
        .partitions()
        .iter()
        .filter(|p| !delivered.contains(&(p.account.clone(), p.region.clone())))
        .cloned()
        .collect()
}

#[derive(PartialEq, Eq)]
enum Published {
    Now,
    Before,
}

/// Claim, keep, publish, confirm.
async fn publish(
    ports: Ports<'_>,
    invocation: &Invocation,
    report: &Report,
    key: &str,
    body: &str,
) -> Result<Published, ReportError> {
    let now_ms = (ports.clock)();
    let expires_at = (now_ms / 1_000).saturating_add(STATE_SECONDS);
    let lease = invocation.lease(now_ms, expires_at);
    let claim = report.period.key();
    match ports.state.claim(&claim, &lease).await? {
        Claim::Confirmed => return Ok(Published::Before),
        Claim::Held { until_ms } => {
            return Err(ReportError::Held {
                key: claim,
                until_ms,
            });
        }
        Claim::Won => {}
    }
    ports.store.keep(key, body).await?;
    let attributes = vec![("kind", "report".to_owned())];
    ports
        .sink
        .publish(&Mail {
            subject: subject(report),
            body: body.to_owned(),
            attributes,
        })
        .await?;
    ports.state.confirm(&claim, &lease).await?;
    Ok(Published::Now)
}
