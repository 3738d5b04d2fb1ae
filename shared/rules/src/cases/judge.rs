//! Whether a case comes out: its records through a set of rules.

use std::collections::{BTreeMap, BTreeSet};

use cloudtrail::json::Layer;
use cloudtrail::{Member, Record};
use detection::correlate::{
    Crossing, Origin, Sighting, Stream, evaluate_finished, field_for, sighting_of,
};
use detection::rule::{Correlation, CorrelationKind, Level, Logic, Rule, Scope};
use detection::{RuleIndex, RuleSet, Scratch};

use super::lay;
use super::read::{Case, Expect};
use super::{Verdict, rule_file};

/// What a rule found in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// The rule's title.
    pub title: String,
    /// The level of the finding: that of a failed attempt where all that was
    /// found were such.
    pub level: Level,
}

/// A record of the case that an event rule matched.
struct Sight<'r> {
    rule: RuleIndex,
    record: &'r Record<'r>,
    time: i64,
    place: usize,
}

/// A crossing with where it was found.
struct Found {
    scope: String,
    group: Vec<String>,
    crossing: Crossing,
}

/// Correlations that watch correlations are followed this far.
const MAX_CHAIN: usize = 8;

/// How a case of a file comes out, under the rules of a set.
pub fn judge(set: &RuleSet, file: String, case: Case) -> Verdict {
    let outcome = outcome(set, &file, &case);
    let (findings, failure) = match outcome {
        Ok(findings) => {
            let failure = failure(&case, &findings);
            (findings, failure)
        }
        Err(message) => (Vec::new(), Some(message)),
    };
    Verdict {
        file,
        case,
        findings,
        failure,
    }
}

fn outcome(set: &RuleSet, file: &str, case: &Case) -> Result<Vec<Finding>, String> {
    let asked = match &case.rule {
        Some(id) => vec![
            set.by_id(id)
                .ok_or_else(|| format!("there is no rule `{id}`"))?,
        ],
        None => rules_of(set, &rule_file(file)),
    };
    if asked.is_empty() {
        return Err("the rule of this case did not load".to_owned());
    }
    findings(set, case, &asked)
}

fn failure(case: &Case, findings: &[Finding]) -> Option<String> {
    match (case.expect, findings, case.level) {
        (Expect::Hit, [], _) => Some("expected a hit, nothing was found".to_owned()),
        (Expect::Miss, [first, ..], _) => Some(format!("expected a miss, found `{}`", first.title)),
        (Expect::Hit, found, Some(level)) if !found.iter().any(|f| f.level == level) => {
            let levels: Vec<_> = found.iter().map(|f| format!("{:?}", f.level)).collect();
            Some(format!(
                "expected level {level:?}, found {}",
                levels.join(", ")
            ))
        }
        _ => None,
    }
}

/// The rules of a file that its cases ask: all but those that only serve a
/// correlation of the same file.
pub fn rules_of(set: &RuleSet, file: &str) -> Vec<RuleIndex> {
    let here = |rule: RuleIndex| set.rule(rule).meta.location.file == file;
    set.indices()
        .filter(|rule| here(*rule))
        .filter(|rule| !matches!(set.rule(*rule).logic, Logic::Filter(_)))
        .filter(|rule| {
            let watchers = set.correlations_of(*rule);
            set.alerts_alone(*rule) || !watchers.iter().any(|watcher| here(*watcher))
        })
        .collect()
}

/// What the asked rules find in a case.
///
/// # Errors
/// A record that cannot be laid out or read.
pub fn findings(set: &RuleSet, case: &Case, asked: &[RuleIndex]) -> Result<Vec<Finding>, String> {
    let texts = texts(case)?;
    let mut records = Vec::new();
    for text in &texts {
        records.push(Record::scan(text, Layer::Plain).map_err(|error| error.to_string())?);
    }
    let sights = sights(set, &records);
    let mut found = Vec::new();
    for index in asked {
        let rule = set.rule(*index);
        let level = match &rule.logic {
            Logic::Event(_) => event_level(set, *index, rule, &sights, records.len()),
            Logic::Correlation(_) => {
                (!crossings(set, *index, &sights, 0).is_empty()).then_some(rule.meta.level)
            }
            Logic::Filter(_) => None,
        };
        found.extend(level.map(|level| Finding {
            rule: rule.meta.id.clone(),
            title: rule.meta.title.clone(),
            level,
        }));
    }
    Ok(found)
}

fn texts(case: &Case) -> Result<Vec<Vec<u8>>, String> {
    lay::records(case)?
        .into_iter()
        .map(|record| serde_json::to_vec(&record).map_err(|error| error.to_string()))
        .collect()
}

fn sights<'r>(set: &RuleSet, records: &'r [Record<'r>]) -> Vec<Sight<'r>> {
    let mut scratch = Scratch::default();
    let mut matches = Vec::new();
    let mut sights = Vec::new();
    for (place, record) in records.iter().enumerate() {
        matches.clear();
        set.find(record, &mut scratch, &mut matches);
        for found in matches.iter().filter(|found| found.excepted_by.is_none()) {
            sights.push(Sight {
                rule: found.rule,
                record,
                time: record.event_time().unwrap_or_default(),
                place,
            });
        }
    }
    sights
}

/// The level of what an event rule found, if it found anything.
fn event_level(
    set: &RuleSet,
    index: RuleIndex,
    rule: &Rule,
    sights: &[Sight<'_>],
    records: usize,
) -> Option<Level> {
    let mine = || sights.iter().filter(|sight| sight.rule == index);
    let level = |sight: &Sight<'_>| match rule.meta.settings.failed_level {
        Some(level) if failed(sight.record) => level,
        _ => rule.meta.level,
    };
    if rule.meta.settings.first_seen.is_none() {
        return mine().map(level).max();
    }
    // Every record but the last teaches; the last one is asked.
    let last = mine().find(|sight| sight.place + 1 == records)?;
    is_new(set, rule, mine(), last).then(|| level(last))
}

fn is_new<'s, 'r: 's>(
    set: &RuleSet,
    rule: &Rule,
    mine: impl Iterator<Item = &'s Sight<'r>>,
    last: &Sight<'r>,
) -> bool {
    let Some(settings) = &rule.meta.settings.first_seen else {
        return true;
    };
    let forget = i64::try_from(settings.forget_seconds).unwrap_or(i64::MAX);
    let group = |sight: &Sight<'_>| -> Vec<Option<String>> {
        let own = &rule.meta.settings.group;
        let default = ["trailward.principal".to_owned()];
        let fields = if own.is_empty() { &default[..] } else { own };
        fields
            .iter()
            .map(|field| set.field_text(sight.record, field))
            .collect()
    };
    let known: BTreeSet<String> = mine
        .filter(|sight| sight.place != last.place && group(sight) == group(last))
        .filter(|sight| last.time.saturating_sub(sight.time) < forget)
        .flat_map(|sight| set.field_values(sight.record, &settings.value))
        .collect();
    set.field_values(last.record, &settings.value)
        .iter()
        .any(|value| !known.contains(value))
}

fn failed(record: &Record<'_>) -> bool {
    record
        .text(Member::ErrorCode)
        .is_some_and(|code| !code.is_empty())
}

/// Every crossing of a correlation, over all scopes and groups.
fn crossings(set: &RuleSet, index: RuleIndex, sights: &[Sight<'_>], depth: usize) -> Vec<Found> {
    let rule = set.rule(index);
    let Logic::Correlation(correlation) = &rule.logic else {
        return Vec::new();
    };
    if depth > MAX_CHAIN {
        return Vec::new();
    }
    let mut windows: BTreeMap<(String, Vec<String>), Vec<Sighting>> = BTreeMap::new();
    let organization = rule.meta.settings.scope == Scope::Organization;
    for id in &correlation.rules {
        let Some(watched) = set.by_id(id) else {
            continue;
        };
        for (scope, sighting) in sightings(set, watched, correlation, sights, depth) {
            let scope = if organization {
                "organization".to_owned()
            } else {
                scope
            };
            windows
                .entry((scope, sighting.group.clone()))
                .or_default()
                .push(sighting);
        }
    }
    let fold = rule.meta.settings.fold_seconds;
    let mut found = Vec::new();
    for ((scope, group), sightings) in windows {
        for crossing in in_window(correlation, fold, &sightings) {
            let (scope, group) = (scope.clone(), group.clone());
            found.push(Found {
                scope,
                group,
                crossing,
            });
        }
    }
    found
}

fn in_window(
    correlation: &Correlation,
    fold: Option<u64>,
    sightings: &[Sighting],
) -> Vec<Crossing> {
    if let Ok(stream) = Stream::new(correlation, fold, true) {
        let members = sightings
            .iter()
            .flat_map(|sighting| stream.members_of(sighting))
            .collect();
        return stream.crossings(&members, |_| true);
    }
    // A condition that cannot be streamed: judged over the whole timespans
    // that the case touches.
    let span = i64::try_from(correlation.timespan_seconds.max(1)).unwrap_or(i64::MAX);
    let times = || sightings.iter().map(|sighting| sighting.time);
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return Vec::new();
    };
    let period = first.div_euclid(span).saturating_mul(span)
        ..last.div_euclid(span).saturating_add(1).saturating_mul(span);
    evaluate_finished(correlation, fold, period, sightings)
}

/// What `correlation` sees of one rule that it watches, each with its account.
fn sightings(
    set: &RuleSet,
    watched: RuleIndex,
    correlation: &Correlation,
    sights: &[Sight<'_>],
    depth: usize,
) -> Vec<(String, Sighting)> {
    let rule = set.rule(watched);
    if let Logic::Correlation(inner) = &rule.logic {
        let crossings = crossings(set, watched, sights, depth + 1);
        return crossings
            .iter()
            .map(|found| {
                let origin = Origin {
                    rule: &rule.meta.id,
                    version: &rule.meta.version,
                    scope: &found.scope,
                    group: &found.group,
                };
                let sighting = sighting_of(&found.crossing, origin, inner, correlation);
                (found.scope.clone(), sighting)
            })
            .collect();
    }
    sights
        .iter()
        .filter(|sight| sight.rule == watched)
        .map(|sight| {
            let account = sight.record.account().unwrap_or_default().to_string();
            (account, sighting(set, rule, correlation, sight))
        })
        .collect()
}

fn sighting(set: &RuleSet, rule: &Rule, correlation: &Correlation, sight: &Sight<'_>) -> Sighting {
    let value = |name: &String| {
        let field = field_for(correlation, name, &rule.meta.id);
        set.field_text(sight.record, field)
    };
    let counted: &[String] = match &correlation.kind {
        CorrelationKind::ValueCount { fields, .. } => fields,
        CorrelationKind::Aggregate { field, .. } => std::slice::from_ref(field),
        _ => &[],
    };
    let values: Option<Vec<String>> = counted.iter().map(value).collect();
    Sighting {
        rule: rule.meta.id.clone(),
        time: sight.time,
        identity: sight.record.identity(),
        group: correlation
            .group_by
            .iter()
            .map(|name| value(name).unwrap_or_default())
            .collect(),
        values: values.unwrap_or_default(),
    }
}
