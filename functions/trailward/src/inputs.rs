//! Which files a run reads, and their bytes.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Endings of the files that are taken out of a folder. A file named on the
/// command line is read whatever its ending.
const ENDINGS: [&str; 6] = [".json", ".json.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".gz"];

/// Stands for standard input.
const STANDARD_INPUT: &str = "-";

/// One input of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// Size on disk in bytes; 0 for standard input.
    pub(crate) bytes: u64,
    /// Named on the command line, not found in a folder.
    pub(crate) named: bool,
}

impl Input {
    /// What findings and errors call it.
    pub(crate) fn name(&self) -> String {
        if self.is_standard_input() {
            "standard input".to_owned()
        } else {
            self.path.display().to_string()
        }
    }

    /// Whether it can be read only once.
    pub(crate) fn is_standard_input(&self) -> bool {
        self.path.to_str() == Some(STANDARD_INPUT)
    }

    /// The whole content.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        if self.is_standard_input() {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
        fs::read(&self.path)
    }
}

/// What a report calls these inputs.
pub(crate) fn described(paths: &[PathBuf]) -> String {
    match paths {
        [path] => path.display().to_string(),
        [first, rest @ ..] => format!("{} and {} more", first.display(), rest.len()),
        [] => String::new(),
    }
}

/// Every file that `paths` name or hold, folders in order of their names.
pub(crate) fn collect(paths: &[PathBuf]) -> Result<Vec<Input>> {
    let endings = format!("file that ends in {}", ENDINGS.join(", "));
    let is_taken = |path: &Path| {
        let path = path.to_string_lossy();
        ENDINGS.iter().any(|ending| path.ends_with(ending))
    };
    collect_where(paths, &endings, &is_taken)
}

/// The same with a say in which files of a folder are taken, and a word for
/// them.
pub(crate) fn collect_where(
    paths: &[PathBuf],
    what: &str,
    is_taken: &dyn Fn(&Path) -> bool,
) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.to_str() == Some(STANDARD_INPUT) {
            inputs.push(Input {
                path: path.clone(),
                bytes: 0,
                named: true,
            });
            continue;
        }
        let metadata =
            fs::metadata(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        if metadata.is_dir() {
            let before = inputs.len();
            walk(path, is_taken, &mut inputs)?;
            if inputs.len() == before {
                bail!("`{}` holds no {what}", path.display());
            }
        } else {
            inputs.push(Input {
                path: path.clone(),
                bytes: metadata.len(),
                named: true,
            });
        }
    }
    Ok(inputs)
}

fn walk(folder: &Path, is_taken: &dyn Fn(&Path) -> bool, inputs: &mut Vec<Input>) -> Result<()> {
    for path in entries(folder)? {
        if path.is_dir() {
            walk(&path, is_taken, inputs)?;
        } else if is_taken(&path) {
            let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            inputs.push(Input {
                path,
                bytes,
                named: false,
            });
        }
    }
    Ok(())
}

/// A folder's entries, by name.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = || format!("cannot read the folder `{}`", folder.display());
    let mut paths = fs::read_dir(folder)
        .with_context(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()
        .with_context(failed)?;
    paths.sort();
    Ok(paths)
}
