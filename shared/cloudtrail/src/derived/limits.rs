//! What of a record was not there to be read.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::json::Kind;
use crate::record::Record;

/// The key that tells of an omission, and what else could spell it. Rules ask
/// this of every record: nearly all are done after a look for these.
static SPELLINGS: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| [Finder::new("omitted"), Finder::new("\\u")]);

/// The top-level members that AWS left out for their size. It writes
/// `{"omitted":true,"reason":...}` in their place; padding a request until
/// that happens hides what was asked for.
pub(super) fn omitted(record: &Record<'_>) -> Vec<String> {
    let root = record.root();
    let written = root.as_written();
    if SPELLINGS.iter().all(|word| word.find(written).is_none()) {
        return Vec::new();
    }
    root.members()
        .filter(|(_, value)| {
            value.kind() == Kind::Object
                && value
                    .get("omitted")
                    .is_some_and(|omitted| omitted.text().eq_ignore_ascii_case("true"))
        })
        .map(|(name, _)| name.into_owned())
        .collect()
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
