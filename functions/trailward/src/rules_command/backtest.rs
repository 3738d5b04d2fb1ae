//! `trailward rules backtest`: what the rules would have said of the past.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use adapters_local::{CollectingSink, MemoryState};
use anyhow::{Context, Result};
use detection::RuleSet;
use detection::rule::{Logic, Rule};
use pipeline::alert::level_name;
use pipeline::detect::Parts;
use pipeline::invocation::Clock;
use pipeline::journal::{Line, LineKind};
use pipeline::neutral;
use pipeline::scan::{Scan, ScanError};
use pipeline::settings::Voice;
use serde::Serialize;

use crate::Ending;
use crate::arguments::{Backtest, Format};
use crate::inputs;
use crate::rule_files::RuleFiles;
use crate::scan_command::Complaints;

/// Event ids that are kept of each rule.
const EXAMPLES: usize = 3;

/// Days and principals that are printed of each rule as text.
const SHOWN: usize = 10;

/// What one rule would have said. As JSON, a line of the output.
#[derive(Debug, Default, Serialize)]
struct Outcome {
    rule_id: String,
    rule_title: String,
    level: &'static str,
    /// Records (of a correlation: crossings) that it found.
    findings: u64,
    /// Findings that an exception hid.
    excepted: u64,
    /// Alerts after folding; none while the rule is staged.
    alerts: u64,
    per_day: BTreeMap<String, u64>,
    per_principal: BTreeMap<String, u64>,
    /// The first event ids found.
    examples: Vec<String>,
}

pub(crate) async fn run(options: &Backtest, clock: Clock) -> Result<Ending> {
    let inputs = inputs::collect(&options.inputs.paths)?;
    let (rules, problems) = RuleFiles::read(&options.rules)?.load();
    for problem in &problems {
        eprintln!("{problem}");
    }
    let rules = Arc::new(rules);
    let mut outcomes = outcomes(&rules);
    let parts = Parts {
        rules: Arc::clone(&rules),
        state: Arc::new(MemoryState::new()),
        sink: Arc::new(CollectingSink::default()),
        quarantine: Arc::new(Complaints),
        clock,
        voice: Voice::default(),
        log_groups: None,
        rules_refused: problems.len(),
    };
    let mut scan = Scan::new(parts, "trailward rules backtest".to_owned());
    let mut ending = Ending::Done;
    for input in &inputs {
        let name = input.name();
        let read = match input.read() {
            Ok(bytes) => match scan.file(&name, &bytes).await {
                Err(ScanError::Failed(error)) => return Err(error).context(name),
                Err(ScanError::Unreadable(error)) => Err(error.to_string()),
                Ok(_) => Ok(()),
            },
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        if let Err(error) = read {
            eprintln!("{name}: {error}");
            ending = Ending::Unreadable;
        }
        add(&mut outcomes, scan.take_lines());
    }
    scan.finish()
        .await
        .context("the correlations over the whole period failed")?;
    add(&mut outcomes, scan.take_lines());
    print(&outcomes, options.format)?;
    let fired = outcomes.values().filter(|of| of.findings > 0).count();
    let (all, records) = (outcomes.len(), scan.accounts().received);
    eprintln!("{fired} of {all} rules fired on {records} records");
    Ok(ending)
}

/// An empty outcome for every rule but the exceptions.
fn outcomes(set: &RuleSet) -> BTreeMap<String, Outcome> {
    let speaking = |rule: &&Rule| !matches!(rule.logic, Logic::Filter(_));
    let rules = set.rules().filter(speaking);
    rules
        .map(|rule| {
            let outcome = Outcome {
                rule_id: rule.meta.id.clone(),
                rule_title: rule.meta.title.clone(),
                level: level_name(rule.meta.level),
                ..Outcome::default()
            };
            (rule.meta.id.clone(), outcome)
        })
        .collect()
}

fn add(outcomes: &mut BTreeMap<String, Outcome>, lines: Vec<Line>) {
    for line in lines {
        let Some(outcome) = outcomes.get_mut(&line.rule_id) else {
            continue;
        };
        match line {
            Line {
                kind: LineKind::Alert,
                ..
            } => outcome.alerts += 1,
            Line {
                suppressed_by: Some(_),
                ..
            } => outcome.excepted += 1,
            found => outcome.count(found),
        }
    }
}

impl Outcome {
    fn count(&mut self, found: Line) {
        self.findings += 1;
        let day = found.event_time.as_deref().and_then(|time| time.get(..10));
        let day = day.unwrap_or("no time").to_owned();
        *self.per_day.entry(day).or_default() += 1;
        *self.per_principal.entry(found.principal).or_default() += 1;
        if self.examples.len() < EXAMPLES && !self.examples.contains(&found.event_id) {
            self.examples.push(found.event_id);
        }
    }
}

/// As text, the rules that fired, the busiest first; as JSON all of them.
fn print(outcomes: &BTreeMap<String, Outcome>, format: Format) -> Result<()> {
    let mut out = io::stdout().lock();
    let mut sorted: Vec<&Outcome> = outcomes.values().collect();
    sorted.sort_by(|a, b| {
        let order = (b.findings + b.excepted).cmp(&(a.findings + a.excepted));
        order.then_with(|| a.rule_title.cmp(&b.rule_title))
    });
    for outcome in sorted {
        match format {
            Format::Jsonl => {
                serde_json::to_writer(&mut out, outcome)?;
                out.write_all(b"\n")?;
            }
            Format::Text if outcome.findings + outcome.excepted > 0 => text(&mut out, outcome)?,
            Format::Text => {}
        }
    }
    Ok(())
}

fn text(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    let Outcome {
        rule_id,
        rule_title,
        level,
        findings,
        excepted,
        alerts,
        ..
    } = outcome;
    writeln!(out, "{rule_title} ({level}, {rule_id})")?;
    writeln!(
        out,
        "    {findings} findings on {} days, {alerts} alerts, {excepted} hidden by exceptions",
        outcome.per_day.len()
    )?;
    writeln!(out, "    by day: {}", days(&outcome.per_day))?;
    writeln!(out, "    by principal: {}", busiest(&outcome.per_principal))?;
    let examples: Vec<String> = outcome
        .examples
        .iter()
        .map(|id| neutral::value(id))
        .collect();
    writeln!(out, "    for example: {}", examples.join(", "))
}

fn days(days: &BTreeMap<String, u64>) -> String {
    let shown = days.iter().take(SHOWN);
    let shown: Vec<_> = shown.map(|(day, count)| format!("{day} {count}")).collect();
    with_rest(&shown, days.len())
}

fn busiest(counts: &BTreeMap<String, u64>) -> String {
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let shown = sorted.iter().take(SHOWN);
    let shown: Vec<_> = shown
        .map(|(name, count)| match name.as_str() {
            "" => format!("nobody {count}"),
            name => format!("{} {count}", neutral::value(name)),
        })
        .collect();
    with_rest(&shown, counts.len())
}

fn with_rest(shown: &[String], all: usize) -> String {
    let text = shown.join(", ");
    match all.saturating_sub(shown.len()) {
        0 => text,
        rest => format!("{text} and {rest} more"),
    }
}
