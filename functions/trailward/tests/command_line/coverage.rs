//! `trailward rules coverage` and `catalogue`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::bench::{Bench, OWN_RULE};

const OWN: [&str; 3] = ["--no-builtin-rules", "--rules", "own.yml"];

#[test]
fn techniques_are_set_against_rules() {
    let bench = Bench::new();
    bench.file("own.yml", OWN_RULE);
    let run = bench.run(&[&["rules", "coverage"][..], &OWN].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("1 rules on 1 techniques"), "{}", run.out);
    let row = "| [T1485](https://attack.mitre.org/techniques/T1485/) Data Destruction | 1 | A parameter was deleted |";
    assert!(run.out.contains(row), "{}", run.out);
    assert!(
        run.out.contains("Without a rule: Reconnaissance, "),
        "{}",
        run.out
    );
}

#[test]
fn a_navigator_layer_and_a_heat_map_are_written() {
    let bench = Bench::new();
    bench.file("own.yml", OWN_RULE);
    let files = ["--navigator", "layer.json", "--svg", "map.svg"];
    let run = bench.run(&[&["rules", "coverage"][..], &OWN, &files].concat());
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    let layer: Value = serde_json::from_str(&bench.text("layer.json")).unwrap();
    assert_eq!(layer["versions"]["layer"], "4.5");
    assert_eq!(layer["domain"], "enterprise-attack");
    let techniques = layer["techniques"].as_array().unwrap();
    assert_eq!(techniques.len(), 1);
    assert_eq!(techniques[0]["techniqueID"], "T1485");
    assert_eq!(techniques[0]["tactic"], "impact");
    assert_eq!(techniques[0]["score"], json!(1));
    let map = bench.text("map.svg");
    assert!(map.starts_with("<svg ") && map.ends_with("</svg>\n"));
    assert!(
        map.contains("Data Destruction") && map.contains(">Impact<"),
        "{map}"
    );
    let nowhere = ["--svg", "no-such-folder/map.svg"];
    let run = bench.run(&[&["rules", "coverage"][..], &nowhere].concat());
    assert_eq!(run.code, 2);
}

#[test]
fn the_catalogue_is_fresh() {
    let files = |folder: &Path| -> BTreeMap<String, String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().to_string_lossy().into_owned();
                (name, fs::read_to_string(entry.path()).unwrap())
            })
            .collect()
    };
    let bench = Bench::new();
    let run = bench.run(&["rules", "catalogue", "--write", "docs"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let fresh = files(&bench.path("docs"));
    let kept = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules"));
    assert!(fresh.len() > 5, "{:?}", fresh.keys());
    let stale: Vec<_> = fresh
        .keys()
        .chain(kept.keys())
        .filter(|name| fresh.get(*name) != kept.get(*name))
        .collect();
    assert!(
        stale.is_empty(),
        "run `make catalogue`: {stale:?} are stale"
    );
}
