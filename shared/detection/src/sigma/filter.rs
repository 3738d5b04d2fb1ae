//! Sigma filter documents: exceptions. A filter's condition is joined to the
//! rule's with `and`: it holds for the events that the rule keeps.

use super::lists::Lists;
use super::problem::{Fault, note};
use super::search;
use super::section;
use super::settings;
use super::yaml::{Entry, Kind, Map};
use crate::rule::Filter;

/// Reads a filter document. `rules` are still as written.
pub(super) fn read(
    root: &Map,
    entry: &Entry,
    description: &str,
    lists: &Lists,
    faults: &mut Vec<Fault>,
) -> Option<Filter> {
    let map = note(section::map(entry), faults)?;
    let rules = note(rules(map, entry.line), faults);
    if let Some(condition) = map.get("condition")
        && matches!(condition.value.kind, Kind::List(_))
    {
        let message = "`condition` of a filter takes one text";
        faults.push(Fault::new(condition.line, message));
    }
    let detection = search::detection(entry, &["rules"], lists, faults);
    let by = settings::read_filter(root, faults)?;
    let reason = by
        .reason
        .or_else(|| Some(description.to_owned()).filter(|text| !text.is_empty()));
    if reason.is_none() {
        let message =
            "the filter has no reason; write `trailward: {reason: ...}` or a `description`";
        faults.push(Fault::new(entry.line, message));
    }
    Some(Filter {
        rules: rules?,
        detection: detection?,
        owner: by.owner,
        reason,
        expires: by.expires,
    })
}

/// The rules that the filter names; none for `any`.
fn rules(map: &Map, line: u32) -> Result<Vec<String>, Fault> {
    let Some(entry) = map.get("rules") else {
        let message = "`filter` has no `rules`; name their ids, or write `any`";
        return Err(Fault::new(line, message));
    };
    let rules = section::texts(entry)?;
    let any = matches!(entry.value.kind, Kind::Scalar(_))
        && rules.iter().any(|rule| rule.eq_ignore_ascii_case("any"));
    match any || (rules.is_empty() && matches!(entry.value.kind, Kind::List(_))) {
        true => Ok(Vec::new()),
        false if rules.is_empty() => {
            let message = "`rules` is empty; name ids of rules, or write `any`";
            Err(Fault::new(entry.line, message))
        }
        false => Ok(rules),
    }
}
