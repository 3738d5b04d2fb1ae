//! What is wrong with a rule: the place, the word, and the words that would do.

use crate::problem::RuleProblem;
use crate::rule::Location;

/// A problem before it is known whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: u32,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(line: u32, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }

    pub(super) fn whose(self, file: &str, rule: Option<String>) -> RuleProblem {
        RuleProblem {
            location: Location {
                file: file.to_owned(),
                line: self.line,
            },
            rule,
            message: self.message,
        }
    }
}

/// Keeps the value, or notes the fault and goes on: a reader wants all that is
/// wrong with a rule at once.
pub(super) fn note<T>(outcome: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

/// How many valid words a message names at most.
const NAMED: usize = 40;

/// The valid words, nearest to the written one first when there are too many.
pub(super) fn valid<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<&str> = words.into_iter().collect();
    if words.is_empty() {
        return "there are none".to_owned();
    }
    let more = words.len() > NAMED;
    if more {
        words.sort_by_cached_key(|candidate| distance(word, candidate));
        words.truncate(5);
    }
    let listed: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let head = if more { "the nearest are" } else { "valid are" };
    format!("{head} {}", listed.join(", "))
}

/// The candidate that the word is probably a slip of.
pub(super) fn slip_of<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(&word.to_lowercase(), candidate), candidate))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, over the first characters only: a word is short.
fn distance(left: &str, right: &str) -> usize {
    const LONGEST: usize = 80;
    let right: Vec<char> = right.chars().take(LONGEST).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, one) in left.chars().take(LONGEST).enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        let mut next = vec![before];
        for (cell, other) in row.iter().skip(1).zip(&right) {
            let cost = diagonal + usize::from(one != *other);
            before = cost.min(before + 1).min(cell + 1);
            diagonal = *cell;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("contains", "contains"), 0);
        assert_eq!(distance("contain", "contains"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(slip_of("Trailwrad", ["trailward"]), Some("trailward"));
        assert_eq!(slip_of("status", ["trailward"]), None);
    }

    #[test]
    fn many_words_are_cut_to_the_nearest() {
        let words: Vec<String> = (0..100).map(|n| format!("rule-{n}")).collect();
        let text = valid("rule-77", words.iter().map(String::as_str));
        assert!(text.starts_with("the nearest are `rule-77`"), "{text}");
        assert_eq!(valid("x", []), "there are none");
    }
}
