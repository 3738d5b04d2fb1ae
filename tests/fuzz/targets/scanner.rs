//! The scan against `serde_json`: every member that one finds the other finds
//! too, with the same value, whether the record stands plainly or escaped.

#![no_main]

mod asking;

use cloudtrail::{Layer, Member, Record};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    for layer in [Layer::Plain, Layer::Escaped] {
        if let Ok(record) = Record::scan(data, layer) {
            asking::ask(&record);
        }
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(expected @ Value::Object(_)) = serde_json::from_str(text) else {
        return;
    };
    let quoted = Value::from(text).to_string();
    let inside = &quoted[1..quoted.len() - 1];
    agrees(text, Layer::Plain, &expected);
    agrees(inside, Layer::Escaped, &expected);
});

fn agrees(text: &str, layer: Layer, expected: &Value) {
    let record = Record::scan(text.as_bytes(), layer).expect("an object is a record");
    if record.is_oversize() {
        return;
    }
    assert_eq!(&tree(&record.root().text()), expected, "{layer:?}");
    for (member, path) in Member::ALL {
        let wanted = match path.split_once('.') {
            Some((outer, inner)) => expected.get(outer).and_then(|outer| outer.get(inner)),
            None => expected.get(path),
        };
        let found = record.member(member).map(|found| match found.kind() {
            cloudtrail::Kind::String => Value::from(found.text().into_owned()),
            _ => tree(&found.text()),
        });
        assert_eq!(found.as_ref(), wanted, "{path} {layer:?}");
    }
}

fn tree(text: &str) -> Value {
    serde_json::from_str(text).expect("what was read is JSON")
}
