//! Records that attackers wrote, through the whole detector: nothing is lost,
//! nothing is believed, nothing harmful leaves.

use detection::rule::Rule;
use serde_json::{Value, json};
use trailward_tests::payload::{LOG_GROUP, messages_data, text_data};

use crate::world::{STOPPED, World, call};

/// Broken and strange messages, each with what must become of it.
fn strange() -> Vec<(&'static str, String, bool)> {
    let stopped = |n: u32, from: &str, to: &str| {
        let text = call("StopLogging", &format!("strange{n}"), n).to_string();
        assert!(text.contains(from), "{text}");
        text.replacen(from, to, 1)
    };
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let parameters = |value: &str| format!("{{\"requestParameters\":{{\"n\":{value}}},");
    vec![
        (
            "a number of 5,000 digits",
            stopped(1, "{", &parameters(&"9".repeat(5_000))),
            true,
        ),
        (
            "a number beyond a double",
            stopped(2, "{", &parameters("1e999999")),
            true,
        ),
        (
            "nesting of 100,000",
            stopped(3, "{", &parameters(&deep)),
            true,
        ),
        (
            "a duplicate key",
            stopped(4, "{", "{\"eventName\":\"ListUsers\","),
            true,
        ),
        ("a lone surrogate", stopped(5, "strange5", "\\ud800"), true),
        ("a zero byte", stopped(6, "strange6", "\\u0000"), true),
        (
            "an agent of 64 KB",
            stopped(7, "aws-cli", &"A".repeat(65_536)),
            true,
        ),
        (
            "an escaped name",
            stopped(8, "StopLogging", "Stop\\u004cogging"),
            true,
        ),
        (
            "a cut record",
            "{\"eventName\":\"StopLogging\"".to_owned(),
            false,
        ),
        ("nesting and no record", deep.clone(), false),
        (
            "an unclosed text",
            "{\"eventName\":\"Stop".to_owned(),
            false,
        ),
        ("two records in one", "{}{}".to_owned(), false),
    ]
}

#[tokio::test]
async fn no_strange_record_costs_its_neighbours_or_is_lost() {
    for (what, message, is_record) in strange() {
        let mut world = World::new(STOPPED);
        let messages = [
            call("StopLogging", "before", 101).to_string(),
            message,
            call("StopLogging", "behind", 102).to_string(),
        ];
        let data = messages_data(&messages, LOG_GROUP).unwrap();
        let invocation = world.invocation();
        let handled = world
            .detector()
            .handle_logs(data.as_bytes(), &invocation)
            .await;
        let accounts = handled.unwrap();
        accounts.check().unwrap();
        let quarantined = u64::from(!is_record);
        assert_eq!(accounts.quarantined, quarantined, "{what}");
        let mails = world.mails();
        for neighbour in ["before", "behind"] {
            let told = |mail: &&pipeline::ports::Mail| mail.body.contains(neighbour);
            assert_eq!(mails.iter().filter(told).count(), 1, "{what}: {neighbour}");
        }
        assert_eq!(world.quarantined() > 0, !is_record, "{what}");
    }
}

/// Bytes that are no UTF-8, in a value and in a name, inside a payload.
#[tokio::test]
async fn bytes_that_are_no_text_cost_nothing_but_themselves() {
    let mut world = World::new(STOPPED);
    let messages = [
        call("StopLogging", "v@lue", 1).to_string(),
        call("StopLogging", "name", 2)
            .to_string()
            .replacen("{", "{\"n@me\":1,", 1),
        call("StopLogging", "behind", 3).to_string(),
    ];
    let data = messages_data(&messages, LOG_GROUP).unwrap();
    let gzip = base64_simd::STANDARD.decode_to_vec(&data).unwrap();
    let mut text = vec![0; 1 << 20];
    let mut decompressor = libdeflater::Decompressor::new();
    let length = decompressor.gzip_decompress(&gzip, &mut text).unwrap();
    text.truncate(length);
    let broken: Vec<u8> = text
        .into_iter()
        .map(|byte| if byte == b'@' { 0xFF } else { byte })
        .collect();
    let data = text_data(&broken).unwrap();
    let invocation = world.invocation();
    let mut detector = world.detector();
    let handled = detector.handle_logs(data.as_bytes(), &invocation);
    let accounts = handled.await.unwrap();
    assert_eq!((accounts.received, accounts.alerted), (3, 3));
    let mails = world.mails();
    let shown = |text: &str| mails.iter().any(|mail| mail.body.contains(text));
    assert!(shown("v\u{FFFD}lue") && shown("behind"), "{mails:?}");
}

/// Texts that do harm where they are shown, run or counted.
const EVIL: [&str; 7] = [
    "x\r\nAccount: 999999999999\r\n.\r\n",
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "gpj\u{202e}exe\u{2066}",
    "'; DROP TABLE trail; -- $(rm -rf /) `id`",
    "https://evil.example/ [CRITICAL] all is well",
];

#[tokio::test]
async fn nothing_that_a_caller_writes_breaks_out_of_its_line() {
    let rule = format!("{STOPPED}trailward: {{details: [requestParameters.name]}}\n");
    for evil in EVIL {
        let mut world = World::new(&rule);
        let mut record = call("StopLogging", "kim", 1);
        record["userIdentity"]["userName"] = evil.into();
        record["userIdentity"]["arn"] = evil.into();
        record["sourceIPAddress"] = evil.into();
        record["userAgent"] = evil.into();
        record["errorCode"] = evil.into();
        record["errorMessage"] = evil.into();
        record["requestParameters"] = json!({"name": evil});
        world.batch(&[record]).await.unwrap();
        let mail = world.mails().remove(0);
        assert!(
            mail.subject.bytes().all(|b| (b' '..=b'~').contains(&b)),
            "{}",
            mail.subject
        );
        let harmful =
            |c: char| c != '\n' && c.is_control() || ('\u{202a}'..='\u{2069}').contains(&c);
        assert!(!mail.body.contains(harmful), "{evil:?}: {}", mail.body);
        assert!(!mail.body.contains("https://evil"), "{}", mail.body);
        let forged = |line: &str| {
            line.starts_with("Account: 9")
                || line.starts_with("[CRITICAL]")
                || line.starts_with(['=', '+', '@'])
        };
        assert!(!mail.body.lines().any(forged), "{evil:?}: {}", mail.body);
    }
}

/// What AWS answers with once, or what a caller sends that only it may know.
const SECRETS: [&str; 6] = [
    "secret",
    "password",
    "passwd",
    "sessiontoken",
    "privatekey",
    "plaintext",
];

/// Mails show what a rule lists; no rule lists what must not leave.
#[test]
fn no_built_in_rule_shows_a_secret() {
    let rules: Vec<Rule> = rules::builtin().unwrap();
    let mut shown = 0;
    for rule in &rules {
        for field in &rule.meta.settings.details {
            shown += 1;
            let last = field.rsplit('.').next().unwrap_or_default().to_lowercase();
            let names_one = SECRETS.iter().any(|secret| last.contains(secret));
            let only_about_it = ["id", "name", "arn", "length", "required"]
                .iter()
                .any(|end| last.ends_with(end));
            assert!(!names_one || only_about_it, "{}: {field}", rule.meta.title);
        }
    }
    assert!(shown > 100, "the rules show nothing");
}

#[tokio::test]
async fn a_secret_in_a_record_stays_in_it() {
    let (rules, _) = detection::engine::RuleSet::new(rules::builtin().unwrap());
    let mut world = World::new(STOPPED);
    world.rules = std::sync::Arc::new(rules);
    let secret = "wJalrXUtnFEMIK7MDENGbPxRfiCY";
    for (n, (source, name)) in [
        ("iam", "CreateAccessKey"),
        ("iam", "CreateLoginProfile"),
        ("sts", "GetFederationToken"),
        ("secretsmanager", "PutSecretValue"),
        ("rds", "ModifyDBInstance"),
        ("ec2", "CreateKeyPair"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut record = call(name, "kim", n as u32);
        record["eventSource"] = format!("{source}.amazonaws.com").into();
        let inside = json!({
            "userName": "lee", "password": secret, "masterUserPassword": secret,
            "secretString": secret, "keyMaterial": secret,
            "accessKey": {"accessKeyId": "AKIAEXAMPLE", "secretAccessKey": secret, "userName": "lee"},
            "credentials": {"sessionToken": secret},
        });
        record["requestParameters"] = inside.clone();
        record["responseElements"] = inside;
        world.batch(&[record]).await.unwrap();
    }
    let mails = world.mails();
    assert!(mails.len() >= 3, "{} mails", mails.len());
    for mail in mails {
        let text: Value = json!([mail.subject, mail.body, format!("{:?}", mail.attributes)]);
        assert!(!text.to_string().contains(secret), "{text}");
    }
}
