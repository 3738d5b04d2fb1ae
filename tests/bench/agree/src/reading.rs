//! The slow and obvious matcher once more, with switches: what both engines
//! agree in is read by the tests' matcher, what they differ in as told.

#[path = "../../../../shared/detection/tests/engine/oracle.rs"]
mod oracle;

use detection::rule::{
    Condition, Detection, FieldPredicate, FieldTest, PatternPart, Search, SearchBody, TextPattern,
    ValueList, ValueTest,
};
pub(crate) use oracle::Tree;

use crate::choices::Choice;

/// Whether the tests' matcher finds the record.
pub(crate) fn plainly(detection: &Detection, record: &Tree) -> bool {
    oracle::holds(detection, record)
}

/// Whether a rule finds a record, read in these ways of the other engine.
pub(crate) fn holds(detection: &Detection, record: &Tree, choices: &[Choice]) -> bool {
    let reader = Reader { choices, record };
    reader.condition(&detection.condition, &detection.searches)
}

struct Reader<'a> {
    choices: &'a [Choice],
    record: &'a Tree,
}

/// What a path leads to: one value, or what arrays on the way give together.
struct Found<'t> {
    values: Vec<&'t Tree>,
    gathered: bool,
}

impl<'a> Reader<'a> {
    fn has(&self, choice: Choice) -> bool {
        self.choices.contains(&choice)
    }

    fn condition(&self, wanted: &Condition, searches: &[Search]) -> bool {
        match wanted {
            Condition::Search(index) => self.body(&searches[*index].body),
            Condition::Not(inner) => !self.condition(inner, searches),
            Condition::And(parts) => parts.iter().all(|part| self.condition(part, searches)),
            Condition::Or(parts) => parts.iter().any(|part| self.condition(part, searches)),
        }
    }

    fn body(&self, wanted: &SearchBody) -> bool {
        match wanted {
            SearchBody::AllOf(items) => items.iter().all(|item| self.item(item)),
            SearchBody::AnyOf(bodies) => bodies.iter().any(|body| self.body(body)),
            SearchBody::Every(bodies) => bodies.iter().all(|body| self.body(body)),
            SearchBody::Keywords(values) => {
                let mut leaves = Vec::new();
                self.record.scalars(&mut leaves);
                if self.has(Choice::KeywordsAreTexts) {
                    leaves.retain(|leaf| matches!(leaf, Tree::Text(_)));
                }
                self.listed(values, &leaves, |test, leaf| self.keyword(test, leaf))
            }
        }
    }

    fn keyword(&self, test: &ValueTest, leaf: &Tree) -> bool {
        let digits = |part: &PatternPart| match part {
            PatternPart::Literal(literal) => literal.bytes().all(|b| b.is_ascii_digit()),
            PatternPart::Any => true,
            PatternPart::One => false,
        };
        let number = matches!(test, ValueTest::Text(text) if text.parts.iter().all(digits));
        !(number && self.has(Choice::KeywordsAreTexts)) && self.passes(test, leaf)
    }

    /// Whether all tests, or one of them, pass over the elements.
    fn listed(
        &self,
        values: &ValueList,
        elements: &[&Tree],
        passes: impl Fn(&ValueTest, &Tree) -> bool,
    ) -> bool {
        let tests = &values.tests;
        if !values.all {
            return elements.iter().any(|e| tests.iter().any(|t| passes(t, e)));
        }
        match self.has(Choice::OneElementForAll) {
            true => elements.iter().any(|e| tests.iter().all(|t| passes(t, e))),
            false => tests.iter().all(|t| elements.iter().any(|e| passes(t, e))),
        }
    }

    fn item(&self, wanted: &FieldTest) -> bool {
        let found = self.lookup(&wanted.field);
        let values = match &wanted.test {
            FieldPredicate::Exists(there) => {
                let null = |found: &Found<'_>| matches!(found.values.as_slice(), [Tree::Null]);
                let hidden = |found: &Found<'_>| self.has(Choice::NullIsAbsent) && null(found);
                return (found.is_some_and(|found| !hidden(&found)) == *there) != wanted.negated;
            }
            FieldPredicate::Values(values) => values,
        };
        if values.tests == [ValueTest::Null] && self.has(Choice::EmptyListIsNothing) {
            return wanted.negated;
        }
        let Some(found) = found else {
            let alone = values.tests.len() == 1 || !self.has(Choice::NullAmongOthers);
            let held = match values.all {
                true => values.tests.iter().all(absent_passes),
                false => values.tests.iter().any(absent_passes),
            };
            let asked = !(wanted.negated && self.has(Choice::OtherThanAbsent));
            return asked && (held && alone) != wanted.negated;
        };
        let whole = !found.gathered && !matches!(found.values.as_slice(), [Tree::List(_)]);
        let mut elements = Vec::new();
        found
            .values
            .iter()
            .for_each(|value| apart(value, &mut elements));
        let passes = |test: &ValueTest, element: &Tree| {
            let null = *test == ValueTest::Null && self.has(Choice::NullsInListsAreNone);
            (whole || !null) && self.passes(test, element)
        };
        self.listed(values, &elements, passes) != wanted.negated
    }

    fn lookup(&self, field: &str) -> Option<Found<'a>> {
        let names: Vec<&str> = field.split('.').collect();
        if !self.has(Choice::KeysWithDots) {
            let values = gathered(self.record, &names)?;
            let gathered = values.len() != 1;
            return Some(Found { values, gathered });
        }
        if let Some(value) = member(self.record, field) {
            let values = vec![value];
            return Some(Found {
                values,
                gathered: false,
            });
        }
        let mut values = Vec::new();
        divided(self.record, &names, &mut values);
        let gathered = values.len() != 1;
        (!values.is_empty()).then_some(Found { values, gathered })
    }

    fn text(&self, value: &Tree) -> Option<String> {
        match value {
            Tree::Null => None,
            Tree::Text(text) => Some(text.clone()),
            Tree::Word(word) if self.has(Choice::NumbersArePrinted) => Some(printed(word)),
            Tree::Word(word) => Some(word.clone()),
            Tree::List(_) | Tree::Map(_) if self.has(Choice::ObjectsHaveNoText) => None,
            Tree::List(_) | Tree::Map(_) => Some(value.json()),
        }
    }

    fn passes(&self, test: &ValueTest, value: &Tree) -> bool {
        match test {
            ValueTest::Null => return *value == Tree::Null,
            ValueTest::AnyOf(variants) => {
                return variants.iter().any(|variant| self.passes(variant, value));
            }
            ValueTest::TimePart(..) if self.has(Choice::NumbersAreMoments) => {
                return matches!(value, Tree::Word(_)) || oracle::passes(test, value, self.record);
            }
            ValueTest::FieldRef(_) if self.has(Choice::WholeValuesRefer) => return false,
            ValueTest::Compare(..) if self.has(Choice::LooseNumbers) => {
                let number = self.text(value).and_then(|text| text.parse::<f64>().ok());
                let number = number.map(|number| Tree::Word(finite(number)));
                return number.is_some_and(|number| oracle::passes(test, &number, self.record));
            }
            _ => {}
        }
        let Some(text) = self.text(value) else {
            return false;
        };
        match test {
            ValueTest::Text(pattern) => self.fits(pattern, value, &text),
            _ => oracle::passes(test, &Tree::Text(text), self.record),
        }
    }

    fn fits(&self, pattern: &TextPattern, value: &Tree, text: &str) -> bool {
        if self.has(Choice::EncodedTextIsCased) {
            return false;
        }
        if let ([PatternPart::Literal(word)], true) =
            (pattern.parts.as_slice(), self.has(Choice::SwitchWords))
            && let Some(switch) = switch(word)
        {
            return match value {
                Tree::Word(word) => *word == switch.to_string(),
                _ => self::switch(&text.to_lowercase()) == Some(switch),
            };
        }
        if let [PatternPart::Literal(word)] = pattern.parts.as_slice()
            && self.has(Choice::LooseNumbers)
            && let Ok(number) = word.trim_start_matches('.').parse::<f64>()
        {
            return text.parse() == Ok(number);
        }
        if self.has(Choice::AnchorsChangePlaces) {
            let (parts, cased) = (turned(&pattern.parts), pattern.cased);
            return oracle::glob_text(&TextPattern { parts, cased }, text);
        }
        let lines = self.has(Choice::LinesEndWildcards);
        if !lines && !self.has(Choice::LettersFold) {
            return oracle::glob_text(pattern, text);
        }
        if !lines && !between(&pattern.parts) {
            return lowered(pattern, text);
        }
        let mut expression = String::from(if lines { "" } else { "(?s)" });
        expression += if pattern.cased { "^" } else { "(?i)^" };
        for part in &pattern.parts {
            match part {
                PatternPart::Literal(literal) => expression += &regex::escape(literal),
                PatternPart::Any => expression += ".*",
                PatternPart::One => expression.push('.'),
            }
        }
        expression.push('$');
        regex::Regex::new(&expression).is_ok_and(|expression| expression.is_match(text))
    }
}

/// The wildcard that an anchor put at one end, at the other.
fn turned(parts: &[PatternPart]) -> Vec<PatternPart> {
    let any = PatternPart::Any;
    match parts {
        [PatternPart::Any, inner @ .., PatternPart::Any] => [&[any], inner].concat(),
        [inner @ .., PatternPart::Any] => [&[any], inner].concat(),
        [PatternPart::Any, inner @ ..] => [inner, &[any]].concat(),
        _ => parts.to_vec(),
    }
}

/// Whether there is a wildcard between literals, or a `?` anywhere.
fn between(parts: &[PatternPart]) -> bool {
    let literals = parts
        .iter()
        .filter(|part| matches!(part, PatternPart::Literal(_)));
    literals.count() > 1 || parts.contains(&PatternPart::One)
}

/// With whole texts lower-cased at once, which knows the sigma at a word's end.
fn lowered(pattern: &TextPattern, text: &str) -> bool {
    let lower = |part: &PatternPart| match part {
        PatternPart::Literal(literal) => {
            PatternPart::Literal(literal.replace('\u{3c3}', "\u{3a3}").to_lowercase())
        }
        other => other.clone(),
    };
    let parts = pattern.parts.iter().map(lower).collect();
    oracle::glob_text(&TextPattern { parts, cased: true }, &text.to_lowercase())
}

fn switch(word: &str) -> Option<bool> {
    match word {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

fn printed(word: &str) -> String {
    match (word.parse::<i64>(), word.parse::<f64>()) {
        (Ok(whole), _) => whole.to_string(),
        (_, Ok(number)) => number.to_string(),
        _ => word.to_owned(),
    }
}

/// A number that is none becomes one beyond all bounds.
fn finite(number: f64) -> String {
    match number.is_infinite() {
        true => format!("{}1e300", if number < 0.0 { "-" } else { "" }),
        false => number.to_string(),
    }
}

fn absent_passes(test: &ValueTest) -> bool {
    match test {
        ValueTest::Null => true,
        ValueTest::AnyOf(variants) => variants.iter().any(absent_passes),
        _ => false,
    }
}

fn apart<'t>(value: &'t Tree, elements: &mut Vec<&'t Tree>) {
    match value {
        Tree::List(list) => list.iter().for_each(|element| apart(element, elements)),
        _ => elements.push(value),
    }
}

fn member<'t>(value: &'t Tree, key: &str) -> Option<&'t Tree> {
    let Tree::Map(map) = value else { return None };
    let (_, value) = map.iter().rev().find(|(name, _)| name == key)?;
    Some(value)
}

/// Our way through a path: names may be joined by the dots of a key.
fn gathered<'t>(from: &'t Tree, names: &[&str]) -> Option<Vec<&'t Tree>> {
    match from {
        _ if names.is_empty() => Some(vec![from]),
        Tree::List(list) => {
            let found: Vec<_> = list.iter().filter_map(|e| gathered(e, names)).collect();
            (!found.is_empty()).then(|| found.concat())
        }
        _ => (1..=names.len()).find_map(|taken| {
            let (front, back) = names.split_at(taken);
            gathered(member(from, &front.join("."))?, back)
        }),
    }
}

/// The other way: one name after another.
fn divided<'t>(from: &'t Tree, names: &[&str], found: &mut Vec<&'t Tree>) {
    match (from, names.split_first()) {
        (_, None) => found.push(from),
        (Tree::List(list), _) => list.iter().for_each(|e| divided(e, names, found)),
        (_, Some((first, rest))) => {
            if let Some(value) = member(from, first) {
                divided(value, rest, found);
            }
        }
    }
}
