//! What `rules check` says of rules that load: no fault, but worth knowing.

use detection::rule::{Detection, Logic, Rule, SearchBody};
use pipeline::scan::scan_only_reason;

/// Everything worth saying of a rule.
pub(crate) fn notes(rule: &Rule) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(reason) = scan_only_reason(rule) {
        notes.push(format!("runs in `scan` and `report` only: {reason}"));
    }
    for field in fields(rule) {
        if let Some(plain) = without_indices(field) {
            notes.push(format!(
                "reads `{field}`, which no record has: arrays are tried element by element, write `{plain}`"
            ));
        }
    }
    notes
}

/// The fields that a rule asks of single records, each once.
fn fields(rule: &Rule) -> Vec<&str> {
    let detection = match &rule.logic {
        Logic::Event(detection) => detection,
        Logic::Filter(filter) => &filter.detection,
        Logic::Correlation(_) => return Vec::new(),
    };
    let mut fields = Vec::new();
    let Detection { searches, .. } = detection;
    for search in searches {
        of_body(&search.body, &mut fields);
    }
    fields.sort_unstable();
    fields.dedup();
    fields
}

fn of_body<'r>(body: &'r SearchBody, fields: &mut Vec<&'r str>) {
    match body {
        SearchBody::AllOf(tests) => fields.extend(tests.iter().map(|test| test.field.as_str())),
        SearchBody::AnyOf(bodies) | SearchBody::Every(bodies) => {
            bodies.iter().for_each(|body| of_body(body, fields));
        }
        SearchBody::Keywords(_) => {}
    }
}

/// The path without the marks by which other tools go into arrays: `items{}`,
/// `items[]`, `items[0]`. None where it has none.
fn without_indices(field: &str) -> Option<String> {
    let plain: Vec<&str> = field
        .split('.')
        .map(|name| {
            let cut = name.find(['{', '[']).filter(|_| name.ends_with(['}', ']']));
            cut.and_then(|at| name.get(..at)).unwrap_or(name)
        })
        .collect();
    let plain = plain.join(".");
    (plain != field).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_arrays() {
        for (field, plain) in [
            ("a.items{}.b", Some("a.items.b")),
            ("a[0].b[]", Some("a.b")),
            ("a.items{0}", Some("a.items")),
            ("a.b", None),
            ("a{b.c", None),
        ] {
            assert_eq!(without_indices(field).as_deref(), plain, "{field}");
        }
    }
}
