//! `trailward`: the same pipeline over files, with no AWS account.

mod arguments;
mod exceptions_command;
mod inputs;
mod one_record;
mod printing;
mod progress;
mod replaying;
mod report_command;
mod rule_files;
mod rules_command;
mod scan_command;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use arguments::{Arguments, Command};
use clap::Parser;
use pipeline::invocation::Clock;
use replaying::Source;

/// How a command ended, by the convention of the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Done.
    Done,
    /// A check failed, or `--fail-on` was reached.
    Failed,
    /// Some input could not be read.
    Unreadable,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Done => ExitCode::SUCCESS,
            Ending::Failed => ExitCode::from(1),
            Ending::Unreadable => ExitCode::from(2),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let clock: Clock = Arc::new(|| {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    });
    match run(Arguments::parse(), clock).await {
        Ok(ending) => ending.into(),
        Err(error) if printing::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trailward: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments, clock: Clock) -> Result<Ending> {
    match arguments.command {
        Command::Scan(scan) => scan_command::run(scan, Source::Trail, clock).await,
        Command::Replay(scan) => scan_command::run(scan, Source::Quarantine, clock).await,
        Command::Report(report) => report_command::run(report, clock).await,
        Command::Rules(rules) => rules_command::run(rules, clock).await,
        Command::Exceptions(exceptions) => exceptions_command::run(exceptions, &clock),
    }
}
