//! What a rule wants of a field's value: the tests of one item, of which one
//! has to pass, sorted by kind so that a long list costs a lookup.

use ipnet::IpNet;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::engine::fold::FoldTable;
use crate::engine::literal::Literal;
use crate::engine::networks::Networks;
use crate::engine::pattern::{LazyRegex, Pattern, contains};
use crate::engine::text::{Text, lower_case};
use crate::rule::{Comparison, Relation, TimePart, ValueTest};

/// Lists up to this length are compared one by one.
const SHORT_LIST: usize = 6;

/// Tests of which one has to pass.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// Null or an absent field passes.
    pub(crate) null: bool,
    literals: Literals,
    patterns: Vec<Pattern>,
    networks: Networks,
    numbers: Vec<(Comparison, f64)>,
    times: Vec<(TimePart, Comparison, i64)>,
    regexes: Vec<LazyRegex>,
    /// Other fields, by their place in the program.
    pub(crate) references: Vec<Reference>,
}

/// Another field whose value is compared.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reference {
    pub(crate) field: usize,
    relation: Relation,
    cased: bool,
}

/// A regular expression of the rule could not be compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadRegex;

impl Wanted {
    /// Sorts the tests; `field` gives the place of another field's path.
    pub(crate) fn new(tests: &[ValueTest], field: &mut dyn FnMut(&str) -> usize) -> Self {
        let mut wanted = Self::default();
        let mut networks = Vec::new();
        let mut literals = Vec::new();
        wanted.sort(tests, field, &mut literals, &mut networks);
        wanted.literals = Literals::new(literals);
        wanted.networks = Networks::new(&networks);
        wanted
    }

    fn sort(
        &mut self,
        tests: &[ValueTest],
        field: &mut dyn FnMut(&str) -> usize,
        literals: &mut Vec<Literal>,
        networks: &mut Vec<IpNet>,
    ) {
        for test in tests {
            match test {
                ValueTest::Null => self.null = true,
                ValueTest::Text(text) => {
                    let pattern = Pattern::new(text);
                    match pattern.exact().filter(|_| !pattern.cased()) {
                        Some(literal) => literals.push(literal.into()),
                        None => self.patterns.push(pattern),
                    }
                }
                ValueTest::Regex(regex) => self.regexes.push(LazyRegex::new(regex.clone())),
                ValueTest::Cidr(network) => networks.push(*network),
                ValueTest::Compare(comparison, number) => {
                    self.numbers.push((*comparison, *number));
                }
                ValueTest::FieldRef(reference) => self.references.push(Reference {
                    field: field(&reference.field),
                    relation: reference.relation,
                    cased: reference.cased,
                }),
                ValueTest::TimePart(part, comparison, number) => {
                    self.times.push((*part, *comparison, *number));
                }
                ValueTest::AnyOf(variants) => self.sort(variants, field, literals, networks),
            }
        }
    }

    /// How dear the tests are, beside other tests.
    pub(crate) fn cost(&self) -> u32 {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).min(100);
        count(self.literals.iter().count().min(SHORT_LIST))
            + 2 * count(self.patterns.len())
            + 3 * count(self.numbers.len())
            + 10 * count(self.times.len())
            + 10 * u32::from(!self.networks.is_empty())
            + 20 * count(self.references.len())
            + 30 * count(self.regexes.len())
    }

    /// Whether every passing value is one of a few texts, or begins with one.
    pub(crate) fn has_texts(&self) -> bool {
        !self.null
            && self.networks.is_empty()
            && self.numbers.is_empty()
            && self.times.is_empty()
            && self.regexes.is_empty()
            && self.references.is_empty()
            && self
                .patterns
                .iter()
                .all(|pattern| pattern.prefix().is_some())
    }

    /// Those texts, lower-cased; the flag tells exact ones.
    pub(crate) fn texts(&self) -> Option<Vec<(Vec<u8>, bool)>> {
        if !self.has_texts() {
            return None;
        }
        let mut texts: Vec<_> = self.literals.iter().map(|l| (l.to_vec(), true)).collect();
        for pattern in &self.patterns {
            let prefix = String::from_utf8_lossy(pattern.prefix()?);
            texts.push((lower_case(&prefix).into_bytes(), pattern.exact().is_some()));
        }
        Some(texts)
    }

    /// Whether a value's text passes one of the tests, references aside.
    pub(crate) fn accepts(&self, text: &Text<'_>) -> Result<bool, BadRegex> {
        if self.literals.contains(text) {
            return Ok(true);
        }
        for pattern in &self.patterns {
            if pattern.matches(text).ok_or(BadRegex)? {
                return Ok(true);
            }
        }
        if !self.numbers.is_empty()
            && let Some(number) = number(text.as_str())
            && self
                .numbers
                .iter()
                .any(|(comparison, bound)| compare(*comparison, number, *bound))
        {
            return Ok(true);
        }
        if self.networks.contain(text) || self.at_time(text) {
            return Ok(true);
        }
        for regex in &self.regexes {
            if regex.is_match(text.as_str()).ok_or(BadRegex)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn at_time(&self, text: &Text<'_>) -> bool {
        if self.times.is_empty() {
            return false;
        }
        let Some(time) = time(text.as_str()) else {
            return false;
        };
        self.times
            .iter()
            .any(|(which, comparison, bound)| compare(*comparison, part(time, *which), *bound))
    }
}

impl Reference {
    /// Whether a value relates to a value of the other field as it should.
    pub(crate) fn relates(&self, value: &Text<'_>, other: &Text<'_>) -> bool {
        let (value, other) = if self.cased {
            (value.as_bytes(), other.as_bytes())
        } else {
            (value.folded(), other.folded())
        };
        let same = |part: Option<&[u8]>| {
            part.is_some_and(|part| {
                if self.cased {
                    part == other
                } else {
                    part.eq_ignore_ascii_case(other)
                }
            })
        };
        match self.relation {
            Relation::Equals => same(Some(value)),
            Relation::StartsWith => same(value.get(..other.len())),
            Relation::EndsWith => {
                let start = value.len().checked_sub(other.len());
                same(start.and_then(|start| value.get(start..)))
            }
            Relation::Contains => contains(value, other, self.cased),
        }
    }
}

/// Literals compared without case.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Literals {
    /// A short list; a long one is in the table.
    list: Vec<Literal>,
    table: Option<FoldTable<()>>,
}

impl Literals {
    fn new(list: Vec<Literal>) -> Self {
        if list.len() <= SHORT_LIST {
            return Self { list, table: None };
        }
        let table = FoldTable::new(list.into_iter().map(|literal| (literal, ())));
        Self {
            list: Vec::new(),
            table: Some(table),
        }
    }

    /// Every literal.
    fn iter(&self) -> impl Iterator<Item = &Literal> {
        let table = self.table.iter().flat_map(FoldTable::keys);
        self.list.iter().chain(table)
    }

    fn contains(&self, text: &Text<'_>) -> bool {
        match &self.table {
            None if self.list.is_empty() => false,
            None => {
                let text = text.folded();
                self.list
                    .iter()
                    .any(|literal| literal.eq_ignore_ascii_case(text))
            }
            Some(table) => table.get(text.folded()).is_some(),
        }
    }
}

/// The number that a text spells, as JSON or a person writes it.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn compare<T: PartialOrd>(comparison: Comparison, value: T, bound: T) -> bool {
    match comparison {
        Comparison::Eq => value == bound,
        Comparison::Neq => value != bound,
        Comparison::Lt => value < bound,
        Comparison::Lte => value <= bound,
        Comparison::Gt => value > bound,
        Comparison::Gte => value >= bound,
    }
}

/// An ISO 8601 time in UTC; one without an offset is taken as UTC.
fn time(text: &str) -> Option<DateTime> {
    match text.parse::<Timestamp>() {
        Ok(time) => Some(time.to_zoned(TimeZone::UTC).datetime()),
        Err(_) => text.parse().ok(),
    }
}

fn part(time: DateTime, which: TimePart) -> i64 {
    match which {
        TimePart::Minute => time.minute().into(),
        TimePart::Hour => time.hour().into(),
        TimePart::Day => time.day().into(),
        TimePart::Week => time.date().iso_week_date().week().into(),
        TimePart::Month => time.month().into(),
        TimePart::Year => time.year().into(),
    }
}

#[cfg(test)]
mod tests {
    use cloudtrail::{Json, Layer};

    use super::*;
    use crate::engine::text::Value;

    fn accepts(test: ValueTest, json: &str) -> bool {
        let json = Json::first_in(json.as_bytes(), Layer::Plain).unwrap();
        let text = Text::of(Value::Json(json)).unwrap();
        Wanted::new(&[test], &mut |_| 0).accepts(&text).unwrap()
    }

    #[test]
    fn addresses() {
        let net = || ValueTest::Cidr("10.0.0.0/8".parse().unwrap());
        assert!(accepts(net(), "\"10.255.1.2\""));
        assert!(!accepts(net(), "\"11.0.0.0\""));
        assert!(!accepts(net(), "\"010.1.1.1\""));
        assert!(!accepts(net(), "\"ec2.amazonaws.com\""));
        let net = ValueTest::Cidr("2001:db8::/32".parse().unwrap());
        assert!(accepts(net, "\"2001:DB8::1\""));
    }

    #[test]
    fn numbers() {
        let more = || ValueTest::Compare(Comparison::Gt, 9.5);
        assert!(accepts(more(), "10"));
        assert!(accepts(more(), "\"1e2\""));
        assert!(!accepts(more(), "9.5"));
        assert!(!accepts(more(), "\"inf\""));
        assert!(!accepts(more(), "true"));
    }

    #[test]
    fn parts_of_a_time() {
        for (which, value) in [
            (TimePart::Minute, 5),
            (TimePart::Hour, 23),
            (TimePart::Day, 31),
            (TimePart::Week, 1),
            (TimePart::Month, 12),
            (TimePart::Year, 2024),
        ] {
            let test = || ValueTest::TimePart(which, Comparison::Eq, value);
            assert!(accepts(test(), "\"2024-12-31T23:05:00Z\""), "{which:?}");
            assert!(
                accepts(test(), "\"2025-01-01T01:05:00+02:00\""),
                "{which:?}"
            );
            assert!(accepts(test(), "\"2024-12-31 23:05:00\""), "{which:?}");
            assert!(!accepts(test(), "\"yesterday\""), "{which:?}");
        }
    }
}
