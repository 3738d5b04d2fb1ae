//! An engine that fails when told to.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use adapters_local::queries::LocalQueries;
use async_trait::async_trait;
use pipeline::ports::{Partition, PortError, QueryEngine, QueryId, QueryRequest, QueryState, Row};
use serde_json::Value;

use crate::MONDAY;

/// The local engine with faults: a query that fails, queries that take their
/// time; a clock that moves only while somebody waits.
pub(crate) struct Engine {
    inner: LocalQueries<Vec<String>>,
    pub(crate) failing: Option<&'static str>,
    /// Starts that find no capacity.
    pub(crate) full: AtomicUsize,
    pub(crate) looks_until_done: AtomicUsize,
    started: Mutex<Vec<(String, String)>>,
    pub(crate) now_ms: Arc<AtomicI64>,
}

impl Engine {
    pub(crate) fn over(records: &[Value]) -> Self {
        Self {
            inner: LocalQueries::new(records.iter().map(Value::to_string).collect()),
            failing: None,
            full: AtomicUsize::new(0),
            looks_until_done: AtomicUsize::new(0),
            started: Mutex::new(Vec::new()),
            now_ms: Arc::new(AtomicI64::new(MONDAY * 1_000)),
        }
    }

    pub(crate) fn tokens(&self) -> BTreeSet<(String, String)> {
        self.started.lock().unwrap().iter().cloned().collect()
    }
}

#[async_trait]
impl QueryEngine for Engine {
    async fn partitions(&self) -> Result<Vec<Partition>, PortError> {
        self.inner.partitions().await
    }
    async fn start(&self, query: &QueryRequest) -> Result<QueryId, PortError> {
        assert!((32..=128).contains(&query.token.len()));
        let one_less = |left: usize| left.checked_sub(1);
        let order = Ordering::SeqCst;
        if self.full.fetch_update(order, order, one_less).is_ok() {
            return Err(PortError::Unavailable {
                service: "Athena",
                action: format!("starting {}", query.name),
                reason: "TooManyRequestsException".to_owned(),
            });
        }
        let started = (query.name.to_owned(), query.token.clone());
        self.started.lock().unwrap().push(started);
        self.inner.start(query).await?;
        Ok(QueryId(format!("{} {}", query.name, query.token)))
    }
    async fn state(&self, id: &QueryId) -> Result<QueryState, PortError> {
        let (name, token) = id.0.split_once(' ').unwrap();
        if self.failing == Some(name) {
            let reason = "Query exhausted resources\nat this scale factor".to_owned();
            return Ok(QueryState::Failed { reason });
        }
        let slow = |left: usize| left.checked_sub(1);
        let order = Ordering::SeqCst;
        if self
            .looks_until_done
            .fetch_update(order, order, slow)
            .is_ok()
        {
            return Ok(QueryState::Running);
        }
        self.inner.state(&QueryId(token.to_owned())).await
    }
    async fn rows(&self, id: &QueryId, limit: usize) -> Result<Vec<Row>, PortError> {
        let (_, token) = id.0.split_once(' ').unwrap();
        self.inner.rows(&QueryId(token.to_owned()), limit).await
    }
    async fn pause(&self, milliseconds: u64) {
        self.now_ms
            .fetch_add(i64::try_from(milliseconds).unwrap(), Ordering::SeqCst);
    }
}
