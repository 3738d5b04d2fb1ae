//! Records in files, in any form in which trails are kept.

use std::path::{Path, PathBuf};

use cloudtrail::Record;
use cloudtrail::envelope::each_record;
use pipeline::ports::PortError;

use super::Records;

/// Files that are read anew for each pass, one at a time.
#[derive(Debug, Clone)]
pub struct RecordFiles {
    files: Vec<PathBuf>,
}

impl RecordFiles {
    /// These files, or all files in and below these folders.
    pub fn under(paths: &[PathBuf]) -> Result<Self, PortError> {
        let mut files = Vec::new();
        for path in paths {
            collect(path, &mut files)?;
        }
        files.sort();
        Ok(Self { files })
    }

    /// The files.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

impl Records for RecordFiles {
    /// A broken record is left out here and told by `scan`; a file that is no
    /// trail file at all has no records.
    fn each(&self, each: &mut dyn FnMut(&Record<'_>)) -> Result<(), PortError> {
        for file in &self.files {
            let bytes = std::fs::read(file).map_err(|e| unreadable(file, &e))?;
            let read = each_record(&bytes, &mut |_, outcome| {
                if let Ok(record) = outcome {
                    each(record);
                }
            });
            if let Err(problem) = read {
                tracing::warn!(file = %file.display(), %problem, "no trail file");
            }
        }
        Ok(())
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), PortError> {
    let kind = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    if !kind.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(|e| unreadable(path, &e))? {
        collect(&entry.map_err(|e| unreadable(path, &e))?.path(), files)?;
    }
    Ok(())
}

fn unreadable(path: &Path, problem: &std::io::Error) -> PortError {
    PortError::Refused {
        service: "the file system",
        action: format!("reading `{}`", path.display()),
        reason: problem.to_string(),
    }
}
