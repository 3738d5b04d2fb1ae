//! `log-batch`: invoked by a CloudWatch Logs subscription on the trail's log
//! group. The path that misses nothing.

use std::sync::Arc;

use adapters_aws::lambda;
use adapters_aws::starting::Starting;
use detection::sigma::Lists;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::detect::Detector;
use pipeline::settings::Settings;
use pipeline::team::BuiltIn;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

/// What this input is called in metrics and alerts.
const INPUT: &str = "log-batch";

/// The outer payload. Its data is decoded by the pipeline, within bounds.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    awslogs: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    data: &'a str,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::log_as_json();
    let settings = Settings::from_map(&|name| std::env::var(name).ok())?;
    let parts = lambda::parts(&settings)?;
    let clock = lambda::wall_clock();
    let team = lambda::team(&settings, Arc::new(built_in));
    let detector = Starting::new(rules::builtin_set, move |rules| {
        let mut parts = parts(rules);
        parts.log_groups = Some(settings.log_groups());
        let mut detector = Detector::new(parts);
        if let Some(watched) = settings.watched() {
            detector.watch_accounts(watched);
        }
        detector
    });
    let watch = Mutex::new((detector, team));
    let handle = async |event: LambdaEvent<Box<RawValue>>| {
        let invocation = lambda::invocation(&event.context, &clock, INPUT);
        let (starting, team) = &mut *watch.lock().await;
        let detector = starting.detector()?;
        if let Some(team) = team {
            team.refresh(detector, &invocation).await;
        }
        let raw = event.payload.get();
        // A payload of another kind is handed on whole: it is quarantined
        // with its reason, not lost.
        let data =
            serde_json::from_str(raw).map_or(raw, |payload: Payload<'_>| payload.awslogs.data);
        let outcome = detector.handle_logs(data.as_bytes(), &invocation).await;
        lambda::tell(outcome, &clock, INPUT)
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// The built-in rules under a team's lists.
fn built_in(lists: &Lists) -> BuiltIn {
    BuiltIn::new(rules::builtin_under(lists), rules::overlaid(lists))
}
