//! Lines on standard output; everything else goes to standard error.

use std::io::{self, Write};

use detection::rule::Level;
use pipeline::alert::level_name;
use pipeline::journal::{Line, LineKind};
use pipeline::neutral;
use pipeline::ports::Mail;

use crate::arguments::Format;

/// Above each alert in text.
const RULER: &str = "────────────────────────────────────────";

/// Prints what a file gave: its findings one a line, then its alerts as they
/// would be mailed (as JSON: every line as an object).
pub(crate) fn lines(
    lines: &[Line],
    mails: &[Mail],
    format: Format,
    at_least: Level,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let shown = lines.iter().filter(|line| line.level >= at_least);
    match format {
        Format::Jsonl => {
            for line in shown {
                serde_json::to_writer(&mut out, line)?;
                out.write_all(b"\n")?;
            }
        }
        Format::Text => {
            for line in shown.filter(|line| line.kind != LineKind::Alert) {
                writeln!(out, "{}", text(line))?;
            }
            let mut mails = mails
                .iter()
                .filter(|mail| is_at_least(mail, at_least))
                .peekable();
            let some = mails.peek().is_some();
            for mail in mails {
                writeln!(out, "{RULER}\n{}\n\n{}", mail.subject, mail.body.trim_end())?;
            }
            if some {
                writeln!(out, "{RULER}")?;
            }
        }
    }
    out.flush()
}

/// One finding for a person's eye. Values come from records: neutralised.
fn text(line: &Line) -> String {
    let time = line.event_time.as_deref().unwrap_or("no time");
    let hidden = match &line.suppressed_by {
        Some(exception) => format!("  (hidden by exception {exception})"),
        None => String::new(),
    };
    format!(
        "{time}  {level:<13}  {title}  [{event} by {who} from {from}]{hidden}",
        level = level_name(line.level),
        title = line.rule_title,
        event = neutral::value(&line.event_name),
        who = neutral::value(&line.principal),
        from = neutral::value(&line.source_ip),
    )
}

fn is_at_least(mail: &Mail, at_least: Level) -> bool {
    let level = mail
        .attributes
        .iter()
        .find(|(name, _)| *name == "level")
        .map(|(_, value)| value);
    let all = [
        Level::Informational,
        Level::Low,
        Level::Medium,
        Level::High,
        Level::Critical,
    ];
    let known = all
        .into_iter()
        .find(|known| level.is_some_and(|level| level == level_name(*known)));
    known.is_none_or(|known| known >= at_least)
}

/// Whether whoever read our output has had enough (`trailward scan | head`).
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
