//! Accounts from which nothing comes.
//!
//! Each container notes in state, once per stretch of time, which of the listed
//! accounts it heard of. An account that nobody noted in the whole stretch
//! before, nor in this one so far, is silent. Sets of names only grow, so any
//! number of containers may note and look at once.
//!
//! Silence decides no alert: where state does not answer, a warning is logged
//! and the next look makes up for it.

use std::collections::BTreeSet;

use cloudtrail::Record;

use crate::keys;
use crate::ports::{Expiry, MemberSet, PortError, StateStore, WindowKey};

/// A container looks at most this often, in seconds.
const LOOK_SECONDS: i64 = 300;

/// The accounts that must be heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Their numbers.
    pub accounts: BTreeSet<String>,
    /// How long one may be silent, in seconds: it is told after once to twice
    /// this time.
    pub seconds: i64,
}

/// What a container heard, noted and saw.
#[derive(Debug)]
pub(crate) struct Silence {
    watched: Watched,
    window: WindowKey,
    heard: MemberSet,
    /// The account of the record before: most records have the same.
    latest: String,
    bucket: i64,
    noted: MemberSet,
    /// When watching began, once it is known.
    begun: Option<i64>,
    looked: i64,
    silent: BTreeSet<String>,
}

impl Silence {
    pub(crate) fn new(watched: Watched) -> Self {
        Self {
            window: keys::heard(watched.accounts.iter(), watched.seconds),
            watched,
            heard: MemberSet::new(),
            latest: String::new(),
            bucket: i64::MIN,
            noted: MemberSet::new(),
            begun: None,
            looked: i64::MIN,
            silent: BTreeSet::new(),
        }
    }

    /// Notes that a record came.
    pub(crate) fn hear(&mut self, record: &Record<'_>) {
        let Some(account) = record.account() else {
            return;
        };
        if *account == self.latest {
            return;
        }
        if self.watched.accounts.contains(account.as_ref()) {
            self.heard.insert(account.clone().into_owned());
        }
        self.latest = account.into_owned();
    }

    /// Tells the state what was heard, looks at it now and then, and answers
    /// how many accounts are silent.
    pub(crate) async fn look(&mut self, state: &dyn StateStore, now: i64) -> usize {
        if let Err(error) = self.exchange(state, now).await {
            tracing::warn!(%error, "silent accounts are not known");
        }
        self.silent.retain(|account| !self.noted.contains(account));
        self.silent.len()
    }

    async fn exchange(&mut self, state: &dyn StateStore, now: i64) -> Result<(), PortError> {
        self.latest.clear();
        let seconds = self.watched.seconds;
        let bucket = now.div_euclid(seconds);
        if bucket != self.bucket {
            self.bucket = bucket;
            self.noted.clear();
        }
        let begun = match self.begun {
            Some(begun) => begun,
            None => state.fix_time(&self.window.0, now).await?,
        };
        self.begun = Some(begun);
        let heard = std::mem::take(&mut self.heard);
        let new: MemberSet = heard.difference(&self.noted).cloned().collect();
        if !new.is_empty() {
            let expiry = Expiry {
                now,
                at: now.saturating_add(seconds.saturating_mul(3)),
            };
            let added = state.add_members(&self.window, bucket, &new, expiry).await;
            if added.is_err() {
                self.heard.extend(new);
            }
            self.noted.extend(added?);
        }
        if now < self.looked.saturating_add(LOOK_SECONDS.min(seconds)) {
            return Ok(());
        }
        self.looked = now;
        self.silent.clear();
        // Of a stretch that nobody listened to throughout, nothing is known.
        if begun <= bucket.saturating_sub(1).saturating_mul(seconds) {
            let buckets = [bucket.saturating_sub(1), bucket];
            let sets = state.read_members(&self.window, &buckets, now).await?;
            let heard: MemberSet = sets.into_iter().flatten().collect();
            self.silent = self.watched.accounts.difference(&heard).cloned().collect();
        }
        self.name_them();
        Ok(())
    }

    fn name_them(&self) {
        if !self.silent.is_empty() {
            let accounts: Vec<&str> = self.silent.iter().map(String::as_str).collect();
            tracing::warn!(
                accounts = accounts.join(", "),
                minutes = self.watched.seconds / 60,
                "nothing came from these accounts"
            );
        }
    }
}
