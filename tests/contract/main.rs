//! The contract suite over the stores that need no service.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may say what they expect in the shortest way"
)]

use adapters_local::{FileState, MemoryState};
use pipeline::ports::{Claim, Lease, StateStore};
use trailward_tests::promises::{self, NOW};

#[tokio::test]
async fn memory_keeps_every_promise() {
    let state = MemoryState::new();
    promises::all(&state, "run").await.unwrap();
}

#[tokio::test]
async fn a_file_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let state = FileState::open(&path).unwrap();
    promises::all(&state, "one").await.unwrap();
    state.save(NOW).unwrap();
    let reopened = FileState::open(&path).unwrap();
    promises::all(&reopened, "two").await.unwrap();
}

fn lease(owner: &str) -> Lease {
    Lease {
        owner: owner.to_owned(),
        now_ms: NOW * 1_000,
        until_ms: NOW * 1_000 + 50_000,
        expires_at: NOW + 100,
    }
}

#[tokio::test]
async fn a_file_remembers_between_runs_and_forgets_what_expired() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let state = FileState::open(&path).unwrap();
    state.claim("told", &lease("one")).await.unwrap();
    state.confirm("told", &lease("one")).await.unwrap();
    state.save(NOW).unwrap();
    let state = FileState::open(&path).unwrap();
    let answer = state.claim("told", &lease("two")).await.unwrap();
    assert_eq!(answer, Claim::Confirmed);
    state.save(NOW + 101).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("told"), "{text}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_foreign_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "not a state").unwrap();
    let error = FileState::open(&path).unwrap_err().to_string();
    assert!(error.contains("notes.txt"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a state");
}
