//! State in one DynamoDB table, keyed `pk` and `sk`.
//!
//! The item kinds are listed in `ARCHITECTURE.md`. DynamoDB deletes expired
//! items days late, so every condition compares `expires_at` itself.

mod claims;
mod counters;
mod items;
mod members;
mod sights;

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use pipeline::ports::{
    Claim, CountEntry, Counted, CounterKey, Expiry, Lease, MemberSet, PortError, Seen, SeenKey,
    StateStore, WindowKey,
};
use tokio::sync::OnceCell;

use crate::Connection;

/// The state table.
#[derive(Debug)]
pub struct DynamoState {
    connection: Arc<Connection>,
    client: OnceCell<Client>,
    table: String,
}

impl DynamoState {
    /// The table of this name.
    pub fn new(connection: Arc<Connection>, table: String) -> Self {
        Self {
            connection,
            client: OnceCell::new(),
            table,
        }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(|| async { Client::new(self.connection.config().await) })
            .await
    }
}

#[async_trait]
impl StateStore for DynamoState {
    async fn claim(&self, key: &str, lease: &Lease) -> Result<Claim, PortError> {
        self.try_claim(key, lease).await
    }

    async fn confirm(&self, key: &str, lease: &Lease) -> Result<(), PortError> {
        self.set_confirmed(key, lease).await
    }

    async fn count(
        &self,
        entries: &[CountEntry],
        expiry: Expiry,
    ) -> Result<Vec<Counted>, PortError> {
        self.mark_and_count(entries, expiry).await
    }

    async fn counters(&self, keys: &[CounterKey]) -> Result<Vec<u64>, PortError> {
        self.read_counters(keys).await
    }

    async fn day(&self, day: i64) -> Result<Vec<(CounterKey, u64)>, PortError> {
        self.read_day(day).await
    }

    async fn add_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
        expiry: Expiry,
    ) -> Result<MemberSet, PortError> {
        self.unite(window, bucket, members, expiry).await
    }

    async fn read_members(
        &self,
        window: &WindowKey,
        buckets: &[i64],
        now: i64,
    ) -> Result<Vec<MemberSet>, PortError> {
        self.read_sets(window, buckets, now).await
    }

    async fn drop_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
    ) -> Result<(), PortError> {
        self.take_out(window, bucket, members).await
    }

    async fn seen(&self, key: &SeenKey, now: i64) -> Result<Option<Seen>, PortError> {
        self.read_seen(key, now).await
    }

    async fn replace_seen(
        &self,
        key: &SeenKey,
        was: Option<&Seen>,
        becomes: &Seen,
        expiry: Expiry,
    ) -> Result<bool, PortError> {
        self.swap_seen(key, was, becomes, expiry).await
    }

    async fn fix_time(&self, key: &str, proposed: i64) -> Result<i64, PortError> {
        self.first_time(key, proposed).await
    }
}
