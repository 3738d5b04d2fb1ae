//! What was compared and what came of it, as text.

use std::collections::BTreeMap;

use crate::choices::Choice;
use crate::rules::Both;

/// Rules with differences without a known reason that are printed.
const SHOWN: usize = 20;

/// A rule and a record that the engines judge differently.
pub(crate) struct Difference {
    pub(crate) title: String,
    pub(crate) record: String,
    /// Whether the record is found here.
    pub(crate) ours: bool,
    /// The ways of the other engine that make up for it.
    pub(crate) choices: Option<Vec<Choice>>,
}

/// All verdicts.
pub(crate) struct Verdicts {
    found: usize,
    pub(crate) made: usize,
    judged: usize,
    /// How many records each rule finds.
    hits: Vec<usize>,
    differences: Vec<Difference>,
}

impl Verdicts {
    pub(crate) fn new(rules: usize, found: usize) -> Self {
        Self {
            found,
            made: 0,
            judged: 0,
            hits: vec![0; rules],
            differences: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, place: usize, ours: bool, difference: Option<Difference>) {
        self.judged += 1;
        if let Some(hits) = self.hits.get_mut(place) {
            *hits += usize::from(ours);
        }
        self.differences.extend(difference);
    }

    pub(crate) fn unexplained(&self) -> usize {
        let differences = self.differences.iter();
        differences.filter(|one| one.choices.is_none()).count()
    }
}

/// What each engine loads.
pub(crate) fn loading(both: &Both) {
    println!(
        "{} files: {} rules and {} correlations and filters load in both engines",
        both.files,
        both.pairs.len(),
        both.others
    );
    for (head, lines) in [
        ("refused here", &both.refused_here),
        ("refused by the other engine", &both.refused_there),
        (
            "not compared, for the other engine does not join a list of maps (`<<: [*a, *b]`)",
            &both.not_compared,
        ),
        (
            "not compared, for they ask for what is derived here",
            &both.derived,
        ),
        ("loaded here only", &both.only_here),
        ("loaded by the other engine only", &both.only_there),
    ] {
        if !lines.is_empty() {
            println!("\n{head}: {}", lines.len());
            // The other engine draws its reasons; the first line names them.
            let first = lines.iter().filter_map(|line| line.lines().next());
            first.for_each(|line| println!("  {line}"));
        }
    }
}

/// What they find.
pub(crate) fn verdicts(both: &Both, verdicts: &Verdicts) {
    println!(
        "\n{} records found, {} made: {} verdicts, {} differ, {} of them without a known reason",
        verdicts.found,
        verdicts.made,
        verdicts.judged,
        verdicts.differences.len(),
        verdicts.unexplained()
    );
    let mut reasons: BTreeMap<Choice, usize> = BTreeMap::new();
    for choice in verdicts
        .differences
        .iter()
        .flat_map(|one| one.choices.iter().flatten())
    {
        *reasons.entry(*choice).or_default() += 1;
    }
    for (choice, count) in reasons {
        println!("  {count:6} {choice:?}: {}", choice.why());
    }
    let never = both
        .pairs
        .iter()
        .zip(&verdicts.hits)
        .filter(|(_, hits)| **hits == 0);
    for (pair, _) in never {
        println!("  never found: `{}`", pair.ours.meta.title);
    }
    let mut unknown: BTreeMap<(&str, bool), Vec<&str>> = BTreeMap::new();
    for one in verdicts
        .differences
        .iter()
        .filter(|one| one.choices.is_none())
    {
        let records = unknown.entry((one.title.as_str(), one.ours)).or_default();
        records.push(one.record.as_str());
    }
    for ((title, ours), records) in unknown.iter().take(SHOWN) {
        let (found, missed) = match ours {
            true => ("here", "there"),
            false => ("there", "here"),
        };
        // The shortest record says most.
        let record = records.iter().min_by_key(|record| record.len());
        println!(
            "\n`{title}`: {} records found {found} and not {missed}, such as\n{}",
            records.len(),
            record.unwrap_or(&"")
        );
    }
}
