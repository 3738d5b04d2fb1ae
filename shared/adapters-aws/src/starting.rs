//! A function's start: its rules are read on a thread of their own, while it
//! asks for its first event.

use std::thread::{self, JoinHandle};

use detection::RuleSet;
use detection::engine::BytesError;
use lambda_runtime::Error;
use pipeline::detect::Detector;

/// Rules that are being read.
pub type Reading = JoinHandle<Result<RuleSet, BytesError>>;

/// Begins to read rules.
pub fn read(rules: fn() -> Result<RuleSet, BytesError>) -> Reading {
    thread::spawn(rules)
}

/// A detector, or what it is still to be made of.
pub struct Starting {
    state: State,
}

/// Makes a detector once the rules are there.
type Make = Box<dyn FnOnce(RuleSet) -> Detector + Send>;

enum State {
    Waiting(Reading, Make),
    Ready(Box<Detector>),
    /// The rules could not be read; says why.
    Failed(String),
}

impl Starting {
    /// A detector that `make` makes of the rules when the first event is
    /// there.
    pub fn new(rules: Reading, make: impl FnOnce(RuleSet) -> Detector + Send + 'static) -> Self {
        Self {
            state: State::Waiting(rules, Box::new(make)),
        }
    }

    /// The detector. Where its rules are not yet read, this waits for them;
    /// it is a matter of a millisecond.
    ///
    /// # Errors
    /// Where the rules cannot be read; not in a sound build. Every event then
    /// fails, is retried and ends in the on-failure destination.
    pub fn detector(&mut self) -> Result<&mut Detector, Error> {
        let unread = State::Failed("a former start ended early".to_owned());
        self.state = match std::mem::replace(&mut self.state, unread) {
            State::Waiting(rules, make) => match rules.join() {
                Ok(Ok(rules)) => State::Ready(Box::new(make(rules))),
                Ok(Err(error)) => State::Failed(error.to_string()),
                Err(_) => State::Failed("reading them panicked".to_owned()),
            },
            other => other,
        };
        match &mut self.state {
            State::Ready(detector) => Ok(detector),
            State::Failed(why) => Err(format!("the built-in rules cannot be read: {why}").into()),
            State::Waiting(..) => Err("the built-in rules are not yet read".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damaged() -> Result<RuleSet, BytesError> {
        RuleSet::from_bytes(b"\xff")
    }

    #[test]
    fn rules_that_cannot_be_read_fail_every_event() {
        let mut starting = Starting::new(read(damaged), |_| unreachable!("there are no rules"));
        for _ in 0..2 {
            let error = starting.detector().err().unwrap().to_string();
            assert!(
                error.starts_with("the built-in rules cannot be read: "),
                "{error}"
            );
            assert!(error.contains("no encoded rules"), "{error}");
        }
    }
}
