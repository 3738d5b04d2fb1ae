//! Settings as `main` finds them, parsed once.
//!
//! Parsing is pure: `main` gives a function that looks a name up. A wrong
//! setting refuses to start, names itself and says what would be right.

use std::collections::BTreeMap;

use crate::facts::is_account;
use crate::silence::Watched;

/// Begins the name of every setting.
const PREFIX: &str = "TRAILWARD_";

/// The language of alerts and reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

/// How alerts speak to this team.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Voice {
    /// In which language.
    pub language: Language,
    /// What the team calls its accounts, by their number.
    pub account_names: BTreeMap<String, String>,
}

/// A setting's name without the prefix `TRAILWARD_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// `TRAILWARD_TABLE`: the state's table.
    Table,
    /// `TRAILWARD_TOPIC_ARN`: where alerts and reports are published.
    TopicArn,
    /// `TRAILWARD_LOG_GROUPS`: the log groups that are accepted.
    LogGroups,
    /// `TRAILWARD_QUARANTINE_BUCKET`: where unreadable records wait.
    QuarantineBucket,
    /// `TRAILWARD_REPORT_BUCKET`: where reports are kept.
    ReportBucket,
    /// `TRAILWARD_RULES_BUCKET`: the team's own rules, lists and exceptions.
    RulesBucket,
    /// `TRAILWARD_WORKGROUP`: the Athena workgroup.
    Workgroup,
    /// `TRAILWARD_DATABASE`: the Glue database.
    Database,
    /// `TRAILWARD_TRAIL_TABLE`: the Glue table over the trail's files.
    TrailTable,
    /// `TRAILWARD_TRAIL_LOCATION`: where the trail's files are.
    TrailLocation,
    /// `TRAILWARD_TRAIL_NAME`: what the report calls the trail.
    TrailName,
    /// `TRAILWARD_ACCOUNT_NAMES`: what the team calls its accounts.
    AccountNames,
    /// `TRAILWARD_LANGUAGE`: the language of alerts and reports.
    Language,
    /// `TRAILWARD_WATCHED_ACCOUNTS`: the accounts that must be heard of.
    WatchedAccounts,
    /// `TRAILWARD_ACCOUNT_SILENCE_MINUTES`: how long one may be silent.
    AccountSilenceMinutes,
}

impl Setting {
    /// Every setting with its name and the form that is right.
    pub const ALL: [(Setting, &'static str, &'static str); 15] = [
        (Setting::Table, "TABLE", "a DynamoDB table's name"),
        (
            Setting::TopicArn,
            "TOPIC_ARN",
            "the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:111122223333:alerts",
        ),
        (
            Setting::LogGroups,
            "LOG_GROUPS",
            "log group names, separated by commas",
        ),
        (
            Setting::QuarantineBucket,
            "QUARANTINE_BUCKET",
            "an S3 bucket's name",
        ),
        (
            Setting::ReportBucket,
            "REPORT_BUCKET",
            "an S3 bucket's name",
        ),
        (Setting::RulesBucket, "RULES_BUCKET", "an S3 bucket's name"),
        (
            Setting::Workgroup,
            "WORKGROUP",
            "an Athena workgroup's name",
        ),
        (
            Setting::Database,
            "DATABASE",
            "a Glue database's name: lower-case letters, digits, underscores",
        ),
        (
            Setting::TrailTable,
            "TRAIL_TABLE",
            "a Glue table's name: lower-case letters, digits, underscores",
        ),
        (
            Setting::TrailLocation,
            "TRAIL_LOCATION",
            "where the trail's files are, such as s3://bucket/AWSLogs/o-example/",
        ),
        (Setting::TrailName, "TRAIL_NAME", "a trail's name"),
        (
            Setting::AccountNames,
            "ACCOUNT_NAMES",
            "account=name pairs separated by commas, such as 111122223333=production",
        ),
        (Setting::Language, "LANGUAGE", "en or zh"),
        (
            Setting::WatchedAccounts,
            "WATCHED_ACCOUNTS",
            "account numbers separated by commas, such as 111122223333",
        ),
        (
            Setting::AccountSilenceMinutes,
            "ACCOUNT_SILENCE_MINUTES",
            "a number of minutes from 5 to 10080",
        ),
    ];

    /// The environment variable.
    pub fn name(self) -> String {
        format!("{PREFIX}{}", self.described().0)
    }

    fn described(self) -> (&'static str, &'static str) {
        Self::ALL
            .iter()
            .find(|(setting, ..)| *setting == self)
            .map_or(("", ""), |(_, name, right)| (name, right))
    }

    fn is_right(self, text: &str) -> bool {
        let of = |allowed: &str, max: usize| {
            (1..=max).contains(&text.len())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || allowed.as_bytes().contains(&byte))
        };
        match self {
            Setting::Table => of("-_.", 255),
            Setting::TopicArn => {
                text.starts_with("arn:") && text.split(':').count() == 6 && of(":-_.", 512)
            }
            Setting::LogGroups => text.split(',').all(|group| is_log_group(group.trim())),
            Setting::QuarantineBucket | Setting::ReportBucket | Setting::RulesBucket => {
                of("-.", 63) && !text.bytes().any(|byte| byte.is_ascii_uppercase())
            }
            Setting::Workgroup | Setting::TrailName => of("-_.", 128),
            Setting::Database | Setting::TrailTable => {
                of("_", 128) && !text.bytes().any(|byte| byte.is_ascii_uppercase())
            }
            Setting::TrailLocation => {
                text.starts_with("s3://") && text.ends_with('/') && of("-_./:", 1_024)
            }
            Setting::AccountNames => account_names(text).is_some(),
            Setting::Language => language(text).is_some(),
            Setting::WatchedAccounts => accounts(text).all(is_account),
            Setting::AccountSilenceMinutes => text
                .parse()
                .is_ok_and(|minutes| (5..=10_080).contains(&minutes)),
        }
    }
}

/// Why a setting is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// It has a value that cannot be right.
    #[error("{name} is `{found}`, but must be {right}")]
    Wrong {
        /// The variable.
        name: String,
        /// Its value.
        found: String,
        /// What would be right.
        right: &'static str,
    },
    /// It is needed and not set.
    #[error("{name} is not set; it must be {right}")]
    Missing {
        /// The variable.
        name: String,
        /// What would be right.
        right: &'static str,
    },
}

/// The settings that are set, each checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    texts: BTreeMap<Setting, String>,
}

impl Settings {
    /// Reads every setting through `lookup`. An empty one counts as not set.
    ///
    /// # Errors
    /// The first setting whose value cannot be right.
    pub fn from_map(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let mut texts = BTreeMap::new();
        for (setting, _, right) in Setting::ALL {
            let name = setting.name();
            let Some(found) = lookup(&name).filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            let found = found.trim().to_owned();
            if !setting.is_right(&found) {
                return Err(SettingError::Wrong { name, found, right });
            }
            texts.insert(setting, found);
        }
        Ok(Self { texts })
    }

    /// The setting's text, where it is set.
    pub fn get(&self, setting: Setting) -> Option<&str> {
        self.texts.get(&setting).map(String::as_str)
    }

    /// The setting's text, which this function cannot do without.
    ///
    /// # Errors
    /// Where it is not set.
    pub fn need(&self, setting: Setting) -> Result<&str, SettingError> {
        self.get(setting).ok_or_else(|| SettingError::Missing {
            name: setting.name(),
            right: setting.described().1,
        })
    }

    /// The log groups that are accepted; empty where none is set.
    pub fn log_groups(&self) -> Vec<String> {
        self.get(Setting::LogGroups)
            .into_iter()
            .flat_map(|text| text.split(','))
            .map(|group| group.trim().to_owned())
            .collect()
    }

    /// The accounts that must be heard of, where any are listed. Without a
    /// time, within a day.
    pub fn watched(&self) -> Option<Watched> {
        let listed = self.get(Setting::WatchedAccounts)?;
        let minutes = self
            .get(Setting::AccountSilenceMinutes)
            .and_then(|text| text.parse().ok());
        Some(Watched {
            accounts: accounts(listed).map(str::to_owned).collect(),
            seconds: minutes.unwrap_or(1_440) * 60,
        })
    }

    /// Language and account names.
    pub fn voice(&self) -> Voice {
        Voice {
            language: self
                .get(Setting::Language)
                .and_then(language)
                .unwrap_or_default(),
            account_names: self
                .get(Setting::AccountNames)
                .and_then(account_names)
                .unwrap_or_default(),
        }
    }
}

fn is_log_group(text: &str) -> bool {
    (1..=512).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_/.#".contains(&byte))
}

fn language(text: &str) -> Option<Language> {
    match text {
        "en" => Some(Language::En),
        "zh" => Some(Language::Zh),
        _ => None,
    }
}

fn accounts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim)
}

fn account_names(text: &str) -> Option<BTreeMap<String, String>> {
    text.split(',')
        .map(|pair| {
            let (account, name) = pair.trim().split_once('=')?;
            let name = name.trim();
            (is_account(account) && !name.is_empty()).then(|| (account.to_owned(), name.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings, SettingError> {
        Settings::from_map(&|name| {
            pairs
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, text)| (*text).to_owned())
        })
    }

    #[test]
    fn what_is_set_is_read() {
        let settings = settings(&[
            ("TRAILWARD_TABLE", "trailward-state"),
            (
                "TRAILWARD_LOG_GROUPS",
                "org-trail, aws/cloudtrail/managementevents",
            ),
            ("TRAILWARD_ACCOUNT_NAMES", "111122223333=production"),
            ("TRAILWARD_LANGUAGE", "zh"),
            ("TRAILWARD_RULES_BUCKET", ""),
            ("TRAILWARD_WATCHED_ACCOUNTS", "111122223333, 444455556666"),
            ("TRAILWARD_ACCOUNT_SILENCE_MINUTES", "60"),
        ])
        .unwrap();
        let watched = settings.watched().unwrap();
        assert_eq!((watched.accounts.len(), watched.seconds), (2, 3_600));
        assert_eq!(settings.need(Setting::Table), Ok("trailward-state"));
        assert_eq!(
            settings.log_groups(),
            ["org-trail", "aws/cloudtrail/managementevents"]
        );
        assert_eq!(settings.voice().language, Language::Zh);
        assert_eq!(
            settings.voice().account_names.get("111122223333").unwrap(),
            "production"
        );
        assert_eq!(settings.get(Setting::RulesBucket), None);
    }

    #[test]
    fn a_wrong_setting_names_itself_and_what_is_right() {
        let wrong = [
            ("TRAILWARD_TABLE", "a b"),
            ("TRAILWARD_TOPIC_ARN", "alerts"),
            ("TRAILWARD_LOG_GROUPS", "a,,b"),
            ("TRAILWARD_QUARANTINE_BUCKET", "Upper"),
            ("TRAILWARD_REPORT_BUCKET", "a/b"),
            ("TRAILWARD_RULES_BUCKET", "s3://x"),
            ("TRAILWARD_WORKGROUP", "a;b"),
            ("TRAILWARD_DATABASE", "x-y"),
            ("TRAILWARD_TRAIL_TABLE", "x;drop"),
            ("TRAILWARD_TRAIL_LOCATION", "s3://bucket/x"),
            ("TRAILWARD_TRAIL_NAME", "a'b"),
            ("TRAILWARD_ACCOUNT_NAMES", "prod=111122223333"),
            ("TRAILWARD_LANGUAGE", "fr"),
            ("TRAILWARD_WATCHED_ACCOUNTS", "111122223333,prod"),
            ("TRAILWARD_ACCOUNT_SILENCE_MINUTES", "4"),
        ];
        assert_eq!(wrong.len(), Setting::ALL.len());
        for (name, text) in wrong {
            let message = settings(&[(name, text)]).unwrap_err().to_string();
            assert!(message.starts_with(name), "{message}");
            assert!(message.contains(text), "{message}");
            assert!(message.contains("must be"), "{message}");
        }
    }

    #[test]
    fn a_missing_setting_names_itself() {
        let error = settings(&[]).unwrap().need(Setting::TopicArn).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("TRAILWARD_TOPIC_ARN is not set"),
            "{error}"
        );
    }
}
