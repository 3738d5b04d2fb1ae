//! Counters, moved once per (event, rule) whatever is retried.
//!
//! Counting never decides whether an alert is told: where it fails, alerts go
//! out all the same, and the invocation fails so that it is tried again.

use crate::alert::Repeats;
use crate::cases::Case;
use crate::gather::{account_of, day_of};
use crate::keys;
use crate::ports::{CountEntry, CounterKey};
use crate::work::Work;

/// Entries handed to the state at once; between two of these the deadline is
/// looked at.
const CHUNK: usize = 500;

impl Work<'_> {
    pub(crate) async fn count(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        let latest = self
            .events
            .iter()
            .filter_map(|event| event.facts.time)
            .max();
        let expiry = self.expiry(latest.unwrap_or(0), 0);
        for chunk in entries.chunks(CHUNK) {
            let counted = match self.has_time() {
                true => self.state.count(chunk, expiry).await.map(Some),
                false => Ok(None),
            };
            match counted {
                Ok(Some(counted)) => self.counted.extend(counted.into_iter().map(Some)),
                Ok(None) => self.uncounted(chunk.len()),
                Err(error) => {
                    self.problems.push(error.into());
                    self.uncounted(chunk.len());
                }
            }
        }
        let missing = self
            .counted
            .iter()
            .filter(|counted| counted.is_none())
            .count();
        if missing > 0 {
            self.problems
                .push(crate::invocation::Problem::Uncounted { missing });
        }
    }

    fn uncounted(&mut self, entries: usize) {
        self.counted.extend(std::iter::repeat_n(None, entries));
    }

    /// Notes an alert that was told, by the day and account of its event.
    pub(crate) fn note_told(&mut self, case: &Case) {
        let Some(event) = self.events.get(case.event) else {
            return;
        };
        self.told.push(CountEntry {
            event: case.fingerprint.clone(),
            rule: keys::TOLD.to_owned(),
            counters: vec![CounterKey::Day {
                day: day_of(&event.facts),
                account: account_of(&event.facts).to_owned(),
                rule: keys::TOLD.to_owned(),
            }],
        });
    }

    /// Counts the alerts told, for the weekly report. They are told: where
    /// this fails, nothing is tried again for it.
    pub(crate) async fn count_told(&mut self) {
        let told = std::mem::take(&mut self.told);
        let expiry = self.expiry(self.now(), 0);
        for chunk in told.chunks(CHUNK) {
            if let Err(error) = self.state.count(chunk, expiry).await {
                tracing::warn!(%error, alerts = chunk.len(), "alerts told were not counted");
            }
        }
    }

    /// How often a case's findings came, in its window and the one before.
    /// Where the counters cannot be read, the alert goes without.
    pub(crate) async fn repeats(&self, case: &Case) -> Repeats {
        let key = |fingerprint: &String| CounterKey::Group {
            fingerprint: fingerprint.clone(),
        };
        let keys = [key(&case.fingerprint), key(&case.previous)];
        match self.state.counters(&keys).await.as_deref() {
            Ok([now, before]) => Repeats {
                now: *now,
                before: *before,
            },
            Ok(_) => Repeats::default(),
            Err(error) => {
                tracing::warn!(%error, "an alert goes without its repeats");
                Repeats::default()
            }
        }
    }
}
