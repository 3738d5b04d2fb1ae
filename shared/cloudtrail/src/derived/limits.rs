//! What of a record was not there to be read.

use crate::json::Kind;
use crate::record::Record;

/// The top-level members that AWS left out for their size. It writes
/// `{"omitted":true,"reason":...}` in their place; padding a request until
/// that happens hides what was asked for.
pub(super) fn omitted(record: &Record<'_>) -> Vec<String> {
    let root = record.root();
    // Asked of nearly every record, and nearly none has the word.
    if memchr::memmem::find(root.as_written(), b"omitted").is_none() {
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

    #[test]
    fn omitted_members_are_named() {
        let text = r#"{"requestParameters":{"omitted":true,"reason":"requestParameters too large"},
            "responseElements":{"omitted":false},"additionalEventData":"omitted"}"#;
        assert_eq!(values(Derived::Omitted, text), ["requestParameters"]);
    }

    #[test]
    fn a_record_over_a_bound_is_oversize() {
        let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        assert_eq!(values(Derived::Oversize, &deep), ["true"]);
    }
}
