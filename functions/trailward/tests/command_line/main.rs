//! The real binary over small files: what it prints, and how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects in the shortest way"
)]

mod backtest;
mod bench;
mod coverage;
mod exceptions;
mod explain;
mod new;
mod replay;
mod report;
mod rules;
mod scan;
