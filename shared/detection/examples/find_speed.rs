//! Nanoseconds per record that matching adds to the scan.
//!
//! `cargo run --release -p detection --example find_speed -- RECORDS RULES...`
//! where RECORDS is a folder of record files and RULES are rule files.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement reads files and the clock, and prints"
)]

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use cloudtrail::envelope::file::each_record;
use cloudtrail::{Layer, Record};
use detection::sigma::{Lists, Source, load};
use detection::{RuleSet, Scratch};

/// Records that are measured: more than a cache holds.
const RECORDS: usize = 4_000;

/// Rounds of which the median counts.
const ROUNDS: usize = 41;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, rules) = arguments.split_first().ok_or("usage: RECORDS RULES...")?;
    let records = records(Path::new(folder))?;
    let bytes: usize = records.iter().map(Vec::len).sum();
    println!("{} records, {} bytes", records.len(), bytes);
    let mut sets = Vec::new();
    for file in rules {
        let text = std::fs::read_to_string(file)?;
        let source = Source {
            name: file,
            text: &text,
        };
        let loaded = load(&[source], &Lists::default());
        for problem in &loaded.problems {
            println!("{problem}");
        }
        let bytes = RuleSet::new(loaded.rules).0.to_bytes()?.leak();
        let start = Instant::now();
        let set = RuleSet::from_bytes(bytes)?;
        println!(
            "{file}: {} rules loaded in {:?}",
            set.len(),
            start.elapsed()
        );
        sets.push(set);
    }
    let mut rounds = vec![Vec::new(); sets.len() + 1];
    for _ in 0..ROUNDS {
        rounds[0].push(time(&records, None));
        for (set, times) in sets.iter().zip(&mut rounds[1..]) {
            times.push(time(&records, Some(set)));
        }
    }
    let medians: Vec<f64> = rounds
        .iter_mut()
        .map(|times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        })
        .collect();
    println!("scan alone: {:.0} ns per record", medians[0]);
    for (file, median) in rules.iter().zip(&medians[1..]) {
        println!("{file}: +{:.0} ns per record", median - medians[0]);
    }
    Ok(())
}

/// One pass over the records: nanoseconds per record.
fn time(records: &[Vec<u8>], set: Option<&RuleSet>) -> f64 {
    let mut scratch = Scratch::default();
    let mut matches = Vec::new();
    let start = Instant::now();
    for text in records {
        let Ok(record) = Record::scan(text, Layer::Escaped) else {
            continue;
        };
        if let Some(set) = set {
            set.find(&record, &mut scratch, &mut matches);
        }
        black_box(&record);
    }
    let nanoseconds = start.elapsed().as_nanos() as f64;
    black_box(matches.len());
    nanoseconds / records.len() as f64
}

/// Records as they stand inside a CloudWatch Logs payload.
fn records(folder: &Path) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut records = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    for file in files.into_iter().filter(|file| file.is_file()) {
        let bytes = std::fs::read(&file)?;
        each_record(&bytes, &mut |_, outcome| {
            if let Ok(record) = outcome
                && records.len() < RECORDS
            {
                let quoted = serde_json::to_string(&record.root().text()).unwrap_or_default();
                records.push(quoted.as_bytes()[1..quoted.len() - 1].to_vec());
            }
        })
        .map_err(|error| error.to_string())?;
    }
    Ok(records)
}
