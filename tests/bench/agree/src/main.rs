//! Whether another engine finds the same: any folder of Sigma rules over any
//! records, rule by rule and record by record.
//!
//! `RULES` names the folder. The records are those of the folder that `CORPUS`
//! names, and some made from each rule: records that it finds, and each of them
//! changed in the ways in which engines read otherwise. A difference that is
//! not explained by a known way of the other engine ends the run with 1.

mod choices;
#[path = "../../src/folder.rs"]
mod folder;
mod made;
mod reading;
mod report;
mod rules;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use cloudtrail::{Layer, Record};
use detection::{RuleSet, Scratch};
use rsigma_eval::event::JsonEvent;
use serde_json::Value;

use reading::Tree;
use report::{Difference, Verdicts};
use rules::{Both, Pair};

fn main() -> Result<ExitCode> {
    let folder = |name| {
        std::env::var_os(name)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    let rules = folder("RULES").context("`RULES` names no folder of rules")?;
    let both = rules::read(&rules)?;
    report::loading(&both);
    let found = match folder("CORPUS") {
        Some(corpus) => folder::records(&corpus)?,
        None => Vec::new(),
    };
    let verdicts = compared(&both, &found)?;
    report::verdicts(&both, &verdicts);
    Ok(match verdicts.unexplained() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// Every rule over the found records, and each over those made of it.
fn compared(both: &Both, found: &[String]) -> Result<Verdicts> {
    let (set, problems) = RuleSet::new(both.pairs.iter().map(|pair| pair.ours.clone()).collect());
    ensure!(
        problems.is_empty(),
        "the engine leaves rules out: {problems:?}"
    );
    let places: BTreeMap<&str, usize> = (0..)
        .zip(&both.pairs)
        .map(|(place, pair)| (pair.ours.meta.id.as_str(), place))
        .collect();
    let mut scratch = Scratch::default();
    let mut verdicts = Verdicts::new(both.pairs.len(), found.len());
    let mut judge = |text: &str, whose: Option<usize>| -> Result<()> {
        let record = Record::scan(text.as_bytes(), Layer::Plain)?;
        let mut matches = Vec::new();
        set.find(&record, &mut scratch, &mut matches);
        ensure!(
            scratch.faults().is_empty(),
            "a rule cannot be judged for {text}"
        );
        let ids = matches
            .iter()
            .map(|found| set.rule(found.rule).meta.id.as_str());
        let ours: Vec<usize> = ids.filter_map(|id| places.get(id).copied()).collect();
        let value: Value = serde_json::from_str(text)?;
        for (place, pair) in both.pairs.iter().enumerate() {
            if whose.is_none_or(|whose| whose == place) {
                let ours = ours.contains(&place);
                let theirs = !pair.theirs.evaluate(&JsonEvent::borrow(&value)).is_empty();
                let differs = (ours != theirs).then(|| difference(pair, text, ours));
                verdicts.add(place, ours, differs.transpose()?);
            }
        }
        Ok(())
    };
    for text in found {
        judge(text, None)?;
    }
    let mut made = 0;
    for (place, pair) in both.pairs.iter().enumerate() {
        for text in made::records(&pair.detection) {
            judge(&text, Some(place))?;
            made += 1;
        }
    }
    verdicts.made = made;
    Ok(verdicts)
}

fn difference(pair: &Pair, text: &str, ours: bool) -> Result<Difference> {
    let record = Tree::read(text).context("the record is no JSON")?;
    let slow = reading::plainly(&pair.detection, &record);
    ensure!(
        slow == ours,
        "the fast and the slow matcher differ on `{}` over {text}",
        pair.ours.meta.title
    );
    let choices = choices::explanation(&pair.detection, pair.traits, &record, !ours);
    Ok(Difference {
        title: pair.ours.meta.title.clone(),
        record: text.to_owned(),
        ours,
        choices,
    })
}
