//! Counters that move once per (event, rule), and how they are read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, KeysAndAttributes, Put, TransactWriteItem, Update,
};
use pipeline::ports::{CountEntry, Counted, CounterKey, Expiry, PortError};

use super::DynamoState;
use super::items::{Item, Key, day_partition, failed, number, number_of, text};

/// DynamoDB's bound on the items of one transaction and of one batch read.
const ITEMS_PER_CALL: usize = 100;

/// Attempts of one transaction that others keep interrupting.
const ATTEMPTS: u32 = 10;

/// Wait before the second attempt, in milliseconds; doubled up to 64 times.
const FIRST_WAIT_MS: u64 = 10;

impl DynamoState {
    /// One transaction per chunk: markers that must be new, and the counters
    /// that they move together. For n new pairs of one rule and account that
    /// is n marker writes and one counter write per 98 of them.
    pub(super) async fn mark_and_count(
        &self,
        entries: &[CountEntry],
        expiry: Expiry,
    ) -> Result<Vec<Counted>, PortError> {
        let mut answers = vec![Counted::Before; entries.len()];
        let mut named = HashSet::new();
        let mut chunk = Chunk::default();
        for (index, entry) in entries.iter().enumerate() {
            if !named.insert((&entry.event, &entry.rule)) {
                continue;
            }
            if !chunk.has_room_for(entry) {
                self.write_chunk(std::mem::take(&mut chunk), expiry, &mut answers)
                    .await?;
            }
            chunk.push(index, entry);
        }
        self.write_chunk(chunk, expiry, &mut answers).await?;
        Ok(answers)
    }

    /// Writes a chunk, leaving out the markers that turn out to be there.
    async fn write_chunk(
        &self,
        mut chunk: Chunk<'_>,
        expiry: Expiry,
        answers: &mut [Counted],
    ) -> Result<(), PortError> {
        let mut wait = FIRST_WAIT_MS;
        for _ in 0..ATTEMPTS {
            if chunk.entries.is_empty() {
                return Ok(());
            }
            let outcome = self
                .client()
                .await
                .transact_write_items()
                .set_transact_items(Some(chunk.items(&self.table, expiry)?))
                .send()
                .await;
            let error = match outcome {
                Ok(_) => {
                    chunk.answer(answers);
                    return Ok(());
                }
                Err(error) => error,
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(failed("counting", &error));
            };
            let before = chunk.entries.len();
            chunk.leave_out_marked(cancelled.cancellation_reasons());
            if chunk.entries.len() == before {
                // Nobody's marker was there: another writer was at the counter.
                if !cancelled.cancellation_reasons().iter().any(is_passing) {
                    return Err(failed("counting", &error));
                }
                tokio::time::sleep(Duration::from_millis(wait)).await;
                wait = (wait * 2).min(FIRST_WAIT_MS * 64);
            }
        }
        Err(PortError::Unavailable {
            service: "DynamoDB",
            action: "counting".to_owned(),
            reason: format!("the transaction was interrupted {ATTEMPTS} times"),
        })
    }

    pub(super) async fn read_counters(&self, keys: &[CounterKey]) -> Result<Vec<u64>, PortError> {
        let keys: Vec<Key> = keys.iter().map(Key::counter).collect();
        let items = self.read_items(&keys).await?;
        Ok(keys
            .iter()
            .map(|key| {
                items
                    .get(key)
                    .and_then(|item| number_of(item, "total"))
                    .unwrap_or(0)
            })
            .collect())
    }

    pub(super) async fn read_day(&self, day: i64) -> Result<Vec<(CounterKey, u64)>, PortError> {
        let mut pages = self
            .client()
            .await
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(day_partition(day)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| failed(&format!("reading count#{day}"), &error))?;
            found.extend(as_day_counter(day, &item));
        }
        Ok(found)
    }

    /// Reads items consistently, asking again for what was left unprocessed.
    pub(super) async fn read_items(&self, keys: &[Key]) -> Result<HashMap<Key, Item>, PortError> {
        let distinct: HashSet<&Key> = keys.iter().collect();
        let mut open: Vec<Item> = distinct.into_iter().cloned().map(Key::into_item).collect();
        let mut found = HashMap::new();
        let mut wait = FIRST_WAIT_MS;
        while !open.is_empty() {
            let rest = open.split_off(open.len().min(ITEMS_PER_CALL));
            let request = KeysAndAttributes::builder()
                .set_keys(Some(open))
                .consistent_read(true)
                .build()
                .map_err(|error| crate::failure::failure("DynamoDB", "reading", None, &error))?;
            let output = self
                .client()
                .await
                .batch_get_item()
                .request_items(&self.table, request)
                .send()
                .await
                .map_err(|error| failed("reading", &error))?;
            for item in output.responses.unwrap_or_default().into_values().flatten() {
                found.extend(Key::of(&item).map(|key| (key, item)));
            }
            open = rest;
            let unprocessed = output.unprocessed_keys.unwrap_or_default();
            if !unprocessed.is_empty() {
                open.extend(unprocessed.into_values().flat_map(|keys| keys.keys));
                tokio::time::sleep(Duration::from_millis(wait)).await;
                wait = (wait * 2).min(FIRST_WAIT_MS * 64);
            }
        }
        Ok(found)
    }
}

/// Pairs that go into one transaction, with the counters they move.
#[derive(Default)]
struct Chunk<'a> {
    entries: Vec<(usize, &'a CountEntry)>,
}

impl<'a> Chunk<'a> {
    fn counters(&self) -> BTreeMap<&'a CounterKey, u64> {
        let mut counters = BTreeMap::new();
        for key in self.entries.iter().flat_map(|(_, entry)| &entry.counters) {
            *counters.entry(key).or_default() += 1;
        }
        counters
    }

    fn has_room_for(&self, entry: &CountEntry) -> bool {
        let counters = self.counters();
        let new = entry
            .counters
            .iter()
            .filter(|key| !counters.contains_key(key))
            .count();
        self.entries.len() + counters.len() + 1 + new <= ITEMS_PER_CALL
    }

    fn push(&mut self, index: usize, entry: &'a CountEntry) {
        self.entries.push((index, entry));
    }

    /// Markers first, in the order of the entries, then the counters.
    fn items(&self, table: &str, expiry: Expiry) -> Result<Vec<TransactWriteItem>, PortError> {
        let built = |error: aws_sdk_dynamodb::error::BuildError| {
            crate::failure::failure("DynamoDB", "counting", None, &error)
        };
        let mut items = Vec::with_capacity(ITEMS_PER_CALL);
        for (_, entry) in &self.entries {
            let mut item = Key::mark(&entry.event, &entry.rule).into_item();
            item.insert("expires_at".to_owned(), number(expiry.at));
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
                .expression_attribute_values(":now", number(expiry.now))
                .build()
                .map_err(built)?;
            items.push(TransactWriteItem::builder().put(put).build());
        }
        for (key, by) in self.counters() {
            let update = Update::builder()
                .table_name(table)
                .set_key(Some(Key::counter(key).into_item()))
                .update_expression("ADD #total :by SET expires_at = :at")
                .expression_attribute_names("#total", "total")
                .expression_attribute_values(":by", AttributeValue::N(by.to_string()))
                .expression_attribute_values(":at", number(expiry.at))
                .build()
                .map_err(built)?;
            items.push(TransactWriteItem::builder().update(update).build());
        }
        Ok(items)
    }

    /// Reasons come in the order of the items, so the first ones are the
    /// markers'.
    fn leave_out_marked(&mut self, reasons: &[CancellationReason]) {
        let marked: Vec<bool> = reasons
            .iter()
            .map(|reason| reason.code() == Some("ConditionalCheckFailed"))
            .collect();
        let mut position = 0;
        self.entries.retain(|_| {
            let stays = !marked.get(position).copied().unwrap_or(false);
            position += 1;
            stays
        });
    }

    fn answer(&self, answers: &mut [Counted]) {
        for (index, _) in &self.entries {
            if let Some(answer) = answers.get_mut(*index) {
                *answer = Counted::Now;
            }
        }
    }
}

fn is_passing(reason: &CancellationReason) -> bool {
    matches!(
        reason.code(),
        Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
    )
}

fn as_day_counter(day: i64, item: &Item) -> Option<(CounterKey, u64)> {
    let key = Key::of(item)?;
    let (account, rule) = key.sk.split_once('#')?;
    let counter = CounterKey::Day {
        day,
        account: account.to_owned(),
        rule: rule.to_owned(),
    };
    Some((counter, number_of(item, "total")?))
}
