//! State kept in a file between runs.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use pipeline::ports::{
    Claim, CountEntry, Counted, CounterKey, Expiry, Lease, MemberSet, PortError, Seen, SeenKey,
    StateStore, WindowKey,
};

use crate::memory::{MemoryState, Tables};

/// Why a state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileStateError {
    /// The file system refuses.
    #[error("state file `{path}`: {reason}")]
    Io {
        /// The file.
        path: String,
        /// What the system says.
        reason: io::Error,
    },
    /// The file is something else.
    #[error(
        "state file `{path}` was not written by this version: {reason}; name another file or remove it"
    )]
    Foreign {
        /// The file.
        path: String,
        /// Where reading stopped.
        reason: serde_json::Error,
    },
}

/// State that lives in a file: read when opened, written by
/// [`FileState::save`]. A run that dies before it saves tells its alerts again
/// next time: rather twice than never.
#[derive(Debug)]
pub struct FileState {
    path: PathBuf,
    memory: MemoryState,
}

impl FileState {
    /// Reads the file; one that does not exist is an empty state.
    ///
    /// # Errors
    /// Where the file cannot be read or holds something else.
    pub fn open(path: &Path) -> Result<Self, FileStateError> {
        let tables = match fs::read(path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|reason| FileStateError::Foreign {
                    path: path.display().to_string(),
                    reason,
                })?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Tables::default(),
            Err(reason) => return Err(io_error(path, reason)),
        };
        Ok(Self {
            path: path.to_owned(),
            memory: MemoryState::holding(tables),
        })
    }

    /// Writes the file in one step: a reader sees the old or the new one.
    /// Forgets what expired by `now` (epoch seconds).
    ///
    /// # Errors
    /// Where the file cannot be written; the old one is as it was.
    pub fn save(&self, now: i64) -> Result<(), FileStateError> {
        let bytes = {
            let mut tables = self.memory.tables();
            tables.forget_expired(now);
            serde_json::to_vec(&*tables)
        };
        let failed = |reason| io_error(&self.path, reason);
        let bytes = bytes.map_err(|error| failed(error.into()))?;
        let mut aside = self.path.clone().into_os_string();
        aside.push(format!(".{}.new", std::process::id()));
        let aside = PathBuf::from(aside);
        let written = fs::File::create(&aside).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&aside, &self.path)
        });
        written.map_err(|reason| {
            // What is left of the new file is of no use; the cause counts.
            let _ = fs::remove_file(&aside);
            failed(reason)
        })
    }
}

fn io_error(path: &Path, reason: io::Error) -> FileStateError {
    FileStateError::Io {
        path: path.display().to_string(),
        reason,
    }
}

#[async_trait]
impl StateStore for FileState {
    async fn claim(&self, key: &str, lease: &Lease) -> Result<Claim, PortError> {
        self.memory.claim(key, lease).await
    }

    async fn confirm(&self, key: &str, lease: &Lease) -> Result<(), PortError> {
        self.memory.confirm(key, lease).await
    }

    async fn count(
        &self,
        entries: &[CountEntry],
        expiry: Expiry,
    ) -> Result<Vec<Counted>, PortError> {
        self.memory.count(entries, expiry).await
    }

    async fn counters(&self, keys: &[CounterKey]) -> Result<Vec<u64>, PortError> {
        self.memory.counters(keys).await
    }

    async fn day(&self, day: i64) -> Result<Vec<(CounterKey, u64)>, PortError> {
        self.memory.day(day).await
    }

    async fn add_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
        expiry: Expiry,
    ) -> Result<MemberSet, PortError> {
        self.memory
            .add_members(window, bucket, members, expiry)
            .await
    }

    async fn read_members(
        &self,
        window: &WindowKey,
        buckets: &[i64],
        now: i64,
    ) -> Result<Vec<MemberSet>, PortError> {
        self.memory.read_members(window, buckets, now).await
    }

    async fn drop_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
    ) -> Result<(), PortError> {
        self.memory.drop_members(window, bucket, members).await
    }

    async fn seen(&self, key: &SeenKey, now: i64) -> Result<Option<Seen>, PortError> {
        self.memory.seen(key, now).await
    }

    async fn replace_seen(
        &self,
        key: &SeenKey,
        was: Option<&Seen>,
        becomes: &Seen,
        expiry: Expiry,
    ) -> Result<bool, PortError> {
        self.memory.replace_seen(key, was, becomes, expiry).await
    }

    async fn fix_time(&self, key: &str, proposed: i64) -> Result<i64, PortError> {
        self.memory.fix_time(key, proposed).await
    }
}
