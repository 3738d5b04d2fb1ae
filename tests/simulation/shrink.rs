//! Makes a history that differs as small as it gets.

use std::sync::Arc;

use super::ground::Ground;
use super::history::{Delivery, History};
use super::sabotage::Sabotage;
use super::verdict::{Tally, differences};

/// Leaves out deliveries, faults and watchers one by one as long as the
/// history still differs.
pub(crate) fn smallest(mut history: History, ground: &Arc<Ground>, sabotage: Sabotage) -> History {
    let differs = |history: &History| {
        !differences(history, ground, sabotage, &mut Tally::default()).is_empty()
    };
    loop {
        let smaller = candidates(&history)
            .into_iter()
            .find(|smaller| differs(smaller));
        match smaller {
            Some(smaller) => history = smaller,
            None => return history,
        }
    }
}

/// A history as a person reads it: the rules, the calls that are delivered,
/// how, and what goes wrong.
pub(crate) fn told(history: &History) -> String {
    let mut text = history.rules.text();
    for event in &history.events {
        if history
            .deliveries
            .iter()
            .any(|delivery| delivery.holds(event.n))
        {
            text.push_str(&format!("{event:?}\n"));
        }
    }
    let History {
        deliveries,
        faults,
        workers,
        activated,
        begins,
        ..
    } = history;
    text + &format!(
        "{deliveries:?}\n{faults:?}\n{workers} workers, activated {activated}, begins {begins}\n"
    )
}

fn candidates(history: &History) -> Vec<History> {
    let mut all = Vec::new();
    let mut add = |change: &dyn Fn(&mut History)| {
        let mut smaller = history.clone();
        change(&mut smaller);
        all.push(smaller);
    };
    if history.workers > 1 {
        add(&|smaller| smaller.workers = 1);
    }
    for place in 0..history.faults.len() {
        add(&|smaller| {
            smaller.faults.remove(place);
        });
    }
    // The last one only: nothing watches it.
    if history.rules.watchers.len() > 1 {
        add(&|smaller| {
            smaller.rules.watchers.pop();
        });
    }
    for event in &history.events {
        let delivered = history
            .deliveries
            .iter()
            .any(|delivery| delivery.holds(event.n));
        if delivered {
            add(&|smaller| smaller.forget(event.n));
        }
    }
    all
}

impl Delivery {
    fn holds(&self, event: usize) -> bool {
        match self {
            Self::Logs(numbers) => numbers.contains(&event),
            Self::Bus(n) => *n == event,
        }
    }
}

impl History {
    /// Takes an event out of the world. The others keep their numbers.
    fn forget(&mut self, event: usize) {
        self.events[event].call = "CallNothing";
        for delivery in &mut self.deliveries {
            if let Delivery::Logs(numbers) = delivery {
                numbers.retain(|n| *n != event);
            }
        }
        self.deliveries.retain(|delivery| match delivery {
            Delivery::Logs(numbers) => !numbers.is_empty(),
            Delivery::Bus(n) => *n != event,
        });
    }
}
