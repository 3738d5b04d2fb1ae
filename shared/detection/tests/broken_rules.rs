//! Every file under `broken/` is refused at the line and with the words that
//! its first line promises.

#![expect(
    clippy::disallowed_methods,
    reason = "a test reads the folder beside it"
)]

use std::fs;
use std::path::Path;

use detection::sigma::{Lists, Source, load};

/// What `# expect: LINE: words` says.
fn expected(text: &str) -> Option<(u32, &str)> {
    let promise = text.lines().next()?.strip_prefix("# expect: ")?;
    let (line, words) = promise.split_once(": ")?;
    Some((line.parse().ok()?, words))
}

#[test]
fn broken_rules_are_refused_where_they_are_broken() {
    let mut lists = Lists::new();
    lists.insert("tor-exits", vec!["203.0.113.9".to_owned()]);
    lists.insert("partners", vec![]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let (line, words) = expected(&text).unwrap_or_else(|| panic!("{name} promises nothing"));
        let source = Source {
            name: &name,
            text: &text,
        };
        let problems = load(&[source], &lists).problems;
        let kept = |problem: &detection::RuleProblem| {
            problem.location.line == line && problem.message.contains(words)
        };
        match problems.as_slice() {
            [problem] if kept(problem) => {}
            _ => wrong.push(format!(
                "{name} should say {line}: {words}\n  but says {problems:#?}"
            )),
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 100, "only {seen} files");
}
