//! The ways that the product is measured against: everything decoded into
//! trees, then judged by the tests' slow matcher or by another engine.

use std::hint::black_box;
use std::io::Read as _;

use anyhow::{Result, ensure};
use base64::Engine as _;
use detection::rule::{Detection, Logic};
use detection::sigma::{self, Lists, Source};
use rsigma_eval::{Engine, event::JsonEvent};
use serde_json::Value;

use crate::material::Payload;
use crate::oracle::{self, Tree};
use crate::stages::Stage;

/// Rounds that the other engine takes part in: it is steady and slow.
const ROUNDS: usize = 5;

/// Rounds of the tests' matcher, and the share of records that it judges: it
/// compiles every expression anew.
const ORACLE_ROUNDS: usize = 1;
const ORACLE_SHARE: usize = 40;

/// The slow stages over these rules that are wanted by name.
pub(crate) fn stages(
    few: &[String],
    many: &[String],
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Stage>> {
    let mut stages = Vec::new();
    if wanted("d60") {
        stages.push(oracle_stage("d60", few));
    }
    for (name, texts) in [("e60", few), ("e800", many)] {
        if wanted(name) {
            stages.push(other_stage(name, texts)?);
        }
    }
    Ok(stages)
}

/// The records of a payload as trees.
fn trees(payload: &Payload) -> Vec<Value> {
    let gzip = base64::engine::general_purpose::STANDARD
        .decode(&payload.data)
        .expect("the payload is base64");
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(gzip.as_slice())
        .read_to_end(&mut text)
        .expect("the payload is gzip");
    let payload: Value = serde_json::from_slice(&text).expect("the payload is JSON");
    let events = payload["logEvents"].as_array();
    let messages = events
        .into_iter()
        .flatten()
        .filter_map(|event| event["message"].as_str());
    messages
        .map(|message| serde_json::from_str(message).expect("the record is JSON"))
        .collect()
}

/// Every record as a tree; one in [`ORACLE_SHARE`] is judged, and counts for
/// the others.
fn oracle_stage(name: &'static str, texts: &[String]) -> Stage {
    let sources: Vec<Source<'_>> = texts
        .iter()
        .map(|text| Source { name: "rule", text })
        .collect();
    let detections: Vec<Detection> = sigma::load(&sources, &Lists::new())
        .rules
        .into_iter()
        .filter_map(|rule| match rule.logic {
            Logic::Event(detection) => Some(detection),
            Logic::Filter(_) | Logic::Correlation(_) => None,
        })
        .collect();
    let mut turn = 0usize;
    let work = move |payload: &Payload| {
        let records = trees(payload);
        for record in &records {
            turn += 1;
            if !turn.is_multiple_of(ORACLE_SHARE) {
                continue;
            }
            let tree = Tree::read(&record.to_string()).expect("the record is JSON");
            for _ in 0..ORACLE_SHARE {
                black_box(
                    detections
                        .iter()
                        .filter(|d| oracle::holds(d, &tree))
                        .count(),
                );
            }
        }
        records.len()
    };
    Stage::new(name, ORACLE_ROUNDS, Box::new(work))
}

/// `rsigma-eval` as its documentation shows it.
fn other_stage(name: &'static str, texts: &[String]) -> Result<Stage> {
    let mut engine = Engine::new();
    for text in texts {
        let collection = rsigma_parser::parse_sigma_yaml(text)?;
        engine.add_collection(&collection)?;
    }
    ensure!(engine.rule_count() == texts.len(), "every rule must load");
    let work = move |payload: &Payload| {
        let records = trees(payload);
        for record in &records {
            black_box(engine.evaluate(&JsonEvent::borrow(record)));
        }
        records.len()
    };
    Ok(Stage::new(name, ROUNDS, Box::new(work)))
}
