//! What every state store promises. Each function takes an empty or a shared
//! store and keys of its own, and panics where the store breaks its word.

use pipeline::ports::{
    Claim, CountEntry, Counted, CounterKey, Expiry, Lease, MemberSet, PortError, Seen, SeenKey,
    StateStore, WindowKey,
};

/// A time in 2026, in epoch seconds: when these stories play.
pub const NOW: i64 = 1_772_442_900;

/// All promises, each under keys that begin with `run`, so that a store that
/// is shared between runs can keep its own apart.
///
/// # Errors
/// Where the store does not answer.
pub async fn all(state: &dyn StateStore, run: &str) -> Result<(), PortError> {
    a_claim_is_won_once(state, run).await?;
    a_lease_ends(state, run).await?;
    an_expired_claim_is_absent(state, run).await?;
    confirming_again_changes_nothing(state, run).await?;
    a_marker_moves_its_counters_once(state, run).await?;
    counters_of_one_call_add_up(state, run).await?;
    a_day_lists_its_counters(state, run).await?;
    members_are_a_union(state, run).await?;
    buckets_are_read_in_order(state, run).await?;
    an_expired_bucket_is_empty(state, run).await?;
    dropping_forgets_only_what_is_named(state, run).await?;
    a_value_is_replaced_only_as_it_was_read(state, run).await?;
    an_expired_value_is_absent(state, run).await?;
    a_time_is_fixed_by_the_first(state, run).await
}

fn lease(owner: &str, now_ms: i64) -> Lease {
    Lease {
        owner: owner.to_owned(),
        now_ms,
        until_ms: now_ms + 50_000,
        expires_at: NOW + 1_000_000,
    }
}

const NOW_MS: i64 = NOW * 1_000;

fn expiry() -> Expiry {
    Expiry {
        now: NOW,
        at: NOW + 1_000,
    }
}

fn set(members: &[&str]) -> MemberSet {
    members.iter().map(|member| (*member).to_owned()).collect()
}

/// Of two attempts one wins; the other is told until when; once confirmed,
/// everybody is told so, at any time. The winner may ask again.
async fn a_claim_is_won_once(state: &dyn StateStore, run: &str) -> Result<(), PortError> {
    let key = format!("{run}-claim-once");
    let (first, second) = (lease("one", NOW_MS), lease("two", NOW_MS + 1));
    assert_eq!(state.claim(&key, &first).await?, Claim::Won);
    let held = Claim::Held {
        until_ms: first.until_ms,
    };
    assert_eq!(state.claim(&key, &second).await?, held);
    assert_eq!(state.claim(&key, &first).await?, Claim::Won);
    state.confirm(&key, &first).await?;
    assert_eq!(state.claim(&key, &second).await?, Claim::Confirmed);
    assert_eq!(state.claim(&key, &first).await?, Claim::Confirmed);
    let later = lease("three", NOW_MS + 100_000);
    assert_eq!(state.claim(&key, &later).await?, Claim::Confirmed);
    Ok(())
}

/// An unconfirmed claim is free again when its lease has ended, not before.
async fn a_lease_ends(state: &dyn StateStore, run: &str) -> Result<(), PortError> {
    let key = format!("{run}-claim-lease");
    let first = lease("one", NOW_MS);
    assert_eq!(state.claim(&key, &first).await?, Claim::Won);
    let early = lease("two", first.until_ms - 1);
    let held = Claim::Held {
        until_ms: first.until_ms,
    };
    assert_eq!(state.claim(&key, &early).await?, held);
    let due = lease("two", first.until_ms);
    assert_eq!(state.claim(&key, &due).await?, Claim::Won);
    // The one that was late all the same did publish, and may say so.
    state.confirm(&key, &first).await?;
    assert_eq!(state.claim(&key, &due).await?, Claim::Confirmed);
    Ok(())
}

/// The table deletes late: a claim past its expiry is no claim.
async fn an_expired_claim_is_absent(state: &dyn StateStore, run: &str) -> Result<(), PortError> {
    let key = format!("{run}-claim-expired");
    let first = lease("one", NOW_MS);
    assert_eq!(state.claim(&key, &first).await?, Claim::Won);
    state.confirm(&key, &first).await?;
    let mut after = lease("two", (first.expires_at + 1) * 1_000);
    after.expires_at = first.expires_at + 1_000_000;
    assert_eq!(state.claim(&key, &after).await?, Claim::Won);
    Ok(())
}

async fn confirming_again_changes_nothing(
    state: &dyn StateStore,
    run: &str,
) -> Result<(), PortError> {
    let key = format!("{run}-claim-again");
    let first = lease("one", NOW_MS);
    assert_eq!(state.claim(&key, &first).await?, Claim::Won);
    state.confirm(&key, &first).await?;
    state.confirm(&key, &first).await?;
    assert_eq!(
        state.claim(&key, &lease("two", NOW_MS)).await?,
        Claim::Confirmed
    );
    Ok(())
}

fn group(run: &str, name: &str) -> CounterKey {
    CounterKey::Group {
        fingerprint: format!("{run}-{name}"),
    }
}

fn entry(run: &str, event: &str, counters: &[CounterKey]) -> CountEntry {
    CountEntry {
        event: format!("{run}-{event}"),
        rule: "rule-1".to_owned(),
        counters: counters.to_vec(),
    }
}

/// However often an event is counted, its counters move once; for another
/// rule they move again.
async fn a_marker_moves_its_counters_once(
    state: &dyn StateStore,
    run: &str,
) -> Result<(), PortError> {
    let counter = group(run, "once");
    let one = entry(run, "once-1", std::slice::from_ref(&counter));
    let again = state.count(std::slice::from_ref(&one), expiry()).await?;
    assert_eq!(again, [Counted::Now]);
    let again = state.count(std::slice::from_ref(&one), expiry()).await?;
    assert_eq!(again, [Counted::Before]);
    let other_rule = CountEntry {
        rule: "rule-2".to_owned(),
        ..one.clone()
    };
    let two = entry(run, "once-2", std::slice::from_ref(&counter));
    let both = state.count(&[two, one, other_rule], expiry()).await?;
    assert_eq!(both, [Counted::Now, Counted::Before, Counted::Now]);
    assert_eq!(state.counters(&[counter]).await?, [3]);
    Ok(())
}

/// Many entries of one call, more than any transaction holds, and several
/// counters each.
async fn counters_of_one_call_add_up(state: &dyn StateStore, run: &str) -> Result<(), PortError> {
    let (common, even) = (group(run, "common"), group(run, "even"));
    let entries: Vec<CountEntry> = (0..250)
        .map(|n| {
            let mut counters = vec![common.clone()];
            counters.extend((n % 2 == 0).then(|| even.clone()));
            entry(run, &format!("many-{n}"), &counters)
        })
        .collect();
    assert_eq!(
        state.count(&entries, expiry()).await?,
        vec![Counted::Now; 250]
    );
    assert_eq!(
        state.count(&entries, expiry()).await?,
        vec![Counted::Before; 250]
    );
    let absent = group(run, "absent");
    let read = state.counters(&[even, absent, common]).await?;
    assert_eq!(read, [125, 0, 250]);
    Ok(())
}

async fn a_day_lists_its_counters(state: &dyn StateStore, run: &str) -> Result<(), PortError> {
    let key = |day: i64, account: &str, rule: &str| CounterKey::Day {
        day,
        account: account.to_owned(),
        rule: format!("{run}-{rule}"),
    };
    let first = key(20_514, "111122223333", "a");
    let second = key(20_514, "444455556666", "b");
    let elsewhere = key(20_515, "111122223333", "a");
    let entries = [
        entry(run, "day-1", &[first.clone(), second.clone()]),
        entry(run, "day-2", std::slice::from_ref(&first)),
        entry(run, "day-3", &[elsewhere]),
    ];
    state.count(&entries, expiry()).await?;
    let mut listed = state.day(20_514).await?;
    listed.retain(|(key, _)| matches!(key, CounterKey::Day { rule, .. } if rule.starts_with(run)));
    listed.sort();
    assert_eq!(listed, [(first, 2), (second, 1)]);
    Ok(())
}

/// Adding is an idempotent union that answers with the whole set.
async fn members_are_a_union(state: &dyn StateStore, run: &str) -> Result<(), PortError> {
    let window = WindowKey(format!("{run}-union"));
    let first = set(&["a", "b"]);
    let whole = state.add_members(&window, 7, &first, expiry()).await?;
    assert_eq!(whole, first);
    let whole = state
        .add_members(&window, 7, &set(&["b", "c"]), expiry())
        .await?;
    assert_eq!(whole, set(&["a", "b", "c"]));
    let whole = state
        .add_members(&window, 7, &set(&["a"]), expiry())
        .await?;
    assert_eq!(whole, set(&["a", "b", "c"]));
    Ok(())
}

async fn buckets_are_read_in_order(state: &dyn StateStore, run: &str) -> Result<(), PortError> {
    let window = WindowKey(format!("{run}-order"));
    state
        .add_members(&window, 1, &set(&["one"]), expiry())
        .await?;
    state
        .add_members(&window, -3, &set(&["minus three"]), expiry())
        .await?;
    let read = state.read_members(&window, &[1, 0, -3, 1], NOW).await?;
    let one = set(&["one"]);
    assert_eq!(read, [one.clone(), set(&[]), set(&["minus three"]), one]);
    let other = WindowKey(format!("{run}-order-other"));
    assert_eq!(state.read_members(&other, &[1], NOW).await?, [set(&[])]);
    Ok(())
}

/// What expired is read as empty, and adding to it begins anew.
async fn an_expired_bucket_is_empty(state: &dyn StateStore, run: &str) -> Result<(), PortError> {
    let window = WindowKey(format!("{run}-expired"));
    state
        .add_members(&window, 1, &set(&["old"]), expiry())
        .await?;
    let after = expiry().at + 1;
    let read = state.read_members(&window, &[1], after).await?;
    assert_eq!(read, [set(&[])]);
    let later = Expiry {
        now: after,
        at: after + 1_000,
    };
    let whole = state.add_members(&window, 1, &set(&["new"]), later).await?;
    assert_eq!(whole, set(&["new"]));
    Ok(())
}

async fn dropping_forgets_only_what_is_named(
    state: &dyn StateStore,
    run: &str,
) -> Result<(), PortError> {
    let window = WindowKey(format!("{run}-drop"));
    state
        .add_members(&window, 1, &set(&["a", "b", "c"]), expiry())
        .await?;
    state.drop_members(&window, 1, &set(&["a", "x"])).await?;
    state.drop_members(&window, 2, &set(&["a"])).await?;
    let read = state.read_members(&window, &[1, 2], NOW).await?;
    assert_eq!(read, [set(&["b", "c"]), set(&[])]);
    state.drop_members(&window, 1, &set(&["b", "c"])).await?;
    let read = state.read_members(&window, &[1], NOW).await?;
    assert_eq!(read, [set(&[])]);
    let whole = state
        .add_members(&window, 1, &set(&["d"]), expiry())
        .await?;
    assert_eq!(whole, set(&["d"]));
    Ok(())
}

fn seen(first: i64, last: i64) -> Seen {
    Seen {
        first,
        brought_by: format!("event-{first}"),
        last,
    }
}

/// Of two writers that read the same, one is refused and must decide anew.
async fn a_value_is_replaced_only_as_it_was_read(
    state: &dyn StateStore,
    run: &str,
) -> Result<(), PortError> {
    let key = SeenKey {
        rule: format!("{run}-seen"),
        value: "v".to_owned(),
    };
    let (one, two, three) = (seen(1, 1), seen(2, 2), seen(1, 9));
    assert_eq!(state.seen(&key, NOW).await?, None);
    assert!(state.replace_seen(&key, None, &one, expiry()).await?);
    // A writer that lost the answer asks again.
    assert!(state.replace_seen(&key, None, &one, expiry()).await?);
    assert!(!state.replace_seen(&key, None, &two, expiry()).await?);
    assert_eq!(state.seen(&key, NOW).await?, Some(one.clone()));
    assert!(
        state
            .replace_seen(&key, Some(&one), &three, expiry())
            .await?
    );
    assert!(!state.replace_seen(&key, Some(&one), &two, expiry()).await?);
    assert_eq!(state.seen(&key, NOW).await?, Some(three));
    let other = SeenKey {
        value: "w".to_owned(),
        ..key
    };
    assert_eq!(state.seen(&other, NOW).await?, None);
    Ok(())
}

async fn an_expired_value_is_absent(state: &dyn StateStore, run: &str) -> Result<(), PortError> {
    let key = SeenKey {
        rule: format!("{run}-seen-expired"),
        value: "v".to_owned(),
    };
    assert!(
        state
            .replace_seen(&key, None, &seen(1, 1), expiry())
            .await?
    );
    let after = expiry().at + 1;
    assert_eq!(state.seen(&key, after).await?, None);
    let later = Expiry {
        now: after,
        at: after + 1_000,
    };
    let again = seen(5, 5);
    assert!(state.replace_seen(&key, None, &again, later).await?);
    assert_eq!(state.seen(&key, after).await?, Some(again));
    Ok(())
}

async fn a_time_is_fixed_by_the_first(state: &dyn StateStore, run: &str) -> Result<(), PortError> {
    let key = format!("{run}-time");
    assert_eq!(state.fix_time(&key, 100).await?, 100);
    assert_eq!(state.fix_time(&key, 50).await?, 100);
    assert_eq!(state.fix_time(&key, 200).await?, 100);
    assert_eq!(state.fix_time(&format!("{run}-time-other"), 7).await?, 7);
    Ok(())
}
