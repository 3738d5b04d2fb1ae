//! And, or, not: over the searches of a detection, or over the rules of a
//! temporal correlation.

use serde::{Deserialize, Serialize};

/// A condition over the searches of a detection; `1 of x*` and the like are
/// already spelt out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// The search of this index holds.
    Search(usize),
    /// The inner condition does not hold.
    Not(Box<Condition>),
    /// All hold.
    And(Vec<Condition>),
    /// One holds.
    Or(Vec<Condition>),
}

impl Condition {
    /// Whether a `not` stands anywhere in it.
    pub fn negates(&self) -> bool {
        match self {
            Self::Search(_) => false,
            Self::Not(_) => true,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::negates),
        }
    }

    /// Whether it holds where the searches of these places do.
    pub fn holds(&self, holds: &impl Fn(usize) -> bool) -> bool {
        match self {
            Self::Search(place) => holds(*place),
            Self::Not(inner) => !inner.holds(holds),
            Self::And(parts) => parts.iter().all(|part| part.holds(holds)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(holds)),
        }
    }

    /// The same over searches that stand at other places.
    pub fn renumbered(&self, place: &impl Fn(usize) -> usize) -> Self {
        let all = |parts: &[Self]| parts.iter().map(|part| part.renumbered(place)).collect();
        match self {
            Self::Search(old) => Self::Search(place(*old)),
            Self::Not(inner) => Self::Not(Box::new(inner.renumbered(place))),
            Self::And(parts) => Self::And(all(parts)),
            Self::Or(parts) => Self::Or(all(parts)),
        }
    }

    /// The sets of searches that suffice, each in order and none holding
    /// another; `None` where there are more than `most`, or a `not` asks for
    /// absence.
    pub fn ways(&self, most: usize) -> Option<Vec<Vec<usize>>> {
        let ways = match self {
            Self::Search(place) => vec![vec![*place]],
            Self::Not(_) => return None,
            Self::Or(parts) => {
                let ways: Option<Vec<_>> = parts.iter().map(|part| part.ways(most)).collect();
                ways?.concat()
            }
            Self::And(parts) => {
                let mut ways = vec![Vec::new()];
                for part in parts {
                    let more = part.ways(most)?;
                    if ways.len().saturating_mul(more.len()) > most {
                        return None;
                    }
                    ways = ways
                        .iter()
                        .flat_map(|way| more.iter().map(|more| [way.as_slice(), more].concat()))
                        .collect();
                }
                ways
            }
        };
        (ways.len() <= most).then(|| without_supersets(ways))
    }
}

/// Each way sorted, once, and only if no other is a part of it.
fn without_supersets(mut ways: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    for way in &mut ways {
        way.sort_unstable();
        way.dedup();
    }
    ways.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    let mut kept: Vec<Vec<usize>> = Vec::new();
    for way in ways {
        if !kept
            .iter()
            .any(|less| less.iter().all(|place| way.contains(place)))
        {
            kept.push(way);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_the_least_that_suffices() {
        use Condition::{And, Not, Or, Search};
        let s = |place| Search(place);
        for (condition, ways) in [
            (s(2), Some(vec![vec![2]])),
            (And(vec![s(2), s(0), s(2)]), Some(vec![vec![0, 2]])),
            (Or(vec![And(vec![s(1), s(0)]), s(1)]), Some(vec![vec![1]])),
            (
                And(vec![s(0), Or(vec![s(1), s(2)])]),
                Some(vec![vec![0, 1], vec![0, 2]]),
            ),
            (And(vec![s(0), Not(Box::new(s(1)))]), None),
            (Or(vec![s(0), s(1), s(2), s(3)]), None),
            // Counted before what is the same is dropped: that takes time.
            (Or(vec![s(0), s(0), s(0), s(0)]), None),
        ] {
            assert_eq!(condition.ways(3), ways, "{condition:?}");
        }
    }
}
