//! What people read of a rule: title, level, tags and the like. Keys that are
//! not Sigma's are a rule's own affair; only a slip of `trailward` is refused,
//! for what stands in it would be lost without a word.

use sha2::{Digest, Sha256};

use super::problem::{Fault, note, slip_of, valid};
use super::section;
use super::time;
use super::yaml::{Entry, Kind, Map, Node};
use crate::rule::{Level, Location, Meta, Settings};

const LEVELS: [(&str, Level); 5] = [
    ("informational", Level::Informational),
    ("low", Level::Low),
    ("medium", Level::Medium),
    ("high", Level::High),
    ("critical", Level::Critical),
];
const STATUSES: [&str; 5] = [
    "stable",
    "test",
    "experimental",
    "deprecated",
    "unsupported",
];
const MAX_TITLE_CHARS: usize = 256;
const MAX_ID_BYTES: usize = 128;

/// Reads the metadata, all but the `trailward:` block.
pub(super) fn read(root: &Map, location: Location, faults: &mut Vec<Fault>) -> Option<Meta> {
    for entry in &root.entries {
        if entry.key != "trailward" && slip_of(&entry.key, ["trailward"]).is_some() {
            let message = format!("unknown key `{}`; write `trailward`", entry.key);
            faults.push(Fault::new(entry.line, message));
        }
    }
    let line = location.line;
    let mut one = |key: &str| {
        root.get(key)
            .and_then(|entry| note(section::text(entry), faults))
    };
    let written_title = one("title");
    let [name, status, description, author] =
        ["name", "status", "description", "author"].map(|key| one(key).flatten());
    let title = match (written_title, root.get("title")) {
        // A title of another kind has its fault already.
        (None, Some(_)) => return None,
        (title, _) => note(self::title(root, title.flatten(), line), faults)?,
    };
    let level = note(root.get("level").map_or(Ok(None), known_level), faults)?;
    let status = note(
        root.get("status")
            .map_or(Ok(None), |entry| known_status(entry, status)),
        faults,
    )?;
    let id = note(id(root, &title), faults)?;
    for key in ["date", "modified"] {
        if let Some(entry) = root.get(key) {
            note(date(entry), faults);
        }
    }
    let tags = note(root.get("tags").map_or(Ok(Vec::new()), tags), faults)?;
    let mut many = |key: &str| {
        let entry = root.get(key);
        note(entry.map_or(Ok(Vec::new()), section::remarks), faults)
    };
    Some(Meta {
        id,
        name: name.filter(|name| !name.is_empty()),
        title,
        status,
        level: level.unwrap_or(Level::Medium),
        description: description.unwrap_or_default(),
        author,
        references: many("references")?,
        tags,
        false_positives: many("falsepositives")?,
        version: version(root),
        location,
        settings: Settings::default(),
    })
}

fn title(root: &Map, title: Option<String>, line: u32) -> Result<String, Fault> {
    let line = root.get("title").map_or(line, |entry| entry.line);
    match title.filter(|title| !title.trim().is_empty()) {
        None => Err(Fault::new(line, "the rule has no `title`")),
        Some(title) if title.chars().count() > MAX_TITLE_CHARS => {
            let message = format!("the `title` is longer than {MAX_TITLE_CHARS} characters");
            Err(Fault::new(line, message))
        }
        Some(title) => Ok(title),
    }
}

/// Reads a level, of a rule or of its failed attempts.
pub(super) fn level(entry: &Entry) -> Result<Level, Fault> {
    section::parsed(entry, |word| {
        LEVELS
            .iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name))
            .map(|(_, level)| *level)
            .ok_or_else(|| {
                let names = valid(word, LEVELS.iter().map(|(name, _)| *name));
                format!("`{word}` is no level; {names}")
            })
    })
}

fn known_level(entry: &Entry) -> Result<Option<Level>, Fault> {
    match section::text(entry)? {
        None => Ok(None),
        Some(_) => level(entry).map(Some),
    }
}

fn known_status(entry: &Entry, status: Option<String>) -> Result<Option<String>, Fault> {
    let Some(status) = status.map(|status| status.to_lowercase()) else {
        return Ok(None);
    };
    if STATUSES.contains(&status.as_str()) {
        return Ok(Some(status));
    }
    let message = format!(
        "`status`: `{status}` is no status; {}",
        valid(&status, STATUSES)
    );
    Err(Fault::new(entry.value.line, message))
}

fn date(entry: &Entry) -> Result<(), Fault> {
    match section::text(entry)? {
        Some(written) if !time::is_date(&written) => {
            let message = format!(
                "`{}`: `{written}` is no date; write it like `2027-01-31`",
                entry.key
            );
            Err(Fault::new(entry.value.line, message))
        }
        _ => Ok(()),
    }
}

fn tags(entry: &Entry) -> Result<Vec<String>, Fault> {
    let tags = section::lined_texts(entry)?;
    if let Some((line, tag)) = tags.iter().find(|(_, tag)| !tag.contains('.')) {
        let message = format!("`tags`: `{tag}` has no namespace; write it like `attack.t1098`");
        return Err(Fault::new(*line, message));
    }
    Ok(tags.into_iter().map(|(_, tag)| tag).collect())
}

/// The written id, or one made of the title. Ids become parts of keys and
/// fingerprints, so they are short and plain.
fn id(root: &Map, title: &str) -> Result<String, Fault> {
    let Some(entry) = root.get("id") else {
        return Ok(made_id(title));
    };
    let Some(id) = section::text(entry)? else {
        return Ok(made_id(title));
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if id.is_empty() || id.len() > MAX_ID_BYTES || !id.bytes().all(plain) {
        let message = format!(
            "`id`: `{id}` is no id; write a UUID, or up to {MAX_ID_BYTES} letters, digits and `-` `_` `.`"
        );
        return Err(Fault::new(entry.value.line, message));
    }
    Ok(normal_id(&id))
}

/// Whether a key has a value at all.
pub(super) fn says_something(entry: &Entry) -> bool {
    !matches!(section::text(entry), Ok(None))
}

/// An id as it compares: a UUID is lower case.
pub(super) fn normal_id(id: &str) -> String {
    let groups: Vec<&str> = id.split('-').collect();
    let hex = |group: &&str| group.bytes().all(|b| b.is_ascii_hexdigit());
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    match lengths == [8, 4, 4, 4, 12] && groups.iter().all(hex) {
        true => id.to_ascii_lowercase(),
        false => id.to_owned(),
    }
}

fn made_id(title: &str) -> String {
    const LONGEST: usize = 60;
    let mut slug = String::new();
    for c in title.chars().take(LONGEST) {
        match c.is_ascii_alphanumeric() {
            true => slug.push(c.to_ascii_lowercase()),
            false if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            false => {}
        }
    }
    let hash = hex(&Sha256::digest(title.as_bytes()), 4);
    match slug.trim_end_matches('-') {
        "" => hash,
        slug => format!("{slug}-{hash}"),
    }
}

fn hex(bytes: &[u8], length: usize) -> String {
    bytes
        .iter()
        .take(length)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The fingerprint of a document: of its values and their order, not of its
/// layout and comments.
pub(super) fn version(root: &Map) -> String {
    let mut hash = Sha256::new();
    hash_map(root, &mut hash);
    hex(&hash.finalize(), 8)
}

fn hash_map(map: &Map, hash: &mut Sha256) {
    hash.update([b'{']);
    for entry in &map.entries {
        hash_text(b'k', &entry.key, hash);
        hash_node(&entry.value, hash);
    }
    hash.update([b'}']);
}

fn hash_node(node: &Node, hash: &mut Sha256) {
    match &node.kind {
        Kind::Scalar(scalar) => {
            hash_text(if scalar.plain { b'p' } else { b'q' }, &scalar.text, hash)
        }
        Kind::Map(map) => hash_map(map, hash),
        Kind::List(items) => {
            hash.update([b'[']);
            items.iter().for_each(|item| hash_node(item, hash));
            hash.update([b']']);
        }
    }
}

/// With its length in front no two documents hash the same bytes.
fn hash_text(kind: u8, text: &str, hash: &mut Sha256) {
    hash.update([kind]);
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text.as_bytes());
}
