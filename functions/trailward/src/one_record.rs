//! One record out of a file, for the commands that look at a single one.

use std::path::Path;

use anyhow::{Context, Result, bail};
use cloudtrail::Record;
use cloudtrail::envelope::file;
use pipeline::neutral;

use crate::inputs::Input;

/// Hands the only record of a file (or of standard input, `-`) to `work`.
///
/// # Errors
/// Where the file cannot be read, or does not hold exactly one record.
pub(crate) fn only_record<T>(path: &Path, mut work: impl FnMut(&Record<'_>) -> T) -> Result<T> {
    let input = Input {
        path: path.to_owned(),
        bytes: 0,
        named: true,
    };
    let name = input.name();
    let bytes = input
        .read()
        .with_context(|| format!("cannot read `{name}`"))?;
    let mut outcome = None;
    let mut fault = None;
    let summary = file::each_record(&bytes, &mut |_, found| match found {
        Ok(record) if outcome.is_none() => outcome = Some(work(record)),
        Ok(_) => {}
        Err(broken) => fault = Some(broken.reason),
    })
    .with_context(|| name.clone())?;
    if let Some(reason) = fault {
        bail!("{name}: {}", neutral::value(&reason));
    }
    match (outcome, summary.tally.records) {
        (Some(outcome), 1) => Ok(outcome),
        (_, records) => bail!("`{name}` holds {records} records; one is wanted"),
    }
}
