//! Values that pass a test.

use detection::rule::{Comparison, PatternPart, RegexPattern, TextPattern, TimePart, ValueTest};
use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Value, json};

/// Values that pass, as JSON.
pub(super) fn values(test: &ValueTest) -> Vec<Value> {
    match test {
        ValueTest::Null => vec![json!(null)],
        ValueTest::Compare(comparison, bound) => numbers(*comparison, *bound),
        _ => {
            let texts = texts(test);
            let mut found: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
            // What reads like a number or a switch is one in many records.
            let plain = texts
                .iter()
                .filter_map(|text| serde_json::from_str::<Value>(text).ok());
            found.extend(plain.filter(|value| value.is_number() || value.is_boolean()));
            found
        }
    }
}

/// Texts that pass.
pub(super) fn texts(test: &ValueTest) -> Vec<String> {
    match test {
        ValueTest::Null | ValueTest::FieldRef(_) => Vec::new(),
        ValueTest::Text(pattern) => glob(pattern),
        ValueTest::Regex(regex) => expression(regex).into_iter().collect(),
        ValueTest::Cidr(net) => vec![net.network().to_string(), net.broadcast().to_string()],
        ValueTest::Compare(comparison, bound) => numbers(*comparison, *bound)
            .iter()
            .map(Value::to_string)
            .collect(),
        ValueTest::TimePart(part, comparison, bound) => times(*part, *comparison, *bound),
        ValueTest::AnyOf(variants) => variants.iter().flat_map(texts).collect(),
    }
}

fn glob(pattern: &TextPattern) -> Vec<String> {
    let filled = |any: &str, one: &str| -> String {
        let parts = pattern.parts.iter().map(|part| match part {
            PatternPart::Literal(literal) => literal.as_str(),
            PatternPart::Any => any,
            PatternPart::One => one,
        });
        parts.collect()
    };
    let mut found = vec![
        filled("", "x"),
        filled("in between", "\u{e9}"),
        filled("\n", "\n"),
    ];
    found.dedup();
    found
}

/// The shortest text that an expression describes.
fn expression(regex: &RegexPattern) -> Option<String> {
    let mut parser = regex_syntax::ParserBuilder::new()
        .case_insensitive(regex.ignore_case)
        .multi_line(regex.multi_line)
        .dot_matches_new_line(regex.dot_all)
        .build();
    let mut text = String::new();
    describe(&parser.parse(&regex.pattern).ok()?, &mut text);
    Some(text)
}

fn describe(hir: &Hir, text: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            // A letter where there is a choice: control characters come first.
            let ranges = class.ranges();
            let letter = ranges
                .iter()
                .find(|range| (range.start()..=range.end()).contains(&'a'));
            text.extend(
                letter
                    .map(|_| 'a')
                    .or(ranges.first().map(|range| range.end())),
            );
        }
        HirKind::Class(Class::Bytes(class)) => {
            text.extend(class.ranges().first().map(|range| range.start() as char));
        }
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition
                .min
                .max(1)
                .min(repetition.max.unwrap_or(u32::MAX))
            {
                describe(&repetition.sub, text);
            }
        }
        HirKind::Capture(capture) => describe(&capture.sub, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| describe(part, text)),
        HirKind::Alternation(parts) => parts.iter().take(1).for_each(|part| describe(part, text)),
    }
}

fn numbers(comparison: Comparison, bound: f64) -> Vec<Value> {
    let number = |n: f64| match n.fract() == 0.0 && n.abs() < 1e15 {
        true => json!(n as i64),
        false => json!(n),
    };
    let passes = match comparison {
        Comparison::Eq | Comparison::Lte | Comparison::Gte => bound,
        Comparison::Neq | Comparison::Gt => bound + 1.0,
        Comparison::Lt => bound - 1.0,
    };
    vec![
        number(passes),
        json!(number(passes).to_string()),
        number(bound),
    ]
}

fn times(part: TimePart, comparison: Comparison, bound: i64) -> Vec<String> {
    let n = match comparison {
        Comparison::Eq | Comparison::Lte | Comparison::Gte => bound,
        Comparison::Neq | Comparison::Gt => bound + 1,
        Comparison::Lt => bound - 1,
    };
    let time = match part {
        TimePart::Minute => format!("2026-03-02T09:{n:02}:00Z"),
        TimePart::Hour => format!("2026-03-02T{n:02}:15:00Z"),
        TimePart::Day => format!("2026-03-{n:02}T09:15:00Z"),
        TimePart::Month => format!("2026-{n:02}-02T09:15:00Z"),
        TimePart::Year => format!("{n:04}-03-02T09:15:00Z"),
        TimePart::Week => "2026-03-02T09:15:00Z".to_owned(),
    };
    vec![time]
}
