//! What a bucket may forget.
//!
//! Every rule below chooses a part R(A) of a set A so that
//! `R(R(A) ∪ B) = R(A ∪ B)`: it does not matter when, how often or by whom
//! something is forgotten, and a set between R(A) and A is as good as either.
//! That holds for "the first so many in a fixed order", for the first and the
//! last per tag, and for unions of such choices. Capping in order of arrival
//! has no such law.
//!
//! And nothing that is forgotten can move a crossing to another bucket, hence
//! to another fold window. Windows are `(t - timespan, t]`, so one that ends
//! in bucket b lies in b and b-1, and whatever of b is not later than t is
//! inside it. With N the count that fires:
//!
//! - **N latest events.** If b has N events, the window ending at the latest
//!   of them holds N kept ones. If it has fewer, all are kept; of b-1 the
//!   window takes the latest ones, of which the kept ones are N or all.
//! - **Values.** With fewer than N values in b, the window ending at t takes
//!   from b the values whose earliest time is not after t, and from b-1 those
//!   whose latest is after t - timespan; moving t back to the nearest earliest
//!   time loses nothing. With N values in b the window at the latest time of
//!   all crosses by itself, so only the latest times are needed, for b+1, and
//!   of those N are enough. (Dropping the earliest times just then is also
//!   what makes the choice commute for a value that is forgotten and returns.)
//! - **So many rules together** is the same with rules for values. Where an
//!   expression says which, the earliest and the latest time of each rule are
//!   kept: by the same argument the window ending at the nearest earliest time
//!   sees the same rules.
//! - **Two ordered stages.** Inside b: the earliest first and the latest
//!   second. Across: the latest first of b-1 and the earliest second of b.
//!   That holds for every pair of rules that may come in order.
//! - **More stages** need every distinct second, because a middle one may be
//!   completed from either side by what comes later; exact up to the bound.
//! - **Watched correlations** report every crossing, so they keep everything
//!   that can make one: of one second no more than N events, then up to the
//!   bound. Beyond it the latest crossing of a bucket is still found.

use std::collections::{BTreeMap, BTreeSet};

use super::member::{BadMember, Member};
use super::stream::{Enough, Shape, Stream};

/// The fewest surplus members for which a write is spent on dropping them.
pub const SURPLUS_MIN: usize = 8;

/// What a bucket's set no longer needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surplus {
    /// The members to drop; empty where dropping is not worth a write.
    pub drop: Vec<String>,
    /// The set outgrew a bound of [`super::Limits`]: crossings in the middle of the
    /// bucket may be missed. To be counted and shown, never silent.
    pub beyond_bound: bool,
}

impl Stream {
    /// What the set of one bucket no longer needs. Small surpluses stay: a
    /// set holds at most a quarter more than it needs, or [`SURPLUS_MIN`].
    ///
    /// # Errors
    /// A member that is none.
    pub fn surplus<T: AsRef<str>>(&self, set: &[T]) -> Result<Surplus, BadMember> {
        let members = parse_all(set)?;
        let (kept, beyond_bound) = self.retain(&members);
        let surplus = members.len() - kept.len();
        let worth = surplus >= SURPLUS_MIN.max(kept.len() / 4);
        let drop = if worth {
            members.difference(&kept).map(Member::to_string).collect()
        } else {
            Vec::new()
        };
        Ok(Surplus { drop, beyond_bound })
    }

    /// The members of one bucket that must be kept, and whether a bound cut
    /// off some that an exact answer might need.
    #[must_use]
    pub fn retain(&self, members: &BTreeSet<Member>) -> (BTreeSet<Member>, bool) {
        let half = |limit: usize| limit / 2;
        let mut kept = BTreeSet::new();
        let cut = match &self.shape {
            Shape::Count(count) => {
                kept.extend(members.iter().rev().take(*count).cloned());
                self.chained
                    && chained_events(
                        members,
                        *count,
                        half(self.limits.chained_members),
                        &mut kept,
                    )
            }
            Shape::Values { count, .. } => {
                values(members, *count, &mut kept);
                self.chained && ends(members, half(self.limits.chained_members), &mut kept)
            }
            Shape::Together { rules, enough } => {
                match enough {
                    Enough::Number(count) => values(members, *count, &mut kept),
                    Enough::Expression(_) => {
                        ends_per_tag(members, 1, &mut kept);
                    }
                }
                self.chained && ends_per_tag(members, self.seconds_each(rules), &mut kept)
            }
            Shape::Ordered { ways, .. } if !self.chained && ways.iter().all(|w| w.len() <= 2) => {
                ends_per_tag(members, 1, &mut kept);
                false
            }
            Shape::Ordered { rules, .. } => {
                ends_per_tag(members, self.seconds_each(rules), &mut kept)
            }
        };
        (kept, cut)
    }

    /// How many of a rule's earliest, and of its latest, seconds are kept.
    fn seconds_each(&self, rules: &[String]) -> usize {
        (self.limits.temporal_members / (2 * rules.len().max(1))).max(1)
    }
}

/// Reads the members of one or more sets.
pub(super) fn parse_all<T: AsRef<str>>(set: &[T]) -> Result<BTreeSet<Member>, BadMember> {
    set.iter()
        .map(|text| Member::parse(text.as_ref()))
        .collect()
}

/// Fewer values than `count`: earliest and latest of each. Else the latest of
/// each of the `count` values that were seen latest.
fn values(members: &BTreeSet<Member>, count: usize, kept: &mut BTreeSet<Member>) {
    let mut spans: BTreeMap<&str, (&Member, &Member)> = BTreeMap::new();
    for member in members {
        spans
            .entry(&member.tag)
            .and_modify(|(_, latest)| *latest = member)
            .or_insert((member, member));
    }
    let mut latest: Vec<&Member> = spans.values().map(|(_, latest)| *latest).collect();
    if latest.len() < count {
        kept.extend(spans.values().map(|(earliest, _)| (*earliest).clone()));
    }
    latest.sort_unstable();
    kept.extend(latest.into_iter().rev().take(count).cloned());
}

/// The `half` earliest and the `half` latest; whether some lie between.
fn ends(members: &BTreeSet<Member>, half: usize, kept: &mut BTreeSet<Member>) -> bool {
    kept.extend(members.iter().take(half).cloned());
    kept.extend(members.iter().rev().take(half).cloned());
    members.len() > half.saturating_mul(2)
}

/// The `half` earliest and the `half` latest of each tag; whether some lie
/// between.
fn ends_per_tag(members: &BTreeSet<Member>, half: usize, kept: &mut BTreeSet<Member>) -> bool {
    let mut tags: BTreeMap<&str, BTreeSet<Member>> = BTreeMap::new();
    for member in members {
        tags.entry(&member.tag).or_default().insert(member.clone());
    }
    let mut cut = false;
    for of_tag in tags.values() {
        cut |= ends(of_tag, half, kept);
    }
    cut
}

/// Of each second the `count` greatest, of those the `half` earliest and the
/// `half` latest, in both directions the greater of a second first: only so
/// does the choice commute.
fn chained_events(
    members: &BTreeSet<Member>,
    count: usize,
    half: usize,
    kept: &mut BTreeSet<Member>,
) -> bool {
    let mut useful: Vec<&Member> = Vec::new();
    let mut second = (i64::MIN, 0_usize);
    for member in members.iter().rev() {
        if second.0 != member.time {
            second = (member.time, 0);
        }
        second.1 += 1;
        if second.1 <= count {
            useful.push(member);
        }
    }
    kept.extend(useful.iter().take(half).map(|member| (*member).clone()));
    // Stable: within a second the greater stays first.
    useful.sort_by_key(|member| member.time);
    kept.extend(useful.iter().take(half).map(|member| (*member).clone()));
    useful.len() > half.saturating_mul(2)
}
