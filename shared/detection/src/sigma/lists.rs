//! The lists that placeholders (`%name%` under the modifier `expand`) stand for.

use std::collections::BTreeMap;

/// Placeholder name to values. A value may hold Sigma's wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lists {
    by_name: BTreeMap<String, Vec<String>>,
}

impl Lists {
    /// No lists at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a list, or replaces the one of that name. An empty list is a list:
    /// a value that names it never matches.
    pub fn insert(&mut self, name: impl Into<String>, values: Vec<String>) {
        self.by_name.insert(name.into(), values);
    }

    /// Adds a list written as text: one value a line; what follows a `#` at
    /// the start of a line or after a blank is a comment; empty lines count
    /// for nothing.
    pub fn parse_text(&mut self, name: impl Into<String>, text: &str) {
        let values = text
            .trim_start_matches('\u{feff}')
            .lines()
            .map(|line| without_comment(line).trim())
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect();
        self.insert(name, values);
    }

    /// The values of a list.
    pub fn get(&self, name: &str) -> Option<&[String]> {
        self.by_name.get(name).map(Vec::as_slice)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

fn without_comment(line: &str) -> &str {
    let starts = |(at, _): &(usize, &str)| {
        line.get(..*at)
            .is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']))
    };
    match line.match_indices('#').find(starts) {
        Some((at, _)) => line.get(..at).unwrap_or_default(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_lists() {
        let mut lists = Lists::new();
        lists.parse_text(
            "partners",
            "\u{feff}# accounts\n111122223333   # first\r\n\n  a#b\n\t# end",
        );
        assert_eq!(
            lists.get("partners").unwrap(),
            ["111122223333".to_owned(), "a#b".to_owned()]
        );
        lists.parse_text("partners", "#nobody\n");
        assert_eq!(lists.get("partners"), Some(&[][..]));
        assert_eq!(lists.get("others"), None);
        assert_eq!(lists.names().collect::<Vec<_>>(), ["partners"]);
    }
}
