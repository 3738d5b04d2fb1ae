//! The detector over local adapters: what becomes of payloads, retries,
//! crashes and floods.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may say what they expect in the shortest way"
)]

mod correlations;
mod faults;
mod faulty;
mod findings;
mod floods;
mod hostile;
mod inputs;
mod scans;
mod silence;
mod team;
mod world;
