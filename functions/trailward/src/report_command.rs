//! `trailward report`: the weekly report over files.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use adapters_local::queries::{LocalQueries, RecordFiles};
use adapters_local::{CollectingSink, FolderReports, MemoryState};
use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pipeline::detect::Parts;
use pipeline::invocation::{Clock, Invocation};
use pipeline::report::{
    self, LoadedRules, Period, Ports, ReportSettings, listed_addresses, render,
};
use pipeline::scan::Scan;
use pipeline::settings::{self, Voice};

use crate::Ending;
use crate::arguments::{self, Language};
use crate::inputs::{self, Input};
use crate::rule_files::RuleFiles;
use crate::scan_command::Complaints;

pub(crate) async fn run(options: arguments::Report, clock: Clock) -> Result<Ending> {
    let inputs = inputs::collect(&options.inputs.paths)?;
    if inputs.iter().any(Input::is_standard_input) {
        bail!("`report` reads its input more than once: name files or folders instead of `-`");
    }
    let files = RuleFiles::read(&options.rules)?;
    let (rules, problems) = files.load();
    let now = clock().div_euclid(1_000);
    let settings = ReportSettings {
        // Names that the SQL would use; here nothing is asked in SQL.
        database: "local".to_owned(),
        table: "files".to_owned(),
        trail: inputs::described(&options.inputs.paths),
        language: match options.language {
            Language::En => settings::Language::En,
            Language::Zh => settings::Language::Zh,
        },
        rules: LoadedRules::of(&rules, &files.builtin, &problems, now),
        listed_addresses: listed_addresses(&files.lists),
        ..ReportSettings::default()
    };
    let state = Arc::new(MemoryState::new());
    let parts = Parts {
        rules: Arc::new(rules),
        state: Arc::<MemoryState>::clone(&state),
        sink: Arc::new(CollectingSink::default()),
        quarantine: Arc::new(Complaints),
        clock: Arc::clone(&clock),
        voice: Voice::default(),
        log_groups: None,
        rules_refused: problems.len(),
    };
    count_findings(parts, &inputs).await?;
    let files: Vec<_> = inputs.into_iter().map(|input| input.path).collect();
    let queries = LocalQueries::new(RecordFiles::under(&files)?);
    let Some(scheduled) = end_of_week(options.until, queries.latest()?)? else {
        bail!("no record with an `eventTime` was found: there is no week to report on");
    };
    let sink = CollectingSink::default();
    let store = FolderReports::new(&std::env::temp_dir());
    let ports = Ports {
        state: &*state,
        queries: &queries,
        store: &store,
        sink: &sink,
        clock: &clock,
    };
    let invocation = Invocation {
        deadline_ms: i64::MAX,
        owner: "trailward report".to_owned(),
        input: "files".to_owned(),
    };
    let report = report::build(ports, &settings, scheduled, &invocation).await?;
    let text = render(&report, settings.language, &BTreeMap::new());
    writeln!(io::stdout(), "{}", text.trim_end())?;
    Ok(Ending::Done)
}

/// Runs the rules first, so that the report can say which of them spoke.
async fn count_findings(parts: Parts, inputs: &[Input]) -> Result<()> {
    let mut scan = Scan::new(parts, "trailward report".to_owned());
    for input in inputs {
        let name = input.name();
        let bytes = input
            .read()
            .with_context(|| format!("cannot read `{name}`"))?;
        if let Err(error) = scan.file(&name, &bytes).await {
            eprintln!("{name}: {error}");
        }
    }
    scan.finish()
        .await
        .context("the correlations over the whole period failed")
}

/// When the reported week ends (epoch seconds): after the day asked for, else
/// after the day of the latest record.
fn end_of_week(until: Option<Date>, latest: Option<i64>) -> Result<Option<i64>> {
    match until {
        None => Ok(latest.map(|moment| Period::holding(moment).to())),
        Some(date) => {
            let day = date
                .to_zoned(TimeZone::UTC)
                .with_context(|| format!("no such day: {date}"))?;
            Ok(Some(Period::holding(day.timestamp().as_second()).to()))
        }
    }
}
