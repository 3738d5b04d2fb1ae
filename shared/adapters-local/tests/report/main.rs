//! The weekly report from records to mail, on the local adapters.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may say what it expects in the shortest way"
)]

mod engine;
mod records;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use adapters_local::{CollectingSink, FolderReports, MemoryState};
use detection::RuleProblem;
use detection::rule::{Level, Location};
use engine::Engine;
use pipeline::invocation::{Clock, Invocation};
use pipeline::keys::TOLD;
use pipeline::ports::{Claim, CountEntry, CounterKey, Expiry, Lease, StateStore};
use pipeline::report::{
    EndingException, LoadedRule, LoadedRules, Outcome, Period, Ports, ReportError, ReportSettings,
    run,
};
use pipeline::settings::Language;
use records::{record, week, with};
use serde_json::{Value, json};

const MONDAY: i64 = 1_771_826_400; // 2026-02-23T06:00:00Z
const MINUTE_MS: i64 = 60_000;

/// What a report needs around it.
struct Stage {
    state: MemoryState,
    engine: Engine,
    sink: CollectingSink,
    folder: tempfile::TempDir,
    settings: ReportSettings,
}

impl Stage {
    fn new(records: &[Value]) -> Self {
        let rule = |id: &str, title: &str, level, own| LoadedRule {
            id: id.to_owned(),
            title: title.to_owned(),
            level,
            own,
            staged: id == "r-2",
        };
        Self {
            state: MemoryState::new(),
            engine: Engine::over(records),
            sink: CollectingSink::default(),
            folder: tempfile::tempdir().unwrap(),
            settings: ReportSettings {
                database: "trail".to_owned(),
                table: "logs".to_owned(),
                trail: "org-security-trail".to_owned(),
                organization: true,
                account_names: [(records::ACCOUNT.to_owned(), "production".to_owned())].into(),
                rules: LoadedRules {
                    rules: vec![
                        rule("r-1", "Root signs in", Level::Critical, false),
                        rule("r-2", "Rare user agent", Level::Low, false),
                        rule("own-1", "A user was made", Level::High, true),
                        rule("own-2", "A key was made", Level::Medium, true),
                    ],
                    exceptions: 1,
                    ending: vec![EndingException {
                        title: "The yearly drill".to_owned(),
                        owner: Some("platform".to_owned()),
                        ends: MONDAY - 86_400,
                        ended: true,
                    }],
                    refused: vec![RuleProblem {
                        location: Location {
                            file: "rules/own.yml".to_owned(),
                            line: 7,
                        },
                        rule: None,
                        message: "unknown modifier `near`; valid are `contains`, `re`".to_owned(),
                    }],
                    unread: None,
                },
                ..ReportSettings::default()
            },
        }
    }

    async fn run(&self, owner: &str, minutes: i64) -> Result<Outcome, ReportError> {
        let folder = FolderReports::new(self.folder.path());
        let now_ms = Arc::clone(&self.engine.now_ms);
        let clock: Clock = Arc::new(move || now_ms.load(Ordering::SeqCst));
        let ports = Ports {
            state: &self.state,
            queries: &self.engine,
            store: &folder,
            sink: &self.sink,
            clock: &clock,
        };
        let invocation = Invocation {
            deadline_ms: clock() + minutes * MINUTE_MS,
            owner: owner.to_owned(),
            input: "weekly-report".to_owned(),
        };
        run(ports, &self.settings, MONDAY, &invocation).await
    }

    fn mail(&self) -> String {
        let mut mails = self.sink.take();
        assert_eq!(mails.len(), 1, "one mail");
        let mail = mails.remove(0);
        let kept = self.folder.path().join("reports/2026-02-16.txt");
        assert_eq!(std::fs::read_to_string(kept).unwrap(), mail.body);
        format!("{}\n\n{}", mail.subject, mail.body)
    }

    async fn count(&self, rule: &str, times: usize) {
        let entries: Vec<CountEntry> = (0..times)
            .map(|n| CountEntry {
                event: format!("event-{n}"),
                rule: rule.to_owned(),
                counters: vec![CounterKey::Day {
                    day: MONDAY / 86_400 - 2,
                    account: records::ACCOUNT.to_owned(),
                    rule: rule.to_owned(),
                }],
            })
            .collect();
        let expiry = Expiry {
            now: MONDAY,
            at: MONDAY + 86_400,
        };
        self.state.count(&entries, expiry).await.unwrap();
    }
}

#[tokio::test]
async fn the_report_in_both_languages() {
    let mut stage = Stage::new(&week());
    stage.count("r-1", 2).await;
    stage.count("r-2", 40).await;
    stage.count("own-1", 3).await;
    stage.count("gone", 1).await;
    stage.count(TOLD, 1).await;
    stage.run("a", 15).await.unwrap();
    insta::assert_snapshot!("en", stage.mail());
    stage.state = MemoryState::new();
    stage.settings.language = Language::Zh;
    stage.run("b", 15).await.unwrap();
    insta::assert_snapshot!("zh", stage.mail());
}

#[tokio::test]
async fn one_report_per_period_however_often_the_schedule_fires() {
    let stage = Stage::new(&week());
    let sent = stage.run("a", 15).await.unwrap();
    assert_eq!(
        sent,
        Outcome::Sent {
            key: "reports/2026-02-16.txt".to_owned(),
            missing: 0
        }
    );
    assert_eq!(stage.run("b", 15).await.unwrap(), Outcome::AlreadySent);
    assert_eq!(stage.sink.take().len(), 1);
}

#[tokio::test]
async fn another_attempt_that_is_publishing_is_no_success() {
    let stage = Stage::new(&week());
    let now_ms = MONDAY * 1_000;
    let lease = Lease {
        owner: "other".to_owned(),
        now_ms,
        until_ms: now_ms + 50_000,
        expires_at: MONDAY + 86_400,
    };
    let key = Period::ending_at(MONDAY).key();
    assert_eq!(stage.state.claim(&key, &lease).await.unwrap(), Claim::Won);
    let refused = stage.run("a", 15).await.unwrap_err();
    assert!(matches!(refused, ReportError::Held { .. }), "{refused}");
    assert!(stage.sink.take().is_empty());
    stage.engine.now_ms.fetch_add(MINUTE_MS, Ordering::SeqCst);
    stage.run("a", 15).await.unwrap();
    assert_eq!(stage.sink.take().len(), 1);
}

#[tokio::test]
async fn a_failed_query_is_a_named_gap() {
    let mut stage = Stage::new(&week());
    stage.engine.failing = Some("counts");
    let outcome = stage.run("a", 15).await.unwrap();
    assert!(matches!(outcome, Outcome::Sent { missing: 1, .. }));
    let mail = stage.mail();
    assert!(mail.contains("Root account sign-ins: not known"), "{mail}");
    assert!(
        mail.contains("counts: Query exhausted resources\u{FFFD}at"),
        "{mail}"
    );
    assert!(mail.contains("IAM privilege escalation"), "{mail}");
}

#[tokio::test]
async fn rules_of_the_team_that_could_not_be_read_are_a_named_gap() {
    let mut stage = Stage::new(&week());
    let reason = "S3 refuses while listing bucket team: AccessDenied";
    stage.settings.rules = LoadedRules {
        unread: Some(reason.to_owned()),
        ..LoadedRules::default()
    };
    stage.count("own-1", 3).await;
    let outcome = stage.run("a", 15).await.unwrap();
    assert!(matches!(outcome, Outcome::Sent { missing: 1, .. }));
    let mail = stage.mail();
    assert!(mail.contains(&format!("team_rules: {reason}")), "{mail}");
    assert!(mail.contains("- [NOT LOADED] own-1 (3)"), "{mail}");
}

#[tokio::test]
async fn out_of_capacity_it_waits_and_at_last_says_what_is_missing() {
    let stage = Stage::new(&week());
    stage.engine.full.store(30, Ordering::SeqCst);
    let outcome = stage.run("a", 15).await.unwrap();
    assert!(
        matches!(outcome, Outcome::Sent { missing: 0, .. }),
        "{outcome:?}"
    );
    stage.sink.take();

    let stage = Stage::new(&week());
    stage.engine.full.store(usize::MAX, Ordering::SeqCst);
    for (owner, wait) in [("a", 1), ("b", 2)] {
        stage.run(owner, 15).await.unwrap_err();
        let passed = wait * MINUTE_MS;
        stage.engine.now_ms.fetch_add(passed, Ordering::SeqCst);
    }
    stage.run("c", 15).await.unwrap();
    let mail = stage.mail();
    assert!(mail.contains("TooManyRequestsException"), "{mail}");
}

#[tokio::test]
async fn a_retry_resumes_the_queries_that_still_run() {
    let stage = Stage::new(&week());
    stage
        .engine
        .looks_until_done
        .store(usize::MAX, Ordering::SeqCst);
    let unfinished = stage.run("a", 5).await.unwrap_err();
    assert!(
        matches!(unfinished, ReportError::Unfinished { running: 9, .. }),
        "{unfinished}"
    );
    let tokens = stage.engine.tokens();
    assert_eq!(tokens.len(), 9);
    stage.engine.looks_until_done.store(20, Ordering::SeqCst);
    stage.run("b", 5).await.unwrap();
    assert_eq!(stage.engine.tokens(), tokens, "the same queries, none anew");
    assert_eq!(stage.sink.take().len(), 1);
}

#[tokio::test]
async fn the_last_attempt_reports_what_there_is() {
    let stage = Stage::new(&week());
    stage
        .engine
        .looks_until_done
        .store(usize::MAX, Ordering::SeqCst);
    for (owner, wait) in [("a", 1), ("b", 2)] {
        stage.run(owner, 15).await.unwrap_err();
        stage
            .engine
            .now_ms
            .fetch_add(wait * MINUTE_MS, Ordering::SeqCst);
    }
    let outcome = stage.run("c", 15).await.unwrap();
    assert!(
        matches!(outcome, Outcome::Sent { missing: 9, .. }),
        "{outcome:?}"
    );
    assert!(stage.mail().contains("root_use: still running"));
}

#[tokio::test]
async fn what_attackers_choose_cannot_forge_a_line() {
    let name = "eve\n  [CT-999] All is well\u{202E}";
    let sign_in = records::sign_in("x", name, "2026-02-20T08:00:00Z", "203.0.113.9");
    let refused = with(
        record(
            "y",
            name,
            "2026-02-20T08:01:00Z",
            "cloudtrail.amazonaws.com",
            "StopLogging",
            "203.0.113.9",
        ),
        json!({"requestParameters": {"name": "t\r\n[CT-998] https://evil.example"}}),
    );
    let stage = Stage::new(&[sign_in, refused]);
    stage.run("a", 15).await.unwrap();
    let mail = stage.mail();
    assert!(mail.contains("eve\u{FFFD}  [CT-999]"), "{mail}");
    let forged = |line: &str| line.trim_start().starts_with("[CT-99");
    assert!(!mail.lines().any(forged), "{mail}");
    assert!(
        !mail.contains('\u{202E}') && !mail.contains("://"),
        "{mail}"
    );
}

#[tokio::test]
async fn a_trail_without_records_is_a_report_with_zeros() {
    let stage = Stage::new(&[]);
    stage.run("a", 15).await.unwrap();
    let mail = stage.mail();
    assert!(mail.contains("Unauthorised API calls: 0"), "{mail}");
    assert!(stage.engine.tokens().is_empty());
}
