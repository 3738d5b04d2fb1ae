//! How alerts read.

use detection::rule::{Level, Rule};

use super::{Alert, MAX_SUBJECT_CHARS, Repeats, Together, body, render};
use crate::facts::{EventFacts, Identity};
use crate::keys::FoldWindow;
use crate::neutral::is_harmful;
use crate::sample;
use crate::settings::{Language, Voice};

const BLOCK: &str = "id: 7d1f1c1e-0000-4000-8000-000000000001
trailward:
  gain: Nobody sees what comes next.
  details: [requestParameters.name]
  response:
    en: [Start logging again., Revoke the caller's credentials.]
    zh: [重新开启日志记录。, 吊销调用者的凭证。]
";

fn event() -> EventFacts {
    EventFacts {
        identity: "111122223333:0f0e0d0c-0b0a-4909-8807-060504030201".to_owned(),
        event_id: "0f0e0d0c-0b0a-4909-8807-060504030201".to_owned(),
        time: Some(1_772_442_900),
        name: "StopLogging".to_owned(),
        source: "cloudtrail.amazonaws.com".to_owned(),
        account: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
        source_ip: "198.51.100.7".to_owned(),
        agent: "aws-cli/2.31".to_owned(),
        error_code: String::new(),
        error_message: String::new(),
        principal: "arn:aws:iam::111122223333:user/kim".to_owned(),
        who: Identity {
            kind: "IAMUser".to_owned(),
            user_name: "kim".to_owned(),
            arn: "arn:aws:iam::111122223333:user/kim".to_owned(),
            ..Identity::default()
        },
    }
}

fn alert<'a>(rule: &'a Rule, event: &'a EventFacts, details: &'a [(String, String)]) -> Alert<'a> {
    Alert {
        rule,
        level: rule.meta.level,
        event,
        details,
        together: None,
        repeats: Repeats { now: 3, before: 14 },
        window: FoldWindow::holding(1_772_442_900, 86_400),
        input: "log-batch",
        now: 1_772_442_900 + 250,
        fingerprint: "f1",
    }
}

fn named(language: Language) -> Voice {
    Voice {
        language,
        account_names: [("111122223333".to_owned(), "production".to_owned())].into(),
    }
}

#[test]
fn an_alert_in_english() {
    let rule = sample::rule(BLOCK);
    let event = event();
    let details = [("requestParameters.name".to_owned(), "main".to_owned())];
    let mail = render(&alert(&rule, &event, &details), &named(Language::En));
    insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, mail.body));
    assert!(mail.attributes.len() <= 10);
}

#[test]
fn an_alert_in_chinese() {
    let rule = sample::rule(BLOCK);
    let event = event();
    insta::assert_snapshot!(body(&alert(&rule, &event, &[]), &named(Language::Zh)));
}

#[test]
fn a_refused_attempt_says_so() {
    let rule = sample::rule("id: r-1");
    let event = EventFacts {
        error_code: "AccessDenied".to_owned(),
        ..event()
    };
    let alert = Alert {
        level: Level::Low,
        repeats: Repeats::default(),
        ..alert(&rule, &event, &[])
    };
    insta::assert_snapshot!(body(&alert, &Voice::default()));
}

#[test]
fn a_correlation_names_its_steps() {
    let rule = sample::correlation("1h", "");
    let event = event();
    let together = Together {
        count: 2,
        from: 1_772_442_600,
        to: 1_772_442_900,
        steps: vec!["Policy made".to_owned(), "Policy attached".to_owned()],
        group: vec![("userIdentity.arn".to_owned(), event.principal.clone())],
    };
    let alert = Alert {
        together: Some(together),
        ..alert(&rule, &event, &[])
    };
    insta::assert_snapshot!(body(&alert, &Voice::default()));
}

#[test]
fn an_empty_record_still_makes_an_alert() {
    let rule = sample::rule("id: r-1");
    let event = EventFacts::default();
    insta::assert_snapshot!(body(&alert(&rule, &event, &[]), &Voice::default()));
}

/// Every text of a record is written by whoever made the call.
#[test]
fn hostile_text_is_shown_and_harmless() {
    let evil = format!(
        "x\r\nBcc: all\u{1b}[2J\u{202E}=1+1\u{200B}https://evil.example{}",
        "A".repeat(65_536)
    );
    let text = || evil.clone();
    let event = EventFacts {
        identity: text(),
        event_id: text(),
        time: Some(i64::MAX),
        name: text(),
        source: text(),
        account: text(),
        region: text(),
        source_ip: text(),
        agent: text(),
        error_code: text(),
        error_message: text(),
        principal: text(),
        who: Identity {
            kind: "IAMUser".to_owned(),
            user_name: text(),
            arn: text(),
            ..Identity::default()
        },
    };
    let mut rule = sample::rule(BLOCK);
    rule.meta.title = text();
    rule.meta.id = text();
    let details: Vec<(String, String)> = (0..100).map(|_| (text(), text())).collect();
    for language in [Language::En, Language::Zh] {
        let mail = render(&alert(&rule, &event, &details), &named(language));
        assert!(mail.subject.len() <= MAX_SUBJECT_CHARS);
        assert!(
            mail.subject
                .bytes()
                .all(|byte| (b' '..=b'~').contains(&byte))
        );
        assert!(mail.body.len() < 32_768, "{}", mail.body.len());
        assert!(!mail.body.contains("https://evil"));
        let lines = mail.body.split('\n');
        assert!(lines.clone().all(|line| !line.chars().any(is_harmful)));
        assert!(lines.clone().all(|line| !line.starts_with("Bcc")));
        for (_, text) in &mail.attributes {
            assert!(
                text.chars().count() <= 200 && !text.chars().any(is_harmful),
                "{}",
                text.len()
            );
        }
    }
}
