//! A run over files: lines for findings, crossings and alerts.

use pipeline::journal::{Line, LineKind};
use pipeline::scan::Scan;
use serde_json::{Value, json};

use crate::correlations::{DENIED, denied};
use crate::world::{STOPPED, World, call};

fn file(records: &[Value]) -> Vec<u8> {
    json!({"Records": records}).to_string().into_bytes()
}

async fn scan(world: &World, files: &[(&str, Vec<u8>)]) -> (Vec<Line>, Scan) {
    let mut scan = Scan::new(world.parts(), "scan".to_owned());
    for (name, bytes) in files {
        scan.file(name, bytes).await.unwrap();
    }
    scan.finish().await.unwrap();
    (scan.take_lines(), scan)
}

fn kinds(lines: &[Line]) -> Vec<LineKind> {
    lines.iter().map(|line| line.kind).collect()
}

#[tokio::test]
async fn findings_crossings_and_alerts_are_lines() {
    let world = World::new(&format!("{STOPPED}---{DENIED}"));
    let first: Vec<Value> = (0..3).map(|n| denied("kim", n)).collect();
    let mut second: Vec<Value> = (3..5).map(|n| denied("kim", n)).collect();
    second.push(call("StopLogging", "lee", 9));
    let files = [("a.json", file(&first)), ("b.json", file(&second))];
    let (lines, scan) = scan(&world, &files).await;
    use LineKind::{Alert, Correlation, Event};
    assert_eq!(
        kinds(&lines),
        [
            Event,
            Event,
            Event,
            Event,
            Event,
            Event,
            Correlation,
            Alert,
            Alert
        ]
    );
    let crossing = &lines[6];
    assert_eq!(crossing.event_ids.len(), 5);
    assert_eq!(crossing.event_time.as_deref(), Some("2026-03-02T09:15:04Z"));
    let alert = &lines[8];
    assert_eq!(alert.fingerprint, crossing.fingerprint);
    let source = alert.source.as_ref().unwrap();
    assert_eq!((source.path.as_str(), source.index), ("b.json", 1));
    assert_eq!(scan.accounts().received, 6);
    let text = serde_json::to_string(crossing).unwrap();
    assert!(text.contains(r#""kind":"correlation""#), "{text}");
    assert!(text.contains(r#""level":"medium""#), "{text}");
}

#[tokio::test]
async fn a_second_run_over_the_same_state_finds_again_and_tells_nothing() {
    let world = World::new(STOPPED);
    let files = [("a.json", file(&[call("StopLogging", "kim", 1)]))];
    let (lines, _) = scan(&world, &files).await;
    assert_eq!(kinds(&lines), [LineKind::Event, LineKind::Alert]);
    let (lines, _) = scan(&world, &files).await;
    assert_eq!(kinds(&lines), [LineKind::Event]);
}

#[tokio::test]
async fn what_cannot_be_streamed_runs_at_the_end() {
    let rules = DENIED.replace("{gte: 5}", "{lt: 3}");
    let mut world = World::new(&rules);
    // Two in the first ten minutes, three in the next, none until the last.
    let times = [300, 310, 700, 701, 702, 4_000];
    let records: Vec<Value> = times.iter().map(|n| denied("kim", *n)).collect();
    let streamed = world.batch(&records).await.unwrap();
    assert_eq!((streamed.matched, streamed.alerted), (0, 0));
    let (lines, scan) = scan(&world, &[("a.json", file(&records))]).await;
    let alerts = lines.iter().filter(|line| line.kind == LineKind::Alert);
    assert_eq!(alerts.count(), 1, "{lines:?}");
    assert_eq!(scan.accounts().check(), Ok(()));
}

#[tokio::test]
async fn an_unreadable_file_is_an_error_and_the_rest_goes_on() {
    let world = World::new(STOPPED);
    let mut scan = Scan::new(world.parts(), "scan".to_owned());
    assert!(scan.file("x.png", b"\x89PNG").await.is_err());
    let bytes = file(&[call("StopLogging", "kim", 1)]);
    scan.file("a.json", &bytes).await.unwrap();
    assert_eq!(scan.accounts().alerted, 1);
}
