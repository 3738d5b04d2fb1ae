//! Which windows cross the threshold.
//!
//! A window is `(t - timespan, t]` and ends at the time of a member; for an
//! ordered correlation at a member of the last stage of one of its ways. A crossing found in
//! part of the events is one in all of them too, and one second crosses once,
//! however many members it has.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::member::{Member, rule_tag};
use super::stream::{Enough, Shape, Stream};

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
    /// Of an ordered correlation each way in which its rules may come.
    chains: Vec<Chain<'m>>,
}

/// How far the rules of one way have come, in their order.
struct Chain<'m> {
    /// The places of the rules.
    way: &'m [usize],
    /// Per stage the latest start of a chain that has reached it.
    starts: Vec<Option<i64>>,
    /// When the last stage was seen.
    last: Option<i64>,
}

impl<'m> Chain<'m> {
    fn new(way: &'m [usize]) -> Self {
        Self {
            way,
            starts: vec![None; way.len()],
            last: None,
        }
    }

    /// Stages of one second come in the order of their numbers, so that ties
    /// count as ordered.
    fn advance(&mut self, place: usize, time: i64) {
        let Some(stage) = self.way.iter().position(|other| *other == place) else {
            return;
        };
        let start = match stage.checked_sub(1) {
            None => Some(time),
            Some(before) => self.starts.get(before).copied().flatten(),
        };
        if let Some(reached) = self.starts.get_mut(stage) {
            *reached = (*reached).max(start);
        }
        if stage + 1 == self.way.len() {
            self.last = Some(time);
        }
    }

    /// Whether a chain that began after `from` ends at `time`.
    fn ends_at(&self, time: i64, from: i64) -> bool {
        let start = self.starts.last().copied().flatten();
        self.last == Some(time) && start.is_some_and(|start| start > from)
    }
}

impl<'m> Window<'m> {
    fn new(stream: &'m Stream) -> Self {
        let chains = match &stream.shape {
            Shape::Ordered { ways, .. } => ways.iter().map(|way| Chain::new(way)).collect(),
            _ => Vec::new(),
        };
        Self {
            shape: &stream.shape,
            timespan: stream.timespan,
            inside: VecDeque::new(),
            tags: BTreeMap::new(),
            chains,
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

    /// Moves the chains of an ordered correlation on.
    fn advance(&mut self, member: &Member) {
        if let Ok(place) = member.tag.parse::<usize>() {
            for chain in &mut self.chains {
                chain.advance(place, member.time);
            }
        }
    }

    /// What the window ending at `time` holds, if that is enough.
    fn crosses(&self, time: i64) -> Option<usize> {
        let enough = |held: usize, needed: usize| (held >= needed).then_some(held);
        match self.shape {
            Shape::Count(count) => enough(self.inside.len(), *count),
            Shape::Values { count, .. } => enough(self.tags.len(), *count),
            Shape::Together { enough: wanted, .. } => match wanted {
                Enough::Number(count) => enough(self.tags.len(), *count),
                Enough::Expression(condition) => condition
                    .holds(&|place| self.tags.contains_key(rule_tag(place).as_str()))
                    .then_some(self.tags.len()),
            },
            Shape::Ordered { .. } => {
                let from = time - self.timespan;
                let ended = self.chains.iter().filter(|chain| chain.ends_at(time, from));
                ended.map(|chain| chain.way.len()).max()
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
            Shape::Together { rules, .. } | Shape::Ordered { rules, .. } => rules
                .iter()
                .enumerate()
                .find(|(place, _)| rule_tag(*place) == member.tag)
                .map(|(_, rule)| rule.as_str()),
            _ => None,
        }
    }
}
