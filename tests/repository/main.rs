//! What the repository promises of itself: its arrows, its rooms' sizes, the
//! truth of its documents, and that it names no machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may say what they expect in the shortest way"
)]

mod arrows;
mod documents;
mod rooms;

use std::path::{Path, PathBuf};

/// The repository's top folder.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ has a parent")
        .to_owned()
}

/// Every file below `folder` that is the project's own, with its path from
/// the top, in order.
fn files_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![top().join(folder)];
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(&path).expect("the folder is readable") {
            let path = entry.expect("the entry is readable").path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let foreign = [
                "target",
                ".git",
                ".tools",
                "build",
                "node_modules",
                "__pycache__",
                ".aws-sam",
            ];
            if foreign.contains(&name.as_str()) || name.starts_with(".venv") {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                let relative = path.strip_prefix(top()).expect("below the top");
                found.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// The text of a file of the repository.
fn text_of(path: &str) -> String {
    std::fs::read_to_string(top().join(path)).unwrap_or_default()
}
