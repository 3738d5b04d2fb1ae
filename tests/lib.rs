//! What several tests need: the promises of a port, payloads as AWS writes
//! them, and the simulation, which runs over any store. Each folder beside
//! this file is a test of its own.

pub mod payload;
pub mod promises;
pub mod simulation;
