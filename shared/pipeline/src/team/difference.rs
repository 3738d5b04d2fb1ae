//! How one set of rules differs from another.

use std::collections::BTreeMap;

use detection::rule::Rule;

/// Rules by title, by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Rules that were not there.
    pub added: Vec<String>,
    /// Rules of another version.
    pub changed: Vec<String>,
    /// Rules that are no longer there.
    pub removed: Vec<String>,
}

impl Difference {
    /// What leads from `before` to `after`. Rules are the same by their id.
    pub fn between(before: &[Rule], after: &[Rule]) -> Self {
        let (old, new) = (by_id(before), by_id(after));
        let mut difference = Self::default();
        for (id, rule) in &new {
            match old.get(id) {
                None => difference.added.push(rule.meta.title.clone()),
                Some(was) if was.meta.version != rule.meta.version => {
                    difference.changed.push(rule.meta.title.clone());
                }
                Some(_) => {}
            }
        }
        let gone = old.iter().filter(|(id, _)| !new.contains_key(*id));
        difference
            .removed
            .extend(gone.map(|(_, rule)| rule.meta.title.clone()));
        difference
    }
}

fn by_id(rules: &[Rule]) -> BTreeMap<&str, &Rule> {
    rules
        .iter()
        .map(|rule| (rule.meta.id.as_str(), rule))
        .collect()
}
