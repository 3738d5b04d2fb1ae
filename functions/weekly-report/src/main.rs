//! `weekly-report`: invoked by a schedule, asks Athena about the last seven
//! days of the trail, keeps the report and mails it, once per period.

use std::sync::Arc;

use adapters_aws::{Athena, BucketReports, Connection, DynamoState, Topic, TrailLocation, lambda};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::report::{self, LoadedRules, Ports, ReportSettings};
use pipeline::settings::{Setting, Settings};
use serde::Deserialize;

/// What this input is called in metrics and logs.
const INPUT: &str = "weekly-report";
/// The list of addresses that are suspicious wherever they appear.
const LISTED: &str = "tor-exits";

/// What the schedule sends: its own time, which stays the same on a retry.
#[derive(Deserialize)]
struct Firing {
    time: jiff::Timestamp,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::log_as_json();
    let settings = Settings::from_map(&|name| std::env::var(name).ok())?;
    let need = |setting| settings.need(setting).map(str::to_owned);
    let connection = Arc::new(Connection::new());
    let location = need(Setting::TrailLocation)?;
    let trail = TrailLocation::parse(&location)
        .ok_or_else(|| format!("`{location}` names no bucket, as s3://bucket/AWSLogs/ does"))?;
    let (workgroup, database) = (need(Setting::Workgroup)?, need(Setting::Database)?);
    let queries = Athena::new(Arc::clone(&connection), workgroup, database, trail);
    let state = DynamoState::new(Arc::clone(&connection), need(Setting::Table)?);
    let sink = Topic::new(Arc::clone(&connection), need(Setting::TopicArn)?);
    let store = BucketReports::new(connection, need(Setting::ReportBucket)?);
    let clock = lambda::wall_clock();
    let rules = rules::builtin_set()?;
    let mut known = ReportSettings::read(&settings)?;
    known.rules = LoadedRules::of(&rules, &[], clock() / 1_000);
    let listed = rules::shipped_lists();
    known.listed_addresses = listed.get(LISTED).into_iter().flatten().cloned().collect();
    let ports = Ports {
        state: &state,
        queries: &queries,
        store: &store,
        sink: &sink,
        clock: &clock,
    };
    let handle = async |event: LambdaEvent<Firing>| {
        let invocation = lambda::invocation(&event.context, &clock, INPUT);
        let scheduled = event.payload.time.as_second();
        report::run(ports, &known, scheduled, &invocation).await?;
        Ok::<(), Error>(())
    };
    lambda_runtime::run(service_fn(handle)).await
}
