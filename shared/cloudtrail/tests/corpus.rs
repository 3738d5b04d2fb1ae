//! Real records, from a folder that `CORPUS` names: `.jsonl` files in any
//! form and trail files. None of them may be a fault, the scan must agree with
//! `serde_json` on each, and every derived field must be computed.

#![expect(
    clippy::disallowed_methods,
    reason = "a test reads the folder that CORPUS names"
)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail loudly, and says why it tried nothing"
)]

mod agreement;

use std::path::{Path, PathBuf};

use cloudtrail::envelope::each_record;
use cloudtrail::{Derived, Record};

/// Every `.jsonl` and `.json.gz` file under `CORPUS`.
fn files() -> Vec<PathBuf> {
    let Some(root) = std::env::var_os("CORPUS") else {
        eprintln!("CORPUS is unset: name a folder of real records to read them");
        return Vec::new();
    };
    let mut folders = vec![PathBuf::from(root)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".jsonl") || name.ends_with(".json.gz") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn read(path: &Path, each: &mut dyn FnMut(&Record<'_>)) -> usize {
    let bytes = std::fs::read(path).unwrap();
    let summary = each_record(&bytes, &mut |index, outcome| match outcome {
        Ok(record) => each(record),
        Err(fault) => panic!("{} record {index}: {}", path.display(), fault.reason),
    });
    summary.unwrap().tally.records
}

#[test]
fn no_real_record_is_a_fault() {
    let mut attack_day = 0;
    for path in files() {
        let records = read(&path, &mut |record| {
            for (derived, _) in Derived::ALL {
                record.derived(derived);
            }
            assert!(!record.identity().is_empty());
            assert!(!record.is_oversize());
            agreement::assert_read_in_place(&record.root().text());
        });
        assert!(records > 0, "{} is empty", path.display());
        if path.to_string_lossy().contains("invictus-trail") {
            attack_day += records;
        }
    }
    if std::env::var_os("CORPUS").is_some() {
        assert_eq!(attack_day, 2_900);
    }
}
