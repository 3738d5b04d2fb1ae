//! Buckets on disk: a folder for unreadable records, one for reports.

use std::fs;
use std::path::{Component, Path, PathBuf};

use async_trait::async_trait;
use pipeline::ports::{PortError, Quarantine, QuarantinedRecord, ReportStore};

/// Keeps unreadable records as files: the bytes under the record's key, the
/// reason and the input beside them in `<key>.reason.txt`.
#[derive(Debug)]
pub struct FolderQuarantine {
    folder: PathBuf,
}

impl FolderQuarantine {
    /// A quarantine in this folder, which is made when it is needed.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }
}

#[async_trait]
impl Quarantine for FolderQuarantine {
    async fn keep(&self, record: &QuarantinedRecord) -> Result<(), PortError> {
        let reason = format!("{}\n{}\n", record.reason, record.input);
        keep(&self.folder, &record.key, &record.raw)?;
        keep(
            &self.folder,
            &format!("{}.reason.txt", record.key),
            reason.as_bytes(),
        )
    }
}

/// Keeps reports as files.
#[derive(Debug)]
pub struct FolderReports {
    folder: PathBuf,
}

impl FolderReports {
    /// Reports in this folder, which is made when it is needed.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }
}

#[async_trait]
impl ReportStore for FolderReports {
    async fn keep(&self, key: &str, body: &str) -> Result<(), PortError> {
        keep(&self.folder, key, body.as_bytes())
    }
}

fn keep(folder: &Path, key: &str, bytes: &[u8]) -> Result<(), PortError> {
    let refused = |reason: String| PortError::Refused {
        service: "folder",
        action: format!("writing `{key}` into `{}`", folder.display()),
        reason,
    };
    let inside = Path::new(key)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !inside || key.is_empty() {
        return Err(refused("a key must be a relative path".to_owned()));
    }
    let path = folder.join(key);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&path, bytes))
        .map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_cannot_leave_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        for key in ["../x", "/x", "a/../../x", ""] {
            assert!(keep(folder.path(), key, b"").is_err(), "{key}");
        }
        keep(folder.path(), "2026/03/x.txt", b"text").unwrap();
        let kept = fs::read(folder.path().join("2026/03/x.txt")).unwrap();
        assert_eq!(kept, b"text");
    }
}
