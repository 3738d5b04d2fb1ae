//! The engine from outside: what a set of rules answers, and that the fast
//! matcher agrees with a slow and obvious one.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail loudly, and says what it compared"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads the rules, and the folder that CORPUS names"
)]

mod agreement;
mod build;
mod generate;
mod memory;
mod oracle;
mod sequence;
mod sets;
