//! The modifiers of a field (`field|contains|all`) and what each makes of a
//! value. Order matters, and what cannot be combined is refused by name.

use super::encode::{self, Wide};
use super::pattern::Text;
use super::problem::valid;
use super::value::{Item, written_bool};
use super::yaml::{Scalar, Value};
use crate::rule::{Comparison, RegexPattern, Relation, TimePart};

/// A modifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Modifier {
    All,
    Neq,
    Cased,
    Contains,
    StartsWith,
    EndsWith,
    Re,
    IgnoreCase,
    MultiLine,
    DotAll,
    Base64,
    Base64Offset,
    Wide(Wide),
    WinDash,
    Cidr,
    Compare(Comparison),
    Exists,
    FieldRef,
    Expand,
    Time(TimePart),
}

/// Every modifier by its name; the first name of one is the one in messages.
pub(super) const NAMES: [(&str, Modifier); 34] = [
    ("all", Modifier::All),
    ("base64", Modifier::Base64),
    ("base64offset", Modifier::Base64Offset),
    ("cased", Modifier::Cased),
    ("cidr", Modifier::Cidr),
    ("contains", Modifier::Contains),
    ("day", Modifier::Time(TimePart::Day)),
    ("endswith", Modifier::EndsWith),
    ("exists", Modifier::Exists),
    ("expand", Modifier::Expand),
    ("fieldref", Modifier::FieldRef),
    ("gt", Modifier::Compare(Comparison::Gt)),
    ("gte", Modifier::Compare(Comparison::Gte)),
    ("hour", Modifier::Time(TimePart::Hour)),
    ("i", Modifier::IgnoreCase),
    ("ignorecase", Modifier::IgnoreCase),
    ("lt", Modifier::Compare(Comparison::Lt)),
    ("lte", Modifier::Compare(Comparison::Lte)),
    ("m", Modifier::MultiLine),
    ("multiline", Modifier::MultiLine),
    ("minute", Modifier::Time(TimePart::Minute)),
    ("month", Modifier::Time(TimePart::Month)),
    ("neq", Modifier::Neq),
    ("re", Modifier::Re),
    ("s", Modifier::DotAll),
    ("dotall", Modifier::DotAll),
    ("startswith", Modifier::StartsWith),
    ("utf16", Modifier::Wide(Wide::Marked)),
    ("utf16be", Modifier::Wide(Wide::BigEndian)),
    ("wide", Modifier::Wide(Wide::LittleEndian)),
    ("utf16le", Modifier::Wide(Wide::LittleEndian)),
    ("week", Modifier::Time(TimePart::Week)),
    ("windash", Modifier::WinDash),
    ("year", Modifier::Time(TimePart::Year)),
];

impl Modifier {
    fn named(word: &str) -> Result<Self, String> {
        NAMES
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, modifier)| *modifier)
            .ok_or_else(|| {
                let names = valid(word, NAMES.iter().map(|(name, _)| *name));
                format!("unknown modifier `{word}`; {names}")
            })
    }

    pub(super) fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(_, modifier)| *modifier == self)
            .map_or("", |(name, _)| name)
    }
}

/// A field and the modifiers behind it.
pub(super) fn split_key(key: &str) -> Result<(&str, Vec<Modifier>), String> {
    let mut words = key.split('|');
    let field = words.next().unwrap_or_default();
    let modifiers = words.map(Modifier::named).collect::<Result<Vec<_>, _>>()?;
    Ok((field, modifiers))
}

/// The value as the modifiers leave it.
pub(super) fn apply_all(scalar: &Scalar, modifiers: &[Modifier]) -> Result<Item, String> {
    let mut item = Item::of(scalar, modifiers);
    for (at, modifier) in modifiers.iter().enumerate() {
        let before = modifiers.get(..at).unwrap_or_default();
        item = apply(*modifier, before, item)?;
    }
    Ok(item)
}

fn apply(modifier: Modifier, before: &[Modifier], item: Item) -> Result<Item, String> {
    if let Item::AnyOf(items) = item {
        let items = items.into_iter().map(|item| apply(modifier, before, item));
        return Ok(Item::AnyOf(items.collect::<Result<_, _>>()?));
    }
    let refused = refusal(modifier, &item);
    let applied = match modifier {
        Modifier::All | Modifier::Neq => Some(item),
        Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith => anchor(modifier, item),
        Modifier::Re | Modifier::Exists => {
            first(modifier, before, &[])?;
            verbatim(modifier, item)
        }
        Modifier::Cidr => {
            first(modifier, before, &[Modifier::Expand])?;
            verbatim(modifier, item)
        }
        Modifier::IgnoreCase | Modifier::MultiLine | Modifier::DotAll => flag(modifier, item),
        Modifier::Compare(comparison) => compare(comparison, item),
        Modifier::Time(part) => time_part(part, &item),
        Modifier::Expand => expand(item),
        Modifier::Cased => cased(item),
        Modifier::FieldRef => item
            .into_text()
            .and_then(|(_, text)| Item::reference(&text)),
        Modifier::Base64 | Modifier::Base64Offset | Modifier::Wide(_) | Modifier::WinDash => {
            match item.into_text() {
                Some((_, text)) => Some(encode(modifier, text)?),
                None => None,
            }
        }
    };
    applied.ok_or(refused)
}

/// `re`, `cidr`, `exists`: what reads the value as it is written.
fn verbatim(modifier: Modifier, item: Item) -> Option<Item> {
    match (modifier, item) {
        (Modifier::Exists, Item::Raw(scalar)) => written_bool(&scalar).map(Item::Exists),
        (Modifier::Exists, _) => None,
        (Modifier::Cidr, item) => item.into_text().map(|(_, text)| Item::Cidr(text)),
        (_, item) => item.into_text().map(|(pattern, _)| {
            let regex = RegexPattern {
                pattern,
                ignore_case: false,
                multi_line: false,
                dot_all: false,
            };
            Item::Regex(regex, false)
        }),
    }
}

fn flag(modifier: Modifier, item: Item) -> Option<Item> {
    let Item::Regex(mut regex, expand) = item else {
        return None;
    };
    match modifier {
        Modifier::IgnoreCase => regex.ignore_case = true,
        Modifier::MultiLine => regex.multi_line = true,
        _ => regex.dot_all = true,
    }
    Some(Item::Regex(regex, expand))
}

fn compare(comparison: Comparison, item: Item) -> Option<Item> {
    match item {
        Item::Raw(scalar) => match scalar.value() {
            Value::Number(number, _) => Some(Item::Compare(comparison, number)),
            _ => None,
        },
        Item::TimePart(part, Comparison::Eq, n) => Some(Item::TimePart(part, comparison, n)),
        _ => None,
    }
}

fn time_part(part: TimePart, item: &Item) -> Option<Item> {
    match item {
        Item::Raw(scalar) => whole(scalar).map(|n| Item::TimePart(part, Comparison::Eq, n)),
        _ => None,
    }
}

fn expand(item: Item) -> Option<Item> {
    match item {
        Item::Regex(regex, _) => Some(Item::Regex(regex, true)),
        Item::Cidr(text) => Some(Item::Cidr(text.with_placeholders())),
        item => item
            .into_text()
            .map(|(_, text)| Item::Text(text.with_placeholders())),
    }
}

fn cased(item: Item) -> Option<Item> {
    match item {
        Item::FieldRef(mut reference) => {
            reference.cased = true;
            Some(Item::FieldRef(reference))
        }
        item => item.into_text().map(|(_, text)| {
            Item::Text(Text {
                cased: true,
                ..text
            })
        }),
    }
}

fn encode(modifier: Modifier, text: Text) -> Result<Item, String> {
    let variants = |texts: Vec<Text>| Item::AnyOf(texts.into_iter().map(Item::Text).collect());
    let encoded = match modifier {
        Modifier::Base64 => encode::base64(&text).map(Item::Text),
        Modifier::Base64Offset => encode::base64_offset(&text).map(variants),
        Modifier::Wide(how) => encode::wide(text, how).map(Item::Text),
        _ => encode::windash(&text).map(variants),
    };
    encoded.map_err(|why| format!("`{}`: {why}", modifier.name()))
}

/// `contains`, `startswith`, `endswith`: wildcards around a text, or the
/// relation to another field.
fn anchor(modifier: Modifier, item: Item) -> Option<Item> {
    if let Item::FieldRef(mut reference) = item {
        reference.relation = match (reference.relation, modifier) {
            (Relation::Equals | Relation::StartsWith, Modifier::StartsWith) => Relation::StartsWith,
            (Relation::Equals | Relation::EndsWith, Modifier::EndsWith) => Relation::EndsWith,
            _ => Relation::Contains,
        };
        return Some(Item::FieldRef(reference));
    }
    let (_, mut text) = item.into_text()?;
    if modifier != Modifier::StartsWith {
        text.open_start();
    }
    if modifier != Modifier::EndsWith {
        text.open_end();
    }
    Some(Item::Text(text))
}

fn whole(scalar: &Scalar) -> Option<i64> {
    match scalar.value() {
        Value::Number(_, spelt) => spelt.parse().ok(),
        _ => None,
    }
}

/// `re`, `cidr` and `exists` read the value as it is written.
fn first(modifier: Modifier, before: &[Modifier], allowed: &[Modifier]) -> Result<(), String> {
    match before.iter().find(|one| !allowed.contains(one)) {
        None => Ok(()),
        Some(other) => Err(format!(
            "`{}` cannot stand behind `{}`: it comes first",
            modifier.name(),
            other.name()
        )),
    }
}

fn refusal(modifier: Modifier, item: &Item) -> String {
    if matches!(
        modifier,
        Modifier::IgnoreCase | Modifier::MultiLine | Modifier::DotAll
    ) {
        return format!("`{}` is a flag of `re`: write `re|{0}`", modifier.name());
    }
    let wanted = match modifier {
        Modifier::Exists => "`true` or `false`",
        Modifier::Compare(_) => "a number",
        Modifier::Time(_) => "a whole number",
        Modifier::Expand => "a text, `re` or `cidr`",
        Modifier::FieldRef => "the name of a field",
        _ => "a text",
    };
    format!(
        "`{}` takes {wanted}, not {}",
        modifier.name(),
        item.describe()
    )
}
