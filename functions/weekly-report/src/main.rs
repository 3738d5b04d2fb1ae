//! `weekly-report`: invoked by a schedule, asks Athena about the last seven
//! days of the trail, keeps the report and mails it, once per period.

use std::sync::Arc;

use adapters_aws::{
    Athena, BucketReports, Connection, DynamoState, TeamBucket, Topic, TrailLocation, lambda,
};
use detection::sigma::Lists;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::ports::TeamFolder;
use pipeline::report::{self, Ports, ReportSettings};
use pipeline::settings::{Setting, Settings};
use pipeline::team::{BuiltIn, TeamRules};
use serde::Deserialize;

/// What this input is called in metrics and logs.
const INPUT: &str = "weekly-report";

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
    let store = BucketReports::new(Arc::clone(&connection), need(Setting::ReportBucket)?);
    let team = settings
        .get(Setting::RulesBucket)
        .map(|bucket| TeamBucket::new(connection, bucket.to_owned()));
    let clock = lambda::wall_clock();
    let standing = ReportSettings::read(&settings)?;
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
        let folder = team.as_ref().map(|bucket| bucket as &dyn TeamFolder);
        let team = TeamRules::read(folder, &built_in).await;
        let known = standing.under(&team, clock().div_euclid(1_000));
        report::run(ports, &known, scheduled, &invocation).await?;
        Ok::<(), Error>(())
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// The built-in rules under a team's lists.
fn built_in(lists: &Lists) -> BuiltIn {
    BuiltIn::new(rules::builtin_under(lists), rules::overlaid(lists))
}
