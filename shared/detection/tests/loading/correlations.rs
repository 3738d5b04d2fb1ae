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
    assert_eq!(correlation.kind, CorrelationKind::TemporalOrdered);
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
            "type: value_median, condition: {gt: 1, field: f}",
            aggregate(Aggregate::Percentile(50.0), bound(&[(Gt, 1.0)])),
            false,
        ),
        ("type: temporal", CorrelationKind::Temporal, true),
        (
            "type: temporal, condition: {gte: 1}",
            CorrelationKind::Temporal,
            true,
        ),
        (
            "type: temporal_ordered, condition: a",
            CorrelationKind::TemporalOrdered,
            true,
        ),
    ] {
        let correlation = correlation(body);
        assert_eq!(correlation.kind, kind, "{body}");
        assert_eq!(correlation.is_streamable().is_ok(), streamed, "{body}");
    }
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
