//! What lies in quarantine, brought into the forms that the detector reads.
//!
//! Objects of the quarantine have no endings. One holds a text that was no
//! record, several of them one per line, a whole EventBridge event, or the
//! base64 text of a CloudWatch Logs payload.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::inputs::{self, Input};

/// What stands beside a record in a quarantine on disk.
const REASON_ENDING: &str = ".reason.txt";

/// How base64 of a gzip member begins.
const GZIP_IN_BASE64: &[u8] = b"H4sI";

/// Where the inputs of a run come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Files that a trail delivered, in any form.
    Trail,
    /// A quarantine.
    Quarantine,
}

impl Source {
    /// Every input that `paths` name or hold.
    pub(crate) fn inputs(self, paths: &[PathBuf]) -> Result<Vec<Input>> {
        match self {
            Self::Trail => inputs::collect(paths),
            Self::Quarantine => {
                let is_taken = |path: &Path| !path.to_string_lossy().ends_with(REASON_ENDING);
                inputs::collect_where(paths, "quarantined record", &is_taken)
            }
        }
    }

    /// What is read by itself, with what it is called.
    pub(crate) fn pieces<'b>(self, name: &str, bytes: &'b [u8]) -> Vec<(String, Cow<'b, [u8]>)> {
        match self {
            Self::Trail => vec![(name.to_owned(), bytes.into())],
            Self::Quarantine => quarantined(name, bytes),
        }
    }
}

fn quarantined<'b>(name: &str, bytes: &'b [u8]) -> Vec<(String, Cow<'b, [u8]>)> {
    let text = bytes.trim_ascii();
    if text.starts_with(GZIP_IN_BASE64) {
        let payload = [br#"{"awslogs":{"data":""#, text, br#""}}"#].concat();
        return vec![(name.to_owned(), payload.into())];
    }
    let one_piece = is_read_whole(text) || !text.contains(&b'\n');
    if one_piece {
        return vec![(name.to_owned(), bytes.into())];
    }
    // Something that is no JSON stands first: what follows it may be.
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(place, line)| (format!("{name}: line {}", place + 1), line.into()))
        .collect()
}

/// Whether the reader of files takes it as it is, line by line where it must.
fn is_read_whole(text: &[u8]) -> bool {
    matches!(text.first(), None | Some(b'{' | b'[' | 0x1f | 0xef))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(String, String)> {
        let text_of = |bytes: Cow<'_, [u8]>| String::from_utf8_lossy(&bytes).into_owned();
        Source::Quarantine
            .pieces("object", text.as_bytes())
            .into_iter()
            .map(|(name, bytes)| (name, text_of(bytes)))
            .collect()
    }

    #[test]
    fn a_payload_is_handed_on_as_cloudwatch_delivers_it() {
        let text = r#"{"awslogs":{"data":"H4sIAAAA"}}"#.to_owned();
        assert_eq!(pieces("H4sIAAAA\n"), [("object".to_owned(), text)]);
    }

    #[test]
    fn what_stands_behind_a_text_that_is_no_json_is_read_too() {
        let named = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(
            pieces("plain text\n\n{}\n"),
            [
                named("object: line 1", "plain text"),
                named("object: line 3", "{}")
            ]
        );
        assert_eq!(
            pieces("{}\nplain text"),
            [named("object", "{}\nplain text")]
        );
        assert_eq!(pieces("plain text"), [named("object", "plain text")]);
    }
}
