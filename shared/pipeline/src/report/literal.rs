//! What may stand in a statement. Values pass a grammar first and are quoted
//! by the one function here; nothing else writes into SQL.

/// A value that its grammar refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is no {what}: {right}")]
pub struct BadValue {
    /// What the value should have been.
    pub what: &'static str,
    /// What would be right.
    pub right: &'static str,
    /// The value.
    pub value: String,
}

/// A string literal: quotes doubled, which is the only escape that Trino's
/// plain literals know.
pub fn quoted(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('\'');
    for c in value.chars() {
        if c == '\'' {
            out.push('\'');
        }
        out.push(c);
    }
    out.push('\'');
    out
}

/// A list of literals for `IN (…)`.
pub fn quoted_list<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    values
        .into_iter()
        .map(quoted)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Refuses what is no account id.
pub fn check_account(value: &str) -> Result<(), BadValue> {
    let good = value.len() == 12 && value.bytes().all(|b| b.is_ascii_digit());
    verdict(good, "account id", "12 digits", value)
}

/// Refuses what is no region name.
pub fn check_region(value: &str) -> Result<(), BadValue> {
    let parts: Vec<&str> = value.split('-').collect();
    let good = value.len() <= 32
        && parts.len() >= 3
        && parts.iter().rev().enumerate().all(|(back, part)| {
            let digits = part.bytes().all(|b| b.is_ascii_digit());
            let letters = part.bytes().all(|b| b.is_ascii_lowercase());
            !part.is_empty() && if back == 0 { digits } else { letters }
        });
    verdict(
        good,
        "region",
        "lower-case words and a number, like us-east-1",
        value,
    )
}

/// Refuses what is no plain name of a database, table or column.
pub fn check_identifier(value: &str) -> Result<(), BadValue> {
    let good = !value.is_empty()
        && value.len() <= 128
        && !value.starts_with(|c: char| c.is_ascii_digit())
        && value
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    verdict(
        good,
        "table name",
        "lower-case letters, digits and underscores, no digit first",
        value,
    )
}

fn verdict(
    good: bool,
    what: &'static str,
    right: &'static str,
    value: &str,
) -> Result<(), BadValue> {
    if good {
        return Ok(());
    }
    Err(BadValue {
        what,
        right,
        value: value.chars().take(64).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a literal as SQL's grammar does: its value and what follows it.
    fn read_back(sql: &str) -> (String, &str) {
        let mut value = String::new();
        let mut rest = sql.strip_prefix('\'').expect("a literal opens");
        loop {
            let quote = rest.find('\'').expect("a literal closes");
            value.push_str(&rest[..quote]);
            rest = &rest[quote + 1..];
            match rest.strip_prefix('\'') {
                Some(more) => {
                    value.push('\'');
                    rest = more;
                }
                None => return (value, rest),
            }
        }
    }

    proptest! {
        #[test]
        fn a_literal_holds_its_value_and_ends_where_it_ends(value in ".*", quotes in "[' ;-]*") {
            for value in [value.clone(), quotes.clone(), format!("{quotes}{value}{quotes}")] {
                let sql = format!("{}) OR 1=1", quoted(&value));
                prop_assert_eq!(read_back(&sql), (value, ") OR 1=1"));
            }
        }

        #[test]
        fn what_passes_a_grammar_needs_no_escape(value in ".*") {
            for check in [check_account, check_region, check_identifier] {
                if check(&value).is_ok() {
                    prop_assert!(value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
                }
            }
        }
    }

    #[test]
    fn grammars_take_what_exists() {
        for region in [
            "us-east-1",
            "us-gov-west-1",
            "ap-southeast-3",
            "eusc-de-east-1",
        ] {
            assert_eq!(check_region(region), Ok(()));
        }
        for region in [
            "us-east",
            "US-EAST-1",
            "us-east-1'",
            "us--1",
            "",
            "1-1-1",
            "global",
        ] {
            assert!(check_region(region).is_err(), "{region}");
        }
        assert_eq!(check_account("111122223333"), Ok(()));
        for account in [
            "11112222333",
            "1111222233334",
            "11112222333x",
            "o-abcdefghij",
        ] {
            assert!(check_account(account).is_err(), "{account}");
        }
        assert_eq!(check_identifier("cloudtrail_logs"), Ok(()));
        for name in ["", "1a", "a\"b", "a.b", "A"] {
            assert!(check_identifier(name).is_err(), "{name}");
        }
        assert_eq!(
            check_account("x'").unwrap_err().to_string(),
            "`x'` is no account id: 12 digits"
        );
    }
}
