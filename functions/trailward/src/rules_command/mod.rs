//! `trailward rules`: rules listed, checked, tested; each greater command has
//! a file of its own.

mod attack;
mod backtest;
mod catalogue;
mod coverage;
mod deciding;
mod draft;
mod explain;
mod heat_map;
mod navigator;
mod notes;

use std::io::{self, Write};

use anyhow::Result;
use detection::rule::{Logic, Rule, Staged};
use pipeline::alert::level_name;
use pipeline::invocation::Clock;
use rules::cases;

use crate::Ending;
use crate::arguments::{RuleSources, Rules};
use crate::rule_files::RuleFiles;

pub(crate) async fn run(command: Rules, clock: Clock) -> Result<Ending> {
    match command {
        Rules::List(options) => list(&options),
        Rules::Check(options) => check(&options),
        Rules::Test(options) => test(&options),
        Rules::Explain(options) => explain::run(&options),
        Rules::Backtest(options) => backtest::run(&options, clock).await,
        Rules::Coverage(options) => coverage::run(&options),
        Rules::Catalogue(options) => catalogue::run(&options),
        Rules::New(options) => draft::run(&options),
    }
}

fn list(options: &RuleSources) -> Result<Ending> {
    let (set, problems) = RuleFiles::read(options)?.load();
    let mut rules: Vec<&Rule> = set.rules().collect();
    rules.sort_by(|a, b| {
        b.meta
            .level
            .cmp(&a.meta.level)
            .then(a.meta.title.cmp(&b.meta.title))
    });
    let mut out = io::stdout().lock();
    for rule in rules {
        writeln!(
            out,
            "{level:<13}  {id:<36}  {kind:<11}  {title}{staged}",
            level = level_name(rule.meta.level),
            id = rule.meta.id,
            kind = kind(rule),
            title = rule.meta.title,
            staged = if rule.meta.settings.staged == Staged::No {
                ""
            } else {
                "  (staged)"
            },
        )?;
    }
    for problem in problems {
        eprintln!("{problem}");
    }
    Ok(Ending::Done)
}

fn kind(rule: &Rule) -> &'static str {
    match (&rule.logic, &rule.meta.settings.first_seen) {
        (Logic::Event(_), None) => "event",
        (Logic::Event(_), Some(_)) => "first-seen",
        (Logic::Correlation(_), _) => "correlation",
        (Logic::Filter(_), _) => "exception",
    }
}

fn check(options: &RuleSources) -> Result<Ending> {
    let (set, problems) = RuleFiles::read(options)?.load();
    for problem in &problems {
        eprintln!("{problem}");
    }
    for rule in set.rules() {
        let location = &rule.meta.location;
        for note in notes::notes(rule) {
            eprintln!(
                "{}:{}: rule `{}` {note}",
                location.file, location.line, rule.meta.title
            );
        }
    }
    writeln!(
        io::stdout(),
        "{} rules, {} refused",
        set.len(),
        problems.len()
    )?;
    Ok(if problems.is_empty() {
        Ending::Done
    } else {
        Ending::Failed
    })
}

fn test(options: &RuleSources) -> Result<Ending> {
    let files = RuleFiles::read(options)?;
    let mut clean = true;
    let mut count = 0;
    if !options.rules.no_builtin_rules {
        let sources: Vec<_> = rules::sources().collect();
        let case_files: Vec<_> = rules::case_files().collect();
        let report = cases::run(&sources, &rules::shipped_lists(), &[], &case_files);
        count += tell(&report);
        clean &= report.is_clean();
    }
    let case_files: Vec<_> = files
        .own
        .iter()
        .filter(|file| file.is_cases())
        .map(|file| file.source())
        .collect();
    let report = cases::run(&files.sources(), &files.lists, &files.builtin, &case_files);
    count += tell(&report);
    clean &= report.is_clean();
    writeln!(
        io::stdout(),
        "{count} cases, {}",
        if clean {
            "all as expected"
        } else {
            "some failed"
        }
    )?;
    Ok(if clean { Ending::Done } else { Ending::Failed })
}

/// Prints what is wrong; returns the number of cases.
fn tell(report: &cases::Report) -> usize {
    for problem in &report.problems {
        eprintln!("{problem}");
    }
    for fault in &report.faults {
        eprintln!("{fault}");
    }
    for verdict in &report.verdicts {
        if let Some(failure) = &verdict.failure {
            eprintln!(
                "{}:{}: case `{}`: {failure}",
                verdict.file, verdict.case.line, verdict.case.name
            );
        }
    }
    report.verdicts.len()
}
