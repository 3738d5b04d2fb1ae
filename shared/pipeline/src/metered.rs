//! State with a meter: what an invocation costs, from counted writes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::ports::{
    Claim, CountEntry, Counted, CounterKey, Expiry, Lease, MemberSet, PortError, Seen, SeenKey,
    StateStore, WindowKey,
};

/// Entries that share a transaction at least, and with it the write of a
/// counter: a transaction holds 100 items, and an entry has a few counters.
const ENTRIES_PER_TRANSACTION: usize = 50;

/// Passes everything on and counts the items written.
pub(crate) struct Metered {
    inner: Arc<dyn StateStore>,
    writes: AtomicU64,
}

impl Metered {
    pub(crate) fn new(inner: Arc<dyn StateStore>) -> Self {
        Self {
            inner,
            writes: AtomicU64::new(0),
        }
    }

    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    fn wrote(&self, items: usize) {
        let items = u64::try_from(items).unwrap_or(u64::MAX);
        self.writes.fetch_add(items, Ordering::Relaxed);
    }
}

#[async_trait]
impl StateStore for Metered {
    async fn claim(&self, key: &str, lease: &Lease) -> Result<Claim, PortError> {
        self.wrote(1);
        self.inner.claim(key, lease).await
    }

    async fn confirm(&self, key: &str, lease: &Lease) -> Result<(), PortError> {
        self.wrote(1);
        self.inner.confirm(key, lease).await
    }

    async fn count(
        &self,
        entries: &[CountEntry],
        expiry: Expiry,
    ) -> Result<Vec<Counted>, PortError> {
        for transaction in entries.chunks(ENTRIES_PER_TRANSACTION) {
            let counters: BTreeSet<&CounterKey> = transaction
                .iter()
                .flat_map(|entry| &entry.counters)
                .collect();
            self.wrote(transaction.len() + counters.len());
        }
        self.inner.count(entries, expiry).await
    }

    async fn counters(&self, keys: &[CounterKey]) -> Result<Vec<u64>, PortError> {
        self.inner.counters(keys).await
    }

    async fn day(&self, day: i64) -> Result<Vec<(CounterKey, u64)>, PortError> {
        self.inner.day(day).await
    }

    async fn add_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
        expiry: Expiry,
    ) -> Result<MemberSet, PortError> {
        self.wrote(1);
        self.inner
            .add_members(window, bucket, members, expiry)
            .await
    }

    async fn read_members(
        &self,
        window: &WindowKey,
        buckets: &[i64],
        now: i64,
    ) -> Result<Vec<MemberSet>, PortError> {
        self.inner.read_members(window, buckets, now).await
    }

    async fn drop_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
    ) -> Result<(), PortError> {
        self.wrote(1);
        self.inner.drop_members(window, bucket, members).await
    }

    async fn seen(&self, key: &SeenKey, now: i64) -> Result<Option<Seen>, PortError> {
        self.inner.seen(key, now).await
    }

    async fn replace_seen(
        &self,
        key: &SeenKey,
        was: Option<&Seen>,
        becomes: &Seen,
        expiry: Expiry,
    ) -> Result<bool, PortError> {
        self.wrote(1);
        self.inner.replace_seen(key, was, becomes, expiry).await
    }

    async fn fix_time(&self, key: &str, proposed: i64) -> Result<i64, PortError> {
        self.wrote(1);
        self.inner.fix_time(key, proposed).await
    }
}
