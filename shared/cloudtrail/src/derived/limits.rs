//! What of a record was not there to be read.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::json::Json;
use crate::member::Member;
use crate::record::Record;

/// Members that AWS leaves out for their size.
const LARGE: [Member; 4] = [
    Member::RequestParameters,
    Member::ResponseElements,
    Member::AdditionalEventData,
    Member::ServiceEventDetails,
];

/// Bytes of what stands in their place, as written, at most: AWS writes three
/// short members, less than 100 bytes. What is longer was not left out.
const LONGEST_PLACEHOLDER: usize = 256;

/// The key that tells of an omission, and what else could spell it. Rules ask
/// this of every record: nearly all are done after a look for these.
static SPELLINGS: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| [Finder::new("omitted"), Finder::new("\\u")]);

/// The top-level members that AWS left out for their size. It writes
/// `{"omitted":true,"reason":...,"originalSize":...}` in their place, in some
/// order; padding a request until that happens hides what was asked for.
pub(super) fn omitted(record: &Record<'_>) -> Vec<String> {
    let members = LARGE.iter().filter(|member| {
        let value = record.member(**member);
        value.is_some_and(is_placeholder)
    });
    members.map(|member| member.path().to_owned()).collect()
}

fn is_placeholder(value: Json<'_>) -> bool {
    let written = value.as_written();
    if !written.starts_with(b"{") || written.len() > LONGEST_PLACEHOLDER {
        return false;
    }
    SPELLINGS.iter().any(|word| word.find(written).is_some())
        && value
            .get("omitted")
            .is_some_and(|omitted| omitted.text().eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use super::LONGEST_PLACEHOLDER;
    use crate::derived::{Derived, tests::values};
    use crate::{Layer, Record};

    #[test]
    fn omitted_members_are_named() {
        let text = r#"{"requestParameters":{"omitted":true,"reason":"requestParameters too large"},
            "responseElements":{"omitted":false},"additionalEventData":"omitted"}"#;
        assert_eq!(values(Derived::Omitted, text), ["requestParameters"]);
    }

    #[test]
    fn the_order_of_a_placeholders_keys_does_not_count() {
        let text = r#"{"responseElements":{"reason":"responseElements too large",
            "originalSize":"149893","omitted":"true"}}"#;
        assert_eq!(values(Derived::Omitted, text), ["responseElements"]);
    }

    #[test]
    fn what_is_no_placeholder_is_none() {
        let long = format!(
            r#"{{"requestParameters":{{"x":"{}","omitted":true}}}}"#,
            "x".repeat(LONGEST_PLACEHOLDER)
        );
        for text in [
            &long,
            r#"{"requestParameters":{"omitted\\u0020":true}}"#,
            r#"{"requestParameters":{"other":true}}"#,
            r#"{"requestParameters":{}}"#,
            r#"{"requestParameters":[{"omitted":true}]}"#,
            r#"{"eventName":{"omitted":true}}"#,
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
