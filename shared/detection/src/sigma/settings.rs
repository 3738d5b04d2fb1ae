//! The `trailward:` block: what Sigma has no word for. Every key is known, and
//! an unknown one is refused: a slip must not quietly unprotect a rule.

use super::bounds::{MAX_FOLD_SECONDS, MAX_MEMORY_SECONDS};
use super::derived;
use super::metadata::level;
use super::problem::{Fault, note, valid};
use super::section;
use super::time;
use super::yaml::{Entry, Map};
use crate::rule::{FirstSeen, Response, Scope, Settings, Staged};

/// The keys that every rule may use.
const COMMON: [&str; 8] = [
    "group",
    "fold",
    "scope",
    "staged",
    "protected",
    "gain",
    "details",
    "response",
];
/// The keys that only a rule over single events may use.
const EVENT: [&str; 2] = ["failed-level", "first-seen"];
const FILTER: [&str; 3] = ["owner", "reason", "expires"];

/// How long values are only learned, and how long remembered, if not said.
const LEARN_SECONDS: u64 = 14 * 86_400;
const FORGET_SECONDS: u64 = 90 * 86_400;

/// Reads the block of a rule; `event` for one over single events.
pub(super) fn read(root: &Map, event: bool, faults: &mut Vec<Fault>) -> Option<Settings> {
    let Some(entry) = root.get("trailward") else {
        return Some(Settings::default());
    };
    let map = note(section::map(entry), faults)?;
    let known: Vec<&str> = match event {
        true => COMMON.into_iter().chain(EVENT).collect(),
        false => COMMON.to_vec(),
    };
    section::unknown_keys(map, "trailward", &known, faults);
    let mut settings = Settings::default();
    for entry in &map.entries {
        note(set(&mut settings, entry, faults), faults);
    }
    Some(settings)
}

fn set(settings: &mut Settings, entry: &Entry, faults: &mut Vec<Fault>) -> Result<(), Fault> {
    match entry.key.as_str() {
        "group" => settings.group = section::fields(entry)?,
        "fold" => settings.fold_seconds = Some(section::parsed(entry, fold)?),
        "scope" => settings.scope = section::parsed(entry, scope)?,
        "staged" => settings.staged = staged(entry)?,
        "protected" => settings.protected = section::switch(entry)?,
        "gain" => settings.gain = section::text(entry)?,
        "details" => settings.details = section::fields(entry)?,
        "response" => settings.response = response(entry, faults)?,
        "failed-level" => settings.failed_level = Some(level(entry)?),
        "first-seen" => settings.first_seen = Some(first_seen(entry, faults)?),
        _ => {}
    }
    Ok(())
}

fn fold(written: &str) -> Result<u64, String> {
    let seconds = time::span(written)?;
    match seconds > MAX_FOLD_SECONDS {
        true => Err(format!(
            "`{written}` is longer than {} days",
            MAX_FOLD_SECONDS / 86_400
        )),
        false => Ok(seconds),
    }
}

fn scope(written: &str) -> Result<Scope, String> {
    match written {
        "account" => Ok(Scope::Account),
        "organization" => Ok(Scope::Organization),
        _ => {
            let names = valid(written, ["account", "organization"]);
            Err(format!("`{written}` is no scope; {names}"))
        }
    }
}

fn staged(entry: &Entry) -> Result<Staged, Fault> {
    if let Ok(staged) = section::switch(entry) {
        return Ok(if staged { Staged::Yes } else { Staged::No });
    }
    section::parsed(entry, |written| {
        let moment = time::moment(written).map(Staged::Until);
        moment.map_err(|_| {
            format!("`{written}` is neither `true`, `false` nor a date like `2027-01-31`")
        })
    })
}

fn response(entry: &Entry, faults: &mut Vec<Fault>) -> Result<Response, Fault> {
    let map = section::map(entry)?;
    section::unknown_keys(map, "response", &["en", "zh"], faults);
    let steps = |key: &str| map.get(key).map_or(Ok(Vec::new()), section::texts);
    Ok(Response {
        en: steps("en")?,
        zh: steps("zh")?,
    })
}

fn first_seen(entry: &Entry, faults: &mut Vec<Fault>) -> Result<FirstSeen, Fault> {
    let map = section::map(entry)?;
    section::unknown_keys(map, "first-seen", &["value", "learn", "forget"], faults);
    let value = match map.get("value") {
        Some(entry) => field(entry)?,
        None => None,
    };
    let value = value.filter(|value| !value.is_empty()).ok_or_else(|| {
        Fault::new(
            entry.line,
            "`first-seen` has no `value`: the field whose values are remembered",
        )
    })?;
    let span = |key: &str, default| match map.get(key) {
        Some(entry) => section::parsed(entry, memory),
        None => Ok(default),
    };
    Ok(FirstSeen {
        value,
        learn_seconds: span("learn", LEARN_SECONDS)?,
        forget_seconds: span("forget", FORGET_SECONDS)?,
    })
}

/// The field that a key names.
fn field(entry: &Entry) -> Result<Option<String>, Fault> {
    let path = section::text(entry)?;
    if let Some(path) = &path {
        derived::check(path).map_err(|why| Fault::new(entry.value.line, why))?;
    }
    Ok(path)
}

fn memory(written: &str) -> Result<u64, String> {
    let seconds = time::span(written)?;
    match seconds > MAX_MEMORY_SECONDS {
        true => Err(format!(
            "`{written}` is longer than {} days",
            MAX_MEMORY_SECONDS / 86_400
        )),
        false => Ok(seconds),
    }
}

/// Who answers for an exception, why it exists and when it ends.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Responsibility {
    pub(super) owner: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) expires: Option<i64>,
}

/// Reads the block of a filter document.
pub(super) fn read_filter(root: &Map, faults: &mut Vec<Fault>) -> Option<Responsibility> {
    let Some(entry) = root.get("trailward") else {
        return Some(Responsibility::default());
    };
    let map = note(section::map(entry), faults)?;
    section::unknown_keys(map, "trailward", &FILTER, faults);
    let mut one = |key: &str| match map.get(key) {
        Some(entry) => note(section::text(entry), faults).flatten(),
        None => None,
    };
    let [owner, reason] = ["owner", "reason"].map(&mut one);
    let expires = match map.get("expires") {
        Some(entry) => Some(note(section::parsed(entry, time::moment), faults)?),
        None => None,
    };
    Some(Responsibility {
        owner,
        reason: reason.filter(|reason| !reason.trim().is_empty()),
        expires,
    })
}
