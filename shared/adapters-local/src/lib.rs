//! Memory and file adapters: the embedded default.
//!
//! Real code, not mocks: the command line runs on it, and the contract suite
//! holds it to the same promises as the table in AWS. It knows no vendor.

mod file_state;
mod folders;
mod memory;
pub mod queries;
mod sinks;
mod team;

pub use file_state::{FileState, FileStateError};
pub use folders::{FolderQuarantine, FolderReports};
pub use memory::MemoryState;
pub use sinks::{CollectingSink, PrintingSink};
pub use team::FolderTeam;
