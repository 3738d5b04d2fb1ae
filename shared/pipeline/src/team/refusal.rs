//! A refusal as people read it in a mail.

use detection::RuleProblem;

use crate::neutral;

/// Longest message, in characters: the longest that names every valid word
/// has some 450.
const MAX_MESSAGE_CHARS: usize = 500;

/// Longest name of a rule, in characters.
const MAX_RULE_CHARS: usize = 100;

/// File, line, rule, what is wrong and what would be right, on one line and
/// neutralised. Each part has a bound of its own, so that no name pushes out
/// what is wrong.
pub(crate) fn refusal(problem: &RuleProblem) -> String {
    let file = neutral::value(&problem.location.file);
    let rule = match &problem.rule {
        Some(rule) => format!("rule `{}`: ", neutral::neutral(rule, MAX_RULE_CHARS)),
        None => String::new(),
    };
    let message = neutral::neutral(&problem.message, MAX_MESSAGE_CHARS);
    format!("{file}:{}: {rule}{message}", problem.location.line)
}

#[cfg(test)]
mod tests {
    use detection::rule::Location;

    use super::*;

    fn problem(file: &str, rule: &str, message: &str) -> RuleProblem {
        RuleProblem {
            location: Location {
                file: file.to_owned(),
                line: 7,
            },
            rule: Some(rule.to_owned()),
            message: message.to_owned(),
        }
    }

    #[test]
    fn it_reads_as_the_command_line_prints_it() {
        let plain = problem("rules/a.yml", "mine", "unknown modifier `near`");
        assert_eq!(refusal(&plain), plain.to_string());
    }

    #[test]
    fn long_names_leave_room_for_what_is_wrong() {
        let long = "x".repeat(5_000);
        let told = refusal(&problem(&long, &long, "unknown modifier `near`"));
        assert!(told.ends_with(": unknown modifier `near`"), "{told}");
        assert!(told.chars().count() < 400, "{told}");
        assert!(refusal(&problem(&long, &long, &long)).chars().count() < 900);
    }

    #[test]
    fn no_part_breaks_the_line_or_is_clickable() {
        let hostile = "a\n://\u{202E}";
        let told = refusal(&problem(hostile, hostile, hostile));
        assert!(!told.contains(['\n', '\u{202E}']) && !told.contains("://"));
    }
}
