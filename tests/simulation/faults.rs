//! State and topic with faults: every call is a step at which another worker
//! may go first, and at which the plan of a history lets something go wrong.
//! What the store itself does in between happens at once.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;

use async_trait::async_trait;
use pipeline::ports::{
    AlertSink, Claim, CountEntry, Counted, CounterKey, Expiry, Lease, Mail, MemberSet, PortError,
    Seen, SeenKey, StateStore, WindowKey,
};

use super::ground::Ground;
use super::sabotage::{Sabotage, Saboteur};

/// The calls that cross a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Claim,
    Publish,
    Confirm,
    Count,
    Counters,
    Add,
    Read,
    Drop,
    Seen,
    ReplaceSeen,
    FixTime,
}

pub(crate) const OPERATIONS: [Operation; 11] = [
    Operation::Claim,
    Operation::Publish,
    Operation::Confirm,
    Operation::Count,
    Operation::Counters,
    Operation::Add,
    Operation::Read,
    Operation::Drop,
    Operation::Seen,
    Operation::ReplaceSeen,
    Operation::FixTime,
];

/// What goes wrong at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Harm {
    /// The worker dies before the call has an effect.
    CrashBefore,
    /// The worker dies after the effect, before the answer.
    CrashAfter,
    /// The call is refused and has no effect.
    Throttle,
    /// The call takes effect (a count may do so in part), its answer is lost.
    TimeOut,
}

pub(crate) const HARMS: [Harm; 4] = [
    Harm::CrashBefore,
    Harm::CrashAfter,
    Harm::Throttle,
    Harm::TimeOut,
];

/// The `nth` call of its kind goes wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) operation: Operation,
    pub(crate) nth: usize,
    pub(crate) harm: Harm,
}

/// Entries of a count that are one transaction here.
const ENTRIES_AT_ONCE: usize = 2;

/// What happened so far.
#[derive(Debug, Default)]
pub(crate) struct Events {
    faults: Vec<Fault>,
    calls: BTreeMap<Operation, usize>,
    /// The attempt that is being polled.
    pub(crate) attempt: usize,
    /// It is to die now.
    pub(crate) crashed: bool,
    /// What went wrong, by call and harm.
    pub(crate) harmed: BTreeMap<(Operation, Harm), usize>,
    /// Faults by attempt.
    pub(crate) harmed_attempts: BTreeMap<usize, usize>,
    /// Published and not yet confirmed, by attempt.
    pub(crate) unconfirmed: BTreeMap<usize, Vec<String>>,
    /// How often each fingerprint was published.
    pub(crate) published: BTreeMap<String, usize>,
    /// Sets that were cut down.
    pub(crate) capped: usize,
}

/// Shared by all workers of a history.
pub(crate) struct Ports {
    pub(crate) ground: Arc<Ground>,
    pub(crate) store: Arc<dyn StateStore>,
    events: Mutex<Events>,
    saboteur: Saboteur,
}

/// Lets the scheduler choose who goes next.
async fn pause() {
    let mut paused = false;
    poll_fn(|_| {
        let ready = std::mem::replace(&mut paused, true);
        if ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

impl Ports {
    pub(crate) fn new(ground: &Arc<Ground>, faults: Vec<Fault>, sabotage: Sabotage) -> Arc<Self> {
        Arc::new(Self {
            ground: Arc::clone(ground),
            store: ground.empty(),
            events: Mutex::new(Events {
                faults,
                ..Events::default()
            }),
            saboteur: Saboteur::new(sabotage),
        })
    }

    /// What the store answers, however long it takes: see [`Ground`].
    fn at_once<T>(&self, work: impl Future<Output = T>) -> T {
        self.ground.at_once(work)
    }

    pub(crate) fn events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap()
    }

    /// One call with whatever the plan holds for it.
    async fn call<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        let harm = self.events().enter(operation);
        pause().await;
        match harm {
            Some(Harm::CrashBefore) => self.die().await,
            Some(Harm::Throttle) => return Err(unavailable(operation, "throttled")),
            _ => {}
        }
        let answer = work.await;
        match harm {
            Some(Harm::CrashAfter) => self.die().await,
            Some(Harm::TimeOut) => return Err(unavailable(operation, "timed out")),
            _ => {}
        }
        pause().await;
        answer
    }

    async fn die(&self) {
        self.events().crashed = true;
        std::future::pending().await
    }
}

impl Events {
    fn enter(&mut self, operation: Operation) -> Option<Harm> {
        let calls = self.calls.entry(operation).or_default();
        let nth = *calls;
        *calls += 1;
        let fault = |fault: &&Fault| fault.operation == operation && fault.nth == nth;
        let harm = self.faults.iter().find(fault)?.harm;
        *self.harmed.entry((operation, harm)).or_default() += 1;
        *self.harmed_attempts.entry(self.attempt).or_default() += 1;
        Some(harm)
    }
}

fn unavailable(operation: Operation, reason: &str) -> PortError {
    PortError::Unavailable {
        service: "the simulation",
        action: format!("{operation:?}"),
        reason: reason.to_owned(),
    }
}

#[async_trait]
impl StateStore for Ports {
    async fn claim(&self, key: &str, lease: &Lease) -> Result<Claim, PortError> {
        self.call(Operation::Claim, async {
            let claim = self.at_once(self.store.claim(key, lease))?;
            Ok(self.saboteur.claim(claim))
        })
        .await
    }

    async fn confirm(&self, key: &str, lease: &Lease) -> Result<(), PortError> {
        self.call(Operation::Confirm, async {
            self.at_once(self.store.confirm(key, lease))?;
            let mut events = self.events();
            let attempt = events.attempt;
            if let Some(keys) = events.unconfirmed.get_mut(&attempt) {
                keys.retain(|other| other != key);
            }
            Ok(())
        })
        .await
    }

    /// A few entries at a time, with others in between: chunks are transactions,
    /// their sequence is not.
    async fn count(
        &self,
        entries: &[CountEntry],
        expiry: Expiry,
    ) -> Result<Vec<Counted>, PortError> {
        let entries = self.saboteur.count(entries);
        self.call(Operation::Count, async {
            let mut counted = Vec::new();
            for chunk in entries.chunks(ENTRIES_AT_ONCE) {
                counted.extend(self.at_once(self.store.count(chunk, expiry))?);
                pause().await;
            }
            Ok(counted)
        })
        .await
    }

    async fn counters(&self, keys: &[CounterKey]) -> Result<Vec<u64>, PortError> {
        self.call(Operation::Counters, async {
            self.at_once(self.store.counters(keys))
        })
        .await
    }

    async fn day(&self, day: i64) -> Result<Vec<(CounterKey, u64)>, PortError> {
        self.at_once(self.store.day(day))
    }

    async fn add_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
        expiry: Expiry,
    ) -> Result<MemberSet, PortError> {
        self.call(Operation::Add, async {
            if self.saboteur.watches_members() {
                let before =
                    self.at_once(self.store.read_members(window, &[bucket], expiry.now))?;
                self.saboteur
                    .adds(window, bucket, members, before.concat_sets());
            }
            self.at_once(self.store.add_members(window, bucket, members, expiry))
        })
        .await
    }

    /// Bucket by bucket: each read is consistent, all of them together are not
    /// one moment.
    async fn read_members(
        &self,
        window: &WindowKey,
        buckets: &[i64],
        now: i64,
    ) -> Result<Vec<MemberSet>, PortError> {
        self.call(Operation::Read, async {
            let mut sets = Vec::new();
            for bucket in buckets {
                let fresh = self.at_once(self.store.read_members(window, &[*bucket], now))?;
                sets.push(self.saboteur.reads(window, *bucket, fresh.concat_sets()));
                pause().await;
            }
            Ok(sets)
        })
        .await
    }

    async fn drop_members(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
    ) -> Result<(), PortError> {
        let members = self.saboteur.drops(window, bucket, members);
        self.events().capped += 1;
        self.call(Operation::Drop, async {
            self.at_once(self.store.drop_members(window, bucket, &members))
        })
        .await
    }

    async fn seen(&self, key: &SeenKey, now: i64) -> Result<Option<Seen>, PortError> {
        self.call(Operation::Seen, async {
            self.at_once(self.store.seen(key, now))
        })
        .await
    }

    async fn replace_seen(
        &self,
        key: &SeenKey,
        was: Option<&Seen>,
        becomes: &Seen,
        expiry: Expiry,
    ) -> Result<bool, PortError> {
        self.call(Operation::ReplaceSeen, async {
            self.at_once(self.store.replace_seen(key, was, becomes, expiry))
        })
        .await
    }

    async fn fix_time(&self, key: &str, proposed: i64) -> Result<i64, PortError> {
        self.call(Operation::FixTime, async {
            self.at_once(self.store.fix_time(key, proposed))
        })
        .await
    }
}

#[async_trait]
impl AlertSink for Ports {
    async fn publish(&self, mail: &Mail) -> Result<(), PortError> {
        let named = mail
            .attributes
            .iter()
            .find(|(name, _)| *name == "fingerprint");
        let fingerprint = named.map(|(_, value)| value.clone()).unwrap_or_default();
        self.call(Operation::Publish, async {
            let mut events = self.events();
            let attempt = events.attempt;
            *events.published.entry(fingerprint.clone()).or_default() += 1;
            events
                .unconfirmed
                .entry(attempt)
                .or_default()
                .push(fingerprint);
            Ok(())
        })
        .await
    }
}

/// The one set of a one-bucket answer.
trait ConcatSets {
    fn concat_sets(self) -> MemberSet;
}

impl ConcatSets for Vec<MemberSet> {
    fn concat_sets(self) -> MemberSet {
        self.into_iter().flatten().collect()
    }
}
