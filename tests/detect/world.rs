//! A detector with everything around it in reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use adapters_local::{CollectingSink, FolderQuarantine, MemoryState};
use detection::engine::RuleSet;
use detection::sigma::{self, Lists, Source};
use pipeline::accounts::Accounts;
use pipeline::detect::{Detector, Parts};
use pipeline::invocation::{Clock, HandlerError, Invocation};
use pipeline::ports::{AlertSink, Mail, StateStore};
use pipeline::settings::Voice;
use serde_json::{Value, json};
use tempfile::TempDir;
use trailward_tests::payload::{LOG_GROUP, logs_data};
use trailward_tests::promises::NOW;

/// Everything around a detector.
pub(crate) struct World {
    pub(crate) rules: Arc<RuleSet>,
    pub(crate) state: Arc<dyn StateStore>,
    pub(crate) sink: Arc<dyn AlertSink>,
    pub(crate) mails: Arc<CollectingSink>,
    pub(crate) quarantine: TempDir,
    /// Now, in epoch milliseconds.
    pub(crate) now_ms: Arc<AtomicI64>,
    attempt: i64,
}

impl World {
    /// A world with these rules (Sigma documents).
    pub(crate) fn new(rules: &str) -> Self {
        let source = Source {
            name: "test.yml",
            text: rules,
        };
        let loaded = sigma::load(&[source], &Lists::new());
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        let (rules, problems) = RuleSet::new(loaded.rules);
        assert!(problems.is_empty(), "{problems:?}");
        let mails = Arc::new(CollectingSink::default());
        Self {
            rules: Arc::new(rules),
            state: Arc::new(MemoryState::new()),
            sink: mails.clone(),
            mails,
            quarantine: tempfile::tempdir().unwrap(),
            now_ms: Arc::new(AtomicI64::new(NOW * 1_000)),
            attempt: 0,
        }
    }

    /// A new container: a detector that remembers nothing.
    pub(crate) fn detector(&self) -> Detector {
        Detector::new(self.parts())
    }

    /// What a detector here is made of.
    pub(crate) fn parts(&self) -> Parts {
        let now_ms = self.now_ms.clone();
        let clock: Clock = Arc::new(move || now_ms.load(Ordering::Relaxed));
        Parts {
            rules: self.rules.clone(),
            state: self.state.clone(),
            sink: self.sink.clone(),
            quarantine: Arc::new(FolderQuarantine::new(self.quarantine.path())),
            clock,
            voice: Voice::default(),
            log_groups: Some(vec![LOG_GROUP.to_owned()]),
            rules_refused: 0,
        }
    }

    /// A new attempt, with a minute to go.
    pub(crate) fn invocation(&mut self) -> Invocation {
        self.attempt += 1;
        Invocation {
            deadline_ms: self.now_ms.load(Ordering::Relaxed) + 60_000,
            owner: format!("attempt-{}", self.attempt),
            input: "log-batch".to_owned(),
        }
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, seconds: i64) {
        self.now_ms.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }

    /// The records as one batch through a new container.
    pub(crate) async fn batch(&mut self, records: &[Value]) -> Result<Accounts, HandlerError> {
        let data = logs_data(records, LOG_GROUP).unwrap();
        let invocation = self.invocation();
        self.detector()
            .handle_logs(data.as_bytes(), &invocation)
            .await
    }

    /// The messages since the last look.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.take()
    }

    /// How many files are in quarantine.
    pub(crate) fn quarantined(&self) -> usize {
        self.quarantined_texts().len()
    }

    /// The texts of the files in quarantine.
    pub(crate) fn quarantined_texts(&self) -> Vec<String> {
        fn add(folder: &std::path::Path, texts: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => add(&path, texts),
                    false => texts.push(std::fs::read_to_string(&path).unwrap()),
                }
            }
        }
        let mut texts = Vec::new();
        add(self.quarantine.path(), &mut texts);
        texts
    }
}

/// A record of a call by an IAM user, `n` telling it from others.
pub(crate) fn call(name: &str, user: &str, n: u32) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": format!("AIDA{user}"),
            "arn": format!("arn:aws:iam::111122223333:user/{user}"),
            "accountId": "111122223333",
            "userName": user,
        },
        "eventTime": time(i64::from(n)),
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31",
        "eventID": format!("00000000-0000-4000-8000-{n:012}"),
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
    })
}

/// [`NOW`] and so many seconds, as CloudTrail writes it.
pub(crate) fn time(seconds: i64) -> String {
    let second = (NOW + seconds).rem_euclid(86_400);
    assert_eq!((NOW + seconds).div_euclid(86_400), 20_514, "another day");
    let (hours, minutes) = (second / 3_600, second / 60 % 60);
    format!("2026-03-02T{hours:02}:{minutes:02}:{:02}Z", second % 60)
}

/// A rule that alerts on single events.
pub(crate) const STOPPED: &str = "
title: Trail stopped
id: 7d1f1c1e-0000-4000-8000-000000000001
level: high
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: StopLogging}
  condition: selection
";
