//! Asking all questions at once and waiting for the answers, within a deadline.

use tracing::warn;

use super::findings::Answers;
use super::model::Missing;
use super::period::Period;
use super::queries::Query;
use super::run::ReportError;
use super::scope::Scope;
use crate::invocation::Clock;
use crate::ports::{PortError, QueryEngine, QueryId, QueryRequest, QueryState};

/// First pause between two looks, in milliseconds; each is half as long again.
const FIRST_PAUSE_MS: u64 = 500;
/// Longest pause between two looks, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 15_000;
/// Added to the time that two attempts take: Lambda tries again after one and
/// after two minutes, so whoever ends later than this is the last.
const RETRY_DELAY_MS: i64 = 120_000;

/// The time that one attempt has.
pub(super) struct Attempt<'a> {
    pub(super) scheduled_ms: i64,
    pub(super) started_ms: i64,
    pub(super) deadline_ms: i64,
    pub(super) clock: &'a Clock,
}

impl Attempt<'_> {
    fn is_over(&self) -> bool {
        (self.clock)() >= self.deadline_ms
    }

    /// Whether no other attempt will follow: then a report with a gap is
    /// better than none.
    fn is_last(&self) -> bool {
        let length = self.deadline_ms.saturating_sub(self.started_ms).max(0);
        let two = length.saturating_mul(2).saturating_add(RETRY_DELAY_MS);
        self.deadline_ms.saturating_sub(self.scheduled_ms) >= two
    }
}

enum Stand {
    /// The engine has not taken it yet, with its last words.
    Waiting(String),
    Running(QueryId),
    Settled,
}

/// The answers, and the questions that got none.
pub(super) async fn ask(
    engine: &dyn QueryEngine,
    period: Period,
    scope: &Scope,
    attempt: &Attempt<'_>,
) -> Result<(Answers, Vec<Missing>), ReportError> {
    let mut answers = Answers::new();
    let mut missing = Vec::new();
    if scope.partitions().is_empty() {
        return Ok((answers, missing));
    }
    let mut open: Vec<(Query, QueryRequest, Stand)> = Query::REPORT
        .into_iter()
        .map(|query| {
            let stand = Stand::Waiting("not started".to_owned());
            (query, query.request(period, scope), stand)
        })
        .collect();
    let mut pause_ms = FIRST_PAUSE_MS;
    loop {
        // All are started before any is looked at.
        for (query, request, stand) in &mut open {
            if let Stand::Waiting(_) = stand {
                *stand = start(engine, *query, request, &mut missing).await;
            }
        }
        for (query, _, stand) in &mut open {
            if let Stand::Running(id) = stand
                && look(engine, *query, id, &mut answers, &mut missing).await
            {
                *stand = Stand::Settled;
            }
        }
        open.retain(|(_, _, stand)| !matches!(stand, Stand::Settled));
        if open.is_empty() {
            return Ok((answers, missing));
        }
        if attempt.is_over() {
            break;
        }
        let left = attempt.deadline_ms.saturating_sub((attempt.clock)());
        engine
            .pause(pause_ms.min(u64::try_from(left).unwrap_or(0)))
            .await;
        pause_ms = (pause_ms + pause_ms / 2).min(LONGEST_PAUSE_MS);
    }
    if !attempt.is_last() {
        let names: Vec<&str> = open.iter().map(|(query, ..)| query.name()).collect();
        return Err(ReportError::Unfinished {
            running: names.len(),
            names: names.join(", "),
        });
    }
    missing.extend(open.into_iter().map(|(query, _, stand)| Missing {
        name: query.name().to_owned(),
        reason: match stand {
            Stand::Waiting(reason) => reason,
            _ => "still running".to_owned(),
        },
    }));
    Ok((answers, missing))
}

async fn start(
    engine: &dyn QueryEngine,
    query: Query,
    request: &QueryRequest,
    missing: &mut Vec<Missing>,
) -> Stand {
    match engine.start(request).await {
        Ok(id) => Stand::Running(id),
        Err(problem @ PortError::Unavailable { .. }) => Stand::Waiting(problem.to_string()),
        Err(problem) => fail(query, problem.to_string(), missing),
    }
}

/// Whether the query is settled. A look that fails for now is taken again.
async fn look(
    engine: &dyn QueryEngine,
    query: Query,
    id: &QueryId,
    answers: &mut Answers,
    missing: &mut Vec<Missing>,
) -> bool {
    let rows = match engine.state(id).await {
        Ok(QueryState::Running) | Err(PortError::Unavailable { .. }) => return false,
        Ok(QueryState::Failed { reason }) => {
            fail(query, reason, missing);
            return true;
        }
        Ok(QueryState::Done { .. }) => engine.rows(id, query.limit()).await,
        Err(problem) => Err(problem),
    };
    match rows {
        Ok(rows) => {
            answers.insert(query, rows);
        }
        Err(PortError::Unavailable { .. }) => return false,
        Err(problem) => {
            fail(query, problem.to_string(), missing);
        }
    }
    true
}

fn fail(query: Query, reason: String, missing: &mut Vec<Missing>) -> Stand {
    warn!(
        query = query.name(),
        reason, "a section is missing from the report"
    );
    missing.push(Missing {
        name: query.name().to_owned(),
        reason,
    });
    Stand::Settled
}
