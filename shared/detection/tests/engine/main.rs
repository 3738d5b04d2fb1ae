//! The engine from outside: what a set of rules answers, and that the fast
//! matcher agrees with a slow and obvious one.

mod build;
mod sets;
