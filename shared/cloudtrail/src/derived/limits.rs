//! What of a record was not there to be read.

use crate::json::{Json, Kind};
use crate::member::Member;
use crate::record::Record;

/// Members that AWS leaves out for their size.
const LARGE: [Member; 4] = [
    Member::RequestParameters,
    Member::ResponseElements,
    Member::AdditionalEventData,
    Member::ServiceEventDetails,
];

/// The top-level members that AWS left out for their size. It writes
/// `{"omitted":true,"reason":...}` in their place; padding a request until
/// that happens hides what was asked for.
pub(super) fn omitted(record: &Record<'_>) -> Vec<String> {
    let members = LARGE.iter().filter(|member| {
        let value = record.member(**member);
        value.is_some_and(is_placeholder)
    });
    members.map(|member| member.path().to_owned()).collect()
}

/// Whether this stands in a member's place. Rules ask this of every record:
/// of nearly all, the first byte of the first key tells.
fn is_placeholder(value: Json<'_>) -> bool {
    let Some((b'{', inner)) = value.as_written().split_first() else {
        return false;
    };
    let quoted = inner.trim_ascii_start();
    let quoted = quoted.strip_prefix(b"\\").unwrap_or(quoted);
    if !matches!(quoted, [b'"', b'o' | b'\\', ..]) || value.kind() != Kind::Object {
        return false;
    }
    let first = value.members().next();
    first.is_some_and(|(key, omitted)| {
        key == "omitted" && omitted.text().eq_ignore_ascii_case("true")
    })
}

#[cfg(test)]
mod tests {
    use crate::derived::{Derived, tests::values};
    use crate::{Layer, Record};

    #[test]
    fn omitted_members_are_named() {
        let text = r#"{"requestParameters":{"omitted":true,"reason":"requestParameters too large"},
            "responseElements":{"omitted":false},"additionalEventData":"omitted"}"#;
        assert_eq!(values(Derived::Omitted, text), ["requestParameters"]);
    }

    #[test]
    fn only_what_begins_with_the_word_is_a_placeholder() {
        for text in [
            r#"{"requestParameters":{"name":"x","omitted":true}}"#,
            r#"{"requestParameters":{"omitted\u0020":true}}"#,
            r#"{"requestParameters":{"other":true}}"#,
            r#"{"requestParameters":{}}"#,
            r#"{"requestParameters":[{"omitted":true}]}"#,
            r#"{"tlsDetails":{"omitted":true}}"#,
        ] {
            assert_eq!(values(Derived::Omitted, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn an_escaped_key_is_read_too() {
        let text = r#"{"requestParameters":{"\u006fmitted":true}}"#;
        assert_eq!(values(Derived::Omitted, text), ["requestParameters"]);
        let quoted = serde_json::to_string(text).unwrap();
        let record = Record::scan(&quoted.as_bytes()[1..quoted.len() - 1], Layer::Escaped);
        assert_eq!(
            record.unwrap().derived(Derived::Omitted),
            ["requestParameters"]
        );
    }

    #[test]
    fn a_record_over_a_bound_is_oversize() {
        let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        assert_eq!(values(Derived::Oversize, &deep), ["true"]);
    }
}
