//! The shapes of items and keys, and how a failed call is told.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use pipeline::ports::{CounterKey, PortError, SeenKey, WindowKey};

use crate::failure::failure;

pub(super) type Item = HashMap<String, AttributeValue>;

/// The sort key of items that stand alone under their partition key.
pub(super) const ALONE: &str = "-";

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    /// A claim. A key that already names its kind (`report#...`) stands as it is.
    pub(super) fn claim(key: &str) -> Self {
        let pk = if key.contains('#') {
            key.to_owned()
        } else {
            format!("claim#{key}")
        };
        Self {
            pk,
            sk: ALONE.to_owned(),
        }
    }

    pub(super) fn mark(event: &str, rule: &str) -> Self {
        Self {
            pk: format!("mark#{event}"),
            sk: rule.to_owned(),
        }
    }

    pub(super) fn counter(key: &CounterKey) -> Self {
        match key {
            CounterKey::Day { day, account, rule } => Self {
                pk: day_partition(*day),
                sk: format!("{account}#{rule}"),
            },
            CounterKey::Group { fingerprint } => Self {
                pk: format!("count#{fingerprint}"),
                sk: ALONE.to_owned(),
            },
        }
    }

    pub(super) fn bucket(window: &WindowKey, bucket: i64) -> Self {
        Self {
            pk: format!("window#{}", window.0),
            sk: bucket.to_string(),
        }
    }

    pub(super) fn seen(key: &SeenKey) -> Self {
        Self {
            pk: format!("seen#{}", key.rule),
            sk: key.value.clone(),
        }
    }

    pub(super) fn fixed(key: &str) -> Self {
        Self {
            pk: format!("fixed#{key}"),
            sk: ALONE.to_owned(),
        }
    }

    pub(super) fn into_item(self) -> Item {
        HashMap::from([
            ("pk".to_owned(), text(self.pk)),
            ("sk".to_owned(), text(self.sk)),
        ])
    }

    /// The key of an item that was read.
    pub(super) fn of(item: &Item) -> Option<Self> {
        let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        Some(Self {
            pk: part("pk")?,
            sk: part("sk")?,
        })
    }
}

pub(super) fn day_partition(day: i64) -> String {
    format!("count#{day}")
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A numeric attribute of an item; `None` where it is absent or no number.
pub(super) fn number_of<N: std::str::FromStr>(item: &Item, name: &str) -> Option<N> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// A failed call as the pipeline understands it.
pub(super) fn failed<E, R>(action: &str, error: &SdkError<E, R>) -> PortError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    failure("DynamoDB", action, error.code(), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_as_the_architecture_lists_them() {
        let key = |key: Key| format!("{} / {}", key.pk, key.sk);
        assert_eq!(key(Key::claim("ab12")), "claim#ab12 / -");
        assert_eq!(
            key(Key::claim("report#2026-02-16")),
            "report#2026-02-16 / -"
        );
        assert_eq!(key(Key::mark("e1", "r1")), "mark#e1 / r1");
        assert_eq!(
            key(Key::bucket(&WindowKey("w".into()), -3)),
            "window#w / -3"
        );
        let seen = SeenKey {
            rule: "k".into(),
            value: "v".into(),
        };
        assert_eq!(key(Key::seen(&seen)), "seen#k / v");
        assert_eq!(key(Key::fixed("k")), "fixed#k / -");
        let day = CounterKey::Day {
            day: 20500,
            account: "111122223333".into(),
            rule: "r".into(),
        };
        assert_eq!(key(Key::counter(&day)), "count#20500 / 111122223333#r");
        let group = CounterKey::Group {
            fingerprint: "ff".into(),
        };
        assert_eq!(key(Key::counter(&group)), "count#ff / -");
    }
}
