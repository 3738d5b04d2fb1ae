//! Claim, publish, confirm: an alert is told once, and rather twice than
//! never.
//!
//! A claim that another attempt holds and has not confirmed is never a
//! success: the invocation finishes everything else and fails, so that it is
//! retried when that lease has ended.
//!
//! Claims are asked for several at once, since a batch may hold thousands of
//! causes. Publishing stays one after another: a crash between publishing and
//! confirming repeats one alert, not several.

use std::cmp::Reverse;

use futures_util::future::join_all;

use crate::alert::{self, Alert};
use crate::cases::Case;
use crate::invocation::Problem;
use crate::ports::{Claim, Lease, Mail, PortError};
use crate::work::Work;

/// Claims, and confirmations after a summary, under way at once.
pub(crate) const AT_ONCE: usize = 16;

/// Tries to record that an alert was published: a lost confirmation repeats it.
const CONFIRM_TRIES: usize = 2;

/// What a claim leads to.
enum Turn {
    /// It is ours to tell.
    Ours(Lease),
    /// It was told.
    Told,
}

impl Work<'_> {
    /// Tells every case that nobody told before, the gravest first.
    pub(crate) async fn tell(&mut self) {
        let mut cases: Vec<Case> = std::mem::take(&mut self.cases).into_values().collect();
        cases.sort_by_key(|case| (Reverse(case.level), self.time_of(case)));
        cases.retain(|case| {
            let known = self.remembered.is_confirmed(&case.fingerprint);
            if known {
                self.settle(case, false);
            }
            !known
        });
        let mut left = 0;
        let mut beyond = Vec::new();
        for claimed in cases.chunks(AT_ONCE) {
            let mut turns = Vec::new();
            if self.has_time() {
                turns = join_all(claimed.iter().map(|case| self.turn(case))).await;
            }
            let mut turns = turns.into_iter();
            for case in claimed {
                match turns.next().filter(|_| self.has_time()) {
                    None => {
                        left += 1;
                        self.fail(&case.pairs);
                    }
                    Some(Ok(Turn::Told)) => self.already_told(case),
                    Some(Ok(Turn::Ours(lease))) if self.may_mail(case).await => {
                        self.tell_case(case, &lease).await;
                    }
                    Some(Ok(Turn::Ours(lease))) => beyond.push((case.clone(), lease)),
                    Some(Err(problem)) => self.give_up(case, problem),
                }
            }
        }
        if left > 0 {
            self.problems.push(Problem::OutOfTime { left });
        }
        self.summarise(beyond).await;
    }

    async fn turn(&self, case: &Case) -> Result<Turn, Problem> {
        let lease = self.lease(case);
        match self.state.claim(&case.fingerprint, &lease).await? {
            Claim::Won => Ok(Turn::Ours(lease)),
            Claim::Confirmed => Ok(Turn::Told),
            Claim::Held { until_ms } => Err(Problem::Held {
                fingerprint: case.fingerprint.clone(),
                until_ms,
            }),
        }
    }

    /// A claim outlives every event that can still fall into its window.
    fn lease(&self, case: &Case) -> Lease {
        let end = case.window.start.saturating_add(case.window.seconds);
        let expiry = self.expiry(end, case.window.seconds);
        self.invocation.lease(self.now_ms(), expiry.at)
    }

    async fn tell_case(&mut self, case: &Case, lease: &Lease) {
        let Some(mail) = self.mail(case).await else {
            // An event that is not there cannot be told; the pairs stay open
            // and the accounts say so.
            return;
        };
        let told = match self.sink.publish(&mail).await {
            Ok(()) => self.confirm(&case.fingerprint, lease).await,
            Err(error) => Err(error),
        };
        match told {
            Ok(()) => self.told_now(case),
            Err(error) => self.give_up(case, error.into()),
        }
    }

    /// Records that a case was published.
    pub(crate) async fn confirm(&self, key: &str, lease: &Lease) -> Result<(), PortError> {
        let mut last = Ok(());
        for _ in 0..CONFIRM_TRIES {
            last = self.state.confirm(key, lease).await;
            if last.is_ok() {
                break;
            }
        }
        last
    }

    /// Enters a case that was told just now.
    pub(crate) fn told_now(&mut self, case: &Case) {
        self.remembered.confirm(&case.fingerprint);
        self.settle(case, true);
        self.note_told(case);
        let delay = self.now().saturating_sub(self.time_of(case));
        let delay = u64::try_from(delay).unwrap_or(0);
        self.delay_seconds = self.delay_seconds.max(delay);
        let event = self.events.get(case.event);
        if let (Some(journal), Some(event)) = (self.journal.as_deref_mut(), event) {
            journal.alert(self.rules.rule(case.rule), case, &event.facts);
        }
    }

    /// Enters a case that somebody told before.
    pub(crate) fn already_told(&mut self, case: &Case) {
        self.remembered.confirm(&case.fingerprint);
        self.settle(case, false);
    }

    /// Enters a case that must be tried again.
    pub(crate) fn give_up(&mut self, case: &Case, problem: Problem) {
        self.fail(&case.pairs);
        self.problems.push(problem);
    }

    async fn mail(&self, case: &Case) -> Option<Mail> {
        let alert = Alert {
            rule: self.rules.rule(case.rule),
            level: case.level,
            event: &self.events.get(case.event)?.facts,
            details: &case.details,
            together: case.together.clone(),
            repeats: self.repeats(case).await,
            window: case.window,
            input: &self.invocation.input,
            now: self.now(),
            fingerprint: &case.fingerprint,
        };
        Some(alert::render(&alert, self.voice))
    }

    fn time_of(&self, case: &Case) -> i64 {
        let event = self.events.get(case.event);
        event.map_or(0, |event| event.facts.time_or_epoch())
    }
}
