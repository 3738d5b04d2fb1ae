//! What every function's `main` shares: parts from settings, an invocation
//! from Lambda's context, and how an outcome is told.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use detection::engine::RuleSet;
use lambda_runtime::{Context, Error};
use pipeline::accounts::Accounts;
use pipeline::detect::Parts;
use pipeline::invocation::{Clock, HandlerError, Invocation};
use pipeline::settings::{Setting, SettingError, Settings};
use pipeline::team::{MakeBuiltIn, Team};
use serde::Serialize;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::{BucketQuarantine, Connection, DynamoState, TeamBucket, Topic};

/// Those who tell what they do, not only warnings.
const OWN_TARGETS: [&str; 4] = ["log_batch", "event_bus", "weekly_report", "adapters_aws"];

/// Log lines as JSON on standard output, where Lambda collects them. `RUST_LOG`
/// changes what is told, by a list such as `warn,log_batch=debug`; the default
/// is one line an invocation and warnings.
pub fn log_as_json() {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .with_current_span(false);
    tracing_subscriber::registry()
        .with(told(std::env::var("RUST_LOG").ok().as_deref()))
        .with(lines)
        .init();
}

/// What is told under this value of `RUST_LOG`; under one that is empty or
/// cannot be read, the default.
fn told(wanted: Option<&str>) -> Targets {
    let wanted = wanted.filter(|list| !list.is_empty());
    wanted
        .and_then(|list| list.parse().ok())
        .unwrap_or_else(|| {
            Targets::new()
                .with_default(Level::WARN)
                .with_targets(OWN_TARGETS.map(|target| (target, Level::INFO)))
        })
}

/// The wall clock, in epoch milliseconds, for a `main` to hand in.
pub fn wall_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// A detector's parts over AWS, to be completed by the rules.
///
/// # Errors
/// Where a setting that the detector needs is missing.
pub fn parts(
    settings: &Settings,
) -> Result<impl FnOnce(RuleSet) -> Parts + Send + use<>, SettingError> {
    let connection = Arc::new(Connection::new());
    let need = |setting| settings.need(setting).map(str::to_owned);
    let state = DynamoState::new(Arc::clone(&connection), need(Setting::Table)?);
    let sink = Topic::new(Arc::clone(&connection), need(Setting::TopicArn)?);
    let quarantine = BucketQuarantine::new(connection, need(Setting::QuarantineBucket)?);
    let voice = settings.voice();
    Ok(move |rules| Parts {
        rules: Arc::new(rules),
        state: Arc::new(state),
        sink: Arc::new(sink),
        quarantine: Arc::new(quarantine),
        clock: wall_clock(),
        voice,
        log_groups: None,
        // None of the built-in rules is, or the build would have failed.
        rules_refused: 0,
    })
}

/// The team's bucket, where one is configured.
pub fn team(settings: &Settings, built_in: Arc<MakeBuiltIn>) -> Option<Team> {
    let bucket = settings.get(Setting::RulesBucket)?.to_owned();
    let folder = TeamBucket::new(Arc::new(Connection::new()), bucket);
    Some(Team::new(Arc::new(folder), built_in))
}

/// The invocation that a context describes. Retries keep the request's id, so
/// the time of arrival is what makes an attempt's name its own.
pub fn invocation(context: &Context, clock: &Clock, input: &str) -> Invocation {
    Invocation {
        deadline_ms: i64::try_from(context.deadline).unwrap_or(i64::MAX),
        owner: format!("{}@{}", context.request_id, clock()),
        input: input.to_owned(),
    }
}

/// What a function answers to whoever waits for it: `make replay` does.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Answer {
    /// Records that came.
    pub received: u64,
    /// Those that could not be read and are in quarantine.
    pub quarantined: u64,
    /// Those that came from an input that is not configured.
    pub refused_input: u64,
}

/// Tells an outcome: the metrics, one line with the accounts, and to Lambda
/// whether the payload must come again.
///
/// # Errors
/// The handler's own error, so that Lambda retries.
pub fn tell(
    outcome: Result<Accounts, HandlerError>,
    clock: &Clock,
    input: &str,
) -> Result<Answer, Error> {
    let (accounts, error) = match outcome {
        Ok(accounts) => (accounts, None),
        Err(error) => ((*error.accounts).clone(), Some(error)),
    };
    write_line(&accounts.emf_line(input, clock()));
    tracing::info!(
        input,
        received = accounts.received,
        evaluated = accounts.evaluated,
        duplicate_in_batch = accounts.duplicate_in_batch,
        ignored = accounts.ignored,
        quarantined = accounts.quarantined,
        matched = accounts.matched,
        alerted = accounts.alerted,
        folded = accounts.folded,
        already_known = accounts.already_known,
        below_threshold = accounts.below_threshold,
        staged = accounts.staged,
        excepted = accounts.excepted,
        failed = accounts.failed,
        "invocation ended"
    );
    match error {
        None => Ok(Answer {
            received: accounts.received,
            quarantined: accounts.quarantined,
            refused_input: accounts.refused_input,
        }),
        Some(error) => {
            tracing::error!(input, %error, "the payload must come again");
            Err(error.into())
        }
    }
}

/// Metrics go to standard output as they are: CloudWatch reads lines of the
/// embedded metric format there. A closed output is no reason to fail.
fn write_line(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_own_lines_and_warnings() {
        for wanted in [None, Some(""), Some("log_batch=loud")] {
            let told = told(wanted);
            assert!(told.would_enable("log_batch", &Level::INFO), "{wanted:?}");
            assert!(told.would_enable("adapters_aws::lambda", &Level::INFO));
            assert!(!told.would_enable("log_batch", &Level::DEBUG));
            assert!(told.would_enable("hyper", &Level::WARN));
            assert!(!told.would_enable("hyper", &Level::INFO));
        }
    }

    #[test]
    fn rust_log_changes_what_is_told() {
        let told = told(Some("error,adapters_aws=debug"));
        assert!(told.would_enable("adapters_aws::lambda", &Level::DEBUG));
        assert!(told.would_enable("log_batch", &Level::ERROR));
        assert!(!told.would_enable("log_batch", &Level::WARN));
    }
}
