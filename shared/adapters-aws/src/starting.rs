//! A function's start: its rules are read when the first event is there.
//!
//! Not before, on a thread of their own: beside the request for that event
//! they are in its way, and a thread's memory costs the system more than what
//! it saves. The first answer comes sooner this way too.

use detection::RuleSet;
use detection::engine::BytesError;
use lambda_runtime::Error;
use pipeline::detect::Detector;

/// A detector, or how it is still to be made.
pub struct Starting {
    state: State,
}

/// Reads the rules and makes a detector of them.
type Make = Box<dyn FnOnce() -> Result<Detector, BytesError> + Send>;

enum State {
    Waiting(Make),
    Ready(Box<Detector>),
    /// The rules could not be read; says why.
    Failed(String),
}

impl Starting {
    /// A detector that `make` makes of the rules when it is first asked for.
    pub fn new(
        rules: fn() -> Result<RuleSet, BytesError>,
        make: impl FnOnce(RuleSet) -> Detector + Send + 'static,
    ) -> Self {
        let make = move || rules().map(make);
        Self {
            state: State::Waiting(Box::new(make)),
        }
    }

    /// The detector. The first time, this reads its rules; it is a matter of
    /// a millisecond.
    ///
    /// # Errors
    /// Where the rules cannot be read; not in a sound build. Every event then
    /// fails, is retried and ends in the on-failure destination.
    pub fn detector(&mut self) -> Result<&mut Detector, Error> {
        let panicked = State::Failed("reading them panicked".to_owned());
        self.state = match std::mem::replace(&mut self.state, panicked) {
            State::Waiting(make) => match make() {
                Ok(detector) => State::Ready(Box::new(detector)),
                Err(error) => State::Failed(error.to_string()),
            },
            other => other,
        };
        match &mut self.state {
            State::Ready(detector) => Ok(detector),
            State::Failed(why) => Err(format!("the built-in rules cannot be read: {why}").into()),
            State::Waiting(_) => Err("the built-in rules are not yet read".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn damaged() -> Result<RuleSet, BytesError> {
        RuleSet::from_bytes(b"\xff")
    }

    #[test]
    fn rules_that_cannot_be_read_fail_every_event() {
        let mut starting = Starting::new(damaged, |_| unreachable!("there are no rules"));
        for _ in 0..2 {
            let error = starting.detector().err().unwrap().to_string();
            assert!(
                error.starts_with("the built-in rules cannot be read: "),
                "{error}"
            );
            assert!(error.contains("no encoded rules"), "{error}");
        }
    }

    #[test]
    fn rules_are_read_once_and_not_before_they_are_asked_for() {
        static READ: AtomicUsize = AtomicUsize::new(0);
        fn counted() -> Result<RuleSet, BytesError> {
            READ.fetch_add(1, Ordering::Relaxed);
            damaged()
        }
        let mut starting = Starting::new(counted, |_| unreachable!("there are no rules"));
        assert_eq!(READ.load(Ordering::Relaxed), 0);
        for _ in 0..2 {
            assert!(starting.detector().is_err());
        }
        assert_eq!(READ.load(Ordering::Relaxed), 1);
    }
}
