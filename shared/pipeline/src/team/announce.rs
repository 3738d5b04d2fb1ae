//! The mail about a changed set: once per set, whichever container sees it
//! first.

use std::fmt::Write as _;

use detection::RuleProblem;

use super::{Difference, refusal};
use crate::detect::Parts;
use crate::invocation::Invocation;
use crate::keys::{self, STATE_SECONDS};
use crate::neutral;
use crate::ports::{Claim, Listing, Mail, PortError};

/// Most lines of one kind that the mail names.
const MAX_NAMED: usize = 50;

/// What there is to tell.
pub(super) struct News {
    pub(super) difference: Difference,
    pub(super) problems: Vec<RuleProblem>,
    /// Whether the set is in use now.
    pub(super) taken: bool,
    pub(super) listing: Listing,
}

/// Mails the news. A failure is logged: detection does not wait for it.
pub(super) async fn tell(news: &News, parts: &Parts, invocation: &Invocation) {
    if let Err(error) = try_tell(news, parts, invocation).await {
        tracing::error!(%error, "the changed rules could not be announced");
    }
}

async fn try_tell(news: &News, parts: &Parts, invocation: &Invocation) -> Result<(), PortError> {
    let now_ms = (parts.clock)();
    let lease = invocation.lease(
        now_ms,
        now_ms.div_euclid(1_000).saturating_add(STATE_SECONDS),
    );
    let files: Vec<String> = news
        .listing
        .iter()
        .map(|(name, tag)| format!("{name}\n{tag}"))
        .collect();
    let key = format!("rules#{}", keys::content(files.join("\n").as_bytes()));
    if parts.state.claim(&key, &lease).await? == Claim::Won {
        parts.sink.publish(&mail(news)).await?;
        parts.state.confirm(&key, &lease).await?;
    }
    Ok(())
}

fn mail(news: &News) -> Mail {
    let Difference {
        added,
        changed,
        removed,
    } = &news.difference;
    let subject = if news.taken {
        format!(
            "[Trailward] Rules changed: {} added, {} changed, {} removed, {} refused",
            added.len(),
            changed.len(),
            removed.len(),
            news.problems.len()
        )
    } else {
        format!(
            "[Trailward] Changed rules refused: {} problems",
            news.problems.len()
        )
    };
    let mut body = if news.taken {
        "The team's rules, lists or exceptions changed and are in use.\n".to_owned()
    } else {
        "The team's rules changed, but the new set is broken: the former one stays in use.\n"
            .to_owned()
    };
    section(
        &mut body,
        "Added",
        added.iter().map(|title| neutral::value(title)),
    );
    section(
        &mut body,
        "Changed",
        changed.iter().map(|title| neutral::value(title)),
    );
    section(
        &mut body,
        "Removed",
        removed.iter().map(|title| neutral::value(title)),
    );
    section(&mut body, "Refused", news.problems.iter().map(refusal));
    Mail {
        subject,
        body,
        attributes: vec![("kind", "rules".to_owned())],
    }
}

fn section(body: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return;
    }
    // Writing to a string does not fail.
    let _ = writeln!(body, "\n{title}:");
    for line in lines.iter().take(MAX_NAMED) {
        let _ = writeln!(body, "- {line}");
    }
    if lines.len() > MAX_NAMED {
        let _ = writeln!(body, "- and {} more", lines.len() - MAX_NAMED);
    }
}
