//! Runs a history: workers that take turns as chance will have it, containers
//! that live on or die, deliveries that are tried again until they are done.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};

use crate::payload::LOG_GROUP;
use async_trait::async_trait;
use detection::engine::RuleSet;
use pipeline::accounts::Accounts;
use pipeline::detect::{Detector, Parts};
use pipeline::invocation::{Clock, HandlerError, Invocation, Problem};
use pipeline::keys;
use pipeline::ports::{PortError, Quarantine, QuarantinedRecord};
use pipeline::settings::Voice;

use super::faults::Ports;
use super::ground::Ground;
use super::history::{Delivery, History};
use super::random::Random;
use super::sabotage::Sabotage;

/// A function's timeout in milliseconds: it is killed then, whatever it does.
const TIMEOUT_MS: i64 = 50_000;

/// Pauses of a minute and more that a history may hold.
const MAX_STALLS: usize = 3;

/// Polls after which a history is taken not to end.
const MAX_POLLS: usize = 400_000;

type Outcome = (Detector, Result<Accounts, HandlerError>);
type Attempt = Pin<Box<dyn Future<Output = Outcome>>>;

struct Worker {
    attempt: usize,
    delivery: usize,
    deadline_ms: i64,
    future: Attempt,
}

/// Every record is readable: nothing is ever kept here.
struct Nowhere;

#[async_trait]
impl Quarantine for Nowhere {
    async fn keep(&self, record: &QuarantinedRecord) -> Result<(), PortError> {
        panic!("{record:?} is readable")
    }
}

/// What a run left behind, besides what the ports noted.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    pub(crate) attempts: usize,
    pub(crate) killed: usize,
    pub(crate) held: usize,
    pub(crate) most_at_once: usize,
    /// Publications that no confirmation of their attempt followed.
    pub(crate) broken: usize,
    /// What must never happen.
    pub(crate) wrong: Vec<String>,
}

pub(crate) struct Run<'h> {
    history: &'h History,
    rules: Arc<RuleSet>,
    pub(crate) ports: Arc<Ports>,
    random: Random,
    now_ms: Arc<AtomicI64>,
    idle: Vec<Detector>,
    waiting: Vec<(i64, usize)>,
    tries: Vec<i64>,
    workers: Vec<Worker>,
    stalls: usize,
    ran: Ran,
}

impl<'h> Run<'h> {
    pub(crate) fn new(
        history: &'h History,
        ground: &Arc<Ground>,
        rules: Arc<RuleSet>,
        sabotage: Sabotage,
    ) -> Self {
        let begins_ms = history.begins * 1_000;
        Self {
            rules,
            ports: Ports::new(ground, history.faults.clone(), sabotage),
            random: Random::new(history.seed ^ 0xD1CE),
            now_ms: Arc::new(AtomicI64::new(begins_ms)),
            idle: Vec::new(),
            waiting: (0..history.deliveries.len())
                .map(|n| (begins_ms, n))
                .collect(),
            tries: vec![0; history.deliveries.len()],
            workers: Vec::new(),
            stalls: MAX_STALLS,
            ran: Ran::default(),
            history,
        }
    }

    /// Runs until every delivery is done.
    pub(crate) fn finish(mut self) -> (Arc<Ports>, Ran) {
        self.activate();
        for _ in 0..MAX_POLLS {
            self.admit();
            if self.workers.is_empty() {
                let Some(next) = self.waiting.iter().map(|(at, _)| *at).min() else {
                    return (self.ports, self.ran);
                };
                self.now_ms.fetch_max(next, Ordering::Relaxed);
                continue;
            }
            self.turn();
        }
        self.ran.wrong.push("the history does not end".to_owned());
        (self.ports, self.ran)
    }

    /// Fixes when `first_seen` rules began.
    fn activate(&self) {
        for rule in self.rules.rules() {
            let key = keys::activation(&rule.meta);
            let fixed = self.ports.store.fix_time(&key, self.history.activated);
            self.ports.ground.at_once(fixed).unwrap();
        }
    }

    fn now(&self) -> i64 {
        self.now_ms.load(Ordering::Relaxed)
    }

    /// Starts deliveries that are due: the earliest mostly, in no strict order.
    fn admit(&mut self) {
        while self.workers.len() < self.history.workers {
            let now = self.now();
            let due: Vec<usize> = (0..self.waiting.len())
                .filter(|place| self.waiting[*place].0 <= now)
                .take(3)
                .collect();
            if due.is_empty() {
                return;
            }
            let place = self.random.pick(&due);
            let (_, delivery) = self.waiting.remove(place);
            self.start(delivery);
        }
    }

    fn start(&mut self, delivery: usize) {
        self.ran.attempts += 1;
        let attempt = self.ran.attempts;
        let warm = self.random.percent(70);
        let detector = self
            .idle
            .pop()
            .filter(|_| warm)
            .unwrap_or_else(|| self.container());
        let deadline_ms = self.now() + TIMEOUT_MS;
        let invocation = Invocation {
            deadline_ms,
            owner: format!("attempt-{attempt}"),
            input: "simulation".to_owned(),
        };
        let payload = self.history.deliveries[delivery].payload(&self.history.events);
        let by_bus = matches!(self.history.deliveries[delivery], Delivery::Bus(_));
        let future = Box::pin(async move {
            let mut detector = detector;
            let done = match by_bus {
                true => detector.handle_event(&payload, &invocation).await,
                false => detector.handle_logs(&payload, &invocation).await,
            };
            (detector, done)
        });
        self.workers.push(Worker {
            attempt,
            delivery,
            deadline_ms,
            future,
        });
        self.ran.most_at_once = self.ran.most_at_once.max(self.workers.len());
    }

    fn container(&self) -> Detector {
        let now_ms = self.now_ms.clone();
        let clock: Clock = Arc::new(move || now_ms.load(Ordering::Relaxed));
        Detector::new(Parts {
            rules: self.rules.clone(),
            state: self.ports.clone(),
            sink: self.ports.clone(),
            quarantine: Arc::new(Nowhere),
            clock,
            voice: Voice::default(),
            log_groups: Some(vec![LOG_GROUP.to_owned()]),
            rules_refused: 0,
        })
    }

    /// One worker takes one step.
    fn turn(&mut self) {
        let mut passes = self.random.between(1, 4);
        if self.stalls > 0 && self.random.below(400) == 0 {
            self.stalls -= 1;
            passes = self.random.between(10_000, 70_000);
        }
        let now = self.now_ms.fetch_add(passes, Ordering::Relaxed) + passes;
        self.kill_late(now);
        if self.workers.is_empty() {
            return;
        }
        let place = self.random.below(self.workers.len());
        let worker = &mut self.workers[place];
        self.ports.events().attempt = worker.attempt;
        let mut context = Context::from_waker(Waker::noop());
        match worker.future.as_mut().poll(&mut context) {
            Poll::Ready((detector, done)) => {
                let worker = self.workers.swap_remove(place);
                self.idle.push(detector);
                self.ended(&worker, Some(done));
            }
            Poll::Pending => {
                if std::mem::take(&mut self.ports.events().crashed) {
                    let worker = self.workers.swap_remove(place);
                    self.ended(&worker, None);
                }
            }
        }
    }

    fn kill_late(&mut self, now: i64) {
        while let Some(place) = self
            .workers
            .iter()
            .position(|worker| worker.deadline_ms <= now)
        {
            let worker = self.workers.swap_remove(place);
            self.ran.killed += 1;
            *self
                .ports
                .events()
                .harmed_attempts
                .entry(worker.attempt)
                .or_default() += 1;
            self.ended(&worker, None);
        }
    }

    /// Notes how an attempt ended; all but a success are tried again after a
    /// minute or two, and when the queue of the failed is emptied.
    fn ended(&mut self, worker: &Worker, done: Option<Result<Accounts, HandlerError>>) {
        let mut events = self.ports.events();
        let unconfirmed = events
            .unconfirmed
            .remove(&worker.attempt)
            .unwrap_or_default()
            .len();
        let harms = events
            .harmed_attempts
            .get(&worker.attempt)
            .copied()
            .unwrap_or(0);
        drop(events);
        self.ran.broken += unconfirmed;
        if unconfirmed > harms {
            let attempt = worker.attempt;
            let text = format!("attempt {attempt}: {unconfirmed} unconfirmed, {harms} faults");
            self.ran.wrong.push(text);
        }
        let accounts = match &done {
            Some(Ok(accounts)) => Some(accounts),
            Some(Err(error)) => {
                match &error.first {
                    Problem::Identity(_) | Problem::BadMember { .. } => {
                        self.ran.wrong.push(error.to_string());
                    }
                    Problem::Held { .. } => self.ran.held += 1,
                    _ => {}
                }
                Some(error.accounts.as_ref())
            }
            None => None,
        };
        if matches!(&done, Some(Ok(accounts)) if accounts.failed > 0) {
            self.ran
                .wrong
                .push("an attempt succeeded with findings that failed".to_owned());
        }
        if let Some(Err(broken)) = accounts.map(Accounts::check) {
            self.ran.wrong.push(broken.to_string());
        }
        if !matches!(done, Some(Ok(_))) {
            let tries = &mut self.tries[worker.delivery];
            *tries += 1;
            let at = self.now_ms.load(Ordering::Relaxed) + 60_000 * (*tries).min(2);
            self.waiting.push((at, worker.delivery));
        }
    }
}
