//! A query engine over records at hand: answers the report's questions by
//! name, with the rows and columns that the SQL gives on Athena.
//!
//! It reads the records once for all questions started together, when the
//! first of them is looked at. It does not run SQL.

mod answer;
mod columns;
mod fields;
mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cloudtrail::Record;
use pipeline::ports::{Partition, PortError, QueryEngine, QueryId, QueryRequest, QueryState, Row};
use pipeline::report::Query;
use pipeline::report::literal::{check_account, check_region};

use self::answer::Answer;
use self::fields::Fields;
pub use self::files::RecordFiles;

/// Where records come from, readable as often as asked.
pub trait Records: Send + Sync {
    /// Calls `each` with every readable record.
    fn each(&self, each: &mut dyn FnMut(&Record<'_>)) -> Result<(), PortError>;
}

/// Records held as text, one JSON object each: for stories and tests.
impl Records for Vec<String> {
    fn each(&self, each: &mut dyn FnMut(&Record<'_>)) -> Result<(), PortError> {
        for text in self {
            if let Ok(record) = Record::scan(text.as_bytes(), cloudtrail::Layer::Plain) {
                each(&record);
            }
        }
        Ok(())
    }
}

/// The engine.
pub struct LocalQueries<R> {
    records: R,
    questions: Mutex<BTreeMap<String, Question>>,
}

enum Question {
    Started { query: Query, from: i64, to: i64 },
    Answered(Vec<Row>),
}

impl<R: Records> LocalQueries<R> {
    /// An engine over these records.
    pub fn new(records: R) -> Self {
        Self {
            records,
            questions: Mutex::new(BTreeMap::new()),
        }
    }

    /// When the latest event happened (epoch seconds): where no schedule names
    /// a week, the report is about the one that holds it.
    pub fn latest(&self) -> Result<Option<i64>, PortError> {
        let mut latest = None;
        self.records
            .each(&mut |record| latest = latest.max(record.event_time()))?;
        Ok(latest)
    }

    fn questions(&self) -> MutexGuard<'_, BTreeMap<String, Question>> {
        self.questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers all that is started, in one pass over the records.
    fn answer(&self) -> Result<(), PortError> {
        let mut questions = self.questions();
        let mut open: Vec<(String, i64, i64, Answer)> = questions
            .iter()
            .filter_map(|(token, question)| match question {
                Question::Started { query, from, to } => {
                    Some((token.clone(), *from, *to, Answer::new(*query)))
                }
                Question::Answered(_) => None,
            })
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        self.records.each(&mut |record| {
            let Some(time) = record.event_time() else {
                return;
            };
            let fields = Fields(record);
            for (_, from, to, answer) in &mut open {
                if (*from..*to).contains(&time) {
                    answer.look(&fields, time);
                }
            }
        })?;
        for (token, _, _, answer) in open {
            questions.insert(token, Question::Answered(answer.rows()));
        }
        Ok(())
    }
}

#[async_trait]
impl<R: Records> QueryEngine for LocalQueries<R> {
    /// Accounts and regions that records name; names that no trail writes
    /// (masked ones) are no partitions.
    async fn partitions(&self) -> Result<Vec<Partition>, PortError> {
        let mut found = BTreeSet::new();
        self.records.each(&mut |record| {
            let fields = Fields(record);
            let partition = Partition {
                account: fields.account(),
                region: fields.region(),
            };
            if check_account(&partition.account).is_ok() && check_region(&partition.region).is_ok()
            {
                found.insert(partition);
            }
        })?;
        Ok(found.into_iter().collect())
    }

    async fn start(&self, request: &QueryRequest) -> Result<QueryId, PortError> {
        let Some(query) = Query::from_name(request.name) else {
            return Err(refused(
                format!("starting `{}`", request.name),
                "no such query",
            ));
        };
        self.questions()
            .entry(request.token.clone())
            .or_insert(Question::Started {
                query,
                from: request.from,
                to: request.to,
            });
        Ok(QueryId(request.token.clone()))
    }

    async fn state(&self, id: &QueryId) -> Result<QueryState, PortError> {
        self.answer()?;
        match self.questions().get(&id.0) {
            Some(Question::Answered(_)) => Ok(QueryState::Done { scanned_bytes: 0 }),
            Some(Question::Started { .. }) => Ok(QueryState::Running),
            None => Err(refused(
                format!("looking at query `{}`", id.0),
                "never started",
            )),
        }
    }

    async fn rows(&self, id: &QueryId, limit: usize) -> Result<Vec<Row>, PortError> {
        match self.questions().get(&id.0) {
            Some(Question::Answered(rows)) => Ok(rows.iter().take(limit).cloned().collect()),
            _ => Err(refused(
                format!("fetching rows of `{}`", id.0),
                "not answered",
            )),
        }
    }

    /// Answers are there at once: nothing to wait for.
    async fn pause(&self, _milliseconds: u64) {}
}

fn refused(action: String, reason: &str) -> PortError {
    PortError::Refused {
        service: "the local query engine",
        action,
        reason: reason.to_owned(),
    }
}
