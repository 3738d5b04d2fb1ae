//! The weekly report: what happened in the trail's records of seven days.
//!
//! [`run::run`] is the story; [`queries`] asks, [`findings`] judges,
//! [`render`](mod@render) writes. It refuses to show anything but the fields
//! named in [`model`], and none of them raw.

pub mod activity;
pub mod address;
pub mod calls;
pub mod findings;
pub mod literal;
pub mod loaded;
pub mod model;
pub mod period;
pub mod queries;
pub mod render;
pub mod run;
pub mod scope;
pub mod setup;
mod wait;
mod words;

pub use loaded::{EndingException, LoadedRule, LoadedRules};
pub use model::Report;
pub use period::Period;
pub use queries::Query;
pub use render::render;
pub use run::{Outcome, Ports, ReportError, build, run};
pub use scope::Scope;
pub use setup::{ReportSettings, listed_addresses};
