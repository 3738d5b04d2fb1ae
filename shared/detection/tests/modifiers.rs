//! What each modifier makes of a value, in a short notation.

use detection::rule::*;
use detection::sigma::{Lists, Source, load};

/// The one field of a rule whose selection is `f|MODIFIERS: VALUE`.
fn field(modifiers: &str, value: &str) -> Result<FieldTest, String> {
    let text = format!(
        "title: t\nlogsource: {{service: cloudtrail}}\ndetection:\n  s:\n    'f{modifiers}': {value}\n  condition: s\n"
    );
    let mut lists = Lists::new();
    lists.insert("list", vec!["a*b".to_owned(), "c".to_owned()]);
    lists.insert(
        "nets",
        vec!["192.0.2.0/24".to_owned(), "2001:db8::1".to_owned()],
    );
    lists.insert("none", vec![]);
    let source = Source {
        name: "t",
        text: &text,
    };
    let mut loaded = load(&[source], &lists);
    if let Some(problem) = loaded.problems.pop() {
        return Err(problem.message);
    }
    let Logic::Event(detection) = loaded.rules.remove(0).logic else {
        unreachable!()
    };
    match detection
        .searches
        .into_iter()
        .next()
        .map(|search| search.body)
    {
        Some(SearchBody::AllOf(mut fields)) if fields.len() == 1 => Ok(fields.remove(0)),
        body => unreachable!("{body:?}"),
    }
}

fn shown(field: &FieldTest) -> String {
    let not = if field.negated { "not " } else { "" };
    match &field.test {
        FieldPredicate::Exists(exists) => format!("{not}exists {exists}"),
        FieldPredicate::Values(list) => {
            let tests: Vec<String> = list.tests.iter().map(test).collect();
            format!("{not}{}", tests.join(if list.all { " & " } else { " | " }))
        }
    }
}

fn test(test: &ValueTest) -> String {
    match test {
        ValueTest::Null => "null".to_owned(),
        ValueTest::Text(pattern) => {
            let part = |part: &PatternPart| match part {
                PatternPart::Literal(literal) => format!("[{literal}]"),
                PatternPart::Any => "*".to_owned(),
                PatternPart::One => "?".to_owned(),
            };
            let parts: String = pattern.parts.iter().map(part).collect();
            format!(
                "{}{}",
                if pattern.cased { "cased " } else { "" },
                if parts.is_empty() { "[]" } else { &parts }
            )
        }
        ValueTest::Regex(regex) => {
            let flag = |on: bool, name: &'static str| if on { name } else { "" };
            let flags = [
                flag(regex.ignore_case, "i"),
                flag(regex.multi_line, "m"),
                flag(regex.dot_all, "s"),
            ];
            format!("/{}/{}", regex.pattern, flags.concat())
        }
        ValueTest::Cidr(net) => format!("in {net}"),
        ValueTest::Compare(comparison, number) => format!("{comparison:?} {number}"),
        ValueTest::FieldRef(reference) => {
            format!(
                "{:?} {}{}",
                reference.relation,
                reference.field,
                if reference.cased { " cased" } else { "" }
            )
        }
        ValueTest::TimePart(part, comparison, n) => format!("{part:?} {comparison:?} {n}"),
        ValueTest::AnyOf(tests) => {
            format!(
                "({})",
                tests.iter().map(self::test).collect::<Vec<_>>().join(" | ")
            )
        }
    }
}

#[test]
fn what_values_become() {
    for (modifiers, value, meaning) in [
        ("", "AbC", "[abc]"),
        ("", "''", "[]"),
        ("", "null", "null"),
        ("", "[]", "null"),
        ("", "[a, null, 5, True]", "[a] | null | Eq 5 | [true]"),
        ("", "[1.10, 0x1F, 2.0]", "Eq 1.1 | Eq 31 | Eq 2"),
        (
            "",
            "[1e3, 7e20, 18446744073709551615]",
            "Eq 1000 | [7e20] | [18446744073709551615]",
        ),
        ("", "'5'", "[5]"),
        ("", "012345678901", "[012345678901]"),
        ("", "No", "[no]"),
        ("", "a*b?", "[a]*[b]?"),
        ("", r"'a\*\\*'", r"[a*\]*"),
        ("|all", "[a, b]", "[a] & [b]"),
        ("|contains", "a", "*[a]*"),
        ("|contains", "'*a'", "*[a]*"),
        ("|contains", "''", "*"),
        ("|contains|all", "[a, b]", "*[a]* & *[b]*"),
        ("|contains", "22", "*[22]*"),
        ("|startswith", "a", "[a]*"),
        ("|endswith", "[a, b*]", "*[a] | *[b]*"),
        ("|startswith|endswith", "a", "*[a]*"),
        ("|contains", r"'a\'", r"*[a\]*"),
        ("|cased", "AbC", "cased [AbC]"),
        ("|contains|cased", "A", "cased *[A]*"),
        ("|neq", "a", "not [a]"),
        ("|neq|all", "[a, b]", "not [a] & [b]"),
        ("|contains|neq", "a", "not *[a]*"),
        ("|re", r"'^A\d$'", r"/^A\d$/"),
        ("|re|i|m|s", "a", "/a/ims"),
        ("|re|ignorecase", "a", "/a/i"),
        ("|re|multiline|dotall", "a", "/a/ms"),
        ("|re|all", "[a, b]", "/a/ & /b/"),
        ("|re", "5", "/5/"),
        ("|re", "'a*?'", "/a*?/"),
        ("|re|expand", "'^%list%$'", "/^a.*b$/ | /^c$/"),
        ("|base64", "foo", "[zm9v]"),
        ("|base64|cased", "foo", "cased [Zm9v]"),
        (
            "|base64offset|contains",
            "foo",
            "*[zm9v]* | *[zvb]* | *[mb2]*",
        ),
        (
            "|base64offset|contains|all",
            "[foo]",
            "(*[zm9v]* | *[zvb]* | *[mb2]*)",
        ),
        ("|utf16|base64|cased", "ping", "cased [//5wAGkAbgBnAA==]"),
        ("|wide|base64|cased", "ping", "cased [cABpAG4AZwA=]"),
        ("|utf16le|base64|cased", "ping", "cased [cABpAG4AZwA=]"),
        ("|utf16be|base64|cased", "ping", "cased [AHAAaQBuAGc=]"),
        ("|windash", "'-a'", "[-a] | [/a] | [–a] | [—a] | [―a]"),
        ("|windash|contains", "a", "*[a]*"),
        (
            "|windash|all",
            "['-a', b]",
            "([-a] | [/a] | [–a] | [—a] | [―a]) & [b]",
        ),
        (
            "|cidr",
            "[10.0.0.0/8, '2001:db8::/32']",
            "in 10.0.0.0/8 | in 2001:db8::/32",
        ),
        ("|cidr", "192.0.2.1", "in 192.0.2.1/32"),
        (
            "|cidr|expand",
            "'%nets%'",
            "in 192.0.2.0/24 | in 2001:db8::1/128",
        ),
        (
            "|expand|cidr",
            "'%nets%'",
            "in 192.0.2.0/24 | in 2001:db8::1/128",
        ),
        ("|lt", "5", "Lt 5"),
        ("|lte", "-1.5", "Lte -1.5"),
        ("|gt", "1e3", "Gt 1000"),
        ("|gte", "[1, 2]", "Gte 1 | Gte 2"),
        ("|exists", "true", "exists true"),
        ("|exists", "no", "exists false"),
        ("|exists", "'true'", "exists true"),
        ("|exists", "\"No\"", "exists false"),
        ("|exists|neq", "true", "not exists true"),
        ("|fieldref", "g.h", "Equals g.h"),
        ("|fieldref|startswith", "g", "StartsWith g"),
        ("|fieldref|endswith", "g", "EndsWith g"),
        ("|fieldref|contains", "g", "Contains g"),
        ("|fieldref|cased", "g", "Equals g cased"),
        ("|fieldref|neq", "g", "not Equals g"),
        ("|expand", "'%list%'", "[a]*[b] | [c]"),
        ("|expand", "'x%list%'", "[xa]*[b] | [xc]"),
        ("|expand|contains", "'%list%'", "*[a]*[b]* | *[c]*"),
        ("|contains|expand", "'%list%'", "*[a]*[b]* | *[c]*"),
        ("|expand", "'%none%'", "()"),
        ("|expand", "['%none%', a]", "() | [a]"),
        ("|expand|all", "['%none%', a]", "() & [a]"),
        ("|expand", "100%", "[100%]"),
        ("", "'%list%'", "[%list%]"),
        ("|minute", "5", "Minute Eq 5"),
        ("|hour|gte", "20", "Hour Gte 20"),
        ("|day|lt", "2", "Day Lt 2"),
        ("|week", "[1, 53]", "Week Eq 1 | Week Eq 53"),
        ("|month|gt", "6", "Month Gt 6"),
        ("|year|lte", "2027", "Year Lte 2027"),
    ] {
        let field = field(modifiers, value);
        let field = field.unwrap_or_else(|why| panic!("f{modifiers}: {value} is refused: {why}"));
        assert_eq!(shown(&field), meaning, "f{modifiers}: {value}");
    }
}

#[test]
fn what_cannot_be_combined() {
    for (modifiers, value, words) in [
        ("|contains|re", "a", "`re` cannot stand behind `contains`"),
        (
            "|re|contains",
            "a",
            "`contains` takes a text, not a regular expression",
        ),
        (
            "|re|cased",
            "a",
            "`cased` takes a text, not a regular expression",
        ),
        ("|all|re", "[a]", "`re` cannot stand behind `all`"),
        (
            "|contains|cidr",
            "10.0.0.0/8",
            "`cidr` cannot stand behind `contains`",
        ),
        (
            "|cidr|startswith",
            "10.0.0.0/8",
            "`startswith` takes a text, not a network",
        ),
        (
            "|contains|fieldref",
            "g",
            "`fieldref` takes the name of a field, not a text with wildcards",
        ),
        (
            "|contains|exists",
            "true",
            "`exists` cannot stand behind `contains`",
        ),
        ("|exists", "[true, false]", "`exists` takes one"),
        ("|exists", "'maybe'", "not the text `maybe`"),
        ("|exists", "1", "not the number `1`"),
        (
            "|gte|hour",
            "5",
            "`hour` takes a whole number, not a comparison",
        ),
        (
            "|hour",
            "1.5",
            "`hour` takes a whole number, not the number `1.5`",
        ),
        ("|gt", "'5'", "`gt` takes a number, not the text `5`"),
        (
            "|lt|contains",
            "5",
            "`contains` takes a text, not a comparison",
        ),
        ("|i", "a", "write `re|i`"),
        ("|base64", "null", "`base64` takes a text, not null"),
        (
            "|base64offset",
            "a?",
            "`base64offset`: a text with wildcards",
        ),
        ("|wide", "é", "`wide`: `é` cannot be widened"),
        ("|windash", "'-a -b -c -d'", "at most 3 dashes"),
        (
            "|cidr|expand",
            "'%list%'",
            "`cidr` takes a network, without wildcards",
        ),
        ("|expand", "'%lost%'", "valid are `list`, `nets`, `none`"),
        ("|", "a", "unknown modifier ``"),
        ("|Contains", "a", "unknown modifier `Contains`"),
    ] {
        let message = field(modifiers, value)
            .map(|field| shown(&field))
            .unwrap_err();
        assert!(message.contains(words), "f{modifiers}: {value}: {message}");
    }
}

fn body(search: &str) -> SearchBody {
    let text = format!(
        "title: t\nlogsource: {{service: cloudtrail}}\ndetection:\n  s: {search}\n  condition: s\n"
    );
    let mut loaded = load(
        &[Source {
            name: "t",
            text: &text,
        }],
        &Lists::new(),
    );
    assert_eq!(loaded.problems, []);
    let Logic::Event(mut detection) = loaded.rules.remove(0).logic else {
        unreachable!()
    };
    detection.searches.remove(0).body
}

fn outline(body: &SearchBody) -> String {
    let list = |bodies: &[SearchBody], word: &str| {
        bodies.iter().map(outline).collect::<Vec<_>>().join(word)
    };
    match body {
        SearchBody::AllOf(fields) => {
            let field = |one: &FieldTest| format!("{}={}", one.field, shown(one));
            format!(
                "{{{}}}",
                fields.iter().map(field).collect::<Vec<_>>().join(", ")
            )
        }
        SearchBody::AnyOf(bodies) => format!("any({})", list(bodies, "; ")),
        SearchBody::Every(bodies) => format!("every({})", list(bodies, "; ")),
        SearchBody::Keywords(values) => {
            let tests: Vec<String> = values.tests.iter().map(test).collect();
            format!(
                "words({})",
                tests.join(if values.all { " & " } else { " | " })
            )
        }
    }
}

#[test]
fn what_searches_become() {
    for (search, meaning) in [
        ("{a: 1, b.c: [x, y]}", "{a=Eq 1, b.c=[x] | [y]}"),
        ("[{a: 1}, {b: 2, c: 3}]", "any({a=Eq 1}; {b=Eq 2, c=Eq 3})"),
        ("[kw, 'k*w', 5]", "words(*[kw]* | *[k]*[w]* | *[5]*)"),
        ("kw", "words(*[kw]*)"),
        ("[kw, {a: 1}]", "any(words(*[kw]*); {a=Eq 1})"),
        ("[[a, b], [c]]", "any(words(*[a]* | *[b]*); words(*[c]*))"),
        ("{'|all': [a, b]}", "words(*[a]* & *[b]*)"),
        ("{'': a}", "words(*[a]*)"),
        ("{null: a}", "words(*[a]*)"),
        ("{'|re': x}", "words(/x/)"),
        ("{'|startswith': x}", "words([x]*)"),
        ("{'|cased': X}", "words(cased *[X]*)"),
        (
            "{'|all': [a, b], f: 1}",
            "every({f=Eq 1}; words(*[a]* & *[b]*))",
        ),
    ] {
        assert_eq!(outline(&body(search)), meaning, "{search}");
    }
}
