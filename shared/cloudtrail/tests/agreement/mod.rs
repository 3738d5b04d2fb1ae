//! What a scan noted, held against `serde_json`'s reading of the same text.

use cloudtrail::{Layer, Member, Record};
use serde_json::Value;

/// The text as it stands inside a JSON string.
pub(crate) fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Asserts that both layers of `text` read as `serde_json` reads it.
#[track_caller]
pub(crate) fn assert_agrees(text: &str) {
    let expected: Value = serde_json::from_str(text).unwrap();
    let inside = escaped(text);
    for (bytes, layer) in [
        (text.as_bytes(), Layer::Plain),
        (inside.as_bytes(), Layer::Escaped),
    ] {
        assert_reads(bytes, layer, &expected);
    }
}

/// Asserts that the record in `bytes` reads as expected.
#[track_caller]
pub(crate) fn assert_reads(bytes: &[u8], layer: Layer, expected: &Value) {
    assert_record(&Record::scan(bytes, layer).unwrap(), expected);
}

/// Asserts that the record reads as expected.
#[track_caller]
pub(crate) fn assert_record(record: &Record<'_>, expected: &Value) {
    let layer = record.layer();
    let text = String::from_utf8_lossy(record.root().as_written());
    let whole: Value = serde_json::from_str(&record.root().text()).unwrap();
    assert_eq!(&whole, expected, "{layer:?} {text}");
    for (member, path) in Member::ALL {
        let wanted = match path.split_once('.') {
            Some((outer, inner)) => expected.get(outer).and_then(|outer| outer.get(inner)),
            None => expected.get(path),
        };
        let found = record.member(member);
        match (wanted, found) {
            (Some(Value::String(wanted)), Some(found)) => {
                assert_eq!(found.text(), wanted.as_str(), "{path} {layer:?} {text}");
            }
            (Some(wanted), Some(found)) => {
                let found: Value = serde_json::from_str(&found.text()).unwrap();
                assert_eq!(&found, wanted, "{path} {layer:?} {text}");
            }
            (wanted, found) => {
                assert!(
                    wanted.is_none() && found.is_none(),
                    "{path} {layer:?} {text}"
                );
            }
        }
    }
    let parameters = record.member(Member::RequestParameters);
    let keys = expected.get("requestParameters").and_then(Value::as_object);
    let keys = keys.into_iter().flat_map(|members| members.keys());
    for key in keys.map(String::as_str).chain(["", "none"]) {
        let noted = record.child(Member::RequestParameters, key);
        let walked = parameters.and_then(|parameters| parameters.get(key));
        let written = |value: Option<cloudtrail::Json<'_>>| value.map(|v| v.as_written().to_vec());
        assert_eq!(written(noted), written(walked), "{key} {layer:?} {text}");
    }
}

/// Asserts that the text agrees, and that its escaped form is read in place:
/// the slow path would hide what the fast scan gets wrong.
#[track_caller]
pub(crate) fn assert_read_in_place(text: &str) {
    assert_agrees(text);
    let inside = escaped(text);
    let record = Record::scan(inside.as_bytes(), Layer::Escaped).unwrap();
    assert_eq!(record.root().layer(), Layer::Escaped, "{text}");
}
