//! One value of a selection, from the scalar in the document to the test in
//! the rule.

use std::str::FromStr;

use ipnet::IpNet;

use super::bounds::MAX_VALUE_BYTES;
use super::derived;
use super::expression;
use super::lists::Lists;
use super::modifiers::Modifier;
use super::pattern::Text;
use super::yaml::{Scalar, Value};
use crate::rule::{Comparison, FieldRef, RegexPattern, Relation, TimePart, ValueTest};

/// Numbers from here on are not all told apart in floating point, and compare
/// as they are written; those below compare as numbers: `5` equals `5.0`, and
/// `1.10` is found where it stands as text.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value while modifiers work on it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// Null, a boolean or a number, as written.
    Raw(Scalar),
    Text(Text),
    /// An expression, and whether its placeholders are to be filled.
    Regex(RegexPattern, bool),
    Cidr(Text),
    Compare(Comparison, f64),
    FieldRef(FieldRef),
    Exists(bool),
    TimePart(TimePart, Comparison, i64),
    AnyOf(Vec<Item>),
}

impl Item {
    /// A value as written. A regular expression is taken to the letter, and
    /// `exists` knows more words for yes and no.
    pub(super) fn of(scalar: &Scalar, modifiers: &[Modifier]) -> Self {
        let switch = modifiers.contains(&Modifier::Exists) && written_bool(scalar).is_some();
        match scalar.value() {
            Value::Text if switch => Self::Raw(scalar.clone()),
            Value::Text if modifiers.contains(&Modifier::Re) => {
                Self::Text(Text::literal(&scalar.text))
            }
            Value::Text => Self::Text(Text::parse(&scalar.text)),
            Value::Null | Value::Bool(_) | Value::Number(..) => Self::Raw(scalar.clone()),
        }
    }

    /// The value as text, plain and with its wildcards, where it can be text.
    pub(super) fn into_text(self) -> Option<(String, Text)> {
        match self {
            Self::Text(text) => Some((text.plain().unwrap_or_default(), text)),
            Self::Raw(scalar) => {
                let spelt = spelt(&scalar)?;
                let text = Text::literal(&spelt);
                Some((spelt, text))
            }
            _ => None,
        }
    }

    /// A reference to the field that the text names.
    pub(super) fn reference(text: &Text) -> Option<Self> {
        let field = text.plain().filter(|field| !field.is_empty())?;
        Some(Self::FieldRef(FieldRef {
            field,
            relation: Relation::Equals,
            cased: text.cased,
        }))
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Self::Raw(scalar) => match scalar.value() {
                Value::Null => "null".to_owned(),
                Value::Bool(_) => format!("the boolean `{}`", scalar.text),
                _ => format!("the number `{}`", scalar.text),
            },
            Self::Text(text) => match text.plain() {
                Some(plain) => format!("the text `{plain}`"),
                None => "a text with wildcards".to_owned(),
            },
            Self::Regex(..) => "a regular expression (`re`)".to_owned(),
            Self::Cidr(_) => "a network (`cidr`)".to_owned(),
            Self::Compare(..) => "a comparison".to_owned(),
            Self::FieldRef(_) => "a field (`fieldref`)".to_owned(),
            Self::Exists(_) => "an `exists`".to_owned(),
            Self::TimePart(..) => "a part of a time".to_owned(),
            Self::AnyOf(_) => "several values".to_owned(),
        }
    }

    /// The tests that the value comes to: several where placeholders are
    /// filled, none of them from an empty list.
    pub(super) fn finish(self, lists: &Lists) -> Result<Vec<ValueTest>, String> {
        match self {
            Self::Raw(scalar) => Ok(vec![match scalar.value() {
                Value::Null => ValueTest::Null,
                Value::Number(number, _) if number.abs() < EXACT => {
                    ValueTest::Compare(Comparison::Eq, number)
                }
                Value::Bool(_) | Value::Number(..) | Value::Text => {
                    ValueTest::Text(Text::literal(&spelt(&scalar).unwrap_or_default()).finish())
                }
            }]),
            Self::Text(text) => {
                let texts = text.expanded(lists)?;
                Ok(texts
                    .into_iter()
                    .map(|text| ValueTest::Text(text.finish()))
                    .collect())
            }
            Self::Regex(regex, expand) => {
                let patterns = match expand {
                    true => expression::expanded(&regex.pattern, lists)?,
                    false => vec![regex.pattern.clone()],
                };
                let tests = patterns.into_iter().map(|pattern| {
                    let checked = expression::checked(RegexPattern {
                        pattern,
                        ..regex.clone()
                    })?;
                    Ok(ValueTest::Regex(checked))
                });
                tests.collect()
            }
            Self::Cidr(text) => {
                let tests = text.expanded(lists)?.into_iter().map(|text| network(&text));
                tests.collect()
            }
            Self::Compare(comparison, number) => Ok(vec![ValueTest::Compare(comparison, number)]),
            Self::FieldRef(reference) => {
                derived::check(&reference.field)?;
                Ok(vec![ValueTest::FieldRef(reference)])
            }
            Self::TimePart(part, comparison, n) => {
                Ok(vec![ValueTest::TimePart(part, comparison, n)])
            }
            Self::Exists(_) => Err("`exists` takes one value".to_owned()),
            Self::AnyOf(items) => {
                let mut tests = Vec::new();
                for item in items {
                    tests.extend(item.finish(lists)?);
                }
                Ok(vec![ValueTest::AnyOf(tests)])
            }
        }
    }
}

/// The scalar between quotes, so to speak: what it says as text.
pub(super) fn as_text(scalar: &Scalar) -> Scalar {
    Scalar {
        text: spelt(scalar).unwrap_or_default(),
        plain: false,
    }
}

/// A number, a boolean or a text as it compares; null is none of them.
fn spelt(scalar: &Scalar) -> Option<String> {
    match scalar.value() {
        Value::Null => None,
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(_, spelt) => Some(spelt),
        Value::Text => Some(scalar.text.clone()),
    }
}

/// A boolean where only a boolean makes sense: also in YAML 1.1's words, and
/// between quotes, which say no more there.
pub(super) fn written_bool(scalar: &Scalar) -> Option<bool> {
    match scalar.text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn network(text: &Text) -> Result<ValueTest, String> {
    let written = text
        .plain()
        .ok_or("`cidr` takes a network, without wildcards")?;
    let wrong =
        || format!("`{written}` is no network; write it like `10.0.0.0/8` or `2001:db8::/32`");
    let net = match written.contains('/') {
        true => IpNet::from_str(&written).map_err(|_| wrong())?,
        false => written
            .parse::<std::net::IpAddr>()
            .map(IpNet::from)
            .map_err(|_| wrong())?,
    };
    if net.trunc() != net {
        return Err(format!(
            "`{written}` has bits set behind its prefix; write `{}`",
            net.trunc()
        ));
    }
    Ok(ValueTest::Cidr(net))
}

/// Refuses a value too long to compare with.
pub(super) fn check_length(scalar: &Scalar) -> Result<(), String> {
    match scalar.text.len() > MAX_VALUE_BYTES {
        true => Err(format!("a value is longer than {MAX_VALUE_BYTES} bytes")),
        false => Ok(()),
    }
}
