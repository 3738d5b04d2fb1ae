//! The detector under every kind of bad luck at once: histories of events are
//! cut into batches, duplicated, reordered, spread over both inputs and up to
//! eight workers, with crashes, refusals and lost answers at every call; what
//! is told and counted must equal what one sequential reader finds.
//!
//! The same histories run over every store: over memory in `main.rs`, over
//! DynamoDB in `shared/adapters-aws/tests/simulation_over_dynamodb.rs`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests say what they expect in the shortest way, and this one its figures"
)]

mod faults;
mod ground;
mod history;
mod oracle;
mod random;
mod rules;
mod run;
mod sabotage;
mod shrink;
mod verdict;

use std::ops::Range;
use std::sync::Arc;

use faults::{Harm, OPERATIONS};
pub use ground::{Empty, Ground};
use history::History;
pub use sabotage::Sabotage;
pub use verdict::Tally;
use verdict::differences;

/// The seeds that `HISTORIES` and `SEED` ask for, else these.
pub fn seeds(otherwise: Range<u64>) -> Range<u64> {
    let asked = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |text| {
            let what = format!("{name} is `{text}`, which is no number");
            text.parse().expect(&what)
        })
    };
    let first = asked("SEED", otherwise.start);
    first..first + asked("HISTORIES", otherwise.end - otherwise.start)
}

/// Runs a history per seed and prints the figures.
///
/// # Panics
/// Where a history comes to something else than a sequential reader finds: it
/// is named by its seed and printed as small as it gets. Where a hard case
/// occurred in less than a tenth of the histories.
pub fn every_history_converges(ground: &Arc<Ground>, seeds: Range<u64>) {
    println!("seeds {} to {}", seeds.start, seeds.end - 1);
    let mut tally = Tally::default();
    for seed in seeds {
        let history = History::draw(seed);
        let wrong = differences(&history, ground, Sabotage::Nothing, &mut tally);
        if !wrong.is_empty() {
            let small = shrink::smallest(history, ground, Sabotage::Nothing);
            let still = differences(&small, ground, Sabotage::Nothing, &mut Tally::default());
            let told = shrink::told(&small);
            panic!("seed {seed}: {wrong:#?}\nshrunk to\n{told}which gives {still:#?}");
        }
    }
    tally.print();
    the_hard_cases_occurred(&tally);
}

/// A tenth of the histories, at the least, met each hard case.
fn the_hard_cases_occurred(tally: &Tally) {
    let enough = tally.histories / 10;
    assert!(tally.capped >= enough, "too few sets were capped");
    assert!(
        tally.over_buckets >= enough,
        "too few windows lie over two buckets"
    );
    assert!(
        tally.repeats > 0 || tally.histories < 100,
        "no crash cost a repeat"
    );
    for operation in OPERATIONS {
        let times = |harm| tally.harmed.get(&(operation, harm)).copied().unwrap_or(0);
        let crashes = times(Harm::CrashBefore) + times(Harm::CrashAfter);
        assert!(crashes >= enough, "only {crashes} crashes at {operation:?}");
    }
}

/// Breaks a promise in every history.
///
/// # Panics
/// Where none of the histories notices.
pub fn is_noticed(ground: &Arc<Ground>, seeds: Range<u64>, sabotage: Sabotage) {
    let noticed = seeds.into_iter().find_map(|seed| {
        let history = History::draw(seed);
        let wrong = differences(&history, ground, sabotage, &mut Tally::default());
        wrong.into_iter().next().map(|first| (seed, first))
    });
    let (seed, first) = noticed.unwrap_or_else(|| panic!("{sabotage:?} went unnoticed"));
    println!("{sabotage:?} shows at seed {seed}: {first}");
}
