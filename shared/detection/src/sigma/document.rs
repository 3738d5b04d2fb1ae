//! A file as a list of documents: cut where `---` stands, so that one broken
//! document leaves its neighbours alone, and joined again where a collection
//! says `action: global` or `action: repeat`.

use super::problem::{Fault, valid};
use super::section;
use super::yaml::{self, Entry, Kind, Map, Value};

/// One document, complete with what a collection adds to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Document {
    pub(super) line: u32,
    pub(super) root: Map,
    /// The id (or the title that it is made of) is not the document's own but
    /// its collection's.
    pub(super) shared_id: bool,
}

/// All documents of a file, in order, and what is wrong with the others.
pub(super) fn read(text: &str) -> (Vec<Document>, Vec<Fault>) {
    let mut collection = Collection::default();
    let mut faults = Vec::new();
    for (first, part) in parts(text.trim_start_matches('\u{feff}')) {
        match yaml::parse(part, first) {
            Err(fault) => faults.push(fault),
            Ok(nodes) => {
                for node in nodes {
                    match node.kind {
                        Kind::Map(root) => {
                            let taken = collection.take(node.line, root);
                            faults.extend(taken.err());
                        }
                        Kind::Scalar(scalar) if scalar.value() == Value::Null => {}
                        Kind::Scalar(_) | Kind::List(_) => {
                            let message = "a rule is a map, beginning with `title:`";
                            faults.push(Fault::new(node.line, message));
                        }
                    }
                }
            }
        }
    }
    (collection.documents, faults)
}

/// The text cut before every line that begins a document, each part with the
/// number of its first line. Directives belong to the document behind them and
/// say nothing that is needed here.
fn parts(text: &str) -> Vec<(u32, &str)> {
    let mut parts = Vec::new();
    let (mut begin, mut first, mut at) = (0, 1, 0);
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let marks = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        if marks && at > begin {
            parts.extend(text.get(begin..at).map(|part| (first, part)));
            (begin, first) = (at, number);
        }
        at += line.len();
    }
    parts.extend(text.get(begin..).map(|part| (first, part)));
    parts.retain(|(_, part)| !says_nothing(part));
    parts
}

fn says_nothing(part: &str) -> bool {
    part.lines().all(|line| {
        let line = line.trim_end();
        line.trim_start().is_empty()
            || line.trim_start().starts_with('#')
            || line.starts_with('%')
            || line == "---"
            || line == "..."
    })
}

#[derive(Default)]
struct Collection {
    global: Map,
    before: Map,
    documents: Vec<Document>,
}

impl Collection {
    fn take(&mut self, line: u32, mut root: Map) -> Result<(), Fault> {
        let action = match root.get("action") {
            Some(entry) => section::text(entry)?.map(|action| (entry.line, action)),
            None => None,
        };
        root.entries.retain(|entry| entry.key != "action");
        let own = ["id", "title"].map(|key| root.get(key).cloned());
        match action
            .as_ref()
            .map(|(line, action)| (*line, action.as_str()))
        {
            None if root.get("correlation").is_some() || root.get("filter").is_some() => {
                self.documents.push(Document {
                    line,
                    root,
                    shared_id: false,
                });
            }
            None => {
                merge(&mut root, &self.global);
                self.before = root.clone();
                let shared_id = shares_id(&root, &own);
                self.documents.push(Document {
                    line,
                    root,
                    shared_id,
                });
            }
            Some((_, "global")) => {
                self.before = root.clone();
                self.global = root;
            }
            Some((_, "reset")) => self.global = Map::default(),
            Some((_, "repeat")) => {
                let mut repeated = self.before.clone();
                merge(&mut repeated, &root);
                self.before = repeated.clone();
                let root = repeated;
                let shared_id = shares_id(&root, &own);
                self.documents.push(Document {
                    line,
                    root,
                    shared_id,
                });
            }
            Some((line, action)) => {
                let names = valid(action, ["global", "repeat", "reset"]);
                return Err(Fault::new(
                    line,
                    format!("`{action}` is no `action`; {names}"),
                ));
            }
        }
        Ok(())
    }
}

/// Whether the joined document goes by an id, or failing that by a title, that
/// its own part does not give it.
fn shares_id(joined: &Map, [id, title]: &[Option<Entry>; 2]) -> bool {
    match joined.get("id") {
        Some(entry) => Some(entry) != id.as_ref(),
        None => joined.get("title") != title.as_ref(),
    }
}

/// Lays one map over another: the upper one wins, maps are joined key by key.
fn merge(base: &mut Map, over: &Map) {
    for entry in &over.entries {
        let Some(below) = base.entries.iter_mut().find(|below| below.key == entry.key) else {
            base.entries.push(entry.clone());
            continue;
        };
        match (&mut below.value.kind, &entry.value.kind) {
            (Kind::Map(below), Kind::Map(above)) => merge(below, above),
            _ => *below = entry.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Vec<String> {
        let (documents, faults) = read(text);
        assert_eq!(faults, []);
        let title = |document: Document| {
            let entry = document.root.get("title").unwrap().clone();
            format!(
                "{}:{}",
                document.line,
                section::text(&entry).unwrap().unwrap()
            )
        };
        documents.into_iter().map(title).collect()
    }

    #[test]
    fn files_of_several_documents() {
        assert_eq!(titles("title: a\n"), ["1:a"]);
        assert_eq!(
            titles("# a file\n---\ntitle: a\n---\n# none\n---\ntitle: b\n...\n"),
            ["3:a", "7:b"]
        );
        assert_eq!(
            titles("\u{feff}%YAML 1.2\n---\ntitle: |\n  --- a\n"),
            ["3:--- a\n"]
        );
        assert_eq!(titles("title: a\r\n---\r\ntitle: b\r\n"), ["1:a", "3:b"]);
        assert_eq!(titles("--- # none\n--- ~\n"), Vec::<String>::new());
        assert_eq!(titles(""), Vec::<String>::new());
    }

    #[test]
    fn a_broken_document_stands_alone() {
        let (documents, faults) = read("title: a\n---\ntitle: 'b\n---\n- c\n---\ntitle: d\n");
        assert_eq!(documents.len(), 2);
        assert_eq!(
            faults
                .iter()
                .map(|fault| fault.line)
                .collect::<Vec<_>>()
                .len(),
            2
        );
        assert!(faults[1].message.contains("a rule is a map"), "{faults:?}");
    }

    #[test]
    fn collections() {
        let text = "action: global\nlevel: low\ndetection:\n  x: {a: 1}\n---\ntitle: a\nlevel: high\n---\naction: repeat\ntitle: b\ndetection:\n  y: {b: 2}\n---\naction: reset\n---\ntitle: c\n";
        assert_eq!(titles(text), ["6:a", "9:b", "16:c"]);
        let (documents, _) = read(text);
        let text_of = |at: usize, key: &str| {
            section::text(documents[at].root.get(key).unwrap())
                .unwrap()
                .unwrap()
        };
        assert_eq!(text_of(0, "level"), "low");
        let searches = section::map(documents[1].root.get("detection").unwrap()).unwrap();
        assert_eq!(searches.keys().collect::<Vec<_>>(), ["x", "y"]);
        assert!(documents[2].root.get("level").is_none());
        let (_, faults) = read("title: a\naction: again\n");
        assert_eq!(faults[0].line, 2);
        assert!(
            faults[0]
                .message
                .contains("`again` is no `action`; valid are `global`")
        );
    }
}
