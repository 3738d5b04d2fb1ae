//! First sightings: none lost in any order, and none invented in order beyond
//! the day by which the last sighting may lag.

use std::collections::BTreeSet;

use detection::correlate::DAY_SECONDS;
use detection::correlate::first_seen::{Novelty, Seen, judge, period};
use detection::rule::FirstSeen;
use proptest::collection::vec;
use proptest::prelude::*;

const DAY: i64 = DAY_SECONDS as i64;
const ACTIVATED: i64 = 1_700_000_000;

fn settings(learn_days: u64, forget_days: u64) -> FirstSeen {
    FirstSeen {
        value: "trailward.network".to_owned(),
        learn_seconds: learn_days * DAY_SECONDS,
        forget_seconds: forget_days * DAY_SECONDS,
    }
}

/// New in the order of time: nothing in the forgetting time before it, and
/// after the time of learning.
fn expected(settings: &FirstSeen, events: &[(i64, usize)]) -> BTreeSet<i64> {
    let learned = ACTIVATED + settings.learn_seconds as i64;
    let mut sorted = events.to_vec();
    sorted.sort_unstable();
    let mut last: Option<i64> = None;
    let mut periods = BTreeSet::new();
    for (time, _) in sorted {
        let new = last.is_none_or(|last| time - last >= settings.forget_seconds as i64);
        if new && time >= learned {
            periods.insert(period(settings, time));
        }
        last = Some(time);
    }
    periods
}

/// One item of state, written only as it was read; `crash` ends a delivery
/// between the write and the alert, and it is delivered again later.
fn streamed(settings: &FirstSeen, deliveries: &[(i64, usize)], crashes: &[bool]) -> BTreeSet<i64> {
    let mut item: Option<Seen> = None;
    let mut periods = BTreeSet::new();
    let mut again = Vec::new();
    let crashes = crashes.iter().copied().chain(std::iter::repeat(false));
    for ((time, id), crash) in deliveries.iter().zip(crashes) {
        deliver(settings, &mut item, *time, *id, crash, &mut periods);
        if crash {
            again.push((*time, *id));
        }
    }
    for (time, id) in again {
        deliver(settings, &mut item, time, id, false, &mut periods);
    }
    periods
}

fn deliver(
    settings: &FirstSeen,
    item: &mut Option<Seen>,
    time: i64,
    id: usize,
    crash: bool,
    periods: &mut BTreeSet<i64>,
) {
    let identity = format!("event {id}");
    // A container that remembers the item may skip what it settles.
    if item
        .as_ref()
        .is_some_and(|seen| seen.settles(settings, time, &identity))
    {
        return;
    }
    let decision = judge(settings, ACTIVATED, item.as_ref(), time, &identity);
    if let Some(seen) = decision.write {
        *item = Some(seen);
    }
    if decision.novelty == Novelty::New && !crash {
        periods.insert(period(settings, time));
    }
}

prop_compose! {
    fn histories()(
        learn in 0..8_u64,
        forget in 2..9_u64,
        raw in vec((-10..80_i64, 0..4_i64), 0..25),
    ) -> (FirstSeen, Vec<(i64, usize)>) {
        let events = raw
            .into_iter()
            .enumerate()
            .map(|(id, (day, quarter))| (ACTIVATED + day * DAY + quarter * DAY / 4, id))
            .collect();
        (settings(learn, forget), events)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_first_sighting_is_lost(
        ((settings, events), deliveries, crashes) in histories().prop_flat_map(|(settings, events)| {
            let mut twice = events.clone();
            twice.extend(events.iter().step_by(2).copied());
            (Just((settings, events)), Just(twice).prop_shuffle(), vec(any::<bool>(), 0..30))
        }),
    ) {
        let lost: Vec<i64> = expected(&settings, &events)
            .difference(&streamed(&settings, &deliveries, &crashes))
            .copied()
            .collect();
        prop_assert!(lost.is_empty(), "lost {lost:?}");
    }

    #[test]
    fn in_order_only_the_day_of_lag_adds_alerts((settings, events) in histories()) {
        let mut events = events;
        events.sort_unstable();
        let eager = FirstSeen {
            forget_seconds: settings.forget_seconds - DAY_SECONDS,
            ..settings.clone()
        };
        let allowed: BTreeSet<i64> = events
            .iter()
            .filter(|(time, _)| *time >= ACTIVATED + settings.learn_seconds as i64)
            .filter(|(time, id)| {
                let earlier = events.iter().filter(|other| **other < (*time, *id));
                let last = earlier.map(|(time, _)| *time).max();
                last.is_none_or(|last| time - last >= eager.forget_seconds as i64)
            })
            .map(|(time, _)| period(&settings, *time))
            .collect();
        let streamed = streamed(&settings, &events, &[]);
        prop_assert!(streamed.is_subset(&allowed), "{streamed:?} beyond {allowed:?}");
    }
}

#[test]
fn the_event_that_brought_a_value_stays_new_when_retried() {
    let settings = settings(0, 90);
    let first = judge(&settings, 0, None, ACTIVATED, "a");
    assert_eq!(first.novelty, Novelty::New);
    let seen = first.write.unwrap();
    let retried = judge(&settings, 0, Some(&seen), ACTIVATED, "a");
    assert_eq!((retried.novelty, retried.write), (Novelty::New, None));
    let other = judge(&settings, 0, Some(&seen), ACTIVATED + 5, "b");
    assert_eq!((other.novelty, other.write), (Novelty::Known, None));
    let next_day = judge(&settings, 0, Some(&seen), ACTIVATED + DAY, "c");
    assert_eq!(next_day.write.unwrap().last, ACTIVATED + DAY);
}

#[test]
fn learning_remembers_and_does_not_alert() {
    let settings = settings(14, 90);
    let learned = judge(&settings, ACTIVATED, None, ACTIVATED + 13 * DAY, "a");
    assert_eq!(learned.novelty, Novelty::Learned);
    let seen = learned.write.unwrap();
    let later = judge(&settings, ACTIVATED, Some(&seen), ACTIVATED + 20 * DAY, "b");
    assert_eq!(later.novelty, Novelty::Known);
    let new = judge(&settings, ACTIVATED, None, ACTIVATED + 14 * DAY, "c");
    assert_eq!(new.novelty, Novelty::New);
}

#[test]
fn extreme_times_do_not_overflow() {
    let settings = FirstSeen {
        value: String::new(),
        learn_seconds: u64::MAX,
        forget_seconds: u64::MAX,
    };
    let seen = judge(&settings, i64::MAX, None, i64::MIN, "a")
        .write
        .unwrap();
    assert_eq!(
        judge(&settings, i64::MIN, Some(&seen), i64::MAX, "b").novelty,
        Novelty::Known
    );
}
