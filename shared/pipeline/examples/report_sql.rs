//! Prints the report's statements as one JSON object, name to SQL, so that
//! other tools can parse and run them.
//!
//! `cargo run -p pipeline --example report_sql -- TIME DATABASE TABLE ACCOUNT/REGION...`

use std::collections::BTreeMap;
use std::process::ExitCode;

use pipeline::ports::Partition;
use pipeline::report::{Period, Query, Scope};

fn main() -> ExitCode {
    match statements(&std::env::args().skip(1).collect::<Vec<_>>()) {
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

fn statements(args: &[String]) -> Result<String, String> {
    let [time, database, table, partitions @ ..] = args else {
        return Err("usage: report_sql TIME DATABASE TABLE ACCOUNT/REGION...".to_owned());
    };
    let time: jiff::Timestamp = time.parse().map_err(|e| format!("`{time}`: {e}"))?;
    let partitions = partitions
        .iter()
        .filter_map(|text| text.split_once('/'))
        .map(|(account, region)| Partition {
            account: account.to_owned(),
            region: region.to_owned(),
        })
        .collect();
    let scope = Scope::new(database, table, partitions).map_err(|e| e.to_string())?;
    if let Some(left_out) = scope.left_out().first() {
        return Err(format!("`{left_out}` is no account and region"));
    }
    let period = Period::ending_at(time.as_second());
    let statements: BTreeMap<&str, String> = Query::ALL
        .into_iter()
        .map(|query| (query.name(), query.sql(period, &scope)))
        .collect();
    serde_json::to_string_pretty(&statements).map_err(|e| e.to_string())
}
