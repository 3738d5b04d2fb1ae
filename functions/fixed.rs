//! Build script of the functions: what is built for release is linked to a
//! fixed address.
//!
//! An executable that may lie anywhere has each of its 34,000 pointers written
//! anew at every start, which copies 150 pages before `main` runs. What is
//! given up is that the executable itself lies elsewhere each time; stack,
//! heap and libraries still do.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=../fixed.rs");
    let is = |name, value| env::var(name).is_ok_and(|is| is == value);
    // Musl's executables begin otherwise.
    if is("PROFILE", "release")
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
    {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
