//! The simulation over the store in memory. `make simulate` runs 10,000
//! histories; `make test` a few hundred.

use std::sync::Arc;

use adapters_local::MemoryState;
use pipeline::ports::StateStore;
use trailward_tests::simulation::{self, Ground, Sabotage};

/// Histories where `HISTORIES` says nothing else.
const HISTORIES: u64 = 150;

/// Histories within which a broken promise must show.
const SABOTAGED: u64 = 600;

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

fn is_noticed(sabotage: Sabotage) {
    simulation::is_noticed(&memory(), 0..SABOTAGED, sabotage);
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
