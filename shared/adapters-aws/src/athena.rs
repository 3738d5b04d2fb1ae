//! The trail's records behind Athena.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_athena::Client;
use aws_sdk_athena::error::ProvideErrorMetadata;
use aws_sdk_athena::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_athena::types::{QueryExecution, QueryExecutionContext, QueryExecutionState};
use pipeline::ports::{Partition, PortError, QueryEngine, QueryId, QueryRequest, QueryState, Row};
use tokio::sync::OnceCell;

use crate::failure::failure;
use crate::trail::TrailFolders;
use crate::{Connection, TrailLocation};

/// Rows that Athena hands out at once, at most.
const PAGE_ROWS: i32 = 1_000;

/// A workgroup of Athena over one trail. Where results are written and how
/// much a query may scan are the workgroup's settings; results are not reused.
#[derive(Debug)]
pub struct Athena {
    connection: Arc<Connection>,
    client: OnceCell<Client>,
    workgroup: String,
    database: String,
    folders: TrailFolders,
}

impl Athena {
    /// The workgroup and database of these names, over the trail whose files
    /// are at `trail`.
    pub fn new(
        connection: Arc<Connection>,
        workgroup: String,
        database: String,
        trail: TrailLocation,
    ) -> Self {
        Self {
            folders: TrailFolders::new(Arc::clone(&connection), trail),
            connection,
            client: OnceCell::new(),
            workgroup,
            database,
        }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(|| async { Client::new(self.connection.config().await) })
            .await
    }

    async fn page(
        &self,
        id: &QueryId,
        token: Option<String>,
    ) -> Result<GetQueryResultsOutput, PortError> {
        let request = self.client().await.get_query_results();
        request
            .query_execution_id(&id.0)
            .max_results(PAGE_ROWS)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| {
                let action = format!("fetching rows of query {}", id.0);
                failure("Athena", action, error.code(), &error)
            })
    }
}

#[async_trait]
impl QueryEngine for Athena {
    async fn partitions(&self) -> Result<Vec<Partition>, PortError> {
        self.folders.partitions().await
    }

    async fn start(&self, query: &QueryRequest) -> Result<QueryId, PortError> {
        let action = || format!("starting query `{}`", query.name);
        let context = QueryExecutionContext::builder()
            .database(&self.database)
            .build();
        let started = self
            .client()
            .await
            .start_query_execution()
            .query_string(&query.sql)
            .client_request_token(&query.token)
            .work_group(&self.workgroup)
            .query_execution_context(context)
            .send()
            .await
            .map_err(|error| failure("Athena", action(), error.code(), &error))?;
        match started.query_execution_id {
            Some(id) => Ok(QueryId(id)),
            None => Err(PortError::Unavailable {
                service: "Athena",
                action: action(),
                reason: "it answered without an id".to_owned(),
            }),
        }
    }

    async fn state(&self, id: &QueryId) -> Result<QueryState, PortError> {
        let request = self.client().await.get_query_execution();
        let answer = request
            .query_execution_id(&id.0)
            .send()
            .await
            .map_err(|error| {
                let action = format!("looking at query {}", id.0);
                failure("Athena", action, error.code(), &error)
            })?;
        Ok(answer
            .query_execution
            .map_or(QueryState::Running, |query| state_of(&query)))
    }

    async fn rows(&self, id: &QueryId, limit: usize) -> Result<Vec<Row>, PortError> {
        let mut rows = Vec::new();
        let mut token = None;
        loop {
            // Only the first page begins with the column names.
            let has_header = token.is_none();
            let page = self.page(id, token).await?;
            rows.extend(rows_of(&page).skip(usize::from(has_header)));
            token = page.next_token;
            if rows.len() >= limit || token.is_none() {
                break;
            }
        }
        rows.truncate(limit);
        Ok(rows)
    }

    async fn pause(&self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

/// A state that this program does not know yet is one to wait on.
fn state_of(query: &QueryExecution) -> QueryState {
    let status = query.status();
    match status.and_then(|status| status.state()) {
        Some(QueryExecutionState::Succeeded) => QueryState::Done {
            scanned_bytes: query
                .statistics()
                .and_then(|it| it.data_scanned_in_bytes())
                .and_then(|bytes| u64::try_from(bytes).ok())
                .unwrap_or(0),
        },
        Some(state @ (QueryExecutionState::Failed | QueryExecutionState::Cancelled)) => {
            let reason = status.and_then(|status| status.state_change_reason());
            QueryState::Failed {
                reason: reason.unwrap_or(state.as_str()).to_owned(),
            }
        }
        _ => QueryState::Running,
    }
}

fn rows_of(page: &GetQueryResultsOutput) -> impl Iterator<Item = Row> {
    let set = page.result_set();
    let columns: Vec<String> = set
        .and_then(|set| set.result_set_metadata())
        .map(|meta| meta.column_info())
        .unwrap_or_default()
        .iter()
        .map(|column| column.name().to_lowercase())
        .collect();
    let rows = set.map(|set| set.rows()).unwrap_or_default();
    rows.iter().map(move |row| {
        columns
            .iter()
            .zip(row.data())
            .filter_map(|(column, datum)| {
                Some((column.clone(), datum.var_char_value()?.to_owned()))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_athena::types::{
        ColumnInfo, Datum, QueryExecutionStatistics, QueryExecutionStatus, ResultSet,
        ResultSetMetadata, Row as AthenaRow,
    };

    fn execution(state: Option<QueryExecutionState>, reason: Option<&str>) -> QueryExecution {
        let status = QueryExecutionStatus::builder()
            .set_state(state)
            .set_state_change_reason(reason.map(str::to_owned))
            .build();
        let statistics = QueryExecutionStatistics::builder()
            .data_scanned_in_bytes(7)
            .build();
        QueryExecution::builder()
            .status(status)
            .statistics(statistics)
            .build()
    }

    #[test]
    fn every_state_has_its_meaning() {
        let done = QueryState::Done { scanned_bytes: 7 };
        let failed = |reason: &str| QueryState::Failed {
            reason: reason.to_owned(),
        };
        let table = [
            (Some(QueryExecutionState::Queued), None, QueryState::Running),
            (
                Some(QueryExecutionState::Running),
                None,
                QueryState::Running,
            ),
            (None, None, QueryState::Running),
            (Some("PAUSED".into()), None, QueryState::Running),
            (Some(QueryExecutionState::Succeeded), None, done),
            (
                Some(QueryExecutionState::Failed),
                Some("limit"),
                failed("limit"),
            ),
            (
                Some(QueryExecutionState::Cancelled),
                None,
                failed("CANCELLED"),
            ),
        ];
        for (state, reason, expected) in table {
            assert_eq!(state_of(&execution(state, reason)), expected);
        }
    }

    #[test]
    fn a_null_is_absent_and_names_are_lower_case() {
        let column = |name: &str| ColumnInfo::builder().name(name).r#type("varchar").build();
        let metadata = ResultSetMetadata::builder()
            .column_info(column("Arn").unwrap())
            .column_info(column("denied_count").unwrap())
            .build();
        let row = AthenaRow::builder()
            .data(Datum::builder().build())
            .data(Datum::builder().var_char_value("11").build())
            .build();
        let set = ResultSet::builder()
            .rows(row)
            .result_set_metadata(metadata)
            .build();
        let page = GetQueryResultsOutput::builder().result_set(set).build();
        let rows: Vec<Row> = rows_of(&page).collect();
        assert_eq!(
            rows,
            [Row::from([("denied_count".to_owned(), "11".to_owned())])]
        );
    }
}
