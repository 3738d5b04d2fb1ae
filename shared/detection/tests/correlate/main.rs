//! Streaming correlation converges: whatever the order, the duplicates, the
//! cuts, the interleaving of workers and their crashes, the same fold windows
//! alert as a naive look at the whole history finds.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests say what they expect in the shortest way"
)]

mod first_seen;
mod history;
mod laws;
mod oracle;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use detection::correlate::{Crossing, Limits, Sighting, fold_window, sighting_of};
use detection::rule::Correlation;
use history::History;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use world::{Found, Sabotage, World, direct_sighting, origin};

type ByGroup = BTreeMap<Vec<String>, Vec<Sighting>>;

fn by_group(events: impl IntoIterator<Item = Sighting>) -> ByGroup {
    let mut groups = ByGroup::new();
    for event in events {
        groups.entry(event.group.clone()).or_default().push(event);
    }
    groups
}

fn crossings(correlation: &Correlation, count: usize, groups: &ByGroup) -> Vec<(Vec<String>, i64)> {
    groups
        .iter()
        .flat_map(|(group, events)| {
            oracle::crossing_times(correlation, count, events)
                .into_iter()
                .map(|time| (group.clone(), time))
        })
        .collect()
}

/// What a reader of the whole history expects.
fn expected(history: &History) -> Found {
    let rules = &history.rules;
    let mut found = Found::new();
    let inner = crossings(
        &rules.inner,
        history.inner.count(),
        &by_group(history.events.iter().cloned()),
    );
    for (group, time) in &inner {
        found.insert((
            "inner",
            group.clone(),
            rules.inner_stream.fold_window(*time),
        ));
    }
    if let (Some((outer, stream)), Some(kind)) = (&rules.outer, &history.outer) {
        let direct = history
            .events
            .iter()
            .map(|event| direct_sighting(&rules.inner, outer, event));
        let emitted = inner.iter().map(|(group, time)| {
            let crossing = Crossing {
                time: *time,
                fold_window: 0,
                count: 0,
                first: false,
                members: Vec::new(),
            };
            sighting_of(&crossing, origin(group), &rules.inner, outer)
        });
        let groups = by_group(direct.chain(emitted));
        for (group, time) in crossings(outer, kind.count(), &groups) {
            found.insert(("outer", group, stream.fold_window(time)));
        }
    }
    found
}

fn run<'h>(history: &'h History, sabotage: Sabotage) -> World<'h> {
    let mut world = World::new(&history.rules, sabotage);
    world.run(history.batches.clone(), history.workers, &history.schedule);
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn every_kind_finds_what_the_whole_history_holds(history in history::single()) {
        prop_assert_eq!(run(&history, Sabotage::Nothing).found, expected(&history));
    }

    #[test]
    fn chained_correlations_find_what_the_whole_history_holds(
        history in history::chained(Limits::default()),
    ) {
        prop_assert_eq!(run(&history, Sabotage::Nothing).found, expected(&history));
    }

    /// Beyond the bounds a chain may miss crossings in the middle of a bucket,
    /// but never finds what is not there, and a counting correlation that is
    /// watched still alerts for itself in every fold window.
    #[test]
    fn bounds_cost_nothing_but_the_middle_of_a_bucket(
        history in history::chained(Limits { chained_members: 4, temporal_members: 8 }),
    ) {
        let found = run(&history, Sabotage::Nothing).found;
        let expected = expected(&history);
        prop_assert!(found.is_subset(&expected));
        let ordered = matches!(
            history.inner,
            history::Kind::Ordered(_) | history::Kind::Some(_, true) | history::Kind::Expression(_, true)
        );
        if !ordered {
            let inner = |found: &Found| -> BTreeSet<_> {
                found.iter().filter(|(level, ..)| *level == "inner").cloned().collect()
            };
            prop_assert_eq!(inner(&found), inner(&expected));
        }
    }
}

/// Histories from fixed seeds, so that the counts below do not vary.
fn fixed_histories(strategy: impl Strategy<Value = History>, count: usize) -> Vec<History> {
    let mut runner = TestRunner::deterministic();
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}

#[test]
fn the_hard_cases_occur() {
    let (mut capped, mut over_buckets, mut crashes, mut found) = (0, 0, 0, 0);
    for history in fixed_histories(history::single(), 1_000) {
        let world = run(&history, Sabotage::Nothing);
        capped += world.counters.capped_sets;
        over_buckets += world.counters.crossings_over_buckets;
        crashes += world.counters.crashes;
        found += world.found.len();
    }
    println!("capped {capped}, over buckets {over_buckets}, crashes {crashes}, found {found}");
    assert!(capped > 1_000 && over_buckets > 1_000 && crashes > 1_000 && found > 1_000);
    let chains = fixed_histories(history::chained(Limits::default()), 300);
    let outer: usize = chains
        .iter()
        .map(|history| run(history, Sabotage::Nothing).found)
        .map(|found| found.iter().filter(|(level, ..)| *level == "outer").count())
        .sum();
    println!("found through chains {outer}");
    assert!(outer > 300);
}

/// Without one of these the answer is wrong, and the comparison says so.
#[test]
fn leaving_out_a_rule_of_the_protocol_is_noticed() {
    let histories = fixed_histories(history::single(), 1_000);
    for sabotage in [
        Sabotage::CapInOrderOfArrival,
        Sabotage::NoNeighbours,
        Sabotage::DecideBeforeWriting,
    ] {
        let wrong = histories
            .iter()
            .filter(|history| run(history, sabotage).found != expected(history))
            .count();
        println!(
            "{sabotage:?}: {wrong} of {} histories differ",
            histories.len()
        );
        assert!(wrong > 0, "{sabotage:?} went unnoticed");
    }
}

/// With fold windows shorter than the timespan the answer depends on the
/// order of arrival: two events fill a bucket of one, and only the later is
/// remembered.
#[test]
fn fold_windows_shorter_than_the_timespan_do_not_converge() {
    use detection::correlate::{Member, Stream};
    let correlation = history::Kind::Events(1).correlation(&["a"], &[], "", 10);
    let stream = Stream::new(&correlation, Some(1), false).unwrap();
    assert_eq!(stream.fold_seconds(), 10);
    let all: BTreeSet<Member> = [2, 7].map(|time| Member::new(time, "x".to_owned())).into();
    let (kept, _) = stream.retain(&all);
    let folds = |members: &BTreeSet<Member>, seconds| -> BTreeSet<i64> {
        members
            .iter()
            .map(|member| fold_window(member.time, seconds))
            .collect()
    };
    assert_ne!(folds(&kept, 5), folds(&all, 5));
    assert_eq!(folds(&kept, 10), folds(&all, 10));
}
