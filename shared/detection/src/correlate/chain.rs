//! A crossing as an event for the correlation that watches it.
//!
//! Its time is the end of the window and its identity follows from rule,
//! group and that time alone, so that whoever finds it, and however often,
//! brings the same event. It has no other fields than those its rule groups
//! by: a watching correlation that reads others is refused.

use super::Sighting;
use super::crossing::Crossing;
use crate::rule::Correlation;

/// Where a crossing was found.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The id of the correlation rule that crossed.
    pub rule: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The account, or a name for the organization.
    pub scope: &'a str,
    /// The values of its `group-by` fields, in their order.
    pub group: &'a [String],
}

/// The crossing as `outer` sees it, `inner` being the correlation that
/// crossed. A field that `inner` does not group by is absent: empty in the
/// group, and a counted one leaves the sighting without values.
#[must_use]
pub fn sighting_of(
    crossing: &Crossing,
    origin: Origin<'_>,
    inner: &Correlation,
    outer: &Correlation,
) -> Sighting {
    let value = |field: &str| {
        let field = field_for(outer, field, origin.rule);
        let place = inner.group_by.iter().position(|name| name == field)?;
        origin.group.get(place).cloned()
    };
    let identity = format!(
        "crossing:{}",
        super::member::short_hash(
            &[
                &[origin.rule, origin.version, origin.scope],
                &origin.group.iter().map(String::as_str).collect::<Vec<_>>()[..],
                &[crossing.time.to_string().as_str()],
            ]
            .concat()
        )
    );
    Sighting {
        rule: origin.rule.to_owned(),
        time: crossing.time,
        identity,
        group: outer
            .group_by
            .iter()
            .map(|field| value(field).unwrap_or_default())
            .collect(),
        values: counted_fields(outer)
            .iter()
            .map(|field| value(field))
            .collect::<Option<_>>()
            .unwrap_or_default(),
    }
}

/// The fields that `outer` reads of its watched correlation `inner` although
/// that one does not group by them; empty if the chain is sound.
#[must_use]
pub fn missing_fields(inner_id: &str, inner: &Correlation, outer: &Correlation) -> Vec<String> {
    outer
        .group_by
        .iter()
        .chain(counted_fields(outer))
        .map(|field| field_for(outer, field, inner_id))
        .filter(|field| !inner.group_by.iter().any(|name| name == field))
        .map(str::to_owned)
        .collect()
}

/// The field that a `group-by` name stands for in events of the rule `id`.
#[must_use]
pub fn field_for<'c>(correlation: &'c Correlation, name: &'c str, id: &str) -> &'c str {
    correlation
        .aliases
        .iter()
        .filter(|alias| alias.name == name)
        .flat_map(|alias| &alias.fields)
        .find(|(rule, _)| rule == id)
        .map_or(name, |(_, field)| field)
}

fn counted_fields(correlation: &Correlation) -> &[String] {
    match &correlation.kind {
        crate::rule::CorrelationKind::ValueCount { fields, .. } => fields,
        crate::rule::CorrelationKind::Aggregate { field, .. } => std::slice::from_ref(field),
        _ => &[],
    }
}
