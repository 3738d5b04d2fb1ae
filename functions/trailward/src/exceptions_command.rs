//! `trailward exceptions check`: what a file of exceptions says, and whether
//! it can be trusted.

use std::io::{self, Write};

use anyhow::Result;
use detection::RuleSet;
use detection::rule::{Filter, Logic, Rule};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pipeline::invocation::Clock;

use crate::Ending;
use crate::arguments::{CheckExceptions, Exceptions, RuleSources};
use crate::rule_files::RuleFiles;

pub(crate) fn run(command: Exceptions, clock: &Clock) -> Result<Ending> {
    match command {
        Exceptions::Check(options) => check(options, clock().div_euclid(1_000)),
    }
}

fn check(options: CheckExceptions, now: i64) -> Result<Ending> {
    let file = options.file.display().to_string();
    let sources = RuleSources {
        rules: options.rules,
        exceptions: Some(options.file),
    };
    let (set, refused) = RuleFiles::read(&sources)?.load();
    let mut problems: Vec<String> = refused.iter().map(ToString::to_string).collect();
    let mut out = io::stdout().lock();
    let (mut count, mut expired) = (0, 0);
    for rule in set.rules() {
        if rule.meta.location.file != file {
            continue;
        }
        let place = format!("{file}:{}: `{}`", rule.meta.location.line, rule.meta.title);
        let Logic::Filter(filter) = &rule.logic else {
            problems.push(format!(
                "{place} is no exception; write a document with `filter`, and keep rules apart"
            ));
            continue;
        };
        count += 1;
        let missing = missing(filter);
        problems.extend(missing.iter().map(|what| format!("{place} has no {what}")));
        if let Some(end) = filter.expires.filter(|end| *end <= now) {
            expired += 1;
            problems.push(format!(
                "{place} expired on {}: it hides nothing any more; renew it or take it out",
                day(end)
            ));
        }
        writeln!(out, "{}", told(&set, rule, filter))?;
    }
    for problem in &problems {
        eprintln!("{problem}");
    }
    writeln!(
        out,
        "{count} exceptions, {expired} expired, {} problems",
        problems.len()
    )?;
    Ok(if problems.is_empty() {
        Ending::Done
    } else {
        Ending::Failed
    })
}

/// What an exception must say and does not. (One without a reason does not
/// load.)
fn missing(filter: &Filter) -> Vec<&'static str> {
    let blank = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    let mut missing = Vec::new();
    if blank(&filter.owner) {
        missing.push("owner; write `trailward: {owner: ...}`");
    }
    if blank(&filter.reason) {
        missing.push("reason; write `trailward: {reason: ...}`");
    }
    if filter.expires.is_none() {
        missing.push("end; write `trailward: {expires: 2027-01-31}`");
    }
    missing
}

fn told(set: &RuleSet, rule: &Rule, filter: &Filter) -> String {
    let title = |id: &String| match set.by_id(id) {
        Some(index) => format!("`{}`", set.rule(index).meta.title),
        None => format!("`{id}`, which is unknown"),
    };
    let hides = match filter.rules.as_slice() {
        [] => "every rule that is not protected".to_owned(),
        rules => rules.iter().map(title).collect::<Vec<_>>().join(", "),
    };
    format!(
        "{title} ({id})\n    hides findings of {hides}\n    until {until}, by {owner}: {reason}",
        title = rule.meta.title,
        id = rule.meta.id,
        until = filter.expires.map_or("ever".to_owned(), day),
        owner = filter.owner.as_deref().unwrap_or("nobody"),
        reason = filter.reason.as_deref().unwrap_or("no reason"),
    )
}

/// A moment's day (UTC), as people write it.
pub(crate) fn day(moment: i64) -> String {
    match Timestamp::from_second(moment) {
        Ok(time) => time.to_zoned(TimeZone::UTC).date().to_string(),
        Err(_) => format!("second {moment}"),
    }
}
