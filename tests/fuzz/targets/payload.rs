//! CloudWatch Logs payloads: as base64 text that may be anything, and as the
//! text inside, which a mutation of the former would never get to.

#![no_main]

mod asking;
mod counting;

use cloudtrail::envelope::{LogsDecoder, LogsKind};
use counting::{Counted, gzip};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A payload as another reader takes it.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(rename = "logEvents", borrow)]
    log_events: Vec<&'a RawValue>,
}

fuzz_target!(|data: &[u8]| {
    let mut decoder = LogsDecoder::new();
    read(&mut decoder, data);
    // The same decoder again: its buffers are used from one to the next.
    let text = base64_simd::STANDARD.encode_to_string(gzip(data));
    let Some((kind, outcomes)) = read(&mut decoder, text.as_bytes()) else {
        return;
    };
    // One outcome for each log event, whatever they hold.
    if let (LogsKind::Data, Ok(payload)) = (kind, serde_json::from_slice::<Payload>(data)) {
        assert_eq!(outcomes, payload.log_events.len());
    }
});

/// The kind of a payload and how many outcomes it has.
fn read(decoder: &mut LogsDecoder, text: &[u8]) -> Option<(LogsKind, usize)> {
    let payload = decoder.decode(text).ok()?;
    let mut counted = Counted::default();
    let tally = payload.each(&mut |_, outcome| counted.take(outcome));
    counted.agrees_with(tally);
    let outcomes = tally.records + tally.faults + tally.ignored;
    Some((payload.kind, outcomes))
}
