//! Which crate may know which, read from the manifests.

use std::collections::BTreeSet;

use crate::{files_below, text_of};

/// Every crate of the house with the crates of the house that it may name.
const ARROWS: &[(&str, &[&str])] = &[
    ("cloudtrail", &[]),
    ("detection", &["cloudtrail"]),
    ("rules", &["detection", "cloudtrail"]),
    ("pipeline", &["detection", "cloudtrail"]),
    ("adapters-local", &["pipeline", "detection", "cloudtrail"]),
    ("adapters-aws", &["pipeline", "detection", "cloudtrail"]),
    (
        "log-batch",
        &["adapters-aws", "pipeline", "detection", "rules"],
    ),
    (
        "event-bus",
        &["adapters-aws", "pipeline", "detection", "rules"],
    ),
    (
        "weekly-report",
        &["adapters-aws", "pipeline", "detection", "rules"],
    ),
    (
        "trailward",
        &[
            "adapters-local",
            "pipeline",
            "detection",
            "cloudtrail",
            "rules",
        ],
    ),
];

/// What no pure crate may link: a way to the clock, the network or a runtime.
const IMPURE: &[&str] = &[
    "tokio",
    "async-trait",
    "tracing",
    "clap",
    "anyhow",
    "lambda_runtime",
];

fn manifests() -> Vec<(String, toml::Table)> {
    ["shared", "functions"]
        .into_iter()
        .flat_map(files_below)
        .filter(|path| path.ends_with("Cargo.toml"))
        .map(|path| {
            let table: toml::Table = text_of(&path).parse().expect("a manifest is TOML");
            let name = table["package"]["name"]
                .as_str()
                .expect("a package has a name")
                .to_owned();
            (name, table)
        })
        .collect()
}

fn dependencies(manifest: &toml::Table, section: &str) -> BTreeSet<String> {
    let table = manifest.get(section).and_then(toml::Value::as_table);
    table
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn every_crate_of_the_house_has_its_arrows() {
    let manifests = manifests();
    assert!(manifests.len() >= 6, "the manifests were not found");
    for (name, manifest) in &manifests {
        let (_, allowed) = ARROWS
            .iter()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("`{name}` has no line in ARROWS"));
        for section in ["dependencies", "build-dependencies"] {
            for dependency in dependencies(manifest, section) {
                let ours = ARROWS.iter().any(|(known, _)| *known == dependency);
                assert!(
                    !ours || allowed.contains(&dependency.as_str()),
                    "`{name}` may not know `{dependency}`"
                );
            }
        }
    }
}

#[test]
fn only_the_aws_adapters_name_the_sdk() {
    for (name, manifest) in manifests() {
        for dependency in dependencies(&manifest, "dependencies") {
            let sdk = dependency.starts_with("aws-sdk") || dependency.starts_with("aws-config");
            assert!(
                !sdk || name == "adapters-aws",
                "`{name}` may not know `{dependency}`"
            );
        }
    }
}

#[test]
fn the_pure_crates_stay_pure() {
    for (name, manifest) in manifests() {
        if name == "cloudtrail" || name == "detection" {
            for dependency in dependencies(&manifest, "dependencies") {
                assert!(
                    !IMPURE.contains(&dependency.as_str()),
                    "`{name}` links `{dependency}`"
                );
            }
        }
    }
}
