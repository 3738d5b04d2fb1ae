//! `1 of`, `2 of`, `all of`: how many of which searches.

/// How many of the searches must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    AtLeast(usize),
    All,
}

impl Quantifier {
    /// Reads the word before `of`.
    pub(super) fn named(word: &str) -> Result<Self, String> {
        match word {
            "any" => Ok(Self::AtLeast(1)),
            "all" => Ok(Self::All),
            _ => match word.parse() {
                Ok(least) if least > 0 => Ok(Self::AtLeast(least)),
                _ => Err(format!(
                    "`{word} of` is unknown; valid are `1 of` (or a higher number), `any of`, `all of`"
                )),
            },
        }
    }

    /// How many that is of so many; `None` where there are not as many.
    pub(super) fn least(self, of: usize) -> Option<usize> {
        match self {
            Self::AtLeast(least) => Some(least).filter(|least| *least <= of),
            Self::All => Some(of),
        }
    }
}

/// The searches that a pattern means, by their places. A name that begins with
/// `_` hides from all patterns but those that begin so too.
pub(super) fn meant(pattern: &str, names: &[&str]) -> Vec<usize> {
    let fit = |name: &str| {
        let hidden = name.starts_with('_') && !pattern.starts_with('_');
        !hidden && (pattern == "them" || fits(pattern, name))
    };
    (0..)
        .zip(names)
        .filter(|(_, name)| fit(name))
        .map(|(place, _)| place)
        .collect()
}

/// Whether a name fits a pattern in which `*` is any text.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut rest) = name.strip_prefix(head) else {
        return false;
    };
    let mut middles: Vec<&str> = tail.split('*').collect();
    let last = middles.pop().unwrap_or_default();
    for middle in middles {
        match rest.find(middle) {
            Some(at) => rest = rest.get(at + middle.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words() {
        assert_eq!(Quantifier::named("any").unwrap().least(3), Some(1));
        assert_eq!(Quantifier::named("all").unwrap().least(3), Some(3));
        assert_eq!(Quantifier::named("2").unwrap().least(3), Some(2));
        assert_eq!(Quantifier::named("4").unwrap().least(3), None);
        for word in ["0", "-1", "1.5", "most", "All"] {
            assert!(Quantifier::named(word).is_err(), "{word}");
        }
    }

    #[test]
    fn patterns() {
        let names = ["sel_a", "sel_b_end", "_hidden", "other"];
        assert_eq!(meant("them", &names), [0, 1, 3]);
        assert_eq!(meant("sel*", &names), [0, 1]);
        assert_eq!(meant("sel*_*end", &names), [1]);
        assert_eq!(meant("_*", &names), [2]);
        assert_eq!(meant("*", &names), [0, 1, 3]);
        assert_eq!(meant("other", &names), [3]);
    }
}
