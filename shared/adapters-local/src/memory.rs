//! State in memory: the whole table as ordered maps behind one lock.
//!
//! Every answer is what a table with conditional writes would give, expiry
//! compared included; nothing here decides what an answer means.

mod tables;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use pipeline::ports::{
    Claim, CountEntry, Counted, CounterKey, Expiry, Lease, MemberSet, PortError, Seen, SeenKey,
    StateStore, WindowKey,
};

pub(crate) use tables::Tables;

/// State that lives as long as its process.
#[derive(Debug, Default)]
pub struct MemoryState {
    tables: Mutex<Tables>,
}

impl MemoryState {
    /// Nothing is remembered.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn holding(tables: Tables) -> Self {
        Self {
            tables: Mutex::new(tables),
        }
    }

    /// The maps. A panic elsewhere left them whole: each operation changes
    /// them in one step under the lock.
    pub(crate) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl StateStore for MemoryState {
    async fn claim(&self, key: &str, lease: &Lease) -> Result<Claim, PortError> {
        Ok(self.tables().claim(key, lease))
    }

    async fn confirm(&self, key: &str, lease: &Lease) -> Result<(), PortError> {
        self.tables().confirm(key, lease);
        Ok(())
    }

    async fn count(
        &self,
        entries: &[CountEntry],
        expiry: Expiry,
    ) -> Result<Vec<Counted>, PortError> {
        let mut tables = self.tables();
        Ok(entries
            .iter()
            .map(|entry| tables.count(entry, expiry))
            .collect())
    }

    async fn counters(&self, keys: &[CounterKey]) -> Result<Vec<u64>, PortError> {
        let tables = self.tables();
        Ok(keys.iter().map(|key| tables.counter(key)).collect())
    }

    async fn day(&self, day: i64) -> Result<Vec<(CounterKey, u64)>, PortError> {
        Ok(self.tables().day(day))
    }

    async fn add_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
        expiry: Expiry,
    ) -> Result<MemberSet, PortError> {
        Ok(self.tables().add_members(window, bucket, members, expiry))
    }

    async fn read_members(
        &self,
        window: &WindowKey,
        buckets: &[i64],
        now: i64,
    ) -> Result<Vec<MemberSet>, PortError> {
        let tables = self.tables();
        Ok(buckets
            .iter()
            .map(|bucket| tables.members(window, *bucket, now))
            .collect())
    }

    async fn drop_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
    ) -> Result<(), PortError> {
        self.tables().drop_members(window, bucket, members);
        Ok(())
    }

    async fn seen(&self, key: &SeenKey, now: i64) -> Result<Option<Seen>, PortError> {
        Ok(self.tables().seen(key, now))
    }

    async fn replace_seen(
        &self,
        key: &SeenKey,
        was: Option<&Seen>,
        becomes: &Seen,
        expiry: Expiry,
    ) -> Result<bool, PortError> {
        Ok(self.tables().replace_seen(key, was, becomes, expiry))
    }

    async fn fix_time(&self, key: &str, proposed: i64) -> Result<i64, PortError> {
        Ok(self.tables().fix_time(key, proposed))
    }
}
