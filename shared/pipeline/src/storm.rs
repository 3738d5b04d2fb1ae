//! Many alerts at once: above a bound, one summary stands for the rest.
//!
//! A matter of sending only: claims, counters and outcomes are as ever.
//! Critical alerts have a bound of their own, so that a flood of lesser ones
//! cannot hide them.

use detection::rule::Level;
use futures_util::future::join_all;

use crate::alert::{level_name, utc, who};
use crate::cases::Case;
use crate::claims::AT_ONCE;
use crate::neutral::{ascii, value};
use crate::ports::{Claim, Expiry, Lease, Mail, MemberSet, PortError};
use crate::work::Work;
use crate::{alert, keys};

/// Alerts that are mailed one by one within [`STORM_SECONDS`].
pub const STORM_ALERTS: usize = 100;

/// The stretch of wall-clock time in which alerts are counted, in seconds.
pub const STORM_SECONDS: i64 = 600;

/// Most alerts that a summary lists.
const MAX_LISTED: usize = 100;

/// How long the count of a stretch is kept, in seconds.
const KEPT_SECONDS: i64 = 86_400;

impl Work<'_> {
    /// Whether a case gets a mail of its own. Where state cannot say, it does.
    pub(crate) async fn may_mail(&mut self, case: &Case) -> bool {
        if self.journal.is_some() {
            // A run over files prints: nobody's mailbox overflows.
            return true;
        }
        let kind = kind_of(case.level);
        match self.count_mail(kind, &case.fingerprint).await {
            Ok(may) => may,
            Err(error) => {
                tracing::warn!(%error, "alerts are mailed uncounted");
                true
            }
        }
    }

    async fn count_mail(
        &mut self,
        kind: &'static str,
        fingerprint: &str,
    ) -> Result<bool, PortError> {
        let now = self.now();
        let (window, bucket) = (keys::storm(kind), now.div_euclid(STORM_SECONDS));
        if !self.mailed.contains_key(kind) {
            let sets = self.state.read_members(&window, &[bucket], now).await?;
            let set = sets.into_iter().flatten().collect();
            self.mailed.insert(kind, set);
        }
        let mailed = self.mailed.entry(kind).or_default();
        if mailed.contains(fingerprint) {
            return Ok(true);
        }
        if mailed.len() >= STORM_ALERTS {
            return Ok(false);
        }
        let expiry = Expiry {
            now,
            at: now.saturating_add(KEPT_SECONDS),
        };
        let member = MemberSet::from([fingerprint.to_owned()]);
        *mailed = self
            .state
            .add_members(&window, bucket, &member, expiry)
            .await?;
        Ok(mailed.len() <= STORM_ALERTS)
    }

    /// Tells the cases beyond the bound in one summary per stretch of time.
    pub(crate) async fn summarise(&mut self, cases: Vec<(Case, Lease)>) {
        let (critical, others): (Vec<_>, Vec<_>) = cases
            .into_iter()
            .partition(|(case, _)| case.level == Level::Critical);
        for cases in [critical, others] {
            let Some((first, _)) = cases.first() else {
                continue;
            };
            let bucket = self.now().div_euclid(STORM_SECONDS);
            let key = keys::storm_summary(kind_of(first.level), bucket);
            let lease = self
                .invocation
                .lease(self.now_ms(), self.now().saturating_add(KEPT_SECONDS));
            let told = match self.state.claim(&key, &lease).await {
                Ok(Claim::Confirmed) => Ok(()),
                Ok(Claim::Won) => self.publish_summary(&key, &lease, bucket, &cases).await,
                Ok(Claim::Held { until_ms }) => Err(crate::invocation::Problem::Held {
                    fingerprint: key,
                    until_ms,
                }),
                Err(error) => Err(error.into()),
            };
            self.enter_summarised(cases, told).await;
        }
    }

    async fn publish_summary(
        &self,
        key: &str,
        lease: &Lease,
        bucket: i64,
        cases: &[(Case, Lease)],
    ) -> Result<(), crate::invocation::Problem> {
        let mail = self.summary(bucket, cases);
        self.sink.publish(&mail).await?;
        self.confirm(key, lease).await?;
        Ok(())
    }

    async fn enter_summarised(
        &mut self,
        cases: Vec<(Case, Lease)>,
        told: Result<(), crate::invocation::Problem>,
    ) {
        if let Err(problem) = told {
            for (case, _) in &cases {
                self.fail(&case.pairs);
            }
            self.problems.push(problem);
            return;
        }
        for told in cases.chunks(AT_ONCE) {
            let confirm = |(case, lease): &'_ (Case, Lease)| {
                let (fingerprint, lease) = (case.fingerprint.clone(), lease.clone());
                let work = &*self;
                async move { work.confirm(&fingerprint, &lease).await }
            };
            let confirmed = join_all(told.iter().map(confirm)).await;
            for ((case, _), confirmed) in told.iter().zip(confirmed) {
                match confirmed {
                    Ok(()) => {
                        self.summarised += 1;
                        self.told_now(case);
                    }
                    Err(error) => self.give_up(case, error.into()),
                }
            }
        }
    }

    fn summary(&self, bucket: i64, cases: &[(Case, Lease)]) -> Mail {
        let end = bucket.saturating_add(1).saturating_mul(STORM_SECONDS);
        let mut lines = vec![
            format!(
                "More than {STORM_ALERTS} alerts came within {} minutes. {} more are listed here \
                 and not mailed one by one; what else comes before {} is counted, and shown in \
                 the weekly report.",
                STORM_SECONDS / 60,
                cases.len(),
                utc(end)
            ),
            String::new(),
        ];
        for (case, _) in cases.iter().take(MAX_LISTED) {
            lines.push(self.summary_line(case));
        }
        if cases.len() > MAX_LISTED {
            lines.push(format!("and {} more", cases.len() - MAX_LISTED));
        }
        lines.push(String::new());
        let subject = format!("[STORM] {} more alerts within minutes", cases.len());
        Mail {
            subject: ascii(&subject, alert::MAX_SUBJECT_CHARS),
            body: lines.join("\n"),
            attributes: vec![("kind", "storm".to_owned())],
        }
    }

    fn summary_line(&self, case: &Case) -> String {
        let title = value(&self.rules.rule(case.rule).meta.title);
        let level = level_name(case.level).to_uppercase();
        let Some(event) = self.events.get(case.event) else {
            return format!("[{level}] {title}");
        };
        let who = who(&event.facts.who, self.voice.language);
        let account = value(&event.facts.account);
        let time = event.facts.time.map(utc).unwrap_or_default();
        format!("[{level}] {title}: {who}, {account}, {time}")
    }
}

fn kind_of(level: Level) -> &'static str {
    match level {
        Level::Critical => "critical",
        _ => "other",
    }
}
