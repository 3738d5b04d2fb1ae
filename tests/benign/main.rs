//! Three ordinary weeks of an ordinary account: how often the built-in rules
//! speak, and why each of the kinds that remain may.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may say what they expect in the shortest way"
)]

mod changes;
mod cluster;
mod day;
mod deployments;
mod people;
mod random;
mod services;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use adapters_local::{CollectingSink, FolderQuarantine, MemoryState};
use day::Day;
use detection::RuleSet;
use detection::rule::Level;
use detection::sigma::Lists;
use pipeline::detect::Parts;
use pipeline::journal::{Line, LineKind};
use pipeline::scan::Scan;
use pipeline::settings::Voice;
use serde_json::{Value, json};

/// First-seen rules learn for two weeks; the third shows what they then say.
const DAYS: i64 = 21;

/// What a team writes into its lists on the first day: the role of its own
/// pipeline, and the account of the vendor that watches.
const OWN_LISTS: [(&str, &str); 2] = [
    ("deployment-roles", "*:role/terraform-apply"),
    ("partner-accounts", "444455556666"),
];

/// The rules that speak on ordinary days, by the file that they stand in, how
/// often at most, and why that is right.
const REMAINING: &[(&str, u64, &str)] = &[
    (
        "defense-evasion/log-group-deleted.yml",
        2,
        "somebody tidies up by hand, and nobody but them knows that nothing was lost",
    ),
    (
        "discovery/denied-calls-in-a-burst.yml",
        1,
        "a script with the wrong profile looks like somebody who tries a stolen credential",
    ),
    (
        "impact/iam-identity-deleted.yml",
        1,
        "a person takes away another user's key; the same by an intruder locks people out",
    ),
    (
        "initial-access/console-sign-in-from-new-network.yml",
        1,
        "an administrator's first day from home: one question settles it",
    ),
    (
        "persistence/access-key-created-for-another-user.yml",
        1,
        "a long-lived key made by hand, as an intruder makes one; rare where roles are used",
    ),
    (
        "persistence/function-code-changed-by-person.yml",
        2,
        "code put into a function around the pipeline, with the function's rights; rare where there is one",
    ),
];

/// The shipped lists with the team's words added.
fn lists() -> Lists {
    let mut lists = rules::shipped_lists();
    for (name, value) in OWN_LISTS {
        let mut values = lists.get(name).unwrap_or_default().to_vec();
        values.push(value.to_owned());
        lists.insert(name, values);
    }
    lists
}

fn corpus() -> Vec<Vec<Value>> {
    let days = (0..DAYS).map(|number| {
        let mut day = Day::new(number);
        services::roles_assumed(&mut day);
        services::delivery(&mut day);
        services::scanning(&mut day);
        services::scaling(&mut day);
        services::backups(&mut day);
        services::workloads(&mut day);
        cluster::cluster(&mut day);
        deployments::deployments(&mut day);
        people::people(&mut day);
        people::watched(&mut day);
        changes::changes(&mut day);
        let mut records = day.records;
        records.sort_by_key(|record| record["eventTime"].as_str().unwrap().to_owned());
        records
    });
    days.collect()
}

/// Writes the days as trail files where `BENIGN` names a folder, for
/// `trailward rules backtest` and for a look.
fn keep(corpus: &[Vec<Value>]) {
    let Some(folder) = std::env::var_os("BENIGN").filter(|folder| !folder.is_empty()) else {
        return;
    };
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder).unwrap();
    for (number, records) in corpus.iter().enumerate() {
        let file = folder.join(format!("day-{number:02}.json"));
        fs::write(file, json!({ "Records": records }).to_string()).unwrap();
    }
}

/// Every finding, crossing and alert of the built-in rules.
async fn lines(corpus: &[Vec<Value>]) -> Vec<Line> {
    let loaded = rules::builtin_with(&lists());
    assert_eq!(loaded.problems, []);
    let (rules, problems) = RuleSet::new(loaded.rules);
    assert_eq!(problems, []);
    let folder = tempfile::tempdir().unwrap();
    let parts = Parts {
        rules: Arc::new(rules),
        state: Arc::new(MemoryState::new()),
        sink: Arc::new(CollectingSink::default()),
        quarantine: Arc::new(FolderQuarantine::new(folder.path())),
        clock: Arc::new(|| 1_774_400_000_000),
        voice: Voice::default(),
        log_groups: None,
        rules_refused: 0,
    };
    let mut scan = Scan::new(parts, "benign".to_owned());
    let mut lines = Vec::new();
    for (number, records) in corpus.iter().enumerate() {
        let bytes = json!({ "Records": records }).to_string();
        let name = format!("day {number}");
        scan.file(&name, bytes.as_bytes()).await.unwrap();
        lines.extend(scan.take_lines());
    }
    scan.finish().await.unwrap();
    lines.extend(scan.take_lines());
    lines
}

#[tokio::test]
async fn fewer_than_one_alert_per_thousand_records() {
    let corpus = corpus();
    keep(&corpus);
    let records = corpus.iter().map(Vec::len).sum::<usize>() as u64;
    assert!(records >= 3_000, "{records} records");
    let lines = lines(&corpus).await;
    let files: BTreeMap<String, String> = rules::builtin()
        .unwrap()
        .into_iter()
        .map(|rule| (rule.meta.id, rule.meta.location.file))
        .collect();
    let mut alerts: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in &lines {
        if line.kind == LineKind::Alert && line.level >= Level::Low {
            alerts.entry(&files[&line.rule_id]).or_default().push(line);
        }
    }
    let mut all = 0;
    let mut surprises = Vec::new();
    for (file, alerts) in &alerts {
        let count = alerts.len() as u64;
        all += count;
        println!("{count:>5}  {file}");
        let known = REMAINING.iter().find(|(known, _, _)| known == file);
        if known.is_none_or(|(_, most, _)| count > *most) {
            let first = alerts[0];
            surprises.push(format!(
                "{file}: {count} alerts; the first: {:?} {} by {} from {}",
                first.level, first.event_name, first.principal, first.source_ip
            ));
        }
    }
    println!("{all} alerts on {records} records");
    assert!(surprises.is_empty(), "\n{}\n", surprises.join("\n"));
    assert!(all * 1_000 < records, "{all} alerts on {records} records");
    for (file, _, why) in REMAINING {
        assert!(alerts.contains_key(file), "{file} is quiet now: {why}");
    }
}

#[test]
fn the_corpus_is_the_same_in_every_run_and_varied() {
    let corpus = corpus();
    assert_eq!(corpus, self::corpus());
    let all: Vec<&Value> = corpus.iter().flatten().collect();
    let ids: BTreeSet<&str> = all
        .iter()
        .map(|record| record["eventID"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), all.len(), "an event id comes twice");
    let names: BTreeSet<&str> = all
        .iter()
        .map(|record| record["eventName"].as_str().unwrap())
        .collect();
    assert!(names.len() > 80, "{}", names.len());
    let kinds: BTreeMap<&str, usize> = all.iter().fold(BTreeMap::new(), |mut kinds, record| {
        *kinds
            .entry(record["userIdentity"]["type"].as_str().unwrap())
            .or_default() += 1;
        kinds
    });
    for kind in [
        "AssumedRole",
        "AWSService",
        "IAMUser",
        "SAMLUser",
        "WebIdentityUser",
        "IdentityCenterUser",
        "AWSAccount",
    ] {
        assert!(kinds.contains_key(kind), "{kinds:?}");
    }
}
