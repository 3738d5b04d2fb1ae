//! What is measured: each stage takes a payload and tells how many records
//! it went through.

use std::hint::black_box;

use cloudtrail::envelope::payload::LogsDecoder;
use detection::{Match, RuleSet, Scratch};
use libdeflater::Decompressor;

use crate::material::Payload;

/// What a stage does with a payload; returns the number of records.
type Work = Box<dyn FnMut(&Payload) -> usize>;

/// One way to go through a payload.
pub(crate) struct Stage {
    name: &'static str,
    rounds: usize,
    work: Work,
}

impl Stage {
    /// A stage that takes part in at most so many rounds.
    pub(crate) fn new(name: &'static str, rounds: usize, work: Work) -> Self {
        Self { name, rounds, work }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn rounds(&self) -> usize {
        self.rounds
    }

    pub(crate) fn run(&mut self, payload: &Payload) -> usize {
        (self.work)(payload)
    }

    /// Base64 and gunzip alone, into buffers that are used again.
    pub(crate) fn decoding() -> Self {
        let mut decompressor = Decompressor::new();
        let (mut gzip, mut text) = (Vec::new(), Vec::new());
        let work = move |payload: &Payload| {
            gzip.clear();
            base64_simd::STANDARD
                .decode_append(&payload.data, &mut gzip)
                .expect("the payload is base64");
            let promised = gzip
                .last_chunk::<4>()
                .map_or(0, |size| u32::from_le_bytes(*size));
            if text.len() < promised as usize {
                text.resize(promised as usize, 0);
            }
            let length = decompressor
                .gzip_decompress(&gzip, &mut text)
                .expect("the payload is gzip");
            black_box(&text[..length]);
            payload.records
        };
        Self::new("a", usize::MAX, Box::new(work))
    }

    /// The product's decoder and scan, no rules.
    pub(crate) fn scan() -> Self {
        let mut decoder = LogsDecoder::new();
        let work = move |payload: &Payload| {
            let payload = decoder.decode(&payload.data).expect("the payload is sound");
            let tally = payload.each(&mut |_, outcome| {
                black_box(&outcome);
            });
            tally.records + tally.ignored
        };
        Self::new("b", usize::MAX, Box::new(work))
    }

    /// The product: decoder, scan and rules.
    pub(crate) fn product(name: &'static str, rules: RuleSet) -> Self {
        let mut decoder = LogsDecoder::new();
        let mut scratch = Scratch::default();
        let mut matches: Vec<Match> = Vec::new();
        let work = move |payload: &Payload| {
            let payload = decoder.decode(&payload.data).expect("the payload is sound");
            let tally = payload.each(&mut |_, outcome| {
                if let Ok(record) = outcome {
                    matches.clear();
                    rules.find(record, &mut scratch, &mut matches);
                    black_box(&matches);
                }
            });
            tally.records + tally.ignored
        };
        Self::new(name, usize::MAX, Box::new(work))
    }
}
