//! One promise of the state broken at a time, to prove that the simulation
//! would notice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use pipeline::ports::{Claim, CountEntry, MemberSet, WindowKey};

/// The promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// None.
    Nothing,
    /// A claim that another attempt holds may be taken at any time.
    NoLease,
    /// Counters move without asking whether the pair was counted.
    NoMarker,
    /// Reads come from a copy that lacks the latest write of each set.
    StaleRead,
    /// Sets forget what came last instead of what is not needed.
    CapInOrderOfArrival,
}

type Bucket = (WindowKey, i64);

#[derive(Debug)]
pub(crate) struct Saboteur {
    sabotage: Sabotage,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    counted: usize,
    /// Members in the order of their arrival.
    arrivals: BTreeMap<Bucket, Vec<String>>,
    /// Each set as it was before its latest write.
    stale: BTreeMap<Bucket, MemberSet>,
}

impl Saboteur {
    pub(crate) fn new(sabotage: Sabotage) -> Self {
        Self {
            sabotage,
            notes: Mutex::default(),
        }
    }

    pub(crate) fn claim(&self, claim: Claim) -> Claim {
        match claim {
            Claim::Held { .. } if self.sabotage == Sabotage::NoLease => Claim::Won,
            claim => claim,
        }
    }

    pub(crate) fn count(&self, entries: &[CountEntry]) -> Vec<CountEntry> {
        let mut entries = entries.to_vec();
        if self.sabotage == Sabotage::NoMarker {
            let mut notes = self.notes.lock().unwrap();
            for entry in &mut entries {
                notes.counted += 1;
                entry.event = format!("{} {}", entry.event, notes.counted);
            }
        }
        entries
    }

    /// Whether it must know what is added to sets.
    pub(crate) fn watches_members(&self) -> bool {
        matches!(
            self.sabotage,
            Sabotage::StaleRead | Sabotage::CapInOrderOfArrival
        )
    }

    pub(crate) fn adds(
        &self,
        window: &WindowKey,
        bucket: i64,
        members: &MemberSet,
        before: MemberSet,
    ) {
        let mut notes = self.notes.lock().unwrap();
        let key = (window.clone(), bucket);
        let new = members.difference(&before).cloned();
        notes.arrivals.entry(key.clone()).or_default().extend(new);
        notes.stale.insert(key, before);
    }

    pub(crate) fn reads(&self, window: &WindowKey, bucket: i64, fresh: MemberSet) -> MemberSet {
        if self.sabotage != Sabotage::StaleRead {
            return fresh;
        }
        let notes = self.notes.lock().unwrap();
        notes
            .stale
            .get(&(window.clone(), bucket))
            .cloned()
            .unwrap_or(fresh)
    }

    pub(crate) fn drops(&self, window: &WindowKey, bucket: i64, named: &MemberSet) -> MemberSet {
        if self.sabotage != Sabotage::CapInOrderOfArrival {
            return named.clone();
        }
        let mut notes = self.notes.lock().unwrap();
        let arrivals = notes.arrivals.entry((window.clone(), bucket)).or_default();
        let kept = arrivals.len().saturating_sub(named.len());
        arrivals
            .split_off(kept)
            .into_iter()
            .collect::<BTreeSet<_>>()
    }
}
