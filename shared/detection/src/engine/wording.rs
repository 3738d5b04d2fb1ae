//! What a rule asks for, in words for its author.

use crate::rule::{
    Aggregate, Comparison, Condition, Correlation, CorrelationKind, PatternPart, Presence,
    Relation, Threshold, ValueList, ValueTest,
};

/// What has to come together for a correlation.
pub(crate) fn together_text(correlation: &Correlation) -> String {
    let rules = listed(&correlation.rules);
    let what = match &correlation.kind {
        CorrelationKind::EventCount(threshold) => {
            format!("{} events of {rules}", bounds(threshold))
        }
        CorrelationKind::ValueCount { fields, threshold } => format!(
            "{} different values of {} in events of {rules}",
            bounds(threshold),
            listed(fields)
        ),
        CorrelationKind::Aggregate {
            function,
            field,
            threshold,
        } => {
            let function = match function {
                Aggregate::Sum => "a sum".to_owned(),
                Aggregate::Average => "an average".to_owned(),
                Aggregate::Percentile(percent) => format!("a percentile {percent}"),
            };
            format!(
                "{function} {} of `{field}` in events of {rules}",
                bounds(threshold)
            )
        }
        CorrelationKind::Temporal(presence) => presence_text(presence, correlation),
        CorrelationKind::TemporalOrdered(presence) => {
            format!(
                "{}, in the order listed",
                presence_text(presence, correlation)
            )
        }
    };
    let same = match correlation.group_by.as_slice() {
        [] => String::new(),
        fields => format!(", agreeing in {}", listed(fields)),
    };
    format!("{what} within {}{same}", span(correlation.timespan_seconds))
}

fn presence_text(presence: &Presence, correlation: &Correlation) -> String {
    let rules = listed(&correlation.rules);
    match presence {
        Presence::Every => format!("each of {rules}"),
        Presence::AtLeast(least) => format!("{least} or more of {rules}"),
        Presence::Number(threshold) => format!("{} of {rules}", bounds(threshold)),
        Presence::Expression(condition) => {
            let names: Vec<&str> = correlation.rules.iter().map(String::as_str).collect();
            condition_text(condition, &names)
        }
    }
}

fn listed(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

fn bounds(threshold: &Threshold) -> String {
    let bounds = threshold.comparisons.iter();
    let bounds: Vec<String> = bounds
        .map(|(comparison, number)| format!("{} {number}", sign(*comparison)))
        .collect();
    bounds.join(" and ")
}

/// A span in the largest unit that needs no fraction.
fn span(seconds: u64) -> String {
    for (name, length) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds >= length && seconds.is_multiple_of(length) {
            return format!("{}{name}", seconds / length);
        }
    }
    format!("{seconds}s")
}

/// A condition with the names that stand at its places.
pub(crate) fn condition_text(condition: &Condition, names: &[&str]) -> String {
    let joined = |parts: &[Condition], word: &str| {
        let parts: Vec<_> = parts
            .iter()
            .map(|part| match part {
                Condition::And(_) | Condition::Or(_) => {
                    format!("({})", condition_text(part, names))
                }
                Condition::Search(_) | Condition::Not(_) => condition_text(part, names),
            })
            .collect();
        parts.join(word)
    };
    match condition {
        Condition::Search(index) => names
            .get(*index)
            .map_or_else(|| format!("search {index}"), |name| (*name).to_owned()),
        Condition::Not(inner) => match inner.as_ref() {
            Condition::Search(_) | Condition::Not(_) => {
                format!("not {}", condition_text(inner, names))
            }
            Condition::And(_) | Condition::Or(_) => {
                format!("not ({})", condition_text(inner, names))
            }
        },
        Condition::And(parts) => joined(parts, " and "),
        Condition::Or(parts) => joined(parts, " or "),
    }
}

/// The values of an item and how many of them are wanted.
pub(crate) fn values_text(values: &ValueList) -> String {
    let tests: Vec<_> = values.tests.iter().map(test_text).collect();
    match (values.tests.len(), values.all) {
        (0, _) => "one of no values".to_owned(),
        (1, _) => tests.concat(),
        (_, true) => format!("all of {}", tests.join(", ")),
        (_, false) => format!("one of {}", tests.join(", ")),
    }
}

fn test_text(test: &ValueTest) -> String {
    match test {
        ValueTest::Null => "null".to_owned(),
        ValueTest::Text(pattern) => {
            let text: String = pattern.parts.iter().map(part_text).collect();
            let cased = if pattern.cased { " (cased)" } else { "" };
            format!("`{text}`{cased}")
        }
        ValueTest::Regex(regex) => {
            let flags: String = [
                (regex.ignore_case, 'i'),
                (regex.multi_line, 'm'),
                (regex.dot_all, 's'),
            ]
            .iter()
            .filter_map(|(set, flag)| set.then_some(*flag))
            .collect();
            format!("the expression /{}/{flags}", regex.pattern)
        }
        ValueTest::Cidr(network) => format!("an address in {network}"),
        ValueTest::Compare(comparison, number) => {
            format!("a number {} {number}", sign(*comparison))
        }
        ValueTest::FieldRef(reference) => {
            let relation = match reference.relation {
                Relation::Equals => "to equal",
                Relation::StartsWith => "to start with",
                Relation::EndsWith => "to end with",
                Relation::Contains => "to contain",
            };
            let cased = if reference.cased { " (cased)" } else { "" };
            format!("{relation} the field `{}`{cased}", reference.field)
        }
        ValueTest::TimePart(part, comparison, number) => {
            format!("a time whose {part:?} is {} {number}", sign(*comparison)).to_lowercase()
        }
        ValueTest::AnyOf(variants) => {
            let variants: Vec<_> = variants.iter().map(test_text).collect();
            format!("a variant of ({})", variants.join(", "))
        }
    }
}

fn part_text(part: &PatternPart) -> String {
    match part {
        PatternPart::Literal(text) => text
            .replace('\\', "\\\\")
            .replace('*', "\\*")
            .replace('?', "\\?"),
        PatternPart::Any => "*".to_owned(),
        PatternPart::One => "?".to_owned(),
    }
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Eq => "=",
        Comparison::Neq => "!=",
        Comparison::Lt => "<",
        Comparison::Lte => "<=",
        Comparison::Gt => ">",
        Comparison::Gte => ">=",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_together_in_words() {
        let threshold = |comparison, n| Threshold {
            comparisons: vec![(comparison, n)],
        };
        let some = Condition::Or(vec![
            Condition::Search(0),
            Condition::Not(Box::new(Condition::Search(1))),
        ]);
        for (kind, seconds, words) in [
            (
                CorrelationKind::EventCount(threshold(Comparison::Gte, 5.0)),
                5_400,
                ">= 5 events of `a`, `b` within 90m, agreeing in `x`",
            ),
            (
                CorrelationKind::ValueCount {
                    fields: vec!["f".to_owned()],
                    threshold: threshold(Comparison::Gt, 2.0),
                },
                172_800,
                "> 2 different values of `f` in events of `a`, `b` within 2d, agreeing in `x`",
            ),
            (
                CorrelationKind::Aggregate {
                    function: Aggregate::Percentile(95.0),
                    field: "f".to_owned(),
                    threshold: threshold(Comparison::Lt, 0.5),
                },
                61,
                "a percentile 95 < 0.5 of `f` in events of `a`, `b` within 61s, agreeing in `x`",
            ),
            (
                CorrelationKind::TemporalOrdered(Presence::AtLeast(2)),
                3_600,
                "2 or more of `a`, `b`, in the order listed within 1h, agreeing in `x`",
            ),
            (
                CorrelationKind::Temporal(Presence::Expression(some)),
                3_600,
                "a or not b within 1h, agreeing in `x`",
            ),
        ] {
            let correlation = Correlation {
                kind,
                rules: vec!["a".to_owned(), "b".to_owned()],
                group_by: vec!["x".to_owned()],
                aliases: Vec::new(),
                timespan_seconds: seconds,
                generate: false,
            };
            assert_eq!(together_text(&correlation), words);
        }
    }
}
