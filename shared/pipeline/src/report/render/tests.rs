//! What a report looks like at its bounds.

use detection::RuleProblem;
use detection::rule::{Level, Location};

use super::*;
use crate::report::loaded::{EndingException, LoadedRule, LoadedRules};
use crate::report::model::{Address, AlarmState, Kind, Missing, RuleActivity, RuleCount};
use crate::report::period::Period;

fn count(title: &str, level: Option<Level>) -> RuleCount {
    RuleCount {
        title: title.to_owned(),
        level,
        own: true,
        count: 1,
    }
}

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
        rules: LoadedRules {
            rules: Vec::new(),
            exceptions: 0,
            ending: vec![
                EndingException {
                    title: texts.to_owned(),
                    owner: Some(texts.to_owned()),
                    ends: 1_771_804_800,
                    ended: true,
                };
                100
            ],
            refused: vec![
                RuleProblem {
                    location: Location {
                        file: texts.to_owned(),
                        line: 7,
                    },
                    rule: Some(texts.to_owned()),
                    message: texts.to_owned(),
                };
                100
            ],
            unread: None,
        },
        activity: Some(RuleActivity {
            alerts: 8,
            findings: 1,
            top: vec![count(texts, None); 100],
            untold: 3,
            staged: vec![count(texts, Some(Level::Low)); 100],
            silent: vec![texts.to_owned(); 100],
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

/// The lines of the section on rules.
fn rules_section(report: &Report, language: Language) -> String {
    let text = render(report, language, &BTreeMap::new());
    let head = format!("\n{}:\n", words(language).rules);
    let (_, section) = text.split_once(&head).unwrap();
    section.split("\n\n").next().unwrap().to_owned()
}

#[test]
fn long_lists_say_how_many_more_there_are() {
    let section = rules_section(&report("x", 1), Language::En);
    let more: Vec<&str> = section
        .lines()
        .filter(|line| line.contains("- and "))
        .map(str::trim)
        .collect();
    let (top, staged, silent, ending, refused) = (53, 50, 90, 50, 80);
    let expected = [top, staged, silent, ending, refused].map(|n| format!("- and {n} more"));
    assert_eq!(more, expected, "{section}");
    assert!(
        section.contains("(faults: 100):\n    - x:7: rule `x`: x\n"),
        "{section}"
    );
    let section = rules_section(&report("x", 1), Language::Zh);
    assert!(section.contains("- 另有 80 项"), "{section}");
}

#[test]
fn rules_are_named_by_level_and_the_teams_apart() {
    let rule = |own| LoadedRule {
        id: String::new(),
        title: String::new(),
        level: Level::Low,
        own,
        staged: false,
    };
    let mut report = report("x", 1);
    report.rules = LoadedRules {
        rules: vec![rule(false), rule(false), rule(true)],
        exceptions: 1,
        ..LoadedRules::default()
    };
    report.activity = Some(RuleActivity {
        findings: 9,
        top: vec![
            RuleCount {
                own: false,
                ..count("Built in", Some(Level::Critical))
            },
            count("Own", Some(Level::High)),
            RuleCount {
                own: false,
                ..count("0a1b", None)
            },
        ],
        ..RuleActivity::default()
    });
    insta::assert_snapshot!(rules_section(&report, Language::En), @"
    Rules in use: 2 built in, 1 of the team
    Exceptions in use: 1
    Findings of alerting rules: 9
    Rules with findings, the gravest first:
      - [CRITICAL] Built in (1)
      - [HIGH] Own (1, the team's)
      - [NOT LOADED] 0a1b (1)
    Staged rules, what they would have said: none
    Rules refused at load: none
    ");
    insta::assert_snapshot!(rules_section(&report, Language::Zh), @"
    使用中的规则: 2 条内置, 1 条团队自有
    使用中的例外: 1
    告警规则命中: 9
    有命中的规则(按级别排序):
      - [严重] Built in (1)
      - [高] Own (1,团队规则)
      - [未加载] 0a1b (1)
    试运行规则(本应告警): 无
    加载时被拒绝的规则: 无
    ");
}

#[test]
fn exceptions_are_told_with_their_end_and_owner() {
    let exception = |title: &str, owner: Option<&str>, ended| EndingException {
        title: title.to_owned(),
        owner: owner.map(str::to_owned),
        ends: 1_771_804_800,
        ended,
    };
    let mut report = report("x", 1);
    report.activity = None;
    report.rules = LoadedRules {
        ending: vec![
            exception("Drill", Some("platform"), true),
            exception("Move", None, false),
        ],
        ..LoadedRules::default()
    };
    insta::assert_snapshot!(rules_section(&report, Language::En), @"
    Rules in use: 0 built in
    Findings of alerting rules: not known, see what is missing below
    Exceptions that ended or end within two weeks:
      - Drill (platform): ended on 2026-02-23, hides nothing any more
      - Move (no owner): ends on 2026-02-23
    Rules refused at load: none
    ");
    insta::assert_snapshot!(rules_section(&report, Language::Zh), @"
    使用中的规则: 0 条内置
    告警规则命中: 未知,见下文缺失部分
    已到期或两周内到期的例外:
      - Drill(platform): 已于 2026-02-23 到期,不再生效
      - Move(无负责人): 将于 2026-02-23 到期
    加载时被拒绝的规则: 无
    ");
}

#[test]
fn refusals_stand_in_the_report_though_the_counters_are_missing() {
    let mut report = report("x", 1);
    report.activity = None;
    report.rules.unread = Some("S3 refuses".to_owned());
    report.missing.push(Missing {
        name: "team_rules".to_owned(),
        reason: "S3 refuses\n[CT-999]".to_owned(),
    });
    let section = rules_section(&report, Language::En);
    let unread = "The team's rules, lists and exceptions: not known, see what is missing below";
    assert!(section.contains(unread), "{section}");
    assert!(section.contains("- x:7: rule `x`: x"), "{section}");
    report.rules.refused.clear();
    let unknown = "Rules refused at load: not known, see what is missing below";
    assert!(rules_section(&report, Language::En).contains(unknown));
    let text = render(&report, Language::En, &BTreeMap::new());
    assert!(
        text.contains("- team_rules: S3 refuses\u{FFFD}[CT-999]"),
        "{text}"
    );
}
