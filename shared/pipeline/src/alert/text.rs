//! An alert as text, for a phone screen at night: first what happened, then
//! the facts, then what to do.

use detection::rule::Rule;
use jiff::Timestamp;

use super::words::{Words, level_in, words};
use super::{Alert, Telling, console_link, who};
use crate::neutral::{neutral, value};
use crate::settings::{Language, Voice};

/// Most response steps that are shown.
const MAX_STEPS: usize = 8;

/// Most author-chosen fields that are shown.
const MAX_DETAILS: usize = 8;

/// Longest sentence of a rule's author, in characters.
const MAX_SENTENCE_CHARS: usize = 400;

/// Longest user agent that is shown, in characters.
const MAX_AGENT_CHARS: usize = 80;

/// The alert as plain text.
pub fn body(alert: &Alert<'_>, voice: &Voice) -> String {
    let telling = Telling { alert, voice };
    let mut lines = vec![telling.headline(), telling.sentence(), String::new()];
    lines.extend(telling.fact_lines());
    lines.extend(telling.together_lines());
    lines.extend(telling.author_lines());
    lines.push(String::new());
    lines.extend(telling.step_lines());
    lines.push(String::new());
    lines.extend(telling.reference_lines());
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// A time as people in every zone read it.
pub(crate) fn utc(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| seconds.to_string(),
        |time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

/// A rule's title, bounded.
pub(crate) fn title(rule: &Rule) -> String {
    value(&rule.meta.title)
}

impl Telling<'_> {
    fn words(&self) -> &'static Words {
        words(self.voice.language)
    }

    fn headline(&self) -> String {
        let level = level_in(self.alert.level, self.voice.language);
        format!("[{}] {}", level.to_uppercase(), title(self.alert.rule))
    }

    /// What happened, in one sentence.
    fn sentence(&self) -> String {
        let event = self.alert.event;
        let who = who(&event.who, self.voice.language);
        let place = match self.voice.language {
            Language::En => format!("{}, {}", self.account(), self.known(&event.region)),
            Language::Zh => format!("账户 {}({})", self.account(), self.known(&event.region)),
        };
        if let Some(together) = &self.alert.together {
            let count = together.count;
            let within = self.duration(together.to.saturating_sub(together.from));
            return match self.voice.language {
                Language::En => {
                    format!("{count} together within {within}, the last by {who} in {place}.")
                }
                Language::Zh => {
                    format!("{within}内合计 {count} 项,最后一项由 {who} 在{place}触发。")
                }
            };
        }
        let service = event.source.trim_end_matches(".amazonaws.com");
        let call = format!("{} ({})", self.known(&event.name), self.known(service));
        match (self.voice.language, event.failure().is_empty()) {
            (Language::En, true) => format!("{who} called {call} in {place}."),
            (Language::En, false) => format!("{who} tried {call} in {place}, and was refused."),
            (Language::Zh, true) => format!("{who} 在{place}调用了 {call}。"),
            (Language::Zh, false) => format!("{who} 在{place}尝试调用 {call},被拒绝。"),
        }
    }

    fn fact_lines(&self) -> Vec<String> {
        let words = self.words();
        let event = self.alert.event;
        let mut lines = vec![
            line(words.level, level_in(self.alert.level, self.voice.language)),
            line(words.account, &self.account()),
            line(words.region, &self.known(&event.region)),
            line(words.who, &who(&event.who, self.voice.language)),
        ];
        if !event.principal.is_empty() {
            lines.push(format!("  {}", value(&event.principal)));
        }
        lines.push(line(words.from, &self.from()));
        lines.push(line(words.when, &self.when()));
        lines.push(line(words.outcome, &self.outcome()));
        lines.push(line(words.often, &self.often()));
        lines
    }

    fn together_lines(&self) -> Vec<String> {
        let Some(together) = &self.alert.together else {
            return Vec::new();
        };
        let words = self.words();
        let span = format!("{} .. {}", utc(together.from), utc(together.to));
        let mut lines = vec![line(
            words.together,
            &format!("{} ({span})", together.count),
        )];
        if !together.steps.is_empty() {
            let steps: Vec<String> = together.steps.iter().map(|step| value(step)).collect();
            lines.push(line(words.steps, &steps.join(" -> ")));
        }
        lines.extend(field_lines(&together.group));
        lines
    }

    fn author_lines(&self) -> Vec<String> {
        let mut lines = field_lines(self.alert.details);
        if let Some(gain) = &self.alert.rule.meta.settings.gain {
            lines.push(line(self.words().gain, &neutral(gain, MAX_SENTENCE_CHARS)));
        }
        lines
    }

    fn step_lines(&self) -> Vec<String> {
        let words = self.words();
        let response = &self.alert.rule.meta.settings.response;
        let steps = match self.voice.language {
            Language::Zh if !response.zh.is_empty() => &response.zh,
            _ => &response.en,
        };
        let mut lines = vec![format!("{}:", words.first)];
        if steps.is_empty() {
            lines.push(format!("1. {}", words.no_steps));
        }
        for (index, step) in steps.iter().take(MAX_STEPS).enumerate() {
            let step = neutral(step, MAX_SENTENCE_CHARS);
            lines.push(format!("{}. {step}", index + 1));
        }
        lines
    }

    fn reference_lines(&self) -> Vec<String> {
        let words = self.words();
        let event = self.alert.event;
        let way = console_link(event).unwrap_or_else(|| self.known(&event.event_id));
        vec![
            line(words.rule, &value(&self.alert.rule.meta.id)),
            line(words.event, &way),
            line(words.input, &value(self.alert.input)),
        ]
    }

    /// The account, by its name where the team gave it one.
    pub(super) fn account(&self) -> String {
        let account = self.alert.event.account.as_str();
        match self.voice.account_names.get(account) {
            Some(name) => format!("{} ({account})", value(name)),
            None => self.known(account),
        }
    }

    fn from(&self) -> String {
        let event = self.alert.event;
        let address = self.known(&event.source_ip);
        if event.agent.is_empty() {
            return address;
        }
        format!("{address}, {}", neutral(&event.agent, MAX_AGENT_CHARS))
    }

    fn when(&self) -> String {
        let Some(time) = self.alert.event.time else {
            return self.words().unknown.to_owned();
        };
        let late = self.duration(self.alert.now.saturating_sub(time).max(0));
        match self.voice.language {
            Language::En => format!("{}, told {late} later", utc(time)),
            Language::Zh => format!("{},{late}后告警", utc(time)),
        }
    }

    fn outcome(&self) -> String {
        let words = self.words();
        match self.alert.event.failure() {
            "" => words.succeeded.to_owned(),
            code => format!("{} ({})", words.refused, value(code)),
        }
    }

    fn often(&self) -> String {
        let repeats = self.alert.repeats;
        let now = repeats.now.max(1);
        let since = utc(self.alert.window.start);
        let length = self.duration(self.alert.window.seconds);
        match (self.voice.language, repeats.before) {
            (Language::En, 0) => format!("{now} since {since}"),
            (Language::En, n) => format!("{now} since {since}, {n} in the {length} before"),
            (Language::Zh, 0) => format!("自 {since} 起 {now} 次"),
            (Language::Zh, n) => format!("自 {since} 起 {now} 次,此前 {length}内 {n} 次"),
        }
    }

    fn duration(&self, seconds: i64) -> String {
        let words = self.words();
        let (amount, unit) = match seconds {
            ..120 => (seconds, words.seconds),
            120..7_200 => (seconds / 60, words.minutes),
            7_200..172_800 => (seconds / 3_600, words.hours),
            _ => (seconds / 86_400, words.days),
        };
        format!("{amount} {unit}")
    }

    fn known(&self, text: &str) -> String {
        match text {
            "" => self.words().unknown.to_owned(),
            text => value(text),
        }
    }
}

fn field_lines(fields: &[(String, String)]) -> Vec<String> {
    let filled = fields.iter().filter(|(_, text)| !text.is_empty());
    filled
        .take(MAX_DETAILS)
        .map(|(name, text)| line(&value(name), &value(text)))
        .collect()
}

fn line(label: &str, text: &str) -> String {
    format!("{label}: {text}")
}
