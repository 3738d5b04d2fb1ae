//! Ports that fail when told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pipeline::ports::{
    AlertSink, Claim, CountEntry, Counted, CounterKey, Expiry, Lease, Mail, MemberSet, PortError,
    Seen, SeenKey, StateStore, WindowKey,
};

use crate::world::World;

/// Which calls fail from now on, and how many of each.
#[derive(Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<Calls>>);

#[derive(Default)]
struct Calls {
    failing: BTreeMap<&'static str, usize>,
    under_way: BTreeMap<&'static str, usize>,
    most: BTreeMap<&'static str, usize>,
}

impl Faults {
    /// The next `calls` calls of this name fail.
    pub(crate) fn fail(&self, name: &'static str, calls: usize) {
        self.0.lock().unwrap().failing.insert(name, calls);
    }

    /// Most calls of this name that were under way at once.
    pub(crate) fn most_at_once(&self, name: &'static str) -> usize {
        self.0.lock().unwrap().most.get(name).copied().unwrap_or(0)
    }

    async fn pass(&self, name: &'static str) -> Result<(), PortError> {
        self.0.lock().unwrap().begin(name);
        tokio::task::yield_now().await;
        self.0.lock().unwrap().end(name)
    }
}

impl Calls {
    fn begin(&mut self, name: &'static str) {
        let under_way = self.under_way.entry(name).or_default();
        *under_way += 1;
        let most = self.most.entry(name).or_default();
        *most = (*most).max(*under_way);
    }

    fn end(&mut self, name: &'static str) -> Result<(), PortError> {
        *self.under_way.entry(name).or_default() -= 1;
        match self.failing.get_mut(name) {
            Some(left) if *left > 0 => {
                *left -= 1;
                Err(PortError::Unavailable {
                    service: "test",
                    action: name.to_owned(),
                    reason: "throttled".to_owned(),
                })
            }
            _ => Ok(()),
        }
    }
}

/// A store that fails before it does anything.
pub(crate) struct FaultyState {
    pub(crate) inner: Arc<dyn StateStore>,
    pub(crate) faults: Faults,
}

/// A sink that fails before (`publish`) or after (`published`) it delivered.
pub(crate) struct FaultySink {
    pub(crate) inner: Arc<dyn AlertSink>,
    pub(crate) faults: Faults,
}

#[async_trait]
impl AlertSink for FaultySink {
    async fn publish(&self, mail: &Mail) -> Result<(), PortError> {
        self.faults.pass("publish").await?;
        self.inner.publish(mail).await?;
        self.faults.pass("published").await
    }
}

#[async_trait]
impl StateStore for FaultyState {
    async fn claim(&self, key: &str, lease: &Lease) -> Result<Claim, PortError> {
        self.faults.pass("claim").await?;
        self.inner.claim(key, lease).await
    }

    async fn confirm(&self, key: &str, lease: &Lease) -> Result<(), PortError> {
        self.faults.pass("confirm").await?;
        self.inner.confirm(key, lease).await
    }

    async fn count(
        &self,
        entries: &[CountEntry],
        expiry: Expiry,
    ) -> Result<Vec<Counted>, PortError> {
        self.faults.pass("count").await?;
        self.inner.count(entries, expiry).await
    }

    async fn counters(&self, keys: &[CounterKey]) -> Result<Vec<u64>, PortError> {
        self.faults.pass("counters").await?;
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
        self.faults.pass("add_members").await?;
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
        self.faults.pass("read_members").await?;
        self.inner.read_members(window, buckets, now).await
    }

    async fn drop_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
    ) -> Result<(), PortError> {
        self.inner.drop_members(window, bucket, members).await
    }

    async fn seen(&self, key: &SeenKey, now: i64) -> Result<Option<Seen>, PortError> {
        self.faults.pass("seen").await?;
        self.inner.seen(key, now).await
    }

    async fn replace_seen(
        &self,
        key: &SeenKey,
        was: Option<&Seen>,
        becomes: &Seen,
        expiry: Expiry,
    ) -> Result<bool, PortError> {
        self.faults.pass("replace_seen").await?;
        self.inner.replace_seen(key, was, becomes, expiry).await
    }

    async fn fix_time(&self, key: &str, proposed: i64) -> Result<i64, PortError> {
        self.inner.fix_time(key, proposed).await
    }
}

/// A world whose ports fail as these faults say.
pub(crate) fn faulty(rules: &str) -> (World, Faults) {
    let faults = Faults::default();
    let mut world = World::new(rules);
    world.state = Arc::new(FaultyState {
        inner: world.state.clone(),
        faults: faults.clone(),
    });
    world.sink = Arc::new(FaultySink {
        inner: world.sink.clone(),
        faults: faults.clone(),
    });
    (world, faults)
}
