//! Which of its rules a temporal correlation wants to see.

use serde::{Deserialize, Serialize};

use super::{Condition, Threshold};

/// Which of its rules a temporal correlation wants to see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Presence {
    /// Every one.
    Every,
    /// So many different ones, at least.
    AtLeast(usize),
    /// As many different ones as the bounds allow, fewer included.
    Number(Threshold),
    /// What an expression says; [`Condition::Search`] is the rule at that
    /// place of [`Correlation::rules`].
    Expression(Condition),
}

impl Presence {
    /// Whether one more event never takes an alert back.
    pub fn only_grows(&self) -> bool {
        match self {
            Self::Every | Self::AtLeast(_) => true,
            Self::Number(_) => false,
            Self::Expression(condition) => !condition.negates(),
        }
    }

    /// Whether these rules (by their places among `count`) are enough, and
    /// none of them too much.
    pub fn holds(&self, count: usize, seen: impl Fn(usize) -> bool) -> bool {
        let number = || (0..count).filter(|place| seen(*place)).count();
        match self {
            Self::Every => number() == count,
            Self::AtLeast(least) => number() >= *least,
            Self::Number(threshold) => threshold.allows(number()),
            Self::Expression(condition) => condition.holds(&seen),
        }
    }

    /// The ways in which the rules can come in their order: each a list of
    /// places that suffices, none of them needing more than another. `None`
    /// where there are more than `most`, or a rule must not come.
    pub fn ways(&self, count: usize, most: usize) -> Option<Vec<Vec<usize>>> {
        match self {
            Self::Every => Some(vec![(0..count).collect()]),
            Self::AtLeast(least) => chosen(count, (*least).max(1), most),
            Self::Number(_) => None,
            Self::Expression(condition) => condition.ways(most),
        }
    }
}

/// Every choice of `least` places among `count`, in order.
fn chosen(count: usize, least: usize, most: usize) -> Option<Vec<Vec<usize>>> {
    let mut ways: Vec<Vec<usize>> = vec![Vec::new()];
    for taken in 0..least {
        let mut longer = Vec::new();
        for way in &ways {
            let next = way.last().map_or(0, |last| last + 1);
            // As many places must be left as are still to be chosen.
            for place in next..count.saturating_sub(least - taken - 1) {
                longer.push([way.as_slice(), &[place]].concat());
            }
            if longer.len() > most {
                return None;
            }
        }
        ways = longer;
    }
    Some(ways)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_of_the_rules_in_order() {
        let ways = |least, count, most| Presence::AtLeast(least).ways(count, most);
        assert_eq!(
            ways(2, 3, 9),
            Some(vec![vec![0, 1], vec![0, 2], vec![1, 2]])
        );
        assert_eq!(ways(2, 64, 2_048).map(|ways| ways.len()), Some(2_016));
        assert_eq!(ways(3, 64, 2_048), None);
        assert_eq!(Presence::Every.ways(3, 1), Some(vec![vec![0, 1, 2]]));
    }
}
