//! The names of everything that is stored.
//!
//! Stored state cannot be reshaped later, so the exact strings are pinned by
//! the tests below. Keys are hashes of length-prefixed parts: no value of a
//! record can make two different keys equal, and no record text reaches a key.

use std::fmt::Write as _;

use cloudtrail::Record;
use detection::correlate::{self, DAY_SECONDS, fold_window};
use detection::rule::{Logic, Meta, Rule, Scope};
use sha2::{Digest, Sha256};

use crate::ports::WindowKey;

/// State lives this long after its event: longer than any retry, redrive or
/// dead-letter queue can bring the event again.
pub const STATE_SECONDS: i64 = 35 * 86_400;

/// The account in keys where a record names none.
pub const UNKNOWN_ACCOUNT: &str = "unknown";

/// Stands for the rule in the counters of alerts that were told.
pub const TOLD: &str = "told";

/// Stands for the account where a rule's state spans the organization.
const ORGANIZATION: &str = "*";

/// Longest event identity that is used as it is.
const PLAIN_IDENTITY_CHARS: usize = 100;

/// A stretch of event time, aligned to its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoldWindow {
    /// First second.
    pub start: i64,
    /// Length in seconds, at least 1.
    pub seconds: i64,
}

impl FoldWindow {
    /// The window of this length that holds `time`.
    pub fn holding(time: i64, seconds: u64) -> Self {
        Self {
            start: fold_window(time, seconds),
            seconds: signed(seconds.max(1)),
        }
    }

    /// The window before.
    pub fn previous(self) -> Self {
        Self {
            start: self.start.saturating_sub(self.seconds),
            ..self
        }
    }
}

/// The fold window's length of a rule, in seconds. For a correlation a whole
/// multiple of its timespan, since a shorter one would split a crossing; for a
/// `first_seen` rule the time after which a value is new again.
pub fn fold_seconds(rule: &Rule) -> u64 {
    let settings = &rule.meta.settings;
    match (&rule.logic, &settings.first_seen) {
        (Logic::Correlation(correlation), _) => {
            correlate::fold_seconds(settings.fold_seconds, correlation.timespan_seconds)
        }
        (_, Some(first_seen)) => first_seen.forget_seconds.max(1),
        _ => settings.fold_seconds.unwrap_or(DAY_SECONDS).max(1),
    }
}

/// A duration as signed seconds.
pub fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// The account under which a rule keeps its state.
pub fn state_account<'a>(rule: &Rule, account: &'a str) -> &'a str {
    match rule.meta.settings.scope {
        Scope::Organization => ORGANIZATION,
        Scope::Account if account.is_empty() => UNKNOWN_ACCOUNT,
        Scope::Account => account,
    }
}

/// Names an alert: what has the same fingerprint is told once.
pub fn fingerprint(
    rule: &Rule,
    account: &str,
    group: &[String],
    window: FoldWindow,
    attempt_only: bool,
) -> String {
    let mut key = KeyHash::new("alert");
    key.rule(&rule.meta)
        .text(state_account(rule, account))
        .text(if attempt_only { "attempt" } else { "" })
        .number(window.start)
        .number(window.seconds)
        .values(group);
    key.finish()
}

/// Names the window state of a correlation, account and group.
pub fn window(rule: &Rule, account: &str, group: &[String]) -> WindowKey {
    let mut key = KeyHash::new("window");
    key.rule(&rule.meta)
        .text(state_account(rule, account))
        .values(group);
    WindowKey(key.finish())
}

/// Names the values that a `first_seen` rule knows, by account and group.
pub fn seen(rule: &Rule, account: &str, group: &[String]) -> String {
    let mut key = KeyHash::new("seen");
    key.rule(&rule.meta)
        .text(state_account(rule, account))
        .values(group);
    key.finish()
}

/// Names one value of a `first_seen` rule.
pub fn seen_value(value: &str) -> String {
    let mut key = KeyHash::new("value");
    key.text(value);
    key.finish()
}

/// Names the moment at which a rule of this version was activated.
pub fn activation(meta: &Meta) -> String {
    let mut key = KeyHash::new("activation");
    key.rule(meta);
    key.finish()
}

/// Names a rule of one version in a marker.
pub fn rule_version(meta: &Meta) -> String {
    let mut key = KeyHash::new("rule");
    key.rule(meta);
    key.finish()
}

/// Names a window of sending (see `storm`).
pub fn storm(kind: &str) -> WindowKey {
    let mut key = KeyHash::new("storm");
    key.text(kind);
    WindowKey(key.finish())
}

/// Names the stretches in which accounts are listened for (see `silence`). A
/// changed list is listened for anew.
pub fn heard<'a>(accounts: impl Iterator<Item = &'a String>, seconds: i64) -> WindowKey {
    let mut key = KeyHash::new("heard");
    key.number(seconds);
    for account in accounts {
        key.text(account);
    }
    WindowKey(key.finish())
}

/// Names the claim on the one summary of a window of sending.
pub fn storm_summary(kind: &str, bucket: i64) -> String {
    let mut key = KeyHash::new("storm-summary");
    key.text(kind).number(bucket);
    key.finish()
}

/// An event's identity as it may stand in a key: as it is where it is short
/// and plain, else hashed.
pub fn event(record: &Record<'_>) -> String {
    plain_identity(record.identity())
}

pub(crate) fn plain_identity(identity: String) -> String {
    let plain = identity.len() <= PLAIN_IDENTITY_CHARS
        && !identity.is_empty()
        && identity
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_/:.".contains(&byte));
    if plain {
        return identity;
    }
    let mut key = KeyHash::new("event");
    key.text(&identity);
    key.finish()
}

/// A hash of raw bytes, 32 hex digits.
pub fn content(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

struct KeyHash(Sha256);

impl KeyHash {
    fn new(kind: &str) -> Self {
        let mut key = Self(Sha256::new());
        key.text(kind);
        key
    }

    fn text(&mut self, part: &str) -> &mut Self {
        self.0.update(part.len().to_string());
        self.0.update(":");
        self.0.update(part);
        self
    }

    fn number(&mut self, part: i64) -> &mut Self {
        self.text(&part.to_string())
    }

    fn rule(&mut self, meta: &Meta) -> &mut Self {
        self.text(&meta.id).text(&meta.version)
    }

    fn values(&mut self, group: &[String]) -> &mut Self {
        for value in group {
            self.text(value);
        }
        self
    }

    fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// The first half of a SHA-256, as 32 hex digits: 128 bits keep keys short,
/// and nobody gains from two of his own groups colliding.
fn hex(digest: &[u8]) -> String {
    digest
        .iter()
        .take(16)
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn group(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn day() -> FoldWindow {
        FoldWindow {
            start: 1_772_409_600,
            seconds: 86_400,
        }
    }

    /// State outlives the code that wrote it: these strings never change.
    #[test]
    fn stored_names_are_these() {
        let rule = sample::rule("id: r-1");
        let account = "111122223333";
        let kim = group(&["kim"]);
        let pinned = [
            (
                fingerprint(&rule, account, &kim, day(), false),
                "efdb67356bbcf28a3c8f9d202456ad13",
            ),
            (
                fingerprint(&rule, account, &kim, day(), true),
                "a75500a8c498afe6c4a166fba3711766",
            ),
            (
                window(&rule, account, &kim).0,
                "b1e0a61e0065fb1b9f867c12e1c7c4e4",
            ),
            (
                seen(&rule, account, &kim),
                "e31b95e49ff92de435b3d4e0ed87e697",
            ),
            (seen_value("boto3"), "e4021fbb3c3669b12a3a2f9507991555"),
            (activation(&rule.meta), "558ed7f787b08fea641af18cf144d7ac"),
            (rule_version(&rule.meta), "cfc718edf221be8d85f64cd7e567a739"),
            (storm("other").0, "698ebe4126fda3f85ea58a56d37dc915"),
            (
                storm_summary("other", 7),
                "70a10741e4b32ac04094f81dc6b3d896",
            ),
            (
                plain_identity("a b".to_owned()),
                "f5c7623d898d87971c78d6bfa0d8999b",
            ),
            (content(b"{"), "021fb596db81e6d02bf3d2586ee3981f"),
        ];
        for (key, stored) in pinned {
            assert_eq!(key, stored);
        }
    }

    #[test]
    fn every_part_makes_another_key() {
        let rule = sample::rule("id: r-1");
        let organization = sample::rule("id: r-1\ntrailward: {scope: organization}");
        let mut newer = rule.clone();
        newer.meta.version = "0000000000000002".to_owned();
        let other = sample::rule("id: r-2");
        let base = |rule: &Rule| fingerprint(rule, "1", &group(&["a", "b"]), day(), false);
        let keys = [
            base(&rule),
            base(&newer),
            base(&other),
            base(&organization),
            fingerprint(&rule, "2", &group(&["a", "b"]), day(), false),
            fingerprint(&rule, "1", &group(&["ab", ""]), day(), false),
            fingerprint(&rule, "1", &group(&["a", "b"]), day(), true),
            fingerprint(&rule, "1", &group(&["a", "b"]), day().previous(), false),
            window(&rule, "1", &group(&["a", "b"])).0,
            seen(&rule, "1", &group(&["a", "b"])),
        ];
        let distinct: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        // Only `scope: organization` spans accounts.
        let spans = |account: &str| fingerprint(&organization, account, &[], day(), false);
        assert_eq!(spans("1"), spans("2"));
    }

    #[test]
    fn identities_are_plain_or_hashed() {
        let plain = "111122223333:0f0e0d0c-0b0a-4909-8807-060504030201";
        assert_eq!(plain_identity(plain.to_owned()), plain);
        for odd in ["", "a#b", "a\nb", &"x".repeat(101)] {
            assert_eq!(plain_identity(odd.to_owned()).len(), 32, "{odd}");
        }
    }

    #[test]
    fn fold_windows_are_whole_multiples_of_a_timespan() {
        let seconds = |text: &str| fold_seconds(&sample::rule(text));
        assert_eq!(seconds("id: r-1"), 86_400);
        assert_eq!(seconds("id: r-1\ntrailward: {fold: 1h}"), 3_600);
        assert_eq!(
            seconds("id: r-1\ntrailward: {first-seen: {value: userAgent, forget: 30d}}"),
            30 * 86_400
        );
        let correlation = |fold: &str| fold_seconds(&sample::correlation("7m", fold));
        assert_eq!(correlation(""), 206 * 420);
        assert_eq!(correlation("trailward: {fold: 10m}"), 840);
    }

    #[test]
    fn windows_are_aligned_before_the_epoch_too() {
        assert_eq!(FoldWindow::holding(1_772_442_900, 86_400), day());
        assert_eq!(FoldWindow::holding(-1, 60).start, 0, "clamped");
    }
}
