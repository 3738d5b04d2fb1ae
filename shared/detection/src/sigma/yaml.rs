//! YAML as the language needs it: every node with its line, scalars as they
//! were written, keys in order.
//!
//! Refused: keys given twice, keys that are no plain words, tags of
//! applications, and documents over the bounds, so that a few lines of aliases
//! cannot fill the memory.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::bounds::{MAX_NESTING, MAX_NODES};
use super::problem::Fault;
pub(super) use super::scalar::{Scalar, Value};

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) line: u32,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Map),
}

/// A map with its keys in order; a null key is the empty word.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Map {
    pub(super) entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: u32,
    pub(super) value: Node,
}

impl Map {
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }
}

/// All documents of a text whose first line is line `first` of its file.
pub(super) fn parse(text: &str, first: u32) -> Result<Vec<Node>, Fault> {
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(text);
    loop {
        let (event, span) = match parser.next_event() {
            None => return Ok(builder.documents),
            Some(Ok(event)) => event,
            Some(Err(error)) => {
                let line = line_of(first, error.marker().line());
                return Err(Fault::new(line, format!("broken YAML: {}", error.info())));
            }
        };
        if matches!(event, Event::StreamEnd) {
            return Ok(builder.documents);
        }
        builder.take(event, line_of(first, span.start.line()))?;
    }
}

fn line_of(first: u32, line: usize) -> u32 {
    first.saturating_add(u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX))
}

/// A list or map under construction, with the anchor it is known by.
struct Open {
    anchor: usize,
    line: u32,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map {
        map: Map,
        merged: Vec<Map>,
        key: Option<(String, u32)>,
    },
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), Fault> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.anchors.clear();
                self.nodes = 0;
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let forced = text_tag(tag.as_deref(), line)?;
                let scalar = Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain && !forced,
                };
                self.place(
                    Node {
                        line,
                        kind: Kind::Scalar(scalar),
                    },
                    anchor,
                    1,
                )
            }
            Event::SequenceStart(anchor, tag) => {
                text_tag(tag.as_deref(), line)?;
                self.open(anchor, line, OpenKind::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                text_tag(tag.as_deref(), line)?;
                let kind = OpenKind::Map {
                    map: Map::default(),
                    merged: Vec::new(),
                    key: None,
                };
                self.open(anchor, line, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => {
                let Some((mut node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(Fault::new(line, "an alias stands inside its own anchor"));
                };
                node.line = line;
                self.place(node, 0, size)
            }
        }
    }

    fn open(&mut self, anchor: usize, line: u32, kind: OpenKind) -> Result<(), Fault> {
        if self.open.len() >= MAX_NESTING {
            let message = format!("nested deeper than {MAX_NESTING} levels");
            return Err(Fault::new(line, message));
        }
        self.open.push(Open { anchor, line, kind });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(Open { anchor, line, kind }) = self.open.pop() else {
            return Ok(());
        };
        let kind = match kind {
            OpenKind::List(items) => Kind::List(items),
            OpenKind::Map { map, merged, .. } => Kind::Map(with_merged(map, merged)),
        };
        self.place(Node { line, kind }, anchor, 1)
    }

    /// Puts a finished node where it belongs. `added` counts its nodes that
    /// were not counted before.
    fn place(&mut self, node: Node, anchor: usize, added: usize) -> Result<(), Fault> {
        self.nodes += added;
        if self.nodes > MAX_NODES {
            let message = format!("more than {MAX_NODES} values in one document");
            return Err(Fault::new(node.line, message));
        }
        if anchor > 0 {
            let size = size_of(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.documents.push(node),
            Some(OpenKind::List(items)) => items.push(node),
            Some(OpenKind::Map { map, merged, key }) => match key.take() {
                None => *key = Some(key_of(node, map)?),
                Some((word, line)) if word == "<<" => merge_of(node, line, merged)?,
                Some((key, line)) => map.entries.push(Entry {
                    key,
                    line,
                    value: node,
                }),
            },
        }
        Ok(())
    }
}

/// Whether a tag makes a scalar text; other tags of YAML itself change nothing.
fn text_tag(tag: Option<&Tag>, line: u32) -> Result<bool, Fault> {
    match tag {
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema() => Ok(tag.suffix == "str"),
        Some(tag) => {
            let message = format!("the tag `{}{}` means nothing here", tag.handle, tag.suffix);
            Err(Fault::new(line, message))
        }
    }
}

fn key_of(node: Node, map: &Map) -> Result<(String, u32), Fault> {
    let Kind::Scalar(scalar) = node.kind else {
        return Err(Fault::new(node.line, "a list or map cannot be a key"));
    };
    let key = match scalar.value() {
        Value::Null => String::new(),
        _ => scalar.text,
    };
    if let Some(first) = map.get(&key) {
        let message = format!("`{key}` is given twice, first in line {}", first.line);
        return Err(Fault::new(node.line, message));
    }
    Ok((key, node.line))
}

/// YAML's merge key: `<<: *base`, or a list of such.
fn merge_of(node: Node, line: u32, merged: &mut Vec<Map>) -> Result<(), Fault> {
    let maps = match node.kind {
        Kind::List(items) => items,
        kind => vec![Node {
            line: node.line,
            kind,
        }],
    };
    for item in maps {
        match item.kind {
            Kind::Map(map) => merged.push(map),
            _ => return Err(Fault::new(line, "`<<` takes a map")),
        }
    }
    Ok(())
}

fn with_merged(mut map: Map, merged: Vec<Map>) -> Map {
    for other in merged {
        for entry in other.entries {
            if map.get(&entry.key).is_none() {
                map.entries.push(entry);
            }
        }
    }
    map
}

fn size_of(node: &Node) -> usize {
    match &node.kind {
        Kind::Scalar(_) => 1,
        Kind::List(items) => 1 + items.iter().map(size_of).sum::<usize>(),
        Kind::Map(map) => {
            1 + map
                .entries
                .iter()
                .map(|entry| 1 + size_of(&entry.value))
                .sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_merges() {
        let nodes = parse("a: &x\n  b: 1\nc:\n  <<: *x\n  d: [1, 2]\n", 10).unwrap();
        let Kind::Map(root) = &nodes[0].kind else {
            panic!()
        };
        assert_eq!(root.get("c").unwrap().line, 12);
        let Kind::Map(c) = &root.get("c").unwrap().value.kind else {
            panic!()
        };
        assert_eq!(c.keys().collect::<Vec<_>>(), ["d", "b"]);
    }

    #[test]
    fn refusals() {
        let nested = "[".repeat(40);
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n";
        for (text, line, words) in [
            ("a: 1\na: 2\n", 2, "`a` is given twice, first in line 1"),
            ("a: !thing 1\n", 1, "`!thing`"),
            ("a: 1\n? [b]\n: 2\n", 2, "cannot be a key"),
            ("a: 'open\n", 1, "broken YAML"),
            ("a: &x [*x]\n", 1, "inside its own anchor"),
            (nested.as_str(), 1, "nested deeper"),
            (bomb, 5, "more than"),
        ] {
            let fault = parse(text, 1).unwrap_err();
            assert!(fault.message.contains(words), "{text}: {fault:?}");
            assert_eq!(fault.line, line, "{text}: {fault:?}");
        }
    }
}
