//! No text whatever makes the loader panic, and what it refuses it says where.

use detection::sigma::{Lists, Source, load};
use proptest::prelude::*;

fn check(text: &str) {
    let mut lists = Lists::new();
    lists.insert("list", vec!["a*".to_owned(), "b".to_owned()]);
    let loaded = load(
        &[Source {
            name: "any.yml",
            text,
        }],
        &lists,
    );
    let last = u32::try_from(text.lines().count()).map_or(u32::MAX, |n| n + 1);
    for problem in &loaded.problems {
        assert!(
            (1..=last).contains(&problem.location.line),
            "{problem} in {text:?}"
        );
        assert!(!problem.message.is_empty());
    }
}

/// Words that the language knows, so that chance finds its way in.
fn word() -> impl Strategy<Value = String> {
    let known = [
        "title",
        "id",
        "level",
        "logsource",
        "product",
        "aws",
        "detection",
        "selection",
        "condition",
        "correlation",
        "type",
        "event_count",
        "temporal",
        "rules",
        "timespan",
        "1h",
        "filter",
        "trailward",
        "action",
        "global",
        "repeat",
        "reset",
        "group-by",
        "aliases",
        "1 of them",
        "not",
        "and",
        "or",
        "field|re",
        "field|contains|all",
        "field|expand",
        "x|cidr",
        "x|base64offset",
        "x|windash",
        "|all",
        "%list%",
        "'*'",
        "\\",
        "(a|b",
        "null",
        "-1",
        "&a",
        "*a",
        "<<",
        "first-seen",
        "staged",
        "expires",
        "10.0.0.0/8",
        "true",
        "''",
        "!x",
        "",
        "{",
        "}",
        "[",
        "]",
        "---",
        "|",
        ">",
        "\"",
    ];
    prop_oneof![
        4 => prop::sample::select(known.map(str::to_owned).to_vec()),
        1 => "\\PC{0,6}",
    ]
}

/// Lines of an indented map or list.
fn document() -> impl Strategy<Value = String> {
    let line = (0usize..5, any::<bool>(), word(), word(), any::<bool>());
    prop::collection::vec(line, 0..25).prop_map(|lines| {
        let line = |(depth, dash, key, value, nested): (usize, bool, String, String, bool)| {
            let dash = if dash { "- " } else { "" };
            let value = if nested { "" } else { &value };
            format!("{}{dash}{key}: {value}\n", "  ".repeat(depth))
        };
        lines.into_iter().map(line).collect()
    })
}

/// A rule that loads but for the one selection that chance writes.
fn nearly_a_rule() -> impl Strategy<Value = String> {
    (word(), word(), word(), word()).prop_map(|(key, value, name, condition)| {
        format!(
            "title: t\nlogsource: {{product: aws}}\ndetection:\n  {name}:\n    {key}: {value}\n  s: {{a: 1}}\n  condition: s {condition}\n"
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}|[ -~\\n\\t\\x00\\x7f]{0,300}") {
        check(&text);
    }

    #[test]
    fn any_document(text in document()) {
        check(&text);
    }

    #[test]
    fn any_selection(text in nearly_a_rule()) {
        check(&text);
    }
}
