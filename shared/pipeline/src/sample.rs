//! Rules for the tests of this crate.

use detection::rule::Rule;
use detection::sigma::{self, Lists, Source};

/// A rule with a title, a selection, a fixed version, and these lines.
pub(crate) fn rule(lines: &str) -> Rule {
    let text = format!(
        "title: Trail stopped\nlevel: high\nlogsource: {{product: aws, service: cloudtrail}}\n\
         detection: {{selection: {{eventName: StopLogging}}, condition: selection}}\n{lines}\n"
    );
    last(&text)
}

/// A correlation of this timespan, with further lines.
pub(crate) fn correlation(timespan: &str, lines: &str) -> Rule {
    let text = format!(
        "title: Watched\nname: watched\nlevel: low\n\
         logsource: {{product: aws, service: cloudtrail}}\n\
         detection: {{selection: {{eventName: StopLogging}}, condition: selection}}\n---\n\
         title: Many\nid: r-many\nlevel: medium\ncorrelation:\n  type: event_count\n  \
         rules: [watched]\n  group-by: [userIdentity.arn]\n  timespan: {timespan}\n  \
         condition: {{gte: 5}}\n{lines}\n"
    );
    last(&text)
}

fn last(text: &str) -> Rule {
    let source = Source {
        name: "sample.yml",
        text,
    };
    let mut loaded = sigma::load(&[source], &Lists::new());
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let mut rule = loaded.rules.pop().unwrap();
    rule.meta.version = "0000000000000001".to_owned();
    rule
}
