//! The fast scan and `serde_json` agree on every record, in both layers.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod agreement;

use agreement::{assert_agrees, assert_read_in_place, assert_reads, escaped};
use cloudtrail::{Layer, Member, Record};
use proptest::prelude::*;
use serde_json::Value;

/// Strings with what scans stumble over: quotes, brackets, runs of
/// backslashes, JSON in JSON, and lengths around a block's.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~]{0,12}",
        2 => r#"[\\"{}\[\],: ]{0,12}"#,
        1 => "[a-z]{50,140}",
        1 => r"[\\]{0,70}",
        1 => any::<String>(),
        1 => "[a-z\"]{0,9}".prop_map(|inner| serde_json::json!({"Statement": [inner, {"a": "\\"}]}).to_string()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A key that a record or its identity has, or any other.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(Member::ALL.to_vec())
            .prop_map(|(_, path)| path.rsplit('.').next().unwrap_or_default().to_owned()),
        1 => text(),
    ]
}

fn object() -> impl Strategy<Value = String> {
    let blank = prop::sample::select(vec!["", "", "", " ", "\n  ", "\t"]);
    // Members are joined by hand, so that a key may stand twice.
    prop::collection::vec((key(), value(), blank), 0..12).prop_map(|members| {
        let members: Vec<String> = members
            .into_iter()
            .map(|(key, value, blank)| {
                format!("{blank}{}{blank}:{blank}{value}{blank}", Value::from(key))
            })
            .collect();
        format!("{{{}}}", members.join(","))
    })
}

fn record() -> impl Strategy<Value = String> {
    (object(), prop::option::of(object())).prop_map(|(top, identity)| match identity {
        Some(identity) if top.len() > 2 => format!("{{\"userIdentity\":{identity},{}", &top[1..]),
        _ => top,
    })
}

/// An object as AWS writes it: each key once, nothing escaped in it.
fn ordinary() -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let key = key().prop_filter("escaped", |key| {
        key.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    });
    prop::collection::vec((key, value()), 0..20).prop_map(|members| members.into_iter().collect())
}

/// Whether there is a number that is read and written in another spelling.
fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(elements) => elements.iter().any(has_float),
        Value::Object(members) => members.values().any(has_float),
        _ => false,
    }
}

/// The text inside a JSON string, each character written in one of the ways
/// in which a string may write it.
fn spelled(text: &str, choices: &[u8]) -> String {
    let mut spelled = String::new();
    for (character, choice) in text.chars().zip(choices.iter().cycle()) {
        match (character, choice) {
            ('"' | '\\', 0..3) | (_, 0) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    spelled.push_str(&format!("\\u{unit:04x}"));
                }
            }
            ('/', 1..9) => spelled.push_str("\\/"),
            _ => spelled.push_str(&escaped(&character.to_string())),
        }
    }
    spelled
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_message_may_be_spelled_in_many_ways(
        text in record(),
        padding in 0usize..130,
        choices in prop::collection::vec(any::<u8>(), 1..200),
    ) {
        let text = match text.trim().strip_prefix('{') {
            Some(rest) if rest.trim() != "}" => {
                format!("{{\"pad\":[\"{}\"],{rest}", "x".repeat(padding))
            }
            _ => text,
        };
        let expected: Value = serde_json::from_str(&text).unwrap();
        assert_reads(spelled(&text, &choices).as_bytes(), Layer::Escaped, &expected);
        // Few odd characters: what is odd stands alone in its block.
        let few: Vec<u8> = choices.iter().map(|choice| choice.saturating_mul(9)).chain([9; 300]).collect();
        assert_reads(spelled(&text, &few).as_bytes(), Layer::Escaped, &expected);
        // Structure itself, half of it.
        let quotes: Vec<u8> = choices.iter().map(|choice| 1 + choice % 4).collect();
        assert_reads(spelled(&text, &quotes).as_bytes(), Layer::Escaped, &expected);
    }

    #[test]
    fn what_is_put_into_a_record_is_read_as_serde_reads_it(
        text in record(),
        at in any::<prop::sample::Index>(),
        piece in prop::sample::select(vec![
            "\"", "\\", "\\\\", "\\\"", "{", "}", "[", "]", ",", ":", " ", "\n", "0", "-", "null", "\"a\":1,",
            "\\u0041", "/", "[[]]", "{}",
        ]),
        cut in 0usize..2,
    ) {
        let mut at = at.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let behind = text[at..].chars().skip(cut).collect::<String>();
        let text = format!("{}{piece}{behind}", &text[..at]);
        if let Ok(record @ Value::Object(_)) = serde_json::from_str(&text)
            && !has_float(&record)
        {
            assert_agrees(&text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_scan_agrees_with_serde(text in record()) {
        assert_agrees(&text);
    }

    #[test]
    fn an_ordinary_record_is_read_in_place(mut top in ordinary(), identity in ordinary()) {
        top.insert("userIdentity".to_owned(), Value::Object(identity));
        assert_read_in_place(&Value::Object(top).to_string());
    }

    #[test]
    fn what_follows_a_message_is_not_read(text in record(), behind in "[ -~]{0,80}") {
        // In a payload the next log event stands behind the message's quote.
        let inside = escaped(&text);
        let record = Record::scan(inside.as_bytes(), Layer::Escaped).unwrap();
        let cut = format!("{inside}\"{behind}");
        prop_assert!(Record::scan(cut.as_bytes(), Layer::Escaped).is_err());
        prop_assert_eq!(record.identity(), Record::scan(text.as_bytes(), Layer::Plain).unwrap().identity());
    }

    #[test]
    fn damage_never_panics(text in record(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for (mut bytes, layer) in [(text.clone().into_bytes(), Layer::Plain), (escaped(&text).into_bytes(), Layer::Escaped)] {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(record) = Record::scan(&bytes, layer) {
                for (derived, _) in cloudtrail::Derived::ALL {
                    record.derived(derived);
                }
                record.identity();
            }
            bytes.truncate(at);
            prop_assert!(Record::scan(&bytes, layer).is_err());
        }
    }
}

#[test]
fn strings_may_end_anywhere_in_a_block() {
    for length in 0..200 {
        for tail in ["", "\\", "\\\\", "\"", "\\\"", "é"] {
            let long = format!("{}{tail}", "x".repeat(length));
            let text = serde_json::json!({"eventName": long, "requestParameters": {"{": [long]}, "eventID": "e"});
            assert_read_in_place(&text.to_string());
        }
    }
}
