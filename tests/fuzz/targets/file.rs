//! Files in any form, plain and packed: both give the same records.

#![no_main]

mod asking;
mod counting;

use cloudtrail::envelope::each_record;
use counting::{Counted, gzip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let plain = read(data);
    if !data.starts_with(&[0x1f, 0x8b]) {
        assert_eq!(plain, read(&gzip(data)), "packing changes nothing");
    }
});

/// The form and the outcomes, where the file can be read.
fn read(bytes: &[u8]) -> Option<String> {
    let mut counted = Counted::default();
    let summary = each_record(bytes, &mut |_, outcome| counted.take(outcome)).ok()?;
    counted.agrees_with(summary.tally);
    Some(format!("{:?} {:?}", summary.form, summary.tally))
}
