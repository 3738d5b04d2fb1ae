//! The maps that stand for the table's items.

use std::collections::{BTreeMap, BTreeSet};

use pipeline::ports::{
    Claim, CountEntry, Counted, CounterKey, Expiry, Lease, MemberSet, Seen, SeenKey, WindowKey,
};
use serde::{Deserialize, Serialize};

/// Everything that is remembered.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tables {
    claims: BTreeMap<String, ClaimItem>,
    /// By event, then by rule: when the marker expires.
    markers: BTreeMap<String, BTreeMap<String, i64>>,
    /// By day, then account, then rule.
    days: BTreeMap<i64, BTreeMap<String, BTreeMap<String, u64>>>,
    /// By fingerprint.
    groups: BTreeMap<String, u64>,
    /// By window, then bucket.
    windows: BTreeMap<String, BTreeMap<i64, BucketItem>>,
    /// By rule, then value.
    seen: BTreeMap<String, BTreeMap<String, SeenItem>>,
    times: BTreeMap<String, i64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ClaimItem {
    owner: String,
    until_ms: i64,
    confirmed: bool,
    expires_at: i64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct BucketItem {
    members: BTreeSet<String>,
    expires_at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct SeenItem {
    first: i64,
    brought_by: String,
    last: i64,
    expires_at: i64,
}

impl Tables {
    pub(crate) fn claim(&mut self, key: &str, lease: &Lease) -> Claim {
        let now = lease.now_ms.div_euclid(1_000);
        if let Some(item) = self.claims.get(key).filter(|item| item.expires_at > now) {
            if item.confirmed {
                return Claim::Confirmed;
            }
            if item.owner != lease.owner && item.until_ms > lease.now_ms {
                return Claim::Held {
                    until_ms: item.until_ms,
                };
            }
        }
        let item = ClaimItem {
            owner: lease.owner.clone(),
            until_ms: lease.until_ms,
            confirmed: false,
            expires_at: lease.expires_at,
        };
        self.claims.insert(key.to_owned(), item);
        Claim::Won
    }

    pub(crate) fn confirm(&mut self, key: &str, lease: &Lease) {
        let item = self.claims.entry(key.to_owned()).or_insert(ClaimItem {
            owner: lease.owner.clone(),
            until_ms: lease.until_ms,
            confirmed: true,
            expires_at: lease.expires_at,
        });
        item.confirmed = true;
        item.expires_at = item.expires_at.max(lease.expires_at);
    }

    pub(crate) fn count(&mut self, entry: &CountEntry, expiry: Expiry) -> Counted {
        let marks = self.markers.entry(entry.event.clone()).or_default();
        if marks.get(&entry.rule).is_some_and(|at| *at > expiry.now) {
            return Counted::Before;
        }
        marks.insert(entry.rule.clone(), expiry.at);
        for key in &entry.counters {
            *self.slot(key) += 1;
        }
        Counted::Now
    }

    fn slot(&mut self, key: &CounterKey) -> &mut u64 {
        match key {
            CounterKey::Day { day, account, rule } => {
                let accounts = self.days.entry(*day).or_default();
                let rules = accounts.entry(account.clone()).or_default();
                rules.entry(rule.clone()).or_default()
            }
            CounterKey::Group { fingerprint } => {
                self.groups.entry(fingerprint.clone()).or_default()
            }
        }
    }

    pub(crate) fn counter(&self, key: &CounterKey) -> u64 {
        let found = match key {
            CounterKey::Day { day, account, rule } => self
                .days
                .get(day)
                .and_then(|accounts| accounts.get(account))
                .and_then(|rules| rules.get(rule)),
            CounterKey::Group { fingerprint } => self.groups.get(fingerprint),
        };
        found.copied().unwrap_or(0)
    }

    pub(crate) fn day(&self, day: i64) -> Vec<(CounterKey, u64)> {
        let mut counters = Vec::new();
        for (account, rules) in self.days.get(&day).into_iter().flatten() {
            for (rule, count) in rules {
                let key = CounterKey::Day {
                    day,
                    account: account.clone(),
                    rule: rule.clone(),
                };
                counters.push((key, *count));
            }
        }
        counters
    }

    pub(crate) fn add_members(
        &mut self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
        expiry: Expiry,
    ) -> MemberSet {
        let buckets = self.windows.entry(window.0.clone()).or_default();
        let item = buckets.entry(bucket).or_default();
        if item.expires_at <= expiry.now {
            item.members.clear();
        }
        item.members.extend(members.iter().cloned());
        item.expires_at = item.expires_at.max(expiry.at);
        item.members.clone()
    }

    pub(crate) fn members(&self, window: &WindowKey, bucket: i64, now: i64) -> MemberSet {
        self.windows
            .get(&window.0)
            .and_then(|buckets| buckets.get(&bucket))
            .filter(|item| item.expires_at > now)
            .map(|item| item.members.clone())
            .unwrap_or_default()
    }

    pub(crate) fn drop_members(&mut self, window: &WindowKey, bucket: i64, members: &MemberSet) {
        let buckets = self.windows.get_mut(&window.0);
        if let Some(item) = buckets.and_then(|buckets| buckets.get_mut(&bucket)) {
            item.members.retain(|member| !members.contains(member));
        }
    }

    pub(crate) fn seen(&self, key: &SeenKey, now: i64) -> Option<Seen> {
        let item = self.seen.get(&key.rule)?.get(&key.value)?;
        (item.expires_at > now).then(|| Seen {
            first: item.first,
            brought_by: item.brought_by.clone(),
            last: item.last,
        })
    }

    pub(crate) fn replace_seen(
        &mut self,
        key: &SeenKey,
        was: Option<&Seen>,
        becomes: &Seen,
        expiry: Expiry,
    ) -> bool {
        let is = self.seen(key, expiry.now);
        if is.as_ref() == Some(becomes) {
            return true;
        }
        if is.as_ref() != was {
            return false;
        }
        let item = SeenItem {
            first: becomes.first,
            brought_by: becomes.brought_by.clone(),
            last: becomes.last,
            expires_at: expiry.at,
        };
        let values = self.seen.entry(key.rule.clone()).or_default();
        values.insert(key.value.clone(), item);
        true
    }

    pub(crate) fn fix_time(&mut self, key: &str, proposed: i64) -> i64 {
        *self.times.entry(key.to_owned()).or_insert(proposed)
    }

    /// Forgets what expired by `now` (epoch seconds). Counters stay: they are
    /// small, and no decision rests on their absence.
    pub(crate) fn forget_expired(&mut self, now: i64) {
        self.claims.retain(|_, item| item.expires_at > now);
        self.markers.retain(|_, rules| {
            rules.retain(|_, at| *at > now);
            !rules.is_empty()
        });
        self.windows.retain(|_, buckets| {
            buckets.retain(|_, item| item.expires_at > now);
            !buckets.is_empty()
        });
        self.seen.retain(|_, values| {
            values.retain(|_, item| item.expires_at > now);
            !values.is_empty()
        });
    }
}
