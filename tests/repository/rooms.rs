//! Small rooms, and no name of a machine on the walls.

use crate::{files_below, text_of};

/// Lines at which a file must be divided.
const MAX_LINES: usize = 400;

#[test]
fn no_source_file_outgrows_its_room() {
    let sources = ["functions", "shared", "tests"]
        .into_iter()
        .flat_map(files_below);
    let mut seen = 0;
    for path in sources.filter(|path| path.ends_with(".rs") || path.ends_with(".py")) {
        let lines = text_of(&path).lines().count();
        assert!(lines <= MAX_LINES, "{path} has {lines} lines: divide it");
        seen += 1;
    }
    assert!(seen > 20, "the sources were not found");
}

#[test]
fn no_module_is_a_bag() {
    for path in ["functions", "shared", "tests"]
        .into_iter()
        .flat_map(files_below)
    {
        for bag in ["utils", "util", "common", "helpers", "helper", "manager"] {
            let named = path.split(['/', '.']).any(|part| part == bag);
            assert!(!named, "{path}: `{bag}` says nothing about what is inside");
        }
    }
}

#[test]
fn no_file_names_a_machine() {
    // Spelt in two parts, so that this file does not name them either.
    let foreign = [
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["../sha", "red/corpus"].concat(),
    ];
    for path in files_below("") {
        if path == ".ci/run" || path == "Cargo.lock" {
            continue;
        }
        let text = text_of(&path);
        for word in &foreign {
            assert!(!text.contains(word.as_str()), "{path} names `{word}`");
        }
    }
}
