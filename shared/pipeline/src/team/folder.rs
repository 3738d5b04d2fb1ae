//! The files of the team's folder, bounded and sorted by what they are.

use detection::RuleProblem;
use detection::rule::Location;
use detection::sigma::Lists;

use crate::ports::{Listing, PortError, TeamFolder};

/// Most files that are read; whoever needs more joins some.
const MAX_FILES: usize = 500;

/// Most bytes of all files together.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The one file of exceptions.
const EXCEPTIONS: &str = "exceptions.yml";

/// Files of the folder, read.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Rules and exceptions, each under its name.
    pub(super) rules: Vec<(String, String)>,
    /// Lists by the name of their placeholder.
    pub(super) lists: Lists,
    /// Files that were left out, each with its reason.
    pub(super) problems: Vec<RuleProblem>,
}

impl Files {
    pub(super) async fn list_and_read(folder: &dyn TeamFolder) -> Result<Self, PortError> {
        Self::read(folder, &folder.list().await?).await
    }

    pub(super) async fn read(
        folder: &dyn TeamFolder,
        listing: &Listing,
    ) -> Result<Self, PortError> {
        let mut files = Self::default();
        let mut bytes = 0;
        let known = listing.keys().filter(|name| kind(name) != Kind::Other);
        for (count, name) in known.enumerate() {
            if count >= MAX_FILES {
                files.leave_out(
                    name,
                    format!("the folder holds more than {MAX_FILES} files"),
                );
                break;
            }
            let text = folder.read(name).await?;
            bytes += text.len();
            if bytes > MAX_BYTES {
                files.leave_out(name, format!("the files together exceed {MAX_BYTES} bytes"));
                break;
            }
            match kind(name) {
                Kind::List(list) => files.lists.parse_text(list, &text),
                _ => files.rules.push((name.clone(), text)),
            }
        }
        Ok(files)
    }

    fn leave_out(&mut self, name: &str, message: String) {
        let location = Location {
            file: name.to_owned(),
            line: 1,
        };
        self.problems.push(RuleProblem {
            location,
            rule: None,
            message,
        });
    }
}

/// What a file is, by its name.
#[derive(Debug, PartialEq, Eq)]
enum Kind<'a> {
    Rules,
    List(&'a str),
    Other,
}

fn kind(name: &str) -> Kind<'_> {
    if name == EXCEPTIONS {
        return Kind::Rules;
    }
    if let Some(list) = name
        .strip_prefix("lists/")
        .and_then(|name| name.strip_suffix(".txt"))
    {
        return Kind::List(list);
    }
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    let is_case = name.ends_with(".cases.yml");
    if name.starts_with("rules/") && is_yaml && !is_case {
        Kind::Rules
    } else {
        Kind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_file_is() {
        assert_eq!(kind("rules/a.yml"), Kind::Rules);
        assert_eq!(kind("rules/deep/b.yaml"), Kind::Rules);
        assert_eq!(kind("rules/a.cases.yml"), Kind::Other);
        assert_eq!(kind("exceptions.yml"), Kind::Rules);
        assert_eq!(kind("lists/tor-exits.txt"), Kind::List("tor-exits"));
        assert_eq!(kind("notes.md"), Kind::Other);
    }
}
