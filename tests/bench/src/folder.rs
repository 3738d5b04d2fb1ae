//! The records of a folder of trail files.

use std::path::Path;

use anyhow::{Context as _, Result};
use cloudtrail::envelope::file;

/// The JSON texts of the records at or below a folder, by the files' names.
pub(crate) fn records(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("`{}`", folder.display()))? {
        paths.push(entry?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            found.extend(records(&path)?);
            continue;
        }
        // What holds no records, a list beside the trail, is passed over.
        let _ = file::each_record(&std::fs::read(&path)?, &mut |_, outcome| {
            found.extend(outcome.map(|record| record.root().text().into_owned()));
        });
    }
    Ok(found)
}
