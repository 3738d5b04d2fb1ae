//! `event-bus`: invoked by EventBridge with single CloudTrail events, seconds
//! after they happen. The path that is quick.

use std::sync::Arc;

use adapters_aws::lambda;
use adapters_aws::starting::Starting;
use detection::sigma::Lists;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::detect::Detector;
use pipeline::settings::Settings;
use pipeline::team::BuiltIn;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

/// What this input is called in metrics and alerts.
const INPUT: &str = "event-bus";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::log_as_json();
    let settings = Settings::from_map(&|name| std::env::var(name).ok())?;
    let parts = lambda::parts(&settings)?;
    let clock = lambda::wall_clock();
    let team = lambda::team(&settings, Arc::new(built_in));
    let detector = Starting::new(rules::builtin_set, move |rules| Detector::new(parts(rules)));
    let watch = Mutex::new((detector, team));
    let handle = async |event: LambdaEvent<Box<RawValue>>| {
        let invocation = lambda::invocation(&event.context, &clock, INPUT);
        let (starting, team) = &mut *watch.lock().await;
        let detector = starting.detector()?;
        if let Some(team) = team {
            team.refresh(detector, &invocation).await;
        }
        let bytes = event.payload.get().as_bytes();
        let outcome = detector.handle_event(bytes, &invocation).await;
        lambda::tell(outcome, &clock, INPUT)
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// The built-in rules under a team's lists.
fn built_in(lists: &Lists) -> BuiltIn {
    BuiltIn::new(rules::builtin_under(lists), rules::overlaid(lists))
}
