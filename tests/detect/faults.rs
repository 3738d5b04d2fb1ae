//! Crashes, throttles, held claims and deadlines: nothing is lost, and at most
//! one repeat is the price of a crash.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use pipeline::detect::Detector;
use pipeline::invocation::{Invocation, Problem};
use pipeline::ports::{CounterKey, Lease};
use serde_json::Value;

use crate::correlations::{DENIED, denied};
use crate::faulty::faulty;
use crate::world::{STOPPED, World, call};

#[tokio::test]
async fn whatever_fails_once_the_retry_tells_it() {
    let records: Vec<Value> = (0..5).map(|n| denied("kim", n)).collect();
    for (call, repeats) in [
        ("claim", 0),
        ("count", 0),
        ("add_members", 0),
        ("read_members", 0),
        ("publish", 0),
        // Delivered, and the answer lost: told again rather than not at all.
        ("published", 2),
        ("confirm", 1),
    ] {
        let (mut world, faults) = faulty(DENIED);
        faults.fail(call, 2);
        let error = world.batch(&records).await.unwrap_err();
        assert!(error.accounts.check().is_ok(), "{call}: {error}");
        // As Lambda does: again after a minute, and after two.
        for seconds in [60, 120] {
            world.wait(seconds);
            let _ = world.batch(&records).await;
        }
        let last = world.batch(&records).await.unwrap();
        assert_eq!((last.alerted, last.failed), (0, 0), "{call}");
        let told = world.mails().len();
        assert!(
            (1..=1 + repeats).contains(&told),
            "{call}: told {told} times"
        );
        let day = CounterKey::Day {
            day: 20_514,
            account: "111122223333".to_owned(),
            rule: "7d1f1c1e-0000-4000-8000-000000000010".to_owned(),
        };
        assert_eq!(world.state.counters(&[day]).await.unwrap(), [5], "{call}");
    }
}

#[tokio::test]
async fn alerts_go_out_where_counting_fails() {
    let (mut world, faults) = faulty(STOPPED);
    faults.fail("count", 1);
    faults.fail("counters", 1);
    let error = world
        .batch(&[call("StopLogging", "kim", 1)])
        .await
        .unwrap_err();
    assert_eq!(world.mails().len(), 1);
    assert_eq!(error.accounts.alerted, 1);
    let retry = world.batch(&[call("StopLogging", "kim", 1)]).await.unwrap();
    assert_eq!((retry.alerted, retry.folded), (0, 1));
}

#[tokio::test]
async fn a_marker_set_before_a_crash_does_not_hide_the_alert() {
    let (mut world, faults) = faulty(STOPPED);
    // Counted, claimed, and then nothing more.
    faults.fail("publish", 1);
    world
        .batch(&[call("StopLogging", "kim", 1)])
        .await
        .unwrap_err();
    assert!(world.mails().is_empty());
    world.wait(60);
    let retry = world.batch(&[call("StopLogging", "kim", 1)]).await.unwrap();
    assert_eq!(retry.alerted, 1);
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn a_claim_that_another_attempt_holds_is_no_success() {
    let mut world = World::new(STOPPED);
    let records = [call("StopLogging", "kim", 1), call("StopLogging", "lee", 2)];
    // The fingerprint that this record will have, learnt in another world.
    let mut twin = World::new(STOPPED);
    twin.batch(&records[..1]).await.unwrap();
    let mail = twin.mails().remove(0);
    let fingerprint = &mail
        .attributes
        .iter()
        .find(|(name, _)| *name == "fingerprint");
    let fingerprint = fingerprint.unwrap().1.clone();
    let now_ms = world.now_ms.load(Ordering::Relaxed);
    let lease = Lease {
        owner: "somebody else".to_owned(),
        now_ms,
        until_ms: now_ms + 50_000,
        expires_at: now_ms / 1_000 + 1_000_000,
    };
    world.state.claim(&fingerprint, &lease).await.unwrap();
    let error = world.batch(&records).await.unwrap_err();
    assert!(matches!(error.first, Problem::Held { .. }), "{error}");
    assert_eq!((error.accounts.alerted, error.accounts.failed), (1, 1));
    assert_eq!(world.mails().len(), 1, "the rest is done all the same");
    world.wait(51);
    let retry = world.batch(&records).await.unwrap();
    assert_eq!(retry.alerted, 1);
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn where_time_runs_out_what_is_done_stays_done() {
    let mut world = World::new(STOPPED);
    let records: Vec<Value> = (0..8)
        .map(|n| call("StopLogging", &format!("user{n}"), n))
        .collect();
    let data = trailward_tests::payload::logs_data(&records, "trail/organization").unwrap();
    let mut invocation = world.invocation();
    // Each look at the clock takes a second.
    let now_ms = world.now_ms.clone();
    let mut parts = world.parts();
    parts.clock = Arc::new(move || now_ms.fetch_add(1_000, Ordering::Relaxed));
    invocation.deadline_ms = world.now_ms.load(Ordering::Relaxed) + 25_000;
    let mut detector = Detector::new(parts);
    let error = detector
        .handle_logs(data.as_bytes(), &invocation)
        .await
        .unwrap_err();
    let (done, left) = (error.accounts.alerted, error.accounts.failed);
    assert!(done > 0 && left > 0 && done + left == 8, "{done} {left}");
    assert!(matches!(error.first, Problem::OutOfTime { .. }), "{error}");
    assert_eq!(world.mails().len() as u64, done);
    // As Lambda does; what was claimed and not told is free again by then.
    world.wait(60);
    let retry = world.batch(&records).await.unwrap();
    assert_eq!((retry.alerted, retry.already_known), (left, done));
}

#[tokio::test]
async fn a_quarantine_that_fails_fails_the_invocation() {
    let mut world = World::new(STOPPED);
    // A file stands where the folder should be.
    let file = world.quarantine.path().join("unreadable");
    std::fs::write(&file, "").unwrap();
    let invocation = world.invocation();
    let handled = world.detector().handle_logs(b"!", &invocation).await;
    let error = handled.unwrap_err();
    assert!(
        error.to_string().contains("writing `unreadable/"),
        "{error}"
    );
}

/// A defect in the product, at any look at the clock: the runtime catches the
/// panic and reports a failure, and the same container goes on.
#[tokio::test]
async fn a_panic_costs_a_retry_and_nothing_else() {
    let mut panics = 0;
    while let Some(told) = told_with_a_panic_at(panics).await {
        assert!((2..=3).contains(&told), "at {panics}: told {told} times");
        panics += 1;
    }
    assert!(panics > 10, "{panics} panics");
}

/// How often two alerts are told in all; `None` where nothing panics.
async fn told_with_a_panic_at(place: i64) -> Option<usize> {
    let mut world = World::new(STOPPED);
    let now_ms = world.now_ms.clone();
    let looks = Arc::new(AtomicI64::new(0));
    let mut parts = world.parts();
    parts.clock = Arc::new(move || {
        assert!(looks.fetch_add(1, Ordering::Relaxed) != place, "a defect");
        now_ms.load(Ordering::Relaxed)
    });
    let records = [call("StopLogging", "kim", 1), call("StopLogging", "lee", 2)];
    let data = trailward_tests::payload::logs_data(&records, "trail/organization").unwrap();
    let detector = Detector::new(parts);
    let detector = Arc::new(tokio::sync::Mutex::new(detector));
    let attempt = |invocation: Invocation| {
        let (detector, data) = (Arc::clone(&detector), data.clone());
        tokio::spawn(async move {
            let mut detector = detector.lock().await;
            detector.handle_logs(data.as_bytes(), &invocation).await
        })
    };
    let panicked = attempt(world.invocation()).await.err()?;
    assert!(panicked.is_panic());
    world.wait(60);
    let retry = attempt(world.invocation()).await.unwrap().unwrap();
    retry.check().unwrap();
    Some(world.mails().len())
}
