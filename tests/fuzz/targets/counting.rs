//! What an envelope hands on, held against what it says it did.

use cloudtrail::Record;
use cloudtrail::envelope::{RecordFault, Tally};

use crate::asking::{ask, reads_alone};

/// Counts what an envelope hands on, to hold against its tally.
#[derive(Default)]
pub struct Counted {
    records: usize,
    faults: usize,
}

impl Counted {
    /// Takes one outcome.
    pub fn take(&mut self, outcome: Result<&Record<'_>, RecordFault<'_>>) {
        match outcome {
            Ok(record) => {
                self.records += 1;
                ask(record);
                reads_alone(record);
            }
            Err(fault) => {
                self.faults += 1;
                assert!(!fault.reason.is_empty(), "a fault without a reason");
            }
        }
    }

    /// What was handed on is what the tally says.
    pub fn agrees_with(&self, tally: Tally) {
        assert_eq!((self.records, self.faults), (tally.records, tally.faults));
    }
}

/// The bytes as a gzip member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut compressor =
        libdeflater::Compressor::new(libdeflater::CompressionLvl::new(1).unwrap_or_default());
    let mut packed = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor
        .gzip_compress(bytes, &mut packed)
        .expect("room for all");
    packed.truncate(length);
    packed
}
