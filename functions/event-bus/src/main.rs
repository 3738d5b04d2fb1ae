//! `event-bus`: invoked by EventBridge with single CloudTrail events, seconds
//! after they happen. The path that is quick.

use adapters_aws::lambda;
use detection::engine::RuleSet;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pipeline::detect::Detector;
use pipeline::settings::Settings;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

/// What this input is called in metrics and alerts.
const INPUT: &str = "event-bus";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::log_as_json();
    let settings = Settings::from_map(&|name| std::env::var(name).ok())?;
    let (rules, problems) = RuleSet::new(rules::builtin()?);
    let parts = lambda::parts(&settings, rules, problems.len())?;
    let clock = parts.clock.clone();
    let detector = Mutex::new(Detector::new(parts));
    let handle = async |event: LambdaEvent<Box<RawValue>>| {
        let invocation = lambda::invocation(&event.context, &clock, INPUT);
        let bytes = event.payload.get().as_bytes();
        let outcome = detector.lock().await.handle_event(bytes, &invocation).await;
        lambda::tell(outcome, &clock, INPUT)
    };
    lambda_runtime::run(service_fn(handle)).await
}
