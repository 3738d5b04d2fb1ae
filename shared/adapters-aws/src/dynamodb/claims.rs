//! Claim and confirm.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use pipeline::ports::{Claim, Lease, PortError};

use super::DynamoState;
use super::items::{Item, Key, failed, number, number_of, text};

/// A claim is free where there is none, where it has expired, where its
/// unconfirmed lease has ended, or where it is the caller's own (a call whose
/// answer was lost is repeated by the SDK).
const FREE: &str = "attribute_not_exists(pk) OR expires_at <= :now \
    OR (confirmed = :no AND (until_ms <= :now_ms OR holder = :holder))";

impl DynamoState {
    pub(super) async fn try_claim(&self, key: &str, lease: &Lease) -> Result<Claim, PortError> {
        let key = Key::claim(key);
        let outcome = self
            .client()
            .await
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.clone().into_item()))
            .update_expression(
                "SET holder = :holder, until_ms = :until_ms, confirmed = :no, expires_at = :expires_at",
            )
            .condition_expression(FREE)
            .expression_attribute_values(":holder", text(&lease.owner))
            .expression_attribute_values(":until_ms", number(lease.until_ms))
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":expires_at", number(lease.expires_at))
            .expression_attribute_values(":now", number(lease.now_ms.div_euclid(1000)))
            .expression_attribute_values(":now_ms", number(lease.now_ms))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match outcome {
            Ok(_) => return Ok(Claim::Won),
            Err(error) => error,
        };
        let taken = error.as_service_error().and_then(|error| match error {
            aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
                failure,
            ) => failure.item(),
            _ => None,
        });
        taken
            .map(as_taken)
            .ok_or_else(|| failed(&format!("claiming {}", key.pk), &error))
    }

    /// Unconditional: whoever published says so, even if the lease ended
    /// meanwhile and somebody else holds the claim. What was published was.
    pub(super) async fn set_confirmed(&self, key: &str, lease: &Lease) -> Result<(), PortError> {
        let key = Key::claim(key);
        self.client()
            .await
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.clone().into_item()))
            .update_expression("SET confirmed = :yes, expires_at = :expires_at")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":expires_at", number(lease.expires_at))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed(&format!("confirming {}", key.pk), &error))
    }
}

/// What a claim that is not free says.
fn as_taken(item: &Item) -> Claim {
    let confirmed = item.get("confirmed").and_then(|value| value.as_bool().ok());
    if confirmed == Some(&true) {
        return Claim::Confirmed;
    }
    Claim::Held {
        until_ms: number_of(item, "until_ms").unwrap_or_default(),
    }
}
