//! Prints what the local engine answers to the report's questions, as one JSON
//! object, name to rows: to be compared with what the SQL gives.
//!
//! `cargo run -p adapters-local --example report_rows -- TIME PATH...`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use adapters_local::queries::{LocalQueries, RecordFiles};
use pipeline::ports::{QueryEngine, Row};
use pipeline::report::{Period, Query, Scope};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match answers(&std::env::args().skip(1).collect::<Vec<_>>()).await {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

async fn answers(args: &[String]) -> Result<String, String> {
    let [time, paths @ ..] = args else {
        return Err("usage: report_rows TIME PATH...".to_owned());
    };
    let time: jiff::Timestamp = time.parse().map_err(|e| format!("`{time}`: {e}"))?;
    let period = Period::ending_at(time.as_second());
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let records = RecordFiles::under(&paths).map_err(|e| e.to_string())?;
    let engine = LocalQueries::new(records);
    let scope = Scope::new("local", "records", Vec::new()).map_err(|e| e.to_string())?;
    let mut started = Vec::new();
    for query in Query::ALL {
        let id = engine.start(&query.request(period, &scope)).await;
        started.push((query, id.map_err(|e| e.to_string())?));
    }
    let mut answers: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    for (query, id) in started {
        engine.state(&id).await.map_err(|e| e.to_string())?;
        let rows = engine.rows(&id, query.limit()).await;
        answers.insert(query.name(), rows.map_err(|e| e.to_string())?);
    }
    serde_json::to_string_pretty(&answers).map_err(|e| e.to_string())
}
