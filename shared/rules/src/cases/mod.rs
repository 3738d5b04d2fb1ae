//! Cases: what a rule has to find and what it must leave alone, run over any
//! folder of rules.
//!
//! A case file lies beside its rule (`<slug>.cases.yml` for `<slug>.yml`).
//! Everything here is pure: texts come in, verdicts go out.

pub mod identity;
mod judge;
mod lay;
mod read;

use std::collections::BTreeMap;

use detection::rule::Rule;
use detection::sigma::{self, Lists, Source};
use detection::{RuleProblem, RuleSet};

pub use judge::{Finding, findings, judge, rules_of};
pub use lay::records;
pub use read::{Case, CaseFault, Expect, MAX_FILE_BYTES, MAX_TIMES, Step, read};

/// The lists that a case brings, by name.
type OwnLists = BTreeMap<String, Vec<String>>;

/// How one case came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The case file.
    pub file: String,
    /// The case.
    pub case: Case,
    /// What the rules of the file found.
    pub findings: Vec<Finding>,
    /// What is wrong; `None` if the case came out as it should.
    pub failure: Option<String>,
}

/// What running case files gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// One verdict per case, in the order of the files; by the order of
    /// their lists within the run.
    pub verdicts: Vec<Verdict>,
    /// Case files that could not be read.
    pub faults: Vec<CaseFault>,
    /// Rules that did not load; their cases fail.
    pub problems: Vec<RuleProblem>,
}

impl Report {
    /// Whether every case came out as it should and everything was read.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
            && self.problems.is_empty()
            && self
                .verdicts
                .iter()
                .all(|verdict| verdict.failure.is_none())
    }
}

/// Runs case files over rules. `known` are rules that the tested ones may
/// refer to (for a team's folder: the built-in ones); `lists` fill
/// placeholders where a case brings no list of its own.
pub fn run(
    rules: &[Source<'_>],
    lists: &Lists,
    known: &[Rule],
    case_files: &[Source<'_>],
) -> Report {
    let mut report = Report::default();
    let mut by_lists: BTreeMap<OwnLists, Vec<(String, Case)>> = BTreeMap::new();
    for file in case_files {
        match read(file.name, file.text) {
            Ok(cases) => {
                for case in cases {
                    let group = by_lists.entry(case.lists.clone()).or_default();
                    group.push((file.name.to_owned(), case));
                }
            }
            Err(fault) => report.faults.push(fault),
        }
    }
    for (own_lists, cases) in by_lists {
        let mut lists = lists.clone();
        for (name, values) in own_lists {
            lists.insert(name, values);
        }
        let loaded = sigma::load_among(rules, &lists, known);
        let (set, problems) = RuleSet::new([known, &loaded.rules].concat());
        for problem in loaded.problems.into_iter().chain(problems) {
            if !report.problems.contains(&problem) {
                report.problems.push(problem);
            }
        }
        for (file, case) in cases {
            report.verdicts.push(judge(&set, file, case));
        }
    }
    report
        .verdicts
        .sort_by(|a, b| (&a.file, a.case.line).cmp(&(&b.file, b.case.line)));
    report
}

/// The rule file that a case file belongs to.
pub fn rule_file(case_file: &str) -> String {
    match case_file.strip_suffix(".cases.yml") {
        Some(stem) => format!("{stem}.yml"),
        None => case_file.to_owned(),
    }
}
