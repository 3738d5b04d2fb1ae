//! The condition of a temporal correlation: and, or, not over its rules.

use super::bounds::MAX_VALUE_BYTES;
use super::condition::{run, words};
use crate::rule::Condition;

/// Parses the condition of a temporal correlation over rules of these names,
/// which knows no quantifiers but writes its operators as it likes.
pub(super) fn over_rules(text: &str, names: &[&str]) -> Result<Condition, String> {
    if text.len() > MAX_VALUE_BYTES {
        return Err(format!(
            "`condition` is longer than {MAX_VALUE_BYTES} bytes"
        ));
    }
    run(words(text).into_iter().map(operator).collect(), names, true)
}

/// The rules that such a condition names, in the order in which it does.
pub(super) fn rules_named(text: &str) -> Vec<&str> {
    let mut named: Vec<&str> = Vec::new();
    for word in words(text).into_iter().map(operator) {
        if !matches!(word, "and" | "or" | "not" | "(" | ")") && !named.contains(&word) {
            named.push(word);
        }
    }
    named
}

fn operator(word: &str) -> &str {
    ["and", "or", "not"]
        .into_iter()
        .find(|operator| word.eq_ignore_ascii_case(operator))
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_over_rules() {
        use Condition::{And, Not, Or, Search};
        let names = ["sel", "any", "all"];
        let not = |inner| Not(Box::new(inner));
        for (text, meaning) in [
            (
                "sel AND (any Or not all)",
                And(vec![Search(0), Or(vec![Search(1), not(Search(2))])]),
            ),
            ("any or all", Or(vec![Search(1), Search(2)])),
            ("sel", Search(0)),
        ] {
            assert_eq!(over_rules(text, &names), Ok(meaning), "{text}");
        }
        assert_eq!(rules_named("b AND (a or not b)"), ["b", "a"]);
        for (text, words) in [
            (
                "sel of",
                "`of` is unexpected in the condition; between rules",
            ),
            ("sel and", "ends where a rule"),
            (
                "other",
                "`other`, which is not among the `rules`; valid are `sel`",
            ),
            ("sel | count", "`|` is unexpected"),
        ] {
            let message = over_rules(text, &["sel"]).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
