#![doc = include_str!("../README.md")]

use detection::RuleSet;
use detection::engine::BytesError;
use detection::rule::Rule;
use detection::sigma::{self, Lists, Loaded, Source};

pub mod cases;

// Defines RULES, CASES and LISTS: pairs of a path (of a list: its name) and
// a text.
include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// The set of the rules as the build compiled it.
static COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));

/// The set of the built-in rules under the lists that ship, compiled when the
/// crate was built: what a function starts with.
///
/// # Errors
/// Where the compiled form cannot be read; not in a sound build.
pub fn builtin_set() -> Result<RuleSet, BytesError> {
    RuleSet::from_bytes(COMPILED)
}

/// The built-in rules under the lists that ship: read from their compiled
/// form, which is far quicker than reading the texts.
///
/// # Errors
/// As [`builtin_set`].
pub fn builtin() -> Result<Vec<Rule>, BytesError> {
    Ok(builtin_set()?.rules().cloned().collect())
}

/// The built-in rules under a team's lists, which stand in place of shipped
/// lists of the same name. Reads the texts, since lists change the rules.
pub fn builtin_with(lists: &Lists) -> Loaded {
    let sources: Vec<Source<'_>> = sources().collect();
    sigma::load(&sources, &overlaid(lists))
}

/// As [`builtin_with`], from the compiled form where there are no lists: what
/// a function that starts wants.
pub fn builtin_under(lists: &Lists) -> Loaded {
    match builtin() {
        Ok(rules) if lists.names().next().is_none() => Loaded {
            rules,
            problems: Vec::new(),
        },
        _ => builtin_with(lists),
    }
}

/// The texts of the built-in rules, each under its path below this folder.
pub fn sources() -> impl Iterator<Item = Source<'static>> {
    RULES.iter().map(|(name, text)| Source { name, text })
}

/// The texts of the case files, each under its path below this folder.
pub fn case_files() -> impl Iterator<Item = Source<'static>> {
    CASES.iter().map(|(name, text)| Source { name, text })
}

/// The lists that ship with the rules.
pub fn shipped_lists() -> Lists {
    let mut lists = Lists::new();
    for (name, text) in LISTS {
        lists.parse_text(*name, text);
    }
    lists
}

/// The shipped lists with others laid over them, by name.
pub fn overlaid(others: &Lists) -> Lists {
    let mut lists = shipped_lists();
    for name in others.names() {
        lists.insert(name, others.get(name).unwrap_or_default().to_vec());
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_rules_are_those_of_the_texts() {
        let compiled = builtin().unwrap();
        let loaded = builtin_with(&Lists::new());
        assert_eq!(loaded.problems, []);
        assert_eq!(compiled, loaded.rules);
        assert_eq!(builtin_set().unwrap().len(), loaded.rules.len());
    }

    #[test]
    fn a_teams_list_stands_in_place_of_the_shipped_one() {
        let mut own = Lists::new();
        own.insert("tor-exits", vec!["203.0.113.9".to_owned()]);
        let lists = overlaid(&own);
        assert_eq!(lists.get("tor-exits").unwrap(), ["203.0.113.9"]);
        assert!(!lists.get("deployment-roles").unwrap().is_empty());
        assert_ne!(builtin_with(&own).rules, builtin().unwrap());
    }
}
