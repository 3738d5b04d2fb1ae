//! Tests that cross crates. Each folder beside this file is one of them; this
//! library holds nothing but its place.
