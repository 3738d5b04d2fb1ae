//! The laws that forgetting rests on, and the bound on operations.

use std::collections::BTreeSet;

use detection::correlate::{Batch, Limits, Member, SURPLUS_MIN, Sighting, Stream};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::history::{Kind, kinds};

fn stream(kind: &Kind, chained: bool, limits: Limits) -> Stream {
    let correlation = kind.correlation(&["a", "b", "c", "d"], &[], "value", 20);
    Stream::with_limits(&correlation, None, chained, limits).unwrap()
}

prop_compose! {
    fn members()(raw in vec((0..20_i64, 0..7_u8), 0..40)) -> BTreeSet<Member> {
        raw.into_iter()
            .map(|(time, tag)| Member::new(time, format!("{tag:02}")))
            .collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn forgetting_commutes(
        kind in kinds(),
        chained in any::<bool>(),
        chained_members in 2..20_usize,
        temporal_members in 2..40_usize,
        a in members(),
        b in members(),
        also in vec(any::<bool>(), 40),
    ) {
        let stream = stream(&kind, chained, Limits { chained_members, temporal_members });
        let kept = |set: &BTreeSet<Member>| stream.retain(set).0;
        let all: BTreeSet<Member> = &a | &b;
        prop_assert_eq!(kept(&(&kept(&a) | &b)), kept(&all));
        // A set that is only partly forgotten is as good.
        let (least, mut partly) = (kept(&all), kept(&all));
        partly.extend(all.iter().zip(also).filter(|(_, also)| *also).map(|(m, _)| m.clone()));
        prop_assert_eq!(kept(&partly), least);
    }
}

fn sighting(n: i64, time: i64) -> Sighting {
    Sighting {
        rule: "a".to_owned(),
        time,
        identity: format!("event {n}"),
        group: Vec::new(),
        values: vec![format!("value {}", n % 700)],
    }
}

/// 4,000 records of one caller within an hour: a handful of writes, each no
/// larger than a bucket.
#[test]
fn a_hot_batch_makes_a_bounded_number_of_writes() {
    for kind in [
        Kind::Events(10),
        Kind::Values(10),
        Kind::Together(2),
        Kind::Ordered(2),
    ] {
        for timespan in [600, 3_600, 86_400] {
            let correlation = kind.correlation(&["a", "b"], &[], "value", timespan);
            let stream = Stream::new(&correlation, None, false).unwrap();
            let mut batch = Batch::new();
            for n in 0..4_000 {
                batch.add("key", &stream, &sighting(n, 1_700_000_000 + n % 3_600));
            }
            let plans = batch.plan();
            assert_eq!(plans.len(), 1);
            let plan = &plans[0];
            assert!(
                plan.writes.len() as u64 <= 3_600 / timespan + 2,
                "{kind:?} {timespan}"
            );
            assert!(plan.reads.len() <= plan.writes.len() + 2);
            for write in &plan.writes {
                assert!(write.members.len() <= 10 && !write.beyond_bound);
            }
        }
    }
}

/// The largest set of each kind, with several writers at once, fits an item.
#[test]
fn the_largest_sets_fit_an_item() {
    let mut kinds = vec![];
    for chained in [false, true] {
        kinds.push((Kind::Events(2_000), chained));
        kinds.push((Kind::Values(2_000), chained));
        kinds.push((Kind::Ordered(3), chained));
    }
    for (kind, chained) in kinds {
        let correlation = kind.correlation(&["a", "b", "c"], &[], "value", 86_400);
        let stream = Stream::new(&correlation, None, chained).unwrap();
        let mut set = BTreeSet::new();
        for n in 0..30_000_i64 {
            let rule = ["a", "b", "c"][n as usize % 3];
            let sighting = Sighting {
                rule: rule.to_owned(),
                values: vec![format!("value {n}")],
                ..sighting(n, 1_699_920_000 + n)
            };
            set.extend(stream.members_of(&sighting));
        }
        let (kept, cut) = stream.retain(&set);
        let bytes: usize = kept.iter().map(|member| member.to_string().len()).sum();
        assert!(bytes * 4 < 400_000, "{kind:?} {chained}: {bytes}");
        let ordered = matches!(kind, Kind::Ordered(_));
        assert_eq!(cut, chained || ordered, "{kind:?} {chained}");
    }
}

/// A storm writes drops only when they are worth it.
#[test]
fn small_surpluses_stay() {
    let stream = stream(&Kind::Events(3), false, Limits::default());
    let set: Vec<String> = (0..3 + SURPLUS_MIN as i64)
        .map(|time| Member::new(time, "x".to_owned()).to_string())
        .collect();
    assert_eq!(stream.surplus(&set[1..]).unwrap().drop.len(), 0);
    assert_eq!(stream.surplus(&set).unwrap().drop, set[..SURPLUS_MIN]);
    assert!(stream.surplus(&["no member"]).is_err());
}
