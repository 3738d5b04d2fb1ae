//! What an invocation did with every record and every finding.
//!
//! Two identities hold at the end of each invocation (see
//! [`Accounts::check`]). A broken one means that something was dropped without
//! a word, and fails the invocation.

use serde_json::{Value, json};

/// Why the numbers of an invocation cannot be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenIdentity {
    /// A record has no outcome, or two.
    #[error(
        "received {received} records, but {accounted} were evaluated, duplicate, ignored or quarantined"
    )]
    Records {
        /// Records that came.
        received: u64,
        /// Records with an outcome.
        accounted: u64,
    },
    /// A finding has no outcome, or two.
    #[error(
        "matched {matched} (record, rule) pairs, but {accounted} were alerted, folded, already known, below threshold, staged, excepted or failed"
    )]
    Findings {
        /// Pairs that matched.
        matched: u64,
        /// Pairs with an outcome.
        accounted: u64,
    },
}

/// The numbers of one invocation (or of several, added up).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Records that came.
    pub received: u64,
    /// Records judged by the rules.
    pub evaluated: u64,
    /// Records that came twice in one batch, by their identity, and would
    /// have been found again.
    pub duplicate_in_batch: u64,
    /// Records that are not ours to judge: control messages, foreign inputs.
    pub ignored: u64,
    /// Records that could not be read.
    pub quarantined: u64,
    /// Pairs of a record and a rule that may alert on it.
    pub matched: u64,
    /// Pairs that an alert was published for.
    pub alerted: u64,
    /// Pairs that an alert published before stands for.
    pub folded: u64,
    /// Pairs that had been counted before (a retry or a duplicate delivery),
    /// and values that a `first_seen` rule knew.
    pub already_known: u64,
    /// Pairs whose correlation did not cross, and values being learned.
    pub below_threshold: u64,
    /// Pairs of a rule on trial.
    pub staged: u64,
    /// Pairs that an exception hides.
    pub excepted: u64,
    /// Pairs that must be tried again; the invocation fails.
    pub failed: u64,
    /// Rules that could not be judged for some record.
    pub rule_faults: u64,
    /// Rules that were refused at load.
    pub rules_refused: u64,
    /// Records from an input that is not configured (also ignored).
    pub refused_input: u64,
    /// Alerts told in a summary only, because so many came at once.
    pub summarised: u64,
    /// Longest time from an alerted event to its alert, in seconds.
    pub delay_seconds: u64,
    /// Time spent in this invocation, in milliseconds.
    pub processing_ms: u64,
    /// Items written to the state.
    pub state_writes: u64,
    /// Listed accounts from which nothing came for long; `None` where none is
    /// listed, so that the metric costs nothing then.
    pub silent_accounts: Option<u64>,
}

impl Accounts {
    /// Checks both identities.
    pub fn check(&self) -> Result<(), BrokenIdentity> {
        let accounted = self.evaluated + self.duplicate_in_batch + self.ignored + self.quarantined;
        if self.received != accounted {
            return Err(BrokenIdentity::Records {
                received: self.received,
                accounted,
            });
        }
        let accounted = self.alerted
            + self.folded
            + self.already_known
            + self.below_threshold
            + self.staged
            + self.excepted
            + self.failed;
        if self.matched != accounted {
            return Err(BrokenIdentity::Findings {
                matched: self.matched,
                accounted,
            });
        }
        Ok(())
    }

    /// Adds the numbers of another invocation.
    pub fn add(&mut self, other: &Accounts) {
        self.received += other.received;
        self.evaluated += other.evaluated;
        self.duplicate_in_batch += other.duplicate_in_batch;
        self.ignored += other.ignored;
        self.quarantined += other.quarantined;
        self.matched += other.matched;
        self.alerted += other.alerted;
        self.folded += other.folded;
        self.already_known += other.already_known;
        self.below_threshold += other.below_threshold;
        self.staged += other.staged;
        self.excepted += other.excepted;
        self.failed += other.failed;
        self.rule_faults += other.rule_faults;
        self.rules_refused = self.rules_refused.max(other.rules_refused);
        self.refused_input += other.refused_input;
        self.summarised += other.summarised;
        self.delay_seconds = self.delay_seconds.max(other.delay_seconds);
        self.processing_ms += other.processing_ms;
        self.state_writes += other.state_writes;
        self.silent_accounts = self.silent_accounts.max(other.silent_accounts);
    }

    /// The numbers as one line of CloudWatch's embedded metric format, to be
    /// written to standard output.
    pub fn emf_line(&self, input: &str, timestamp_ms: i64) -> String {
        let figures = self.figures();
        let metrics: Vec<Value> = figures
            .iter()
            .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}))
            .collect();
        let mut line = json!({
            "_aws": {
                "Timestamp": timestamp_ms,
                "CloudWatchMetrics": [{
                    "Namespace": "Trailward",
                    "Dimensions": [["Input"]],
                    "Metrics": metrics,
                }],
            },
            "Input": input,
        });
        if let Some(line) = line.as_object_mut() {
            for (name, _, value) in figures {
                line.insert(name.to_owned(), value);
            }
        }
        line.to_string()
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of one invocation fit a double exactly"
    )]
    fn figures(&self) -> Vec<(&'static str, &'static str, Value)> {
        let count = |name, value: u64| (name, "Count", Value::from(value));
        let mut figures = vec![
            count("Received", self.received),
            count("Evaluated", self.evaluated),
            count("DuplicateInBatch", self.duplicate_in_batch),
            count("Ignored", self.ignored),
            count("Quarantined", self.quarantined),
            count("Matched", self.matched),
            count("Alerted", self.alerted),
            count("Folded", self.folded),
            count("AlreadyKnown", self.already_known),
            count("BelowThreshold", self.below_threshold),
            count("Staged", self.staged),
            count("Excepted", self.excepted),
            count("Failed", self.failed),
            count("IdentitiesBroken", u64::from(self.check().is_err())),
            count("RulesRefused", self.rules_refused),
            count("RuleFaults", self.rule_faults),
            count("RefusedInput", self.refused_input),
            count("Summarised", self.summarised),
            ("DelaySeconds", "Seconds", Value::from(self.delay_seconds)),
            (
                "ProcessingSeconds",
                "Seconds",
                Value::from(self.processing_ms as f64 / 1000.0),
            ),
            count("StateWrites", self.state_writes),
        ];
        figures.extend(
            self.silent_accounts
                .map(|silent| count("SilentAccounts", silent)),
        );
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balanced() -> Accounts {
        Accounts {
            received: 10,
            evaluated: 6,
            duplicate_in_batch: 2,
            ignored: 1,
            quarantined: 1,
            matched: 7,
            alerted: 1,
            folded: 1,
            already_known: 1,
            below_threshold: 1,
            staged: 1,
            excepted: 1,
            failed: 1,
            ..Accounts::default()
        }
    }

    #[test]
    fn every_outcome_counts_in_its_identity() {
        assert_eq!(balanced().check(), Ok(()));
        let off_by_one: [fn(&mut Accounts); 13] = [
            |a| a.received += 1,
            |a| a.evaluated += 1,
            |a| a.duplicate_in_batch += 1,
            |a| a.ignored += 1,
            |a| a.quarantined += 1,
            |a| a.matched += 1,
            |a| a.alerted += 1,
            |a| a.folded += 1,
            |a| a.already_known += 1,
            |a| a.below_threshold += 1,
            |a| a.staged += 1,
            |a| a.excepted += 1,
            |a| a.failed += 1,
        ];
        for (index, change) in off_by_one.iter().enumerate() {
            let mut accounts = balanced();
            change(&mut accounts);
            assert!(accounts.check().is_err(), "change {index} went unnoticed");
        }
    }

    #[test]
    fn adding_adds_every_number() {
        let mut sum = balanced();
        sum.add(&balanced());
        assert_eq!(sum.check(), Ok(()));
        assert_eq!((sum.received, sum.matched), (20, 14));
    }

    #[test]
    fn a_broken_identity_is_a_metric() {
        let mut accounts = balanced();
        let line: Value = serde_json::from_str(&accounts.emf_line("log-batch", 1)).unwrap();
        assert_eq!(line["IdentitiesBroken"], 0);
        accounts.received += 1;
        let line: Value = serde_json::from_str(&accounts.emf_line("log-batch", 1)).unwrap();
        assert_eq!(line["IdentitiesBroken"], 1);
    }

    #[test]
    fn the_metric_line_declares_every_figure_it_holds() {
        let line: Value = serde_json::from_str(&balanced().emf_line("log-batch", 42)).unwrap();
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "Trailward");
        assert_eq!(directive["Dimensions"], json!([["Input"]]));
        assert_eq!(line["Input"], "log-batch");
        assert_eq!(line["_aws"]["Timestamp"], 42);
        let declared = directive["Metrics"].as_array().unwrap();
        assert_eq!(declared.len() + 2, line.as_object().unwrap().len());
        for metric in declared {
            assert!(
                line[metric["Name"].as_str().unwrap()].is_number(),
                "{metric}"
            );
        }
    }
}
