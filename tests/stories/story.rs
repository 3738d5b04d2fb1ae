//! One folder of `events/`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use adapters_local::{CollectingSink, FolderQuarantine, MemoryState};
use detection::engine::RuleSet;
use pipeline::accounts::Accounts;
use pipeline::detect::{Detector, Parts};
use pipeline::invocation::Invocation;
use pipeline::ports::Mail;
use pipeline::settings::{Language, Voice};
use serde_json::Value;
use trailward_tests::payload::{LOG_GROUP, bus_event, control_data, logs_event, messages_data};

/// When every story is told: noon of its day, in epoch seconds.
const NOW: i64 = 1_772_452_800;

/// Between two mails of an expectation.
const RULER: &str = "\n------------------------------------------------------------\n";

/// Asks that payloads and expectations be written.
const UPDATE: &str = "UPDATE_EVENTS";

fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

/// The names of all stories.
pub(crate) fn all() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(events())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A story as its records tell it.
pub(crate) struct Story {
    folder: PathBuf,
    /// The name of each payload and the lines in it; a story without records
    /// is a health check.
    batches: Vec<(String, Option<Vec<String>>)>,
}

/// What became of a story.
pub(crate) struct Told {
    pub(crate) mails: Vec<Mail>,
    /// Of each payload.
    pub(crate) accounts: Vec<Accounts>,
}

impl Told {
    /// The mails, as their reader sees them.
    pub(crate) fn text(&self) -> String {
        let mails = self.mails.iter();
        let texts: Vec<String> = mails
            .map(|mail| format!("{}\n\n{}", mail.subject, mail.body))
            .collect();
        texts.join(RULER)
    }
}

impl Story {
    pub(crate) fn read(name: &str) -> Self {
        let folder = events().join(name);
        let mut files: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|file| file.ends_with(".jsonl"))
            .collect();
        files.sort();
        let mut batches: Vec<(String, Option<Vec<String>>)> = files
            .iter()
            .map(|file| {
                let text = std::fs::read_to_string(folder.join(file)).unwrap();
                let name = file.replace("records", "payload").replace("jsonl", "json");
                (name, Some(text.lines().map(str::to_owned).collect()))
            })
            .collect();
        if batches.is_empty() {
            batches.push(("payload.json".to_owned(), None));
        }
        Self { folder, batches }
    }

    /// The same story with a word changed.
    pub(crate) fn with(mut self, word: &str, other: &str) -> Self {
        for line in self
            .batches
            .iter_mut()
            .filter_map(|(_, lines)| lines.as_mut())
            .flatten()
        {
            *line = line.replace(word, other);
        }
        self
    }

    /// The payloads, made of the records.
    fn payloads(&self) -> Vec<(String, Value)> {
        let mut payloads: Vec<(String, Value)> = self
            .batches
            .iter()
            .map(|(name, lines)| {
                let data = match lines {
                    Some(lines) => messages_data(lines, LOG_GROUP),
                    None => control_data(LOG_GROUP),
                };
                (name.clone(), logs_event(&data.unwrap()))
            })
            .collect();
        if self.folder.join("event.json").exists() {
            let (_, lines) = &self.batches[0];
            let record: Value = serde_json::from_str(&lines.as_ref().unwrap()[0]).unwrap();
            let service = record["eventSource"].as_str().unwrap();
            let source = format!("aws.{}", service.replace(".amazonaws.com", ""));
            let event = bus_event(&record, &source, "AWS API Call via CloudTrail");
            payloads.push(("event.json".to_owned(), event));
        }
        payloads
    }

    /// Writes the payloads, or fails where one is stale.
    pub(crate) fn check_payloads(&self) {
        for (name, payload) in self.payloads() {
            let text = format!("{}\n", serde_json::to_string_pretty(&payload).unwrap());
            self.check(&name, &text);
        }
    }

    /// Writes the expectation, or fails where it is another.
    pub(crate) fn check_expected(&self, told: &Told) {
        self.check("expected.txt", &told.text());
    }

    fn check(&self, file: &str, text: &str) {
        let path = self.folder.join(file);
        if std::env::var_os(UPDATE).is_some() {
            std::fs::write(&path, text).unwrap();
            return;
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stored == text,
            "{} is stale: run `make events` and read the difference\n--- now:\n{text}",
            path.display()
        );
    }

    /// Tells the story to a new world, then again: nothing new may come.
    pub(crate) async fn tell(&self) -> Told {
        let mails = Arc::new(CollectingSink::default());
        let quarantine = tempfile::tempdir().unwrap();
        let (rules, problems) = RuleSet::new(rules::builtin().unwrap());
        assert!(problems.is_empty(), "{problems:?}");
        let parts = Parts {
            rules: Arc::new(rules),
            state: Arc::new(MemoryState::new()),
            sink: mails.clone(),
            quarantine: Arc::new(FolderQuarantine::new(quarantine.path())),
            clock: Arc::new(|| NOW * 1_000),
            voice: Voice {
                language: Language::En,
                account_names: [("111122223333".to_owned(), "production".to_owned())].into(),
            },
            log_groups: Some(vec![LOG_GROUP.to_owned()]),
            rules_refused: 0,
        };
        let accounts = self.deliver(&parts).await;
        let told = Told {
            mails: mails.take(),
            accounts,
        };
        for accounts in self.deliver(&parts).await {
            assert_eq!(accounts.alerted, 0, "{}", self.folder.display());
            assert_eq!(accounts.folded, 0, "{}", self.folder.display());
        }
        assert!(mails.take().is_empty(), "{}", self.folder.display());
        told
    }

    /// Every payload once, through one container.
    async fn deliver(&self, parts: &Parts) -> Vec<Accounts> {
        let mut detector = Detector::new(parts.clone());
        let mut accounts = Vec::new();
        for (name, payload) in self.payloads() {
            let invocation = Invocation {
                deadline_ms: NOW * 1_000 + 60_000,
                owner: name.clone(),
                input: if name == "event.json" {
                    "event-bus"
                } else {
                    "log-batch"
                }
                .to_owned(),
            };
            let handled = match payload["awslogs"]["data"].as_str() {
                Some(data) => detector.handle_logs(data.as_bytes(), &invocation).await,
                None => {
                    let text = payload.to_string();
                    detector.handle_event(text.as_bytes(), &invocation).await
                }
            };
            accounts.push(handled.unwrap());
        }
        accounts
    }
}
