//! Correlations: what they name, which kinds there are, what they stand on.

use super::*;

#[test]
fn a_correlation_names_rules_by_id_or_name() {
    let text = format!(
        "{}id: one\n---\n{}---\ntitle: both\ncorrelation:\n  type: temporal_ordered\n  rules: [one, b]\n  group-by: who\n  timespan: 15m\n  aliases: {{who: {{one: x.y, b: z}}}}\n  generate: yes\n",
        base("a"),
        base("b")
    );
    let rules = rules(&text);
    let Logic::Correlation(correlation) = &rules[2].logic else {
        panic!()
    };
    let second = rules[1].meta.id.clone();
    assert_eq!(correlation.rules, ["one".to_owned(), second.clone()]);
    assert_eq!(
        correlation.kind,
        CorrelationKind::TemporalOrdered(Presence::Every)
    );
    assert_eq!(correlation.group_by, ["who"]);
    assert_eq!(correlation.timespan_seconds, 900);
    assert!(correlation.generate);
    let fields = vec![
        ("one".to_owned(), "x.y".to_owned()),
        (second, "z".to_owned()),
    ];
    assert_eq!(
        correlation.aliases,
        [Alias {
            name: "who".into(),
            fields
        }]
    );
    assert_eq!(correlation.is_streamable(), Ok(()));
}

#[test]
fn a_correlation_may_name_a_rule_by_its_title() {
    let rule = |title: &str, id: &str| {
        format!(
            "title: {title}\nid: {id}\n{HEAD}detection: {{s: {{eventName: x}}, condition: s}}\n---\n"
        )
    };
    let many = |names: &str| {
        format!("title: Many\ncorrelation: {{type: temporal, rules: [{names}], timespan: 1h}}\n")
    };
    let text = rule("Sign in", "one") + &rule("Sign out", "two") + &many("Sign in, two");
    let Logic::Correlation(read) = rules(&text).remove(2).logic else {
        panic!()
    };
    assert_eq!(read.rules, ["one", "two"]);
    // A name counts before a title, and one of two titles is none.
    let text = rule("two", "one") + &rule("other", "two") + &many("two");
    let Logic::Correlation(read) = rules(&text).remove(2).logic else {
        panic!()
    };
    assert_eq!(read.rules, ["two"]);
    let text = rule("same", "one") + &rule("same", "two") + &many("same");
    let words = "the title `same` is borne by 2 rules; use an id";
    assert!(messages(&text)[0].contains(words), "{:?}", messages(&text));
}

fn correlation(body: &str) -> Correlation {
    let text = format!(
        "{}---\ntitle: c\ncorrelation: {{rules: a, timespan: 1h, {body}}}\n",
        base("a")
    );
    match rules(&text).remove(1).logic {
        Logic::Correlation(correlation) => correlation,
        _ => unreachable!(),
    }
}

#[test]
fn kinds_of_correlation() {
    let bound = |comparisons: &[(Comparison, f64)]| Threshold {
        comparisons: comparisons.to_vec(),
    };
    use Comparison::*;
    let aggregate = |function, threshold| CorrelationKind::Aggregate {
        function,
        field: "f".into(),
        threshold,
    };
    for (body, kind, streamed) in [
        (
            "type: event_count, condition: {gte: 10}",
            CorrelationKind::EventCount(bound(&[(Gte, 10.0)])),
            true,
        ),
        (
            "type: event_count, condition: {gt: 3, lt: 9}",
            CorrelationKind::EventCount(bound(&[(Gt, 3.0), (Lt, 9.0)])),
            false,
        ),
        (
            "type: event_count, condition: {gte: 5000}",
            CorrelationKind::EventCount(bound(&[(Gte, 5000.0)])),
            false,
        ),
        (
            "type: event_count, condition: {eq: 0}",
            CorrelationKind::EventCount(bound(&[(Eq, 0.0)])),
            false,
        ),
        (
            "type: value_count, condition: {gte: 3, field: f}",
            CorrelationKind::ValueCount {
                fields: vec!["f".into()],
                threshold: bound(&[(Gte, 3.0)]),
            },
            true,
        ),
        (
            "type: value_count, condition: {lte: 3, field: [f, g]}",
            CorrelationKind::ValueCount {
                fields: vec!["f".into(), "g".into()],
                threshold: bound(&[(Lte, 3.0)]),
            },
            false,
        ),
        (
            "type: value_sum, condition: {gt: 1.5, field: f}",
            aggregate(Aggregate::Sum, bound(&[(Gt, 1.5)])),
            false,
        ),
        (
            "type: value_avg, condition: {neq: 1, field: f}",
            aggregate(Aggregate::Average, bound(&[(Neq, 1.0)])),
            false,
        ),
        (
            "type: value_percentile, condition: {gt: 1, field: f, percentile: 95}",
            aggregate(Aggregate::Percentile(95.0), bound(&[(Gt, 1.0)])),
            false,
        ),
        (
            "type: value_percentile, condition: {gt: 1, field: f}",
            aggregate(Aggregate::Percentile(50.0), bound(&[(Gt, 1.0)])),
            false,
        ),
        (
            "type: value_median, condition: {gt: 1, field: f}",
            aggregate(Aggregate::Percentile(50.0), bound(&[(Gt, 1.0)])),
            false,
        ),
        (
            "type: temporal",
            CorrelationKind::Temporal(Presence::Every),
            true,
        ),
        (
            "type: temporal, condition: {gte: 1}",
            CorrelationKind::Temporal(Presence::Every),
            true,
        ),
        (
            "type: temporal_ordered, condition: a",
            CorrelationKind::TemporalOrdered(Presence::Every),
            true,
        ),
    ] {
        let correlation = correlation(body);
        assert_eq!(correlation.kind, kind, "{body}");
        assert_eq!(correlation.is_streamable().is_ok(), streamed, "{body}");
    }
}

#[test]
fn a_field_beside_the_condition_and_a_timeframe() {
    let inside = correlation("type: value_count, condition: {gte: 3, field: x}");
    let beside = correlation("type: value_count, field: x, condition: {gte: 3}");
    assert_eq!(inside, beside);
    let both = correlation("type: value_count, field: x, condition: {gte: 3, field: x}");
    assert_eq!(inside, both);
    let text = format!(
        "{}---\ntitle: c\ncorrelation: {{rules: a, timeframe: 1h, type: event_count, condition: {{gte: 3}}}}\n",
        base("a")
    );
    let Logic::Correlation(counted) = &rules(&text)[1].logic else {
        panic!()
    };
    assert_eq!(counted.timespan_seconds, 3_600);
}

#[test]
fn temporal_correlations_over_some_of_their_rules() {
    use Condition::{And, Not, Or, Search};
    let number = |comparison, n| {
        let comparisons = vec![(comparison, n)];
        Presence::Number(Threshold { comparisons })
    };
    for (body, presence, streamed) in [
        ("rules: [a, b, c]", Presence::Every, true),
        (
            "rules: [a, b, c], condition: {gt: 1}",
            Presence::AtLeast(2),
            true,
        ),
        (
            "rules: [a, b, c], condition: {eq: 3}",
            Presence::Every,
            true,
        ),
        (
            "rules: [a, b, c], condition: {eq: 2}",
            number(Comparison::Eq, 2.0),
            false,
        ),
        (
            "rules: [a, b, c], condition: {gte: 0}",
            number(Comparison::Gte, 0.0),
            false,
        ),
        ("rules: [a, b], condition: b AND a", Presence::Every, true),
        (
            "condition: c or (a and b)",
            Presence::Expression(Or(vec![Search(0), And(vec![Search(1), Search(2)])])),
            true,
        ),
        (
            "rules: [a, b], condition: a and not b",
            Presence::Expression(And(vec![Search(0), Not(Box::new(Search(1)))])),
            false,
        ),
    ] {
        for kind in ["temporal", "temporal_ordered"] {
            let text = format!(
                "{}---\n{}---\n{}---\ntitle: t\ncorrelation: {{type: {kind}, timespan: 1h, {body}}}\n",
                base("a"),
                base("b"),
                base("c")
            );
            let Logic::Correlation(read) = rules(&text).remove(3).logic else {
                panic!()
            };
            let expected = match kind {
                "temporal" => CorrelationKind::Temporal(presence.clone()),
                _ => CorrelationKind::TemporalOrdered(presence.clone()),
            };
            assert_eq!(read.kind, expected, "{body}");
            assert_eq!(read.is_streamable().is_ok(), streamed, "{body}");
        }
    }
}

#[test]
fn generate_stands_beside_correlation_or_inside() {
    for (inside, beside, on) in [
        ("", "", false),
        ("generate: true,", "", true),
        ("", "generate: true\n", true),
        ("generate: false,", "generate: false\n", false),
    ] {
        let text = format!(
            "{}---\ntitle: t\n{beside}correlation: {{{inside} type: temporal, rules: a, timespan: 1h}}\n",
            base("a")
        );
        let Logic::Correlation(read) = rules(&text).remove(1).logic else {
            panic!()
        };
        assert_eq!(read.generate, on, "{text}");
    }
}

#[test]
fn a_correlation_reads_what_the_watched_one_carries() {
    let text = format!(
        "{}---\ntitle: i\nname: i\ntrailward: {{scope: organization}}\ncorrelation: {{type: event_count, rules: a, group-by: [x, y], timespan: 1h, condition: {{gte: 2}}}}\n---\ntitle: o\ntrailward: {{scope: organization}}\ncorrelation: {{type: value_count, rules: i, group-by: who, aliases: {{who: {{i: x}}}}, timespan: 1h, condition: {{gte: 2, field: y}}}}\n",
        base("a")
    );
    assert_eq!(rules(&text).len(), 3);
}

#[test]
fn correlations_may_stand_on_correlations_but_not_on_themselves() {
    let chain = |name: &str, on: &str| {
        format!(
            "---\ntitle: {name}\nid: {name}\ncorrelation: {{type: event_count, rules: [{on}], timespan: 1h, condition: {{gte: 2}}}}\n"
        )
    };
    let text = format!("{}id: a\n{}{}", base("a"), chain("c", "a"), chain("d", "c"));
    assert_eq!(rules(&text).len(), 3);
    let text = format!(
        "{}id: a\n{}{}{}",
        base("a"),
        chain("c", "d"),
        chain("d", "c"),
        chain("e", "a")
    );
    let loaded = loaded(&text);
    assert_eq!(loaded.rules.len(), 2);
    assert_eq!(loaded.problems.len(), 2);
    assert!(loaded.problems[0].message.contains("`c` waits for itself"));
    let long: String = (1..20)
        .map(|n| chain(&format!("c{n}"), &format!("c{}", n - 1)))
        .collect();
    let loaded = self::loaded(&format!("{}id: c0\n{long}", base("a")));
    assert_eq!(loaded.rules.len(), 9);
    assert!(
        loaded.problems[0]
            .message
            .contains("more than 8 correlations")
    );
}
