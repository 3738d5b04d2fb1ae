//! `trailward scan`: the detector over files. `trailward replay`: over what
//! could not be read before.

use std::sync::Arc;

use adapters_local::{CollectingSink, FileState, MemoryState};
use anyhow::{Context, Result};
use async_trait::async_trait;
use cloudtrail::envelope::FileSummary;
use cloudtrail::envelope::file::Form;
use detection::rule::{Level, Logic};
use pipeline::accounts::Accounts;
use pipeline::detect::Parts;
use pipeline::invocation::Clock;
use pipeline::journal::Line;
use pipeline::neutral;
use pipeline::ports::{PortError, Quarantine, QuarantinedRecord, StateStore};
use pipeline::scan::{Scan, ScanError};
use pipeline::settings::Voice;

use crate::arguments::{self, Format};
use crate::exceptions_command::day;
use crate::inputs::Input;
use crate::progress::Progress;
use crate::replaying::Source;
use crate::rule_files::RuleFiles;
use crate::{Ending, printing};

/// A run over inputs, with what it prints to.
struct Run {
    scan: Scan,
    mails: Arc<CollectingSink>,
    progress: Progress,
    format: Format,
    min_level: Level,
    fail_on: Option<Level>,
    reached: bool,
    unreadable: usize,
    skipped: usize,
    source: Source,
}

pub(crate) async fn run(options: arguments::Scan, source: Source, clock: Clock) -> Result<Ending> {
    let inputs = source.inputs(&options.inputs.paths)?;
    let (rules, problems) = RuleFiles::read(&options.rules)?.load();
    for problem in &problems {
        eprintln!("{problem}");
    }
    let file_state = options
        .state
        .as_deref()
        .map(FileState::open)
        .transpose()?
        .map(Arc::new);
    let state: Arc<dyn StateStore> = match &file_state {
        Some(state) => Arc::<FileState>::clone(state),
        None => Arc::new(MemoryState::new()),
    };
    let mails = Arc::new(CollectingSink::default());
    let parts = Parts {
        rules: Arc::new(rules),
        state,
        sink: Arc::<CollectingSink>::clone(&mails),
        quarantine: Arc::new(Complaints),
        clock: Arc::clone(&clock),
        voice: Voice::default(),
        log_groups: None,
        rules_refused: problems.len(),
    };
    let owner = format!("trailward-{}-{}", std::process::id(), clock());
    let mut run = Run {
        scan: Scan::new(parts, owner),
        mails,
        progress: Progress::over(inputs.iter().map(|input| input.bytes).sum()),
        format: options.format,
        min_level: options.min_level.into(),
        fail_on: options.fail_on.map(Level::from),
        reached: false,
        unreadable: 0,
        skipped: 0,
        source,
    };
    run.all(&inputs).await?;
    if let Some(state) = file_state {
        state.save(clock().div_euclid(1_000))?;
    }
    run.summary(inputs.len());
    run.exceptions(clock().div_euclid(1_000));
    Ok(run.ending())
}

impl Run {
    async fn all(&mut self, inputs: &[Input]) -> Result<()> {
        for input in inputs {
            self.progress.reading(&input.name());
            self.one(input).await?;
            self.progress.add(input.bytes);
        }
        self.scan
            .finish()
            .await
            .context("the correlations over the whole period failed")?;
        self.print()?;
        self.progress.end();
        Ok(())
    }

    async fn one(&mut self, input: &Input) -> Result<()> {
        let name = input.name();
        let bytes = match input.read() {
            Ok(bytes) => bytes,
            Err(error) => {
                self.complain(&format!("cannot read `{name}`: {error}"));
                self.unreadable += 1;
                return Ok(());
            }
        };
        for (name, bytes) in self.source.pieces(&name, &bytes) {
            self.read(&name, &bytes).await?;
        }
        self.print()
    }

    async fn read(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        match self.scan.file(name, bytes).await {
            Ok(summary) => self.note(name, &summary),
            Err(ScanError::Unreadable(error)) => {
                self.complain(&format!("{name}: {error}"));
                self.unreadable += 1;
            }
            Err(ScanError::Failed(error)) => return Err(error).context(name.to_owned()),
        }
        Ok(())
    }

    /// A file that holds something else than records is told, not an error.
    fn note(&mut self, name: &str, summary: &FileSummary) {
        let why = match summary.form {
            Form::Digest => "is a digest file: it vouches for trail files",
            Form::Empty if summary.tally.faults == 0 => "is empty",
            _ => return,
        };
        self.skipped += 1;
        self.complain(&format!("{name}: {why}; it holds no records"));
    }

    fn print(&mut self) -> Result<()> {
        let lines = self.scan.take_lines();
        let mails = self.mails.take();
        self.reached |= lines.iter().any(|line| self.is_reached_by(line));
        let (format, min_level) = (self.format, self.min_level);
        self.progress
            .aside(|| printing::lines(&lines, &mails, format, min_level))?;
        Ok(())
    }

    fn is_reached_by(&self, line: &Line) -> bool {
        line.suppressed_by.is_none() && self.fail_on.is_some_and(|level| line.level >= level)
    }

    fn complain(&self, message: &str) {
        self.progress.aside(|| eprintln!("{message}"));
    }

    fn summary(&self, files: usize) {
        let Accounts {
            received,
            evaluated,
            duplicate_in_batch,
            ignored,
            quarantined,
            matched,
            alerted,
            folded,
            already_known,
            below_threshold,
            staged,
            excepted,
            failed,
            ..
        } = self.scan.accounts();
        eprintln!(
            "{files} files ({} unreadable, {} without records): {received} records = \
             {evaluated} evaluated + {duplicate_in_batch} duplicate in batch + {ignored} ignored + \
             {quarantined} quarantined",
            self.unreadable, self.skipped
        );
        eprintln!(
            "{matched} findings = {alerted} alerted + {folded} folded + {already_known} already known + \
             {below_threshold} below threshold + {staged} staged + {excepted} excepted + {failed} failed"
        );
        if self.source == Source::Quarantine {
            let (readable, not) = (
                evaluated + duplicate_in_batch + ignored,
                self.still_unreadable(),
            );
            eprintln!("{readable} records can be read now, {not} still cannot");
        }
    }

    /// How many findings each exception hid: one that hides nothing can go,
    /// one that hides much wants a second look.
    fn exceptions(&self, now: i64) {
        for (rule, hidden) in self.scan.hidden() {
            let Logic::Filter(filter) = &rule.logic else {
                continue;
            };
            let (title, id) = (&rule.meta.title, &rule.meta.id);
            let ended = filter.expires.filter(|end| *end <= now);
            match ended {
                Some(end) => eprintln!(
                    "exception `{title}` ({id}) expired on {}: it hides nothing",
                    day(end)
                ),
                None => eprintln!("exception `{title}` ({id}) hid {hidden} findings"),
            }
        }
    }

    /// Texts of a quarantine that are no records yet.
    fn still_unreadable(&self) -> u64 {
        let whole = u64::try_from(self.unreadable).unwrap_or(u64::MAX);
        self.scan.accounts().quarantined + whole
    }

    fn ending(&self) -> Ending {
        let unreadable = match self.source {
            Source::Trail => self.unreadable > 0,
            Source::Quarantine => self.still_unreadable() > 0,
        };
        if unreadable {
            Ending::Unreadable
        } else if self.reached {
            Ending::Failed
        } else {
            Ending::Done
        }
    }
}

/// Tells of each unreadable record on standard error. On a laptop nothing is
/// kept: the file is still there.
#[derive(Debug)]
pub(crate) struct Complaints;

#[async_trait]
impl Quarantine for Complaints {
    async fn keep(&self, record: &QuarantinedRecord) -> Result<(), PortError> {
        eprintln!("{}: {}", record.input, neutral::value(&record.reason));
        Ok(())
    }
}
