//! An alert as a message.

use super::text::{body, title};
use super::{Alert, Telling, level_name};
use crate::neutral::{ascii, value};
use crate::ports::Mail;
use crate::settings::Voice;

/// Longest subject, in characters: SNS wants under 100.
pub const MAX_SUBJECT_CHARS: usize = 99;

/// The alert as it is published.
pub fn render(alert: &Alert<'_>, voice: &Voice) -> Mail {
    let level = level_name(alert.level);
    let account = Telling { alert, voice }.account();
    let subject = format!(
        "[{}] {} - {account}",
        level.to_uppercase(),
        title(alert.rule)
    );
    let mut attributes = vec![
        ("kind", "alert".to_owned()),
        ("level", level.to_owned()),
        ("rule_id", value(&alert.rule.meta.id)),
        ("account", value(&alert.event.account)),
        ("region", value(&alert.event.region)),
        ("fingerprint", alert.fingerprint.to_owned()),
    ];
    attributes.retain(|(_, text)| !text.is_empty());
    Mail {
        subject: ascii(&subject, MAX_SUBJECT_CHARS),
        body: body(alert, voice),
        attributes,
    }
}
