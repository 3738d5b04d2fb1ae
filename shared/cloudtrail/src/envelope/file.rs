//! Files that hold records, in whatever form they were saved.
//!
//! Known are trail files (`{"Records":[...]}`), arrays, one record per line
//! or after another, EventBridge events, `lookup-events` output (whole or by
//! row), CloudWatch Logs payloads (as delivered or decoded), each plain or
//! gzip, and each inside the others. A digest file is told apart: it has no
//! records and is no error.

use super::elements::{self, Element};
use super::gzip::{self, Inflater};
use super::payload::{LogsDecoder, LogsPayload, next_key};
use super::reading::Reading;
use super::{Each, EnvelopeError, Tally};
use crate::bounds::{MAX_ENVELOPE_DEPTH, MAX_FILE_BYTES};
use crate::ends;
use crate::json::{Json, Kind, Layer};
use crate::member::Member;
use crate::record::Record;

/// What a file turned out to be, by its first envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing, or blanks.
    Empty,
    /// `{"Records":[...]}`, as CloudTrail delivers.
    Trail,
    /// An array of records or envelopes.
    Array,
    /// Records one after another, usually one per line.
    Records,
    /// EventBridge events one after another.
    EventBridge,
    /// What `lookup-events` answers, whole or by row.
    LookupEvents,
    /// CloudWatch Logs payloads.
    LogsPayload,
    /// A digest file: it vouches for trail files and has no records.
    Digest,
}

/// What a file held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSummary {
    /// Its form.
    pub form: Form,
    /// Whether it was gzip.
    pub gzip: bool,
    /// Its records.
    pub tally: Tally,
}

/// Calls `each` for every record in a file's bytes. Gzip and form are told by
/// the content, not by a name. Places in reasons count inflated bytes.
pub fn each_record(bytes: &[u8], each: &mut Each<'_>) -> Result<FileSummary, EnvelopeError> {
    let gzip = bytes.starts_with(gzip::MAGIC);
    let mut inflater = Inflater::new();
    let text = if gzip {
        inflater.inflate(bytes, MAX_FILE_BYTES)?
    } else {
        bytes
    };
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let start = ends::skip_blank(text, 0);
    if !matches!(text.get(start), None | Some(b'{' | b'[')) {
        return Err(EnvelopeError::unexpected(
            "CloudTrail records as JSON (`{` or `[`) or gzip",
            text,
            start,
        ));
    }
    let mut reading = Reading::new(each);
    sequence(&mut reading, text);
    Ok(FileSummary {
        form: reading.form().unwrap_or(Form::Empty),
        gzip,
        tally: reading.tally(),
    })
}

/// Values one after another, each in its own form.
fn sequence(reading: &mut Reading<'_, '_>, text: &[u8]) {
    let mut lines = Lines::default();
    let mut at = 0;
    loop {
        at = ends::skip_separators(text, at);
        at = match text.get(at) {
            None => return,
            Some(b'[') => {
                reading.is(Form::Array);
                elements::each::<Item>(reading, text, at).unwrap_or(text.len())
            }
            Some(b'{') => match container(text, at, 1) {
                Some(found) => open(reading, text, at, found),
                None => line(reading, text, at, &mut lines),
            },
            Some(_) => line(reading, text, at, &mut lines),
        };
    }
}

/// A value that usually fills its line, but may span lines or share one.
/// Returns the place behind it, or behind its lines where it is broken.
fn line(reading: &mut Reading<'_, '_>, text: &[u8], at: usize, lines: &mut Lines) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    // No value reaches into a line that begins another one: an unclosed value
    // would swallow its neighbours.
    let block_end = memchr::memmem::find(rest, b"\n{").unwrap_or(rest.len());
    let block = rest.get(..block_end).unwrap_or_default();
    if let Some((record, length)) = Record::leading(block, Layer::Plain, Some(reading.former())) {
        classify(
            reading,
            &record,
            block.get(..length).unwrap_or_default(),
            at,
        );
        return at + length;
    }
    if let Some(found) = container(block, 0, MEMBERS_BEFORE_CONTAINER) {
        return open(reading, text, at, found.moved(at));
    }
    let line_end = memchr::memchr(b'\n', block).unwrap_or(block.len());
    let line = block.get(..line_end).unwrap_or_default();
    if let Ok(record) = Record::scan(line, Layer::Plain) {
        classify(reading, &record, line, at);
        return at + line_end;
    }
    let block = block.trim_ascii_end();
    match Record::scan(block, Layer::Plain) {
        Ok(record) => classify(reading, &record, block, at),
        Err(error) => reading.fault(format!("line {}: {error}", lines.number(text, at)), block),
    }
    at + block_end
}

/// Counts lines from where it counted last: reasons name them in order.
#[derive(Debug, Default)]
struct Lines {
    at: usize,
    breaks: usize,
}

impl Lines {
    /// The number, from 1, of the line that holds byte `at`.
    fn number(&mut self, text: &[u8], at: usize) -> usize {
        let passed = text.get(self.at..at).unwrap_or_default();
        self.breaks += memchr::memchr_iter(b'\n', passed).count();
        self.at = at;
        self.breaks + 1
    }
}

/// Members that may stand before the one that makes an object a container.
const MEMBERS_BEFORE_CONTAINER: usize = 32;

/// One element of an array in a file.
struct Item;

impl Element for Item {
    fn read(reading: &mut Reading<'_, '_>, text: &[u8], at: usize) -> Option<usize> {
        let rest = text.get(at..)?;
        let (record, length) = Record::leading(rest, Layer::Plain, Some(reading.former()))?;
        classify(reading, &record, rest.get(..length)?, at);
        Some(at + length)
    }

    fn read_alone(reading: &mut Reading<'_, '_>, raw: &[u8], at: usize) -> Result<(), String> {
        let record = Record::scan(raw, Layer::Plain).map_err(|error| error.to_string())?;
        classify(reading, &record, raw, at);
        Ok(())
    }
}

/// Hands on an object that is a record, or opens it where it is an envelope.
fn classify(reading: &mut Reading<'_, '_>, object: &Record<'_>, raw: &[u8], at: usize) {
    const TELLING: [Member; 5] = [
        Member::EventName,
        Member::EventSource,
        Member::EventId,
        Member::EventVersion,
        Member::UserIdentity,
    ];
    if TELLING
        .iter()
        .any(|member| object.member(*member).is_some())
    {
        reading.is(Form::Records);
        return reading.record(object);
    }
    let root = object.root();
    if let Some(detail) = root.get("detail").filter(|it| it.kind() == Kind::Object) {
        reading.is(Form::EventBridge);
        let record = Record::scan(detail.as_written(), detail.layer());
        return reading.outcome(record, raw, at);
    }
    if let Some((record, _)) = root.get("CloudTrailEvent").and_then(Json::content_bytes) {
        reading.is(Form::LookupEvents);
        return reading.outcome(Record::scan(record, Layer::Escaped), raw, at);
    }
    if let Some(found) = container(raw, 0, usize::MAX) {
        open(reading, raw, 0, found);
        return;
    }
    if reading.inside_trail() {
        return reading.record(object);
    }
    let reason = format!(
        "at byte {at}: no CloudTrail record: expected `eventName`, `eventSource` or `eventID`, \
         or an envelope with `Records`, `Events`, `detail`, `CloudTrailEvent`, `awslogs` or `logEvents`"
    );
    reading.fault(reason, raw);
}

/// The member that makes an object a container, and where its value is.
#[derive(Debug, Clone, Copy)]
enum Container {
    Trail(usize),
    Lookup(usize),
    Payload,
    Awslogs(usize),
    Digest,
}

impl Container {
    /// The same in a text in which the object starts `by` bytes later.
    fn moved(self, by: usize) -> Self {
        match self {
            Self::Trail(at) => Self::Trail(at + by),
            Self::Lookup(at) => Self::Lookup(at + by),
            Self::Awslogs(at) => Self::Awslogs(at + by),
            same @ (Self::Payload | Self::Digest) => same,
        }
    }
}

/// Looks for a container's member among the first `members` of the object
/// that opens at `at`.
fn container(text: &[u8], at: usize, members: usize) -> Option<Container> {
    let mut at = at + 1;
    for _ in 0..members {
        let (key, value_at) = next_key(text, at)?;
        match (key, text.get(value_at)?) {
            (b"Records", b'[') => return Some(Container::Trail(value_at)),
            (b"Events", b'[') => return Some(Container::Lookup(value_at)),
            (b"logEvents", b'[') | (b"messageType", _) => return Some(Container::Payload),
            (b"awslogs", b'{') => return Some(Container::Awslogs(value_at)),
            (b"digestS3Object" | b"digestStartTime" | b"digestEndTime", _) => {
                return Some(Container::Digest);
            }
            _ => {}
        }
        at = ends::extent(text, value_at)?;
    }
    None
}

/// Opens the container at `at`; returns the place behind it.
fn open(reading: &mut Reading<'_, '_>, text: &[u8], at: usize, found: Container) -> usize {
    if !reading.enter(MAX_ENVELOPE_DEPTH) {
        let reason =
            format!("at byte {at}: more than {MAX_ENVELOPE_DEPTH} envelopes in each other");
        reading.fault(reason, text.get(at..).unwrap_or_default());
        return text.len();
    }
    let end = match found {
        Container::Trail(value_at) => {
            reading.is(Form::Trail);
            let outer = reading.set_inside_trail(true);
            let end = elements::each::<Item>(reading, text, value_at);
            reading.set_inside_trail(outer);
            end.map_or(text.len(), |end| object_end(reading, text, end))
        }
        Container::Lookup(value_at) => {
            reading.is(Form::LookupEvents);
            elements::each::<Item>(reading, text, value_at)
                .map_or(text.len(), |end| object_end(reading, text, end))
        }
        Container::Payload => {
            reading.is(Form::LogsPayload);
            payload(reading, text, at)
        }
        Container::Awslogs(value_at) => {
            reading.is(Form::LogsPayload);
            awslogs(reading, text, at, value_at)
        }
        Container::Digest => {
            reading.is(Form::Digest);
            ends::extent(text, at).unwrap_or(text.len())
        }
    };
    reading.leave();
    end
}

/// The place behind an object of which `at` is behind some member's value.
fn object_end(reading: &mut Reading<'_, '_>, text: &[u8], at: usize) -> usize {
    let mut at = at;
    while let Some(end) = next_key(text, at).and_then(|(_, value)| ends::extent(text, value)) {
        at = end;
    }
    at = ends::skip_separators(text, at);
    if text.get(at) == Some(&b'}') {
        return at + 1;
    }
    reading.fault(
        format!("at byte {at}: expected `}}` behind the array"),
        text.get(at..).unwrap_or_default(),
    );
    text.len()
}

fn payload(reading: &mut Reading<'_, '_>, text: &[u8], at: usize) -> usize {
    let end = ends::extent(text, at).unwrap_or(text.len());
    let raw = text.get(at..end).unwrap_or_default();
    match LogsPayload::read(raw) {
        Ok(payload) => payload.read_into(reading),
        Err(error) => reading.fault(format!("at byte {at}: {error}"), raw),
    }
    end
}

fn awslogs(reading: &mut Reading<'_, '_>, text: &[u8], at: usize, value_at: usize) -> usize {
    let end = ends::extent(text, at).unwrap_or(text.len());
    let raw = text.get(at..end).unwrap_or_default();
    let data = text
        .get(value_at..end)
        .and_then(|value| Json::first_in(value, Layer::Plain))
        .and_then(|awslogs| awslogs.get("data"))
        .filter(|data| data.kind() == Kind::String)
        .map(Json::text)
        .unwrap_or_default();
    let mut decoder = LogsDecoder::new();
    match decoder.decode(data.as_bytes()) {
        Ok(payload) => payload.read_into(reading),
        Err(error) => reading.fault(format!("at byte {at}: {error}"), raw),
    }
    end
}
