//! Window members: string sets that are united, read and thinned.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use pipeline::ports::{Expiry, MemberSet, PortError, WindowKey};

use super::DynamoState;
use super::items::{Item, Key, failed, number, number_of};

/// Rounds between "it is there, unite" and "it has expired, replace" before
/// the store is called unavailable. Two suffice unless the item changes hands
/// in between each time.
const ROUNDS: usize = 8;

impl DynamoState {
    pub(super) async fn unite(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
        expiry: Expiry,
    ) -> Result<MemberSet, PortError> {
        if members.is_empty() {
            // An empty set is no value in DynamoDB.
            let sets = self.read_sets(window, &[bucket], expiry.now).await?;
            return Ok(sets.into_iter().next().unwrap_or_default());
        }
        // An expired item still lies there: what it holds must not come back.
        let forms = [
            (
                "ADD members :members SET expires_at = :at",
                "attribute_not_exists(pk) OR expires_at > :now",
            ),
            (
                "SET members = :members, expires_at = :at",
                "expires_at <= :now",
            ),
        ];
        for (update, condition) in forms.iter().cycle().take(ROUNDS) {
            let outcome = self
                .client()
                .await
                .update_item()
                .table_name(&self.table)
                .set_key(Some(Key::bucket(window, bucket).into_item()))
                .update_expression(*update)
                .condition_expression(*condition)
                .expression_attribute_values(":members", as_set(members))
                .expression_attribute_values(":at", number(expiry.at))
                .expression_attribute_values(":now", number(expiry.now))
                .return_values(ReturnValue::AllNew)
                .send()
                .await;
            match outcome {
                Ok(output) => {
                    return Ok(output
                        .attributes
                        .as_ref()
                        .map(members_of)
                        .unwrap_or_default());
                }
                Err(error) if is_conditional(error.as_service_error()) => {}
                Err(error) => {
                    return Err(failed(&format!("adding to window#{}", window.0), &error));
                }
            }
        }
        Err(PortError::Unavailable {
            service: "DynamoDB",
            action: format!("adding to window#{}", window.0),
            reason: "the item kept expiring and returning".to_owned(),
        })
    }

    pub(super) async fn read_sets(
        &self,
        window: &WindowKey,
        buckets: &[i64],
        now: i64,
    ) -> Result<Vec<MemberSet>, PortError> {
        let keys: Vec<Key> = buckets
            .iter()
            .map(|bucket| Key::bucket(window, *bucket))
            .collect();
        let items = self.read_items(&keys).await?;
        let fresh = |item: &&Item| number_of::<i64>(item, "expires_at").is_none_or(|at| at > now);
        Ok(keys
            .iter()
            .map(|key| {
                items
                    .get(key)
                    .filter(fresh)
                    .map(members_of)
                    .unwrap_or_default()
            })
            .collect())
    }

    pub(super) async fn take_out(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
    ) -> Result<(), PortError> {
        if members.is_empty() {
            return Ok(());
        }
        let outcome = self
            .client()
            .await
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::bucket(window, bucket).into_item()))
            .update_expression("DELETE members :members")
            // Without it, thinning an item that is gone would make a new one.
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":members", as_set(members))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(()),
            Err(error) if is_conditional(error.as_service_error()) => Ok(()),
            Err(error) => Err(failed(&format!("thinning window#{}", window.0), &error)),
        }
    }
}

fn as_set(members: &MemberSet) -> AttributeValue {
    AttributeValue::Ss(members.iter().cloned().collect())
}

fn members_of(item: &Item) -> MemberSet {
    let set = item.get("members").and_then(|value| value.as_ss().ok());
    set.map(|members| members.iter().cloned().collect())
        .unwrap_or_default()
}

fn is_conditional(error: Option<&UpdateItemError>) -> bool {
    error.is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}
