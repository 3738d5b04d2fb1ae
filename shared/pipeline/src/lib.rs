//! What we do about it: detect, fold, alert, report.
//!
//! This crate decides and asks; it never names a vendor. The questions it
//! asks are the traits of [`ports`]; `adapters-local` and `adapters-aws`
//! answer them. It reads no clock and no environment: time comes in with the
//! invocation.

pub mod ports;
