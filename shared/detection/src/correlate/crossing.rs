//! Which windows cross the threshold.
//!
//! A window is `(t - timespan, t]` and ends at the time of a member; for an
//! ordered correlation at a member of its last stage. A crossing found in
//! part of the events is one in all of them too, and one second crosses once,
//! however many members it has.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::member::{Member, rule_tag};
use super::stream::{Shape, Stream};

/// The most members that a crossing names.
pub const MEMBERS_SHOWN_MAX: usize = 50;

/// A window that crosses the threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// The end of the window, in epoch seconds: the time of the event that a
    /// watching correlation sees.
    pub time: i64,
    /// The start of the fold window to which the crossing belongs.
    pub fold_window: i64,
    /// How many events, values or rules the window holds at least: state
    /// remembers no more than the decision needs.
    pub count: usize,
    /// The first crossing known of its fold window: the one to alert for.
    /// The others are for watching correlations only.
    pub first: bool,
    /// The latest members of the window, in order of time, at most
    /// [`MEMBERS_SHOWN_MAX`]; none where `first` is false.
    pub members: Vec<Member>,
}

impl Stream {
    /// The crossings among `members` whose windows end in a bucket for which
    /// `ends_in` says yes: all of them if the correlation is chained, else the
    /// first of each fold window. Sound for any part of the events; complete
    /// for a bucket if its members and those of the one before are there.
    #[must_use]
    pub fn crossings(
        &self,
        members: &BTreeSet<Member>,
        ends_in: impl Fn(i64) -> bool,
    ) -> Vec<Crossing> {
        let mut window = Window::new(self);
        let mut found: Vec<Crossing> = Vec::new();
        let mut members = members.iter().peekable();
        while let Some(member) = members.next() {
            window.push(member);
            let second_goes_on = members.peek().is_some_and(|next| next.time == member.time);
            if second_goes_on || !ends_in(self.bucket(member.time)) {
                continue;
            }
            let Some(count) = window.crosses(member.time) else {
                continue;
            };
            let fold_window = self.fold_window(member.time);
            let first = found
                .last()
                .is_none_or(|last| last.fold_window != fold_window);
            if first || self.chained {
                found.push(Crossing {
                    time: member.time,
                    fold_window,
                    count,
                    first,
                    members: if first { window.shown() } else { Vec::new() },
                });
            }
        }
        found
    }
}

/// The window that ends at the member pushed last.
struct Window<'m> {
    shape: &'m Shape,
    timespan: i64,
    inside: VecDeque<&'m Member>,
    /// How many members of each tag are inside.
    tags: BTreeMap<&'m str, usize>,
    /// Per stage the latest start of a chain that has reached it, and the
    /// time at which the last stage was seen.
    chains: Vec<Option<i64>>,
    last_stage: Option<i64>,
}

impl<'m> Window<'m> {
    fn new(stream: &'m Stream) -> Self {
        let stages = match &stream.shape {
            Shape::Ordered(rules) => rules.len(),
            _ => 0,
        };
        Self {
            shape: &stream.shape,
            timespan: stream.timespan,
            inside: VecDeque::new(),
            tags: BTreeMap::new(),
            chains: vec![None; stages],
            last_stage: None,
        }
    }

    /// Takes the next member in order of time, then tag.
    fn push(&mut self, member: &'m Member) {
        while let Some(oldest) = self.inside.front() {
            if oldest.time > member.time - self.timespan {
                break;
            }
            if let Some(count) = self.tags.get_mut(oldest.tag.as_str()) {
                *count -= 1;
                if *count == 0 {
                    self.tags.remove(oldest.tag.as_str());
                }
            }
            self.inside.pop_front();
        }
        self.inside.push_back(member);
        *self.tags.entry(&member.tag).or_default() += 1;
        self.advance(member);
    }

    /// Moves the chains of an ordered correlation on. Stages of one second
    /// come in the order of their numbers, so that ties count as ordered.
    fn advance(&mut self, member: &Member) {
        let Ok(stage) = member.tag.parse::<usize>() else {
            return;
        };
        let start = match stage.checked_sub(1) {
            None => Some(member.time),
            Some(before) => self.chains.get(before).copied().flatten(),
        };
        let stages = self.chains.len();
        if let Some(chain) = self.chains.get_mut(stage) {
            *chain = (*chain).max(start);
            if stage + 1 == stages {
                self.last_stage = Some(member.time);
            }
        }
    }

    /// What the window ending at `time` holds, if that is enough.
    fn crosses(&self, time: i64) -> Option<usize> {
        let enough = |held: usize, needed: usize| (held >= needed).then_some(held);
        match self.shape {
            Shape::Count(count) => enough(self.inside.len(), *count),
            Shape::Values { count, .. } => enough(self.tags.len(), *count),
            Shape::Together(rules) => enough(self.tags.len(), rules.len()),
            Shape::Ordered(rules) => {
                let start = self.chains.last().copied().flatten()?;
                let inside = start > time - self.timespan;
                (inside && self.last_stage == Some(time)).then_some(rules.len())
            }
        }
    }

    fn shown(&self) -> Vec<Member> {
        let skipped = self.inside.len().saturating_sub(MEMBERS_SHOWN_MAX);
        self.inside
            .iter()
            .skip(skipped)
            .map(|member| (*member).clone())
            .collect()
    }
}

impl Stream {
    /// The rule that a member of a temporal correlation stands for.
    #[must_use]
    pub fn rule_of(&self, member: &Member) -> Option<&str> {
        match &self.shape {
            Shape::Together(rules) | Shape::Ordered(rules) => rules
                .iter()
                .enumerate()
                .find(|(place, _)| rule_tag(*place) == member.tag)
                .map(|(_, rule)| rule.as_str()),
            _ => None,
        }
    }
}
