//! A folder of rules, lists and exceptions on disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use pipeline::keys;
use pipeline::ports::{Listing, PortError, TeamFolder};

/// The folder; a file's tag is a hash of its content.
#[derive(Debug)]
pub struct FolderTeam {
    folder: PathBuf,
}

impl FolderTeam {
    /// This folder; one that is not there is empty.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    fn failed(&self, name: &str, error: &io::Error) -> PortError {
        PortError::Unavailable {
            service: "the team's folder",
            action: format!("reading `{}`", self.folder.join(name).display()),
            reason: error.to_string(),
        }
    }

    fn walk(&self, below: &Path, listing: &mut Listing) -> io::Result<()> {
        for entry in fs::read_dir(self.folder.join(below))? {
            let entry = entry?;
            let name = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.walk(&name, listing)?;
            } else {
                let tag = keys::content(&fs::read(entry.path())?);
                listing.insert(name.to_string_lossy().into_owned(), tag);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl TeamFolder for FolderTeam {
    async fn list(&self) -> Result<Listing, PortError> {
        let mut listing = Listing::new();
        match self.walk(Path::new(""), &mut listing) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed("", &error)),
            _ => Ok(listing),
        }
    }

    async fn read(&self, name: &str) -> Result<String, PortError> {
        let bytes = fs::read(self.folder.join(name)).map_err(|error| self.failed(name, &error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
