//! What we do about it: detect, fold, alert, report.
//!
//! This crate decides and asks; it never names a vendor. The questions it
//! asks are the traits of [`ports`]; `adapters-local` and `adapters-aws`
//! answer them. It reads no clock and no environment: time comes in with the
//! invocation.

pub mod accounts;
pub mod alert;
mod cases;
mod claims;
mod counting;
pub mod detect;
pub mod facts;
mod first_seen;
mod gather;
pub mod invocation;
pub mod journal;
pub mod keys;
mod metered;
pub mod neutral;
pub mod ports;
mod quarantining;
pub mod report;
#[cfg(test)]
mod sample;
pub mod scan;
pub mod settings;
pub mod silence;
pub mod storm;
pub mod team;
mod windows;
mod work;
