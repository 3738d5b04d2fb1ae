//! The simulation over the store in memory. `make simulate` runs 10,000
//! histories; `make test` a few hundred.

use std::ops::Range;
use std::sync::Arc;

use adapters_local::MemoryState;
use pipeline::ports::StateStore;
use trailward_tests::simulation::{self, Ground, Sabotage};

/// Histories where `HISTORIES` says nothing else.
const HISTORIES: u64 = 150;

/// Histories within which a broken promise must show.
const SABOTAGED: Range<u64> = 0..600;

/// Of 1,500 histories only a few show a wrong cap: some of those.
const WRONGLY_CAPPED: Range<u64> = 1_150..1_400;

fn memory() -> Arc<Ground> {
    Ground::new(|| {
        let store: Arc<dyn StateStore> = Arc::new(MemoryState::new());
        Box::pin(std::future::ready(store))
    })
}

#[test]
fn every_history_comes_to_what_a_sequential_reader_finds() {
    simulation::every_history_converges(&memory(), simulation::seeds(0..HISTORIES));
}

fn is_noticed(sabotage: Sabotage, histories: Range<u64>) {
    simulation::is_noticed(&memory(), histories, sabotage);
}

#[test]
fn a_missing_lease_is_noticed() {
    is_noticed(Sabotage::NoLease, SABOTAGED);
}

#[test]
fn a_missing_marker_is_noticed() {
    is_noticed(Sabotage::NoMarker, SABOTAGED);
}

#[test]
fn a_stale_read_is_noticed() {
    is_noticed(Sabotage::StaleRead, SABOTAGED);
}

#[test]
fn a_cap_in_order_of_arrival_is_noticed() {
    is_noticed(Sabotage::CapInOrderOfArrival, WRONGLY_CAPPED);
}
