//! What stays the same from week to week.

use std::collections::{BTreeMap, BTreeSet};

use detection::sigma::Lists;

use super::loaded::LoadedRules;
use super::model::AlarmState;
use crate::settings::{Language, Setting, SettingError, Settings};
use crate::team::TeamRules;

/// The list of addresses that are suspicious wherever they appear.
const LISTED: &str = "tor-exits";

/// What stays the same from week to week.
#[derive(Debug, Clone, Default)]
pub struct ReportSettings {
    /// The Glue database.
    pub database: String,
    /// The table over the trail's files.
    pub table: String,
    /// What the report calls the trail.
    pub trail: String,
    /// Whether it is an organization's trail.
    pub organization: bool,
    /// The report's language.
    pub language: Language,
    /// What the team calls its accounts.
    pub account_names: BTreeMap<String, String>,
    /// Addresses that are suspicious wherever they appear, such as Tor exits.
    pub listed_addresses: BTreeSet<String>,
    /// The rules that count, and those that were refused.
    pub rules: LoadedRules,
    /// Filters and alarms, where somebody looked.
    pub alarms: AlarmState,
}

impl ReportSettings {
    /// The settings as `main` found them; the rules are for
    /// [`ReportSettings::under`] to add.
    ///
    /// # Errors
    /// Where a setting that the report needs is missing.
    pub fn read(settings: &Settings) -> Result<Self, SettingError> {
        let voice = settings.voice();
        Ok(Self {
            database: settings.need(Setting::Database)?.to_owned(),
            table: settings.need(Setting::TrailTable)?.to_owned(),
            trail: settings.need(Setting::TrailName)?.to_owned(),
            organization: is_organization(settings.need(Setting::TrailLocation)?),
            language: voice.language,
            account_names: voice.account_names,
            ..Self::default()
        })
    }

    /// The same with the rules and lists of now (epoch seconds).
    #[must_use]
    pub fn under(&self, team: &TeamRules, now: i64) -> Self {
        Self {
            rules: LoadedRules::of_team(team, now),
            listed_addresses: listed_addresses(&team.lists),
            ..self.clone()
        }
    }
}

/// The addresses that these lists call suspicious wherever they appear.
pub fn listed_addresses(lists: &Lists) -> BTreeSet<String> {
    lists.get(LISTED).into_iter().flatten().cloned().collect()
}

/// An organization's trail has its organization's folder above the accounts.
fn is_organization(location: &str) -> bool {
    location
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .is_some_and(|folder| folder.starts_with("o-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<ReportSettings, SettingError> {
        let settings = Settings::from_map(&|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, text)| (*text).to_owned())
        })?;
        ReportSettings::read(&settings)
    }

    #[test]
    fn the_location_tells_whose_trail_it_is() {
        let all = |location| {
            read(&[
                ("TRAILWARD_DATABASE", "trail"),
                ("TRAILWARD_TRAIL_TABLE", "cloudtrail_logs"),
                ("TRAILWARD_TRAIL_NAME", "org-security-trail"),
                ("TRAILWARD_TRAIL_LOCATION", location),
                ("TRAILWARD_LANGUAGE", "zh"),
            ])
            .unwrap()
        };
        assert!(all("s3://logs/AWSLogs/o-example/").organization);
        let single = all("s3://o-logs/AWSLogs/");
        assert!(!single.organization);
        assert_eq!(single.language, Language::Zh);
        assert_eq!(single.trail, "org-security-trail");
    }

    #[test]
    fn a_missing_setting_names_itself() {
        let problem = read(&[("TRAILWARD_DATABASE", "trail")]).unwrap_err();
        assert!(
            problem.to_string().starts_with("TRAILWARD_TRAIL_TABLE"),
            "{problem}"
        );
    }
}
