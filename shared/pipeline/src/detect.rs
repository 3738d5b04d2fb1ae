//! The story of one payload, on one screen: decode, judge every record, then
//! state, claims and alerts for the few that matched.

use std::sync::{Arc, OnceLock};

use cloudtrail::envelope::{EnvelopeError, EventBridgeEvent, FileSummary};
use cloudtrail::envelope::{LogsDecoder, LogsKind, eventbridge, file};
use detection::engine::{RuleSet, Scratch};

use crate::accounts::Accounts;
use crate::gather::{Gather, Harvest, MatchedEvent};
use crate::invocation::{self, Clock, HandlerError, Invocation};
use crate::journal::Journal;
use crate::metered::Metered;
use crate::ports::{AlertSink, Quarantine, StateStore};
use crate::quarantining;
use crate::settings::Voice;
use crate::silence::{Silence, Watched};
use crate::work::{Remembered, Streams, Work, streams};

/// Detail types that bring records of calls. The documentation spells the
/// sign-in one in two ways.
const DETAIL_TYPES: [&str; 5] = [
    "AWS API Call via CloudTrail",
    "AWS Console Sign In via CloudTrail",
    "AWS Console Signin via CloudTrail",
    "AWS Service Event via CloudTrail",
    "AWS Console Action via CloudTrail",
];

/// What a detector is made of.
#[derive(Clone)]
pub struct Parts {
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// Where state is.
    pub state: Arc<dyn StateStore>,
    /// Where alerts go.
    pub sink: Arc<dyn AlertSink>,
    /// Where unreadable records wait.
    pub quarantine: Arc<dyn Quarantine>,
    /// What time it is.
    pub clock: Clock,
    /// How alerts speak.
    pub voice: Voice,
    /// The log groups that are accepted; `None` accepts every one.
    pub log_groups: Option<Vec<String>>,
    /// Rules that were refused at load, for the metric.
    pub rules_refused: usize,
}

/// Turns payloads into alerts. Kept between invocations for its buffers and
/// for what it remembers.
pub struct Detector {
    pub(crate) parts: Parts,
    /// Made when the first record matches: a start need not wait for it.
    pub(crate) streams: OnceLock<Streams>,
    pub(crate) remembered: Remembered,
    pub(crate) journal: Option<Journal>,
    silence: Option<Silence>,
    scratch: Scratch,
    decoder: LogsDecoder,
}

impl Detector {
    /// A detector that has seen nothing yet.
    pub fn new(parts: Parts) -> Self {
        Self {
            streams: OnceLock::new(),
            remembered: Remembered::default(),
            journal: None,
            silence: None,
            scratch: Scratch::default(),
            decoder: LogsDecoder::new(),
            parts,
        }
    }

    /// Listens for these accounts from now on.
    pub fn watch_accounts(&mut self, watched: Watched) {
        self.silence = Some(Silence::new(watched));
    }

    /// Goes on with other rules. What was remembered of the former ones is
    /// forgotten; their state in the table stays, under their own versions.
    pub(crate) fn use_rules(&mut self, rules: RuleSet) {
        self.streams = OnceLock::new();
        self.remembered = Remembered::default();
        self.scratch = Scratch::default();
        self.parts.rules = Arc::new(rules);
    }

    /// Handles the text of `awslogs.data` of a CloudWatch Logs subscription.
    ///
    /// # Errors
    /// Where something must be tried again; what was done stays done.
    pub async fn handle_logs(
        &mut self,
        data: &[u8],
        invocation: &Invocation,
    ) -> Result<Accounts, HandlerError> {
        let started = self.begin();
        let rules = Arc::clone(&self.parts.rules);
        let mut gather = Gather::new(&rules, &mut self.scratch, self.silence.as_mut());
        match self.decoder.decode(data) {
            Err(error) => gather.unreadable(error.to_string(), data),
            Ok(payload) if payload.kind == LogsKind::Control => gather.ignore(1),
            Ok(payload) if !accepts(self.parts.log_groups.as_deref(), &payload.log_group) => {
                let tally = payload.each(&mut |_, _| {});
                gather.refuse(tally.records + tally.faults + tally.ignored);
                tracing::warn!(
                    log_group = %crate::neutral::value(&payload.log_group),
                    "records of a log group that is not configured were refused"
                );
            }
            Ok(payload) => {
                let tally = payload.each(&mut |index, outcome| gather.take_message(index, outcome));
                gather.ignore(tally.ignored);
            }
        }
        let (harvest, accounts) = gather.finish();
        self.conclude(harvest, accounts, invocation, started).await
    }

    /// Handles one EventBridge event.
    ///
    /// # Errors
    /// As [`Detector::handle_logs`].
    pub async fn handle_event(
        &mut self,
        bytes: &[u8],
        invocation: &Invocation,
    ) -> Result<Accounts, HandlerError> {
        let started = self.begin();
        let rules = Arc::clone(&self.parts.rules);
        let mut gather = Gather::new(&rules, &mut self.scratch, self.silence.as_mut());
        match eventbridge::read(bytes) {
            Err(error) => gather.unreadable(error.to_string(), bytes),
            Ok(event) => match foreign(&event) {
                None => gather.record(0, &event.record),
                Some(reason) => {
                    gather.refuse(1);
                    tracing::warn!(reason, "an event that is not CloudTrail's was refused");
                }
            },
        }
        let (harvest, accounts) = gather.finish();
        self.conclude(harvest, accounts, invocation, started).await
    }

    /// Handles the bytes of a file that holds records in any known form.
    ///
    /// # Errors
    /// As [`Detector::handle_logs`]; a file of which nothing can be read is
    /// the inner error, and nothing is quarantined for it.
    pub async fn handle_file(
        &mut self,
        bytes: &[u8],
        invocation: &Invocation,
    ) -> Result<Result<(Accounts, FileSummary), EnvelopeError>, HandlerError> {
        let started = self.begin();
        let rules = Arc::clone(&self.parts.rules);
        let mut gather = Gather::new(&rules, &mut self.scratch, self.silence.as_mut());
        let read = file::each_record(bytes, &mut |index, outcome| gather.take(index, outcome));
        let summary = match read {
            Ok(summary) => summary,
            Err(error) => return Ok(Err(error)),
        };
        gather.ignore(summary.tally.ignored);
        let (harvest, accounts) = gather.finish();
        let accounts = self
            .conclude(harvest, accounts, invocation, started)
            .await?;
        Ok(Ok((accounts, summary)))
    }

    /// Exceptions expire by the time of the first look at a payload.
    fn begin(&mut self) -> i64 {
        let started = (self.parts.clock)();
        self.scratch.set_time(started.div_euclid(1_000));
        started
    }

    async fn conclude(
        &mut self,
        harvest: Harvest,
        mut accounts: Accounts,
        invocation: &Invocation,
        started_ms: i64,
    ) -> Result<Accounts, HandlerError> {
        let now = started_ms.div_euclid(1_000);
        let quarantine = self.parts.quarantine.as_ref();
        let unreadable = harvest.unreadable;
        let mut problems = quarantining::keep(quarantine, unreadable, &invocation.input).await;
        let state = Metered::new(Arc::clone(&self.parts.state));
        if !harvest.events.is_empty() {
            let work = self.work(&state, &harvest.events, invocation, now);
            problems.extend(work.run(&mut accounts).await);
        }
        accounts.silent_accounts = self.silent(&state, invocation).await;
        accounts.state_writes = state.writes();
        accounts.rules_refused = u64::try_from(self.parts.rules_refused).unwrap_or(u64::MAX);
        let spent = (self.parts.clock)().saturating_sub(started_ms);
        accounts.processing_ms = u64::try_from(spent).unwrap_or(0);
        invocation::conclude(accounts, problems)
    }
}

impl Detector {
    /// How many accounts are silent, where there is time to ask.
    async fn silent(&mut self, state: &Metered, invocation: &Invocation) -> Option<u64> {
        let now_ms = (self.parts.clock)();
        let silence = self.silence.as_mut()?;
        if !invocation.has_time(now_ms) {
            return None;
        }
        let silent = silence.look(state, now_ms.div_euclid(1_000)).await;
        u64::try_from(silent).ok()
    }

    /// The second half of the work, over these events.
    pub(crate) fn work<'a>(
        &'a mut self,
        state: &'a Metered,
        events: &'a [MatchedEvent],
        invocation: &'a Invocation,
        now: i64,
    ) -> Work<'a> {
        let activation = match &self.journal {
            Some(journal) => journal.activation(events, now),
            None => now,
        };
        Work {
            rules: &self.parts.rules,
            streams: self.streams.get_or_init(|| streams(&self.parts.rules)),
            state,
            sink: self.parts.sink.as_ref(),
            clock: &self.parts.clock,
            voice: &self.parts.voice,
            invocation,
            remembered: &mut self.remembered,
            journal: self.journal.as_mut(),
            events,
            activation,
            pairs: Default::default(),
            cases: Default::default(),
            entries: Vec::new(),
            counted: Vec::new(),
            round: Default::default(),
            mailed: Default::default(),
            problems: Vec::new(),
            told: Vec::new(),
            delay_seconds: 0,
            summarised: 0,
        }
    }
}

fn accepts(log_groups: Option<&[String]>, log_group: &str) -> bool {
    log_groups.is_none_or(|accepted| accepted.iter().any(|name| name == log_group))
}

/// Why an EventBridge event is not CloudTrail's word, if it is not. Whoever
/// may put events on the bus can write any `detail`, but not an AWS source.
fn foreign(event: &EventBridgeEvent<'_>) -> Option<&'static str> {
    if !event.source.starts_with("aws.") {
        return Some("its source is not aws.*");
    }
    if !DETAIL_TYPES.contains(&event.detail_type.as_ref()) {
        return Some("its detail type brings no records of calls");
    }
    if event.record.account().as_deref() != Some(event.account.as_ref()) {
        return Some("its account is not the record's");
    }
    None
}
