//! What is remembered of values, and times fixed once.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use pipeline::ports::{Expiry, PortError, Seen, SeenKey};

use super::DynamoState;
use super::items::{Item, Key, failed, number, number_of, text};

impl DynamoState {
    pub(super) async fn read_seen(
        &self,
        key: &SeenKey,
        now: i64,
    ) -> Result<Option<Seen>, PortError> {
        let output = self
            .client()
            .await
            .get_item()
            .table_name(&self.table)
            .set_key(Some(Key::seen(key).into_item()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed(&format!("reading seen#{}", key.rule), &error))?;
        Ok(output
            .item
            .filter(|item| is_fresh(item, now))
            .as_ref()
            .and_then(as_seen))
    }

    /// A replaced value is compared whole: two workers that decide at once
    /// cannot both believe theirs.
    pub(super) async fn swap_seen(
        &self,
        key: &SeenKey,
        was: Option<&Seen>,
        becomes: &Seen,
        expiry: Expiry,
    ) -> Result<bool, PortError> {
        let mut request = self
            .client()
            .await
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::seen(key).into_item()))
            .update_expression(
                "SET brought_by = :by, first_time = :first, last_time = :last, expires_at = :at",
            )
            .expression_attribute_values(":by", text(&becomes.brought_by))
            .expression_attribute_values(":first", number(becomes.first))
            .expression_attribute_values(":last", number(becomes.last))
            .expression_attribute_values(":at", number(expiry.at))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        request = match was {
            None => request
                .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
                .expression_attribute_values(":now", number(expiry.now)),
            Some(was) => request
                .condition_expression(
                    "brought_by = :was_by AND first_time = :was_first AND last_time = :was_last",
                )
                .expression_attribute_values(":was_by", text(&was.brought_by))
                .expression_attribute_values(":was_first", number(was.first))
                .expression_attribute_values(":was_last", number(was.last)),
        };
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failure)) => {
                    let there = failure.item().filter(|item| is_fresh(item, expiry.now));
                    Ok(there.and_then(as_seen).as_ref() == Some(becomes))
                }
                _ => Err(failed(&format!("replacing seen#{}", key.rule), &error)),
            },
        }
    }

    pub(super) async fn first_time(&self, key: &str, proposed: i64) -> Result<i64, PortError> {
        let output = self
            .client()
            .await
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::fixed(key).into_item()))
            .update_expression("SET fixed_time = if_not_exists(fixed_time, :proposed)")
            .expression_attribute_values(":proposed", number(proposed))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(|error| failed(&format!("fixing fixed#{key}"), &error))?;
        Ok(output
            .attributes
            .as_ref()
            .and_then(|item| number_of(item, "fixed_time"))
            .unwrap_or(proposed))
    }
}

fn is_fresh(item: &Item, now: i64) -> bool {
    number_of::<i64>(item, "expires_at").is_none_or(|at| at > now)
}

fn as_seen(item: &Item) -> Option<Seen> {
    Some(Seen {
        first: number_of(item, "first_time")?,
        brought_by: item.get("brought_by")?.as_s().ok()?.clone(),
        last: number_of(item, "last_time")?,
    })
}
