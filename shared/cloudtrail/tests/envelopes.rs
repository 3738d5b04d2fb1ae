//! Every envelope brings its records, and one bad record costs no other.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use cloudtrail::envelope::{
    EnvelopeError, FileSummary, Form, LogsDecoder, LogsKind, Tally, each_record,
};
use cloudtrail::{Layer, Member, Record};
use libdeflater::{CompressionLvl, Compressor};
use serde_json::{Value, json};

fn record(name: &str) -> Value {
    json!({"eventVersion": "1.11", "eventName": name, "requestParameters": {"p": "a \"b\" {\\"}})
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut out = vec![0; compressor.gzip_compress_bound(text.len())];
    let length = compressor.gzip_compress(text, &mut out).unwrap();
    out.truncate(length);
    out
}

fn base64(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

fn payload_text(messages: &[&str]) -> String {
    let events: Vec<Value> = messages
        .iter()
        .map(|message| json!({"id": "1", "timestamp": 2, "message": message}))
        .collect();
    // Members are sorted by `json!`; AWS writes the log events last.
    format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"trail","logStream":"s","subscriptionFilters":["f"],"logEvents":{}}}"#,
        Value::from(events)
    )
    .replace(r#""id":"1","message""#, r#""id":"1","timestamp":2,"message""#)
}

/// What was handed on: event names, and reasons after a `!`.
#[derive(Debug, Default)]
struct Seen(Vec<String>);

impl Seen {
    fn take(
        &mut self,
        index: usize,
        outcome: Result<&Record<'_>, cloudtrail::envelope::RecordFault<'_>>,
    ) {
        self.0.push(match outcome {
            Ok(record) => record
                .text(Member::EventName)
                .unwrap_or_default()
                .into_owned(),
            Err(fault) => {
                assert_eq!(fault.index, index);
                format!("!{} <{}>", fault.reason, String::from_utf8_lossy(fault.raw))
            }
        });
    }
}

fn file(bytes: &[u8]) -> (Result<FileSummary, EnvelopeError>, Vec<String>) {
    let mut seen = Seen::default();
    let summary = each_record(bytes, &mut |index, outcome| seen.take(index, outcome));
    (summary, seen.0)
}

#[track_caller]
fn check_file(bytes: &[u8], form: Form, names: &[&str]) {
    let (summary, seen) = file(bytes);
    let summary = summary.unwrap();
    assert_eq!(summary.form, form);
    assert_eq!(seen, names);
    assert_eq!(summary.tally.records, names.len());
}

#[track_caller]
fn check_faults(bytes: &[u8], expected: &[&str]) {
    let (summary, seen) = file(bytes);
    assert_eq!(seen.len(), expected.len(), "{seen:#?}");
    for (got, want) in seen.iter().zip(expected) {
        match want.strip_prefix('!') {
            Some(part) => assert!(got.starts_with('!') && got.contains(part), "{got}"),
            None => assert_eq!(got, want),
        }
    }
    let tally = summary.unwrap().tally;
    assert_eq!(tally.records + tally.faults, expected.len());
}

#[test]
fn every_form_of_file_is_read() {
    let (a, b) = (record("A").to_string(), record("B").to_string());
    let trail = format!(r#"{{"Records":[{a},{b}]}}"#);
    check_file(trail.as_bytes(), Form::Trail, &["A", "B"]);
    check_file(&gzip(trail.as_bytes()), Form::Trail, &["A", "B"]);
    check_file(
        format!("\u{FEFF}[{a}, {b}]").as_bytes(),
        Form::Array,
        &["A", "B"],
    );
    check_file(
        format!("{a}\n{b}\r\n\n").as_bytes(),
        Form::Records,
        &["A", "B"],
    );
    check_file(format!("{a}{b}").as_bytes(), Form::Records, &["A", "B"]);
    let pretty = serde_json::to_string_pretty(&record("A")).unwrap();
    check_file(
        format!("{pretty}\n{pretty}\n").as_bytes(),
        Form::Records,
        &["A", "A"],
    );
    let bridge = format!(r#"{{"version":"0","resources":[],"detail":{a},"source":"aws.iam"}}"#);
    check_file(
        format!("{bridge}\n{bridge}").as_bytes(),
        Form::EventBridge,
        &["A", "A"],
    );
    let row = json!({"EventId": "1", "EventName": "A", "CloudTrailEvent": a}).to_string();
    check_file(
        format!("{row}\n{row}").as_bytes(),
        Form::LookupEvents,
        &["A", "A"],
    );
    let answer =
        format!(r#"{{"ResponseMetadata":{{"a":1}},"Events":[{row},{row}],"NextToken":"x"}}"#);
    check_file(answer.as_bytes(), Form::LookupEvents, &["A", "A"]);
    let text = payload_text(&[&a, &b]);
    check_file(text.as_bytes(), Form::LogsPayload, &["A", "B"]);
    let dumped = json!({"awslogs": {"data": base64(&gzip(text.as_bytes()))}}).to_string();
    check_file(dumped.as_bytes(), Form::LogsPayload, &["A", "B"]);
    check_file(
        format!("{dumped}\n{a}").as_bytes(),
        Form::LogsPayload,
        &["A", "B", "A"],
    );
    check_file(b" \n", Form::Empty, &[]);
    check_file(b"{\"Records\":[]}", Form::Trail, &[]);
    check_file(b"{\"Records\":[{}]}", Form::Trail, &[""]);
}

#[test]
fn every_gzip_member_is_read() {
    let a = gzip(format!("{}\n", record("A")).as_bytes());
    let b = gzip(format!("{}\n", record("B")).as_bytes());
    let joined = [a.clone(), a.clone(), b.clone()].concat();
    check_file(&joined, Form::Records, &["A", "A", "B"]);
    let padded = [a.as_slice(), &[0; 40]].concat();
    check_file(&padded, Form::Records, &["A"]);
}

#[test]
fn digests_are_told_apart_and_summaries_counted() {
    check_file(
        br#"{"awsAccountId":"1","digestStartTime":"t","logFiles":[{"s3Bucket":"b"}]}"#,
        Form::Digest,
        &[],
    );
    let (summary, seen) = file(
        br#"{"Records":[{"eventCategory":"Insight"},{"eventCategory":"Aggregated","eventId":"1"},{"eventName":"A","eventCategory":"Management"}]}"#,
    );
    assert_eq!(seen, ["A"]);
    let expected = Tally {
        records: 1,
        faults: 0,
        ignored: 2,
    };
    assert_eq!(summary.unwrap().tally, expected);
}

#[test]
fn one_bad_record_costs_no_other() {
    let (a, b) = (record("A").to_string(), record("B").to_string());
    let cut = &a[..a.len() - 20];
    check_faults(
        format!("{a}\n{cut}\n{b}\n").as_bytes(),
        &["A", "!line 2: ", "B"],
    );
    check_faults(
        format!("{a}\nnot json\n{b}").as_bytes(),
        &["A", "!line 2: ", "B"],
    );
    check_faults(
        format!("{cut}\n{a}\n{cut}").as_bytes(),
        &["!line 1", "A", "!line 3"],
    );
    check_faults(
        format!("[{a},{cut},{b}]").as_bytes(),
        &["A", "!at byte", "B"],
    );
    check_faults(
        format!(r#"{{"Records":[{a},{cut},{b}]}}"#).as_bytes(),
        &["A", "!column", "B"],
    );
    check_faults(
        format!(r#"{{"Records":[{a},7,"x",{b}]}}"#).as_bytes(),
        &["A", "!number", "!string", "B"],
    );
    check_faults(
        format!(r#"{{"Records":[{a},{cut}"#).as_bytes(),
        &["A", "!EOF"],
    );
    check_faults(
        format!(r#"{{"Records":[{a},"#).as_bytes(),
        &["A", "!cut off"],
    );
    check_faults(
        format!(r#"{{"Records":[{a}]"#).as_bytes(),
        &["A", "!expected `}`"],
    );
    check_faults(br#"{"hello":"world"}"#, &["!no CloudTrail record"]);
    check_faults(br#"{"awslogs":{"data":"%"}}"#, &["!base64"]);
    check_faults(br#"{"awslogs":{}}"#, &["!gzip"]);
}

#[test]
fn an_unusual_record_is_read_among_the_others() {
    let a = record("A").to_string();
    let twice = r#"{"eventVersion":"1","eventName":"X","eventName":"B"}"#;
    let inner = r#"{"x":{"eventVersion":"1"},"eventName":"X","eventName":"C"}"#;
    let deep = format!(
        r#"{{"eventName":"D","x":{}{}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    let text = format!(r#"{{"Records":[{a},{twice},{inner},{deep},{a}]}}"#);
    check_file(text.as_bytes(), Form::Trail, &["A", "B", "C", "D", "A"]);
    let lines = format!("{a}\n{twice}\n{inner}\n{deep}\n{a}");
    check_file(lines.as_bytes(), Form::Records, &["A", "B", "C", "D", "A"]);
}

#[test]
fn what_is_no_trail_file_says_what_would_be() {
    let (summary, _) = file(b"\x89PNG");
    assert!(
        summary
            .unwrap_err()
            .to_string()
            .contains("expected CloudTrail records")
    );
    let mut damaged = gzip(b"{\"Records\":[]}");
    damaged.truncate(20);
    let (summary, _) = file(&damaged);
    assert_eq!(summary, Err(EnvelopeError::BadGzip { member: 1, at: 0 }));
}

fn payload(text: &str) -> (LogsKind, Vec<String>, Tally) {
    let mut decoder = LogsDecoder::new();
    let data = base64(&gzip(text.as_bytes()));
    // Twice, because the buffers are used again.
    decoder
        .decode(base64(&gzip(b"{\"messageType\":\"CONTROL_MESSAGE\"}")).as_bytes())
        .unwrap();
    let payload = decoder.decode(data.as_bytes()).unwrap();
    let mut seen = Seen::default();
    let tally = payload.each(&mut |index, outcome| seen.take(index, outcome));
    assert_eq!(payload.log_group, "trail");
    assert_eq!(payload.log_stream, "s");
    assert_eq!(payload.owner, "111122223333");
    (payload.kind, seen.0, tally)
}

#[test]
fn a_payload_brings_its_records() {
    let (a, b) = (record("A").to_string(), record("B").to_string());
    let pretty = serde_json::to_string_pretty(&record("C")).unwrap();
    let text = payload_text(&[&a, &pretty, &b]);
    assert_eq!(payload(&text).1, ["A", "C", "B"]);
    // The same with every member in another place, and system fields.
    let value: Value = serde_json::from_str(&text).unwrap();
    let mut value = value;
    value["logEvents"][0]["extractedFields"] = json!({"@aws.account": "444455556666"});
    assert_eq!(payload(&value.to_string()).1, ["A", "C", "B"]);
    assert_eq!(
        payload(&serde_json::to_string_pretty(&value).unwrap()).1,
        ["A", "C", "B"]
    );
}

#[test]
fn events_begin_alike_or_not() {
    let event = |head: &str, name: &str| {
        let message = Value::from(record(name).to_string());
        format!(r#"{{{head}:{message}}}"#)
    };
    let events = [
        event(r#""id":"10","message""#, "A"),
        event(r#""id":"29","message""#, "B"),
        event(r#""id":"xy","message""#, "C"),
        event(r#""id":"3","message""#, "D"),
        event(r#""id":"4","massage":"no","message""#, "E"),
        event(r#""i\u0064":"5","message""#, "F"),
        event(r#""id":"6","message""#, "G"),
        event(r#""id":"66","massage""#, "never"),
        event(r#""id":"7","message""#, "H"),
    ];
    let text = payload_text(&[]).replace("[]", &format!("[{}]", events.join(",")));
    let seen = payload(&text).1;
    assert_eq!(seen[..7], ["A", "B", "C", "D", "E", "F", "G"]);
    assert!(seen[7].starts_with('!'), "{}", seen[7]);
    assert_eq!(seen[8..], ["H"]);
}

#[test]
fn a_control_message_has_no_records() {
    let text = payload_text(&["CWL CONTROL MESSAGE: Checking health of destination Lambda."])
        .replace("DATA_MESSAGE", "CONTROL_MESSAGE");
    assert_eq!(
        payload(&text),
        (LogsKind::Control, vec![], Tally::default())
    );
}

#[test]
fn bad_messages_are_faults_of_their_own() {
    let (a, b) = (record("A").to_string(), record("B").to_string());
    let (_, seen, tally) = payload(&payload_text(&[&a, "START RequestId", &a[..30], &b, ""]));
    assert_eq!(
        tally,
        Tally {
            records: 2,
            faults: 3,
            ignored: 0
        }
    );
    assert_eq!(seen[0], "A");
    assert!(seen[1].ends_with("<START RequestId>"), "{}", seen[1]);
    assert!(seen[2].contains("EOF"), "{}", seen[2]);
    assert_eq!(seen[3], "B");
    let text = payload_text(&[&a, &b]);
    let cut = &text[..text.len() - 30];
    let (_, seen, _) = payload(cut);
    assert_eq!(seen[0], "A");
    assert_eq!(seen.len(), 2);
    assert!(seen[1].starts_with('!'), "{}", seen[1]);
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let mut decoder = LogsDecoder::new();
    let bomb = base64(&gzip(&vec![
        b' ';
        cloudtrail::bounds::MAX_PAYLOAD_BYTES + 1
    ]));
    let error = decoder.decode(bomb.as_bytes()).unwrap_err();
    let limit = cloudtrail::bounds::MAX_PAYLOAD_BYTES;
    assert_eq!(error, EnvelopeError::TooLarge { limit });
    // A trailer that promises less than there is.
    let mut lying = gzip(payload_text(&[&record("A").to_string()]).as_bytes());
    let at = lying.len() - 4;
    lying[at..].copy_from_slice(&[1, 0, 0, 0]);
    let error = decoder.decode(base64(&lying).as_bytes()).unwrap_err();
    assert!(matches!(error, EnvelopeError::BadGzip { .. }), "{error}");
}

#[test]
fn what_is_no_payload_says_so() {
    let mut decoder = LogsDecoder::new();
    let mut error = |data: &[u8]| decoder.decode(data).unwrap_err().to_string();
    assert!(error(b"ab%d").contains("byte 2 of 4"));
    assert!(error(b"abc").contains("byte 3 of 3"));
    assert!(error(b"").contains("gzip"));
    assert!(error(base64(b"plain").as_bytes()).contains("gzip"));
    assert!(error(base64(&gzip(b"[]")).as_bytes()).contains("`logEvents`"));
    assert!(
        error(base64(&gzip(b"{\"messageType\":\"DATA_MESSAGE\"}")).as_bytes())
            .contains("`logEvents`")
    );
}

#[test]
fn a_record_may_be_read_from_both_layers() {
    let text = record("A").to_string();
    let quoted = Value::from(text.as_str()).to_string();
    let inside = &quoted.as_bytes()[1..quoted.len() - 1];
    for record in [
        Record::scan(text.as_bytes(), Layer::Plain).unwrap(),
        Record::scan(inside, Layer::Escaped).unwrap(),
    ] {
        let parameters = record.member(Member::RequestParameters).unwrap();
        assert_eq!(parameters.get("p").unwrap().text(), "a \"b\" {\\");
    }
}
