//! What a report looks like at its bounds.

use super::*;
use crate::report::model::{Address, AlarmState, Kind};
use crate::report::period::Period;

fn report(texts: &str, findings: usize) -> Report {
    let finding = Finding {
        kind: Kind::Escalation,
        user: texts.to_owned(),
        account: texts.to_owned(),
        first_time: texts.to_owned(),
        last_time: format!("{texts}."),
        events: Some(texts.to_owned()),
        count: 2,
        failed: 1,
        addresses: vec![
            Address {
                text: texts.to_owned(),
                suspicious: true,
            };
            12
        ],
        targets: vec![texts.to_owned(); 12],
    };
    Report {
        accounts: vec![texts.to_owned(); 9],
        period: Period::ending_at(1_771_826_400),
        trail: texts.to_owned(),
        organization: false,
        counts: None,
        findings: vec![FindingGroup {
            kind: Kind::Escalation,
            told: vec![finding; findings],
            untold: 3,
            cut: true,
        }],
        baseline: Baseline::Empty,
        rules: Some(RuleActivity {
            alerts: 8,
            findings: 1,
            top: vec![
                RuleCount {
                    title: texts.to_owned(),
                    count: 1,
                };
                100
            ],
            staged: Vec::new(),
            refused: vec![texts.to_owned(); 100],
        }),
        alarms: AlarmState {
            filters: Some((14, 14)),
            alarms: Some((13, 14)),
        },
        missing: Vec::new(),
        silent: Vec::new(),
        left_out: vec![texts.to_owned(); 100],
    }
}

#[test]
fn no_text_of_a_record_makes_a_line() {
    let hostile = "a\nb\r\u{2028}c\u{202E}d\u{0}";
    let lines = |texts: &str| {
        let text = render(&report(texts, 2), Language::En, &BTreeMap::new());
        assert!(!text.contains(['\r', '\u{2028}', '\u{202E}', '\u{0}']));
        text.lines().count()
    };
    assert_eq!(lines(hostile), lines("plain"));
}

#[test]
fn the_longest_report_fits_a_mail_and_says_that_it_was_cut() {
    let long = "\u{1F600}".repeat(5_000);
    for language in [Language::En, Language::Zh] {
        let text = render(&report(&long, 140), language, &BTreeMap::new());
        assert!(text.len() <= MAX_REPORT_BYTES);
        assert!(text.ends_with(&format!("[{}]\n", words(language).cut)));
    }
    assert!(subject(&report(&long, 1)).len() < 100);
}

#[test]
fn alarms_that_somebody_checked_are_counted() {
    let text = render(&report("x", 1), Language::Zh, &BTreeMap::new());
    assert!(text.contains("已配置 CIS 指标过滤器: 14 / 14"), "{text}");
    assert!(text.contains("活跃 CloudWatch 告警: 13 / 14"), "{text}");
    assert!(text.contains("已触发告警(过去 7 天): 8"), "{text}");
    assert!(text.contains("至少 3"), "{text}");
    assert!(text.contains("x, x, x, x, x, + 4"), "{text}");
}
