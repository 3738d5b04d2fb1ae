//! Short ways to write rules down.

use detection::rule::*;

pub(crate) fn rule(id: &str, logic: Logic) -> Rule {
    Rule {
        meta: Meta {
            id: id.to_owned(),
            name: None,
            title: format!("title of {id}"),
            status: None,
            level: Level::Medium,
            description: String::new(),
            author: None,
            references: Vec::new(),
            tags: Vec::new(),
            false_positives: Vec::new(),
            version: "0".repeat(16),
            location: Location {
                file: "rules.yml".to_owned(),
                line: 1,
            },
            settings: Settings::default(),
        },
        logic,
    }
}

pub(crate) fn detection(searches: Vec<SearchBody>, condition: Condition) -> Detection {
    let searches = searches.into_iter().enumerate();
    Detection {
        searches: searches
            .map(|(i, body)| Search {
                name: format!("s{i}"),
                body,
            })
            .collect(),
        condition,
    }
}

/// An event rule with one search.
pub(crate) fn event(id: &str, items: Vec<FieldTest>) -> Rule {
    let detection = detection(vec![SearchBody::AllOf(items)], Condition::Search(0));
    rule(id, Logic::Event(detection))
}

/// An exception that hides events for which the items hold.
pub(crate) fn exception(id: &str, rules: &[&str], items: Vec<FieldTest>) -> Rule {
    rule(
        id,
        Logic::Filter(Filter {
            rules: rules.iter().map(|r| (*r).to_owned()).collect(),
            detection: detection(
                vec![SearchBody::AllOf(items)],
                Condition::Not(Box::new(Condition::Search(0))),
            ),
            owner: None,
            reason: None,
            expires: None,
        }),
    )
}

pub(crate) fn correlation(id: &str, rules: &[&str], generate: bool) -> Rule {
    rule(
        id,
        Logic::Correlation(Correlation {
            kind: CorrelationKind::Temporal(Presence::Every),
            rules: rules.iter().map(|r| (*r).to_owned()).collect(),
            group_by: Vec::new(),
            aliases: Vec::new(),
            timespan_seconds: 60,
            generate,
        }),
    )
}

/// `field: one of these`, `*` and `?` being wildcards.
pub(crate) fn is(field: &str, patterns: &[&str]) -> FieldTest {
    FieldTest {
        field: field.to_owned(),
        negated: false,
        test: FieldPredicate::Values(ValueList {
            all: false,
            tests: patterns.iter().map(|p| text(p)).collect(),
        }),
    }
}

pub(crate) fn text(pattern: &str) -> ValueTest {
    let mut parts = Vec::new();
    for piece in pattern.split_inclusive(['*', '?']) {
        let literal = piece.trim_end_matches(['*', '?']);
        if !literal.is_empty() {
            parts.push(PatternPart::Literal(literal.to_lowercase()));
        }
        match piece.chars().last() {
            Some('*') => parts.push(PatternPart::Any),
            Some('?') => parts.push(PatternPart::One),
            _ => {}
        }
    }
    ValueTest::Text(TextPattern {
        parts,
        cased: false,
    })
}
