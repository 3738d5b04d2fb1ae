//! Correlations over correlations: what the outer one may ask of the inner.
//!
//! A crossing of the inner one is an event with the fields that it groups by,
//! in its own account or, where it spans the organization, in none. So the
//! outer one can read no other field, cannot be narrower, and can only watch
//! what is decided event by event.

use std::collections::BTreeMap;

use super::references::Draft;
use crate::correlate::missing_fields;
use crate::rule::{Correlation, Logic, Rule, Scope};

/// The new correlations that ask for what an inner one does not have: their
/// place among the drafts, the place of the inner one among their rules, and
/// what is wrong.
pub(super) fn unsound(known: &[Rule], drafts: &[Draft]) -> Vec<(usize, usize, String)> {
    let all = known.iter().chain(drafts.iter().map(|draft| &draft.rule));
    let by_id: BTreeMap<&str, &Rule> = all.map(|rule| (rule.meta.id.as_str(), rule)).collect();
    let mut found = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        let Logic::Correlation(outer) = &draft.rule.logic else {
            continue;
        };
        let wrong = outer.rules.iter().enumerate().find_map(|(place, id)| {
            let inner = by_id.get(id.as_str())?;
            let why = fault(&draft.rule, outer, inner)?;
            Some((at, place, why))
        });
        found.extend(wrong);
    }
    found
}

fn fault(rule: &Rule, outer: &Correlation, inner_rule: &Rule) -> Option<String> {
    let Logic::Correlation(inner) = &inner_rule.logic else {
        return None;
    };
    let id = &inner_rule.meta.id;
    let wide = inner_rule.meta.settings.scope == Scope::Organization;
    if wide && rule.meta.settings.scope == Scope::Account {
        return Some(format!(
            "it watches `{id}`, which spans the organization; write `trailward: {{scope: organization}}` here too"
        ));
    }
    if let Err(reason) = inner.is_streamable() {
        return Some(format!(
            "it watches `{id}`, which runs over finished periods only: {reason}"
        ));
    }
    let missing = missing_fields(id, inner, outer);
    let field = missing.first()?;
    let carried = match inner.group_by.as_slice() {
        [] => "it groups by nothing".to_owned(),
        fields => format!("it groups by `{}`", fields.join("`, `")),
    };
    Some(format!(
        "it reads `{field}` of `{id}`, which does not carry that field: {carried}"
    ))
}
