//! The simulation over DynamoDB: the histories that run over memory, each over
//! a table of its own, through the adapter that runs in AWS.
//!
//! Needs a DynamoDB that is nobody's, where `AWS_ENDPOINT_URL` says, and a
//! beginning for the names of tables in `TRAILWARD_TEST_TABLE`. `make
//! test-stack` gives it the emulator's; `make simulate-dynamodb` runs more.

#![cfg(feature = "state")]
#![allow(
    clippy::unwrap_used,
    reason = "tests may say what they expect in the shortest way"
)]

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use adapters_aws::{Connection, DynamoState};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use pipeline::ports::StateStore;
use tokio::sync::OnceCell;
use trailward_tests::simulation::{self, Ground, Sabotage};

/// Histories where `HISTORIES` and `SEED` say nothing else: few, since each
/// takes more than a second, and such that every hard case is among them.
const SEEDS: Range<u64> = 118..128;

/// Histories within which a broken promise must show.
const SABOTAGED: u64 = 40;

/// Tables made one after another, the former deleted.
struct Tables {
    prefix: String,
    client: OnceCell<Client>,
    connection: Arc<Connection>,
    made: AtomicU64,
}

impl Tables {
    async fn client(&self) -> &Client {
        let client = async {
            let latest = aws_config::BehaviorVersion::latest();
            Client::new(&aws_config::defaults(latest).load().await)
        };
        self.client.get_or_init(|| client).await
    }

    async fn next(&self) -> Arc<dyn StateStore> {
        let n = self.made.fetch_add(1, Ordering::Relaxed);
        let name = |n: u64| format!("{}-{n}", self.prefix);
        let client = self.client().await;
        if let Some(former) = n.checked_sub(1) {
            let delete = client.delete_table().table_name(name(former));
            delete.send().await.unwrap();
        }
        let key = |name: &str, kind: KeyType| {
            let key = KeySchemaElement::builder().attribute_name(name);
            key.key_type(kind).build().unwrap()
        };
        let attribute = |name: &str| {
            let attribute = AttributeDefinition::builder().attribute_name(name);
            let text = ScalarAttributeType::S;
            attribute.attribute_type(text).build().unwrap()
        };
        let create = client.create_table().table_name(name(n));
        create
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key("pk", KeyType::Hash))
            .key_schema(key("sk", KeyType::Range))
            .attribute_definitions(attribute("pk"))
            .attribute_definitions(attribute("sk"))
            .send()
            .await
            .unwrap();
        let connection = Arc::clone(&self.connection);
        Arc::new(DynamoState::new(connection, name(n)))
    }
}

/// A ground over the service under test; `None`, with a word on it, where
/// there is none. Tests of one run use tables of different names.
fn dynamodb(test: &str) -> Option<Arc<Ground>> {
    let Ok(table) = std::env::var("TRAILWARD_TEST_TABLE") else {
        eprintln!("TRAILWARD_TEST_TABLE is not set: nothing was tested over DynamoDB");
        return None;
    };
    let tables = Arc::new(Tables {
        prefix: format!("{table}-{test}"),
        client: OnceCell::new(),
        connection: Arc::new(Connection::new()),
        made: AtomicU64::new(0),
    });
    Some(Ground::new(move || {
        let tables = Arc::clone(&tables);
        Box::pin(async move { tables.next().await })
    }))
}

#[test]
fn every_history_comes_to_what_a_sequential_reader_finds() {
    let Some(ground) = dynamodb("histories") else {
        return;
    };
    simulation::every_history_converges(&ground, simulation::seeds(SEEDS));
}

#[test]
fn a_missing_lease_is_noticed() {
    let Some(ground) = dynamodb("lease") else {
        return;
    };
    simulation::is_noticed(&ground, 0..SABOTAGED, Sabotage::NoLease);
}
