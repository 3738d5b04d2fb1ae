//! The detector under every kind of bad luck at once: histories of events are
//! cut into batches, duplicated, reordered, spread over both inputs and up to
//! eight workers, with crashes, refusals and lost answers at every call; what
//! is told and counted must equal what one sequential reader finds.
//!
//! `make simulate` runs 10,000 histories; `make test` a few hundred. A history
//! that differs names its seed and is printed as small as it gets.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests say what they expect in the shortest way, and this one its figures"
)]

mod faults;
mod history;
mod oracle;
mod random;
mod rules;
mod run;
mod sabotage;
mod shrink;
mod verdict;

use faults::{Harm, OPERATIONS};
use history::History;
use sabotage::Sabotage;
use verdict::{Tally, differences};

/// Histories where `HISTORIES` says nothing else.
const HISTORIES: u64 = 150;

/// Histories within which a broken promise must show.
const SABOTAGED: u64 = 600;

#[test]
fn every_history_comes_to_what_a_sequential_reader_finds() {
    let histories = std::env::var("HISTORIES").map_or(HISTORIES, |text| {
        text.parse().expect("HISTORIES is a number of histories")
    });
    let first = std::env::var("SEED").map_or(0, |text| text.parse().expect("SEED is a number"));
    println!("seeds {first} to {}", first + histories - 1);
    let mut tally = Tally::default();
    for seed in first..first + histories {
        let history = History::draw(seed);
        let wrong = differences(&history, Sabotage::Nothing, &mut tally);
        if !wrong.is_empty() {
            let small = shrink::smallest(history, Sabotage::Nothing);
            let still = differences(&small, Sabotage::Nothing, &mut Tally::default());
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

fn is_noticed(sabotage: Sabotage) {
    let noticed = (0..SABOTAGED).find_map(|seed| {
        let history = History::draw(seed);
        let wrong = differences(&history, sabotage, &mut Tally::default());
        wrong.into_iter().next().map(|first| (seed, first))
    });
    let (seed, first) = noticed.unwrap_or_else(|| panic!("{sabotage:?} went unnoticed"));
    println!("{sabotage:?} shows at seed {seed}: {first}");
}

#[test]
fn a_missing_lease_is_noticed() {
    is_noticed(Sabotage::NoLease);
}

#[test]
fn a_missing_marker_is_noticed() {
    is_noticed(Sabotage::NoMarker);
}

#[test]
fn a_stale_read_is_noticed() {
    is_noticed(Sabotage::StaleRead);
}

#[test]
fn a_cap_in_order_of_arrival_is_noticed() {
    is_noticed(Sabotage::CapInOrderOfArrival);
}
