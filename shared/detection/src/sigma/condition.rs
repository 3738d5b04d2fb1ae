//! The condition over the searches: `not` binds closer than `and`, `and` closer
//! than `or`; `1 of`, `any of` and `all of` are spelt out.

use super::bounds::{MAX_CONDITION_DEPTH, MAX_CONDITION_TERMS, MAX_VALUE_BYTES};
use super::problem::{Fault, slip_of, valid};
use super::quantifier::{self, Quantifier};
use super::yaml::{Entry, Kind, Map, Node};
use crate::rule::Condition;

/// The condition of a detection over the searches of these names.
pub(super) fn read(map: &Map, detection: &Entry, names: &[&str]) -> Result<Condition, Fault> {
    let Some(entry) = map.get("condition") else {
        return Err(without_condition(map, detection));
    };
    let nodes = match &entry.value.kind {
        Kind::List(items) => items.as_slice(),
        Kind::Scalar(_) | Kind::Map(_) => std::slice::from_ref(&entry.value),
    };
    let mut conditions = Vec::new();
    for node in nodes {
        conditions.push(one(node, names)?);
    }
    joined(conditions, Condition::Or)
        .ok_or_else(|| Fault::new(entry.line, "`condition` is an empty list"))
}

/// A key that was meant to be `condition` is the likeliest reason.
fn without_condition(map: &Map, detection: &Entry) -> Fault {
    let slip = map
        .entries
        .iter()
        .find(|entry| slip_of(&entry.key, ["condition"]).is_some());
    match slip {
        Some(entry) => Fault::new(
            entry.line,
            format!(
                "`{}` has no `condition`; `{}` is taken for a search, write `condition`",
                detection.key, entry.key
            ),
        ),
        None => Fault::new(
            detection.line,
            format!("`{}` has no `condition`", detection.key),
        ),
    }
}

fn one(node: &Node, names: &[&str]) -> Result<Condition, Fault> {
    let fault = |message| Fault::new(node.line, message);
    let Kind::Scalar(scalar) = &node.kind else {
        return Err(fault(
            "`condition` takes a text or a list of texts".to_owned(),
        ));
    };
    if scalar.text.trim().is_empty() {
        return Err(fault("`condition` is empty".to_owned()));
    }
    if scalar.text.len() > MAX_VALUE_BYTES {
        return Err(fault(format!(
            "`condition` is longer than {MAX_VALUE_BYTES} bytes"
        )));
    }
    parse(&scalar.text, names).map_err(fault)
}

/// Parses one condition; the error names the offending word.
pub(super) fn parse(text: &str, names: &[&str]) -> Result<Condition, String> {
    if let Some((_, aggregation)) = text.split_once('|') {
        return Err(format!(
            "`| {}`: aggregations are no part of Sigma any more; write a correlation document",
            aggregation.trim()
        ));
    }
    run(words(text), names, false)
}

/// Parses words over searches of these names, or over rules.
pub(super) fn run(words: Vec<&str>, names: &[&str], rules: bool) -> Result<Condition, String> {
    let mut parser = Parser {
        words,
        at: 0,
        terms: 0,
        names,
        rules,
    };
    let condition = parser.or(0)?;
    match parser.next() {
        None => Ok(condition),
        Some(")") => Err("`)` closes nothing in the condition".to_owned()),
        Some(word) => Err(parser.unexpected(word)),
    }
}

/// The words and brackets of a condition.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for chunk in text.split_whitespace() {
        let mut rest = chunk;
        while let Some(at) = rest.find(['(', ')']) {
            let (before, bracket) = rest.split_at_checked(at).unwrap_or((rest, ""));
            let (bracket, behind) = bracket.split_at_checked(1).unwrap_or((bracket, ""));
            words.extend(
                [before, bracket]
                    .into_iter()
                    .filter(|word| !word.is_empty()),
            );
            rest = behind;
        }
        words.extend(Some(rest).filter(|word| !word.is_empty()));
    }
    words
}

struct Parser<'a> {
    words: Vec<&'a str>,
    at: usize,
    terms: usize,
    names: &'a [&'a str],
    /// Over the rules of a correlation instead of searches.
    rules: bool,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        let word = self.peek();
        self.at += 1;
        word
    }

    fn or(&mut self, depth: usize) -> Result<Condition, String> {
        let mut parts = vec![self.and(depth)?];
        while self.peek() == Some("or") {
            self.at += 1;
            parts.push(self.and(depth)?);
        }
        joined(parts, Condition::Or).ok_or_else(|| self.ends())
    }

    fn and(&mut self, depth: usize) -> Result<Condition, String> {
        let mut parts = vec![self.not(depth)?];
        while self.peek() == Some("and") {
            self.at += 1;
            parts.push(self.not(depth)?);
        }
        joined(parts, Condition::And).ok_or_else(|| self.ends())
    }

    fn not(&mut self, depth: usize) -> Result<Condition, String> {
        if depth > MAX_CONDITION_DEPTH {
            let message = format!("the condition nests deeper than {MAX_CONDITION_DEPTH} levels");
            return Err(message);
        }
        match self.next() {
            None => Err(self.ends()),
            Some("not") => Ok(Condition::Not(Box::new(self.not(depth + 1)?))),
            Some("(") => {
                let inner = self.or(depth + 1)?;
                match self.next() {
                    Some(")") => Ok(inner),
                    Some(word) => Err(self.unexpected(word)),
                    None => Err("a `(` in the condition is not closed".to_owned()),
                }
            }
            Some(word @ (")" | "and" | "or")) => Err(format!(
                "`{word}` is unexpected in the condition; {} must stand there",
                self.what()
            )),
            Some(word) if self.peek() == Some("of") && !self.rules => {
                self.at += 1;
                self.quantified(word)
            }
            Some(word) => self.search(word),
        }
    }

    fn search(&mut self, word: &str) -> Result<Condition, String> {
        self.count(1)?;
        if let Some(index) = self.names.iter().position(|name| *name == word) {
            return Ok(Condition::Search(index));
        }
        let names = valid(word, self.names.iter().copied());
        if self.rules {
            return Err(format!(
                "the condition names `{word}`, which is not among the `rules`; {names}"
            ));
        }
        // `1 OF selection*` and the like.
        let behind = self.peek().filter(|word| word.eq_ignore_ascii_case("of"));
        if let Some(operator) = [Some(word), behind].into_iter().flatten().find(is_shouted) {
            return Err(self.unexpected(operator));
        }
        Err(format!(
            "the condition names the search `{word}`, which does not exist; {names}"
        ))
    }

    fn quantified(&mut self, word: &str) -> Result<Condition, String> {
        let quantifier = Quantifier::named(word)?;
        let pattern = self
            .next()
            .filter(|word| !matches!(*word, "(" | ")"))
            .ok_or_else(|| format!("`{word} of` wants `them` or a name with `*` behind it"))?;
        let found = quantifier::meant(pattern, self.names);
        if found.is_empty() {
            let names = valid(pattern, self.names.iter().copied());
            return Err(format!("`{word} of {pattern}` fits no search; {names}"));
        }
        let least = quantifier.least(found.len()).ok_or_else(|| {
            let number = found.len();
            format!("`{word} of {pattern}` fits {number} of the searches only")
        })?;
        self.at_least(least, &found)
    }

    /// So many of the searches hold: written out, for a condition knows `and`
    /// and `or` only.
    fn at_least(&mut self, least: usize, found: &[usize]) -> Result<Condition, String> {
        let searches = |found: &[usize]| found.iter().copied().map(Condition::Search).collect();
        let whole = match found.split_first() {
            _ if least == 1 => joined(searches(found), Condition::Or),
            _ if least == found.len() => joined(searches(found), Condition::And),
            Some((first, rest)) => {
                self.count(1)?;
                let others = self.at_least(least - 1, rest)?;
                let with = Condition::And(vec![Condition::Search(*first), others]);
                return Ok(Condition::Or(vec![with, self.at_least(least, rest)?]));
            }
            None => None,
        };
        self.count(found.len())?;
        whole.ok_or_else(|| self.ends())
    }

    /// A word where an operator must stand.
    fn unexpected(&self, word: &str) -> String {
        let why = match is_shouted(&word) && !self.rules {
            true => "operators are lower case".to_owned(),
            false if self.rules => "between rules stands `and` or `or`".to_owned(),
            false => "between searches stands `and` or `or`".to_owned(),
        };
        format!("`{word}` is unexpected in the condition; {why}")
    }

    fn what(&self) -> &'static str {
        if self.rules { "a rule" } else { "a search" }
    }

    fn ends(&self) -> String {
        format!("the condition ends where {} must stand", self.what())
    }

    fn count(&mut self, terms: usize) -> Result<(), String> {
        self.terms += terms;
        match self.terms > MAX_CONDITION_TERMS {
            true => Err(format!(
                "the condition names more than {MAX_CONDITION_TERMS} searches"
            )),
            false => Ok(()),
        }
    }
}

/// Whether a word is an operator but for its case.
fn is_shouted(word: &&str) -> bool {
    ["and", "or", "not", "of", "all", "any", "them"]
        .iter()
        .any(|operator| word != operator && word.eq_ignore_ascii_case(operator))
}

fn joined(mut parts: Vec<Condition>, wrap: fn(Vec<Condition>) -> Condition) -> Option<Condition> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(wrap(parts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["sel", "sel_a", "sel-b", "filter", "_hidden"];

    fn shown(condition: &Condition) -> String {
        let list = |parts: &[Condition], word: &str| {
            let parts: Vec<String> = parts.iter().map(shown).collect();
            format!("({})", parts.join(word))
        };
        match condition {
            Condition::Search(index) => NAMES[*index].to_owned(),
            Condition::Not(inner) => format!("!{}", shown(inner)),
            Condition::And(parts) => list(parts, "&"),
            Condition::Or(parts) => list(parts, "|"),
        }
    }

    #[test]
    fn what_conditions_mean() {
        for (text, meaning) in [
            ("sel", "sel"),
            ("sel and not filter", "(sel&!filter)"),
            ("sel or sel_a and filter", "(sel|(sel_a&filter))"),
            ("(sel or sel_a) and filter", "((sel|sel_a)&filter)"),
            ("not sel or filter", "(!sel|filter)"),
            ("not (sel or filter)", "!(sel|filter)"),
            ("not not sel", "!!sel"),
            ("((sel))", "sel"),
            ("1 of them", "(sel|sel_a|sel-b|filter)"),
            ("all of them", "(sel&sel_a&sel-b&filter)"),
            ("any of sel_*", "sel_a"),
            ("all of sel*", "(sel&sel_a&sel-b)"),
            ("1 of *e*", "(sel|sel_a|sel-b|filter)"),
            ("1 of _*", "_hidden"),
            ("1 of sel and not 1 of fil*", "(sel&!filter)"),
            ("not 1 of sel*", "!(sel|sel_a|sel-b)"),
            ("sel  and\n( filter )", "(sel&filter)"),
            ("sel-b and sel", "(sel-b&sel)"),
            ("3 of sel*", "(sel&sel_a&sel-b)"),
            ("2 of sel*", "((sel&(sel_a|sel-b))|(sel_a&sel-b))"),
            (
                "3 of them",
                "((sel&((sel_a&(sel-b|filter))|(sel-b&filter)))|(sel_a&sel-b&filter))",
            ),
        ] {
            assert_eq!(shown(&parse(text, &NAMES).unwrap()), meaning, "{text}");
        }
    }

    #[test]
    fn what_conditions_cannot_mean() {
        let deep = format!("{}sel{}", "(".repeat(50), ")".repeat(50));
        for (text, words) in [
            ("", "ends where"),
            ("sel and", "ends where"),
            ("and sel", "`and` is unexpected"),
            ("sel filter", "`filter` is unexpected"),
            ("selection", "`selection`, which does not exist"),
            ("(sel", "not closed"),
            ("sel)", "`)` closes nothing"),
            ("0 of sel*", "`0 of` is unknown"),
            ("some of sel*", "`some of` is unknown"),
            ("4 of sel*", "`4 of sel*` fits 3 of the searches only"),
            ("1 of other*", "`1 of other*` fits no search"),
            ("1 of", "wants `them`"),
            ("sel | count() > 5", "`| count() > 5`"),
            ("sel AND filter", "`AND` is unexpected"),
            ("NOT sel", "`NOT` is unexpected"),
            (
                "(sel OR filter) and sel",
                "`OR` is unexpected in the condition; operators are lower",
            ),
            (
                "sel or 1 OF sel*",
                "`OF` is unexpected in the condition; operators are lower",
            ),
            (
                "(sel filter)",
                "`filter` is unexpected in the condition; between searches",
            ),
            (
                "sel not filter",
                "`not` is unexpected in the condition; between searches",
            ),
            ("()", "`)` is unexpected"),
            (&deep, "nests deeper"),
            ("sel or or sel", "`or` is unexpected"),
        ] {
            let message = parse(text, &NAMES).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
