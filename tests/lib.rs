//! What several tests need: the promises of a port, and payloads as AWS
//! writes them. Each folder beside this file is a test of its own.

pub mod payload;
pub mod promises;
