//! Regular expressions. They run in linear time, so look-around and back
//! references are refused; all others are compiled once here to be sure.

use regex::RegexBuilder;

use super::bounds::MAX_REGEX_BYTES;
use super::lists::Lists;
use super::pattern::{Piece, Text};
use crate::rule::RegexPattern;

/// The expression, known to compile.
pub(super) fn checked(mut regex: RegexPattern) -> Result<RegexPattern, String> {
    let Err(first) = compile(&regex) else {
        return Ok(regex);
    };
    // Other engines take a brace that opens no repetition for itself.
    let braced = with_plain_braces(&regex.pattern);
    if braced != regex.pattern {
        let written = std::mem::replace(&mut regex.pattern, braced);
        if compile(&regex).is_ok() {
            return Ok(regex);
        }
        regex.pattern = written;
    }
    Err(format!(
        "the expression `{}` is refused: {first}",
        regex.pattern
    ))
}

fn compile(regex: &RegexPattern) -> Result<(), String> {
    RegexBuilder::new(&regex.pattern)
        .case_insensitive(regex.ignore_case)
        .multi_line(regex.multi_line)
        .dot_matches_new_line(regex.dot_all)
        .size_limit(MAX_REGEX_BYTES)
        .build()
        .map(|_| ())
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it compiles to too much memory".to_owned(),
            error => reason(&error.to_string()),
        })
}

/// The last line of the crate's report, which says what is wrong; the lines
/// before draw the pattern.
fn reason(report: &str) -> String {
    if report.contains("look-around") {
        return "look-around (`(?=`, `(?!`, `(?<=`, `(?<!`) does not run in linear time".to_owned();
    }
    let line = report.lines().last().unwrap_or_default();
    line.trim_start_matches("error:").trim().to_owned()
}

/// Escapes the braces that belong to no repetition, class name or escape.
fn with_plain_braces(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut class = false;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\\' => escape_length(rest),
            '{' if !class => match repetition_length(rest) {
                Some(length) if !out.is_empty() => length,
                _ => {
                    out.push('\\');
                    1
                }
            },
            '}' if !class => {
                out.push('\\');
                1
            }
            _ => c.len_utf8(),
        };
        class = match c {
            '[' => true,
            ']' => false,
            _ => class,
        };
        let (part, behind) = rest.split_at_checked(taken).unwrap_or((rest, ""));
        out.push_str(part);
        rest = behind;
    }
    out
}

/// `\p{..}`, `\x{..}` and the like whole, else the backslash and one character.
fn escape_length(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    let Some(escaped) = chars.next() else {
        return 1;
    };
    let short = 1 + escaped.len_utf8();
    match (escaped, chars.next(), rest.find('}')) {
        ('p' | 'P' | 'x' | 'u' | 'U' | 'b', Some('{'), Some(end)) => end + 1,
        _ => short,
    }
}

fn repetition_length(rest: &str) -> Option<usize> {
    let end = rest.find('}')?;
    let inner = rest.get(1..end)?;
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (low, high) = inner.split_once(',').unwrap_or((inner, ""));
    (!low.is_empty() && digits(low) && digits(high)).then_some(end + 1)
}

/// The expression once for every combination of the values of its
/// placeholders; a value stands for itself, only its wildcards keep their sense.
pub(super) fn expanded(pattern: &str, lists: &Lists) -> Result<Vec<String>, String> {
    let text = Text::literal(pattern).with_placeholders();
    if text.placeholders().next().is_none() {
        return Ok(vec![pattern.to_owned()]);
    }
    let mut quoted = Lists::new();
    for name in text.placeholders() {
        let Some(values) = lists.get(name) else {
            continue;
        };
        let values = values.iter().map(|value| quote(value)).collect();
        quoted.insert(name, values);
    }
    for name in lists.names() {
        if quoted.get(name).is_none() {
            quoted.insert(name, Vec::new());
        }
    }
    let texts = text.expanded(&quoted)?;
    Ok(texts
        .into_iter()
        .map(|text| text.plain().unwrap_or_default())
        .collect())
}

/// A list's value as an expression, written so that reading it as a text with
/// wildcards gives it back.
fn quote(value: &str) -> String {
    let mut expression = String::new();
    for piece in Text::parse(value).pieces {
        match piece {
            Piece::Literal(literal) => expression.push_str(&regex::escape(&literal)),
            Piece::Any => expression.push_str(".*"),
            Piece::One => expression.push('.'),
            Piece::Placeholder(_) => {}
        }
    }
    let mut written = String::new();
    for c in expression.chars() {
        if matches!(c, '\\' | '*' | '?') {
            written.push('\\');
        }
        written.push(c);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str) -> Result<String, String> {
        checked(RegexPattern {
            pattern: pattern.to_owned(),
            ignore_case: false,
            multi_line: false,
            dot_all: false,
        })
        .map(|regex| regex.pattern)
    }

    #[test]
    fn what_compiles_stays_as_written() {
        for pattern in [r"^a\d{2,3}$", "a|b", r"\p{Greek}", r"https?:\/\/", "(?i)x"] {
            assert_eq!(check(pattern).unwrap(), pattern);
        }
    }

    #[test]
    fn braces_of_json() {
        assert_eq!(check(r#"{"AWS":"\*"}"#).unwrap(), r#"\{"AWS":"\*"\}"#);
        assert_eq!(check("x{1,2}{y}").unwrap(), r"x{1,2}\{y\}");
        assert_eq!(check(r"{[{]\x{41}\{").unwrap(), r"\{[{]\x{41}\{");
    }

    #[test]
    fn refusals() {
        for (pattern, words) in [
            ("(?!root)x", "look-around"),
            (r"(?<=a)b", "look-around"),
            (r"(a)\1", "backreferences"),
            ("(a", "unclosed group"),
            ("{(a", "repetition"),
            ("a{2,1}", "repetition"),
            (r"\w{1000}{1000}", "too much memory"),
        ] {
            let message = check(pattern).unwrap_err();
            assert!(
                message.contains(words) && message.contains(pattern),
                "{message}"
            );
        }
    }

    #[test]
    fn lists_stand_for_themselves() {
        let mut lists = Lists::new();
        lists.insert("hosts", vec!["a.b".into(), "c*".into(), r"d\\e".into()]);
        lists.insert("other", vec![]);
        assert_eq!(
            expanded("^%hosts%$", &lists).unwrap(),
            [r"^a\.b$", "^c.*$", r"^d\\e$"]
        );
        let message = expanded("%host%", &lists).unwrap_err();
        assert!(message.contains("`hosts`, `other`"), "{message}");
    }
}
