//! The engine from outside: what a set of rules answers, and that the fast
//! matcher agrees with a slow and obvious one.

mod agreement;
mod build;
mod generate;
mod oracle;
mod sets;
