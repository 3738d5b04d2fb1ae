//! The product as it is built for any machine of the kind: measured by this
//! same program, built without what only Lambda's machines are sure to have.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::report::Row;

/// What the other program measures.
const STAGE: &str = "c60";

/// Runs the other program; its medians for each size.
pub(crate) fn row(program: &OsStr, sizes: &[usize], rounds: usize) -> Result<Row> {
    let mut row = Row::new("p60");
    for (place, size) in sizes.iter().enumerate() {
        let output = Command::new(program)
            .env("ONLY", STAGE)
            .env("SIZE", size.to_string())
            .env("ROUNDS", rounds.to_string())
            .env_remove("PORTABLE")
            .output()
            .with_context(|| format!("cannot start `{}`", program.display()))?;
        ensure!(output.status.success(), "the portable build failed");
        let text = String::from_utf8(output.stdout)?;
        let line = text.lines().find(|line| line.starts_with(STAGE));
        let last = line.and_then(|line| line.split_whitespace().last());
        row.add(
            place,
            last.context("the portable build printed no time")?
                .parse()?,
        );
    }
    Ok(row)
}
