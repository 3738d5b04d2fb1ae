//! `trailward rules new`.

use serde_json::json;

use crate::bench::{Bench, call, parameter_deleted};

#[test]
fn a_record_becomes_a_rule_with_cases_that_pass() {
    let bench = Bench::new();
    let parameters = json!({
        "groupId": "sg-0123456789abcdef0",
        "ipPermissions": {"items": [{
            "ipProtocol": "tcp", "fromPort": 22, "toPort": 22,
            "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]},
        }]},
    });
    let opened = call(
        "ec2.amazonaws.com",
        "AuthorizeSecurityGroupIngress",
        parameters,
        1,
    );
    bench.trail("event.json", &[opened]);
    let run = bench.run(&["rules", "new", "event.json", "--write", "own"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let rule = bench.text("own/authorize-security-group-ingress.yml");
    for line in [
        "    eventSource: ec2.amazonaws.com\n",
        "    eventName: AuthorizeSecurityGroupIngress\n",
        "    trailward.world-open.any: true\n",
        "    requestParameters.ipPermissions.items.fromPort: 22\n",
        "    requestParameters.ipPermissions.items.ipRanges.items.cidrIp: \"0.0.0.0/0\"\n",
        "  staged: true\n",
    ] {
        assert!(rule.contains(line), "no `{line}` in\n{rule}");
    }
    assert!(!rule.contains("sg-0123456789abcdef0"), "{rule}");
    let own = ["--no-builtin-rules", "--rules", "own"];
    let check = bench.run(&[&["rules", "check"][..], &own].concat());
    assert_eq!(check.out, "1 rules, 0 refused\n", "{}", check.err);
    let test = bench.run(&[&["rules", "test"][..], &own].concat());
    assert_eq!(test.out, "6 cases, all as expected\n", "{}", test.err);
}

#[test]
fn odd_names_and_refused_calls_become_rules_too() {
    let bench = Bench::new();
    let mut odd = call(
        "a*b?.amazonaws.com",
        "Do\\It: \"now\"",
        json!({"status": "[x]: \\*"}),
        1,
    );
    odd["errorCode"] = json!("AccessDenied");
    odd["userIdentity"] = json!({"type": "AWSService", "invokedBy": "config.amazonaws.com"});
    bench.trail("event.json", &[odd]);
    let run = bench.run(&["rules", "new", "event.json", "--title", "Odd: * and #"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let own = [
        "--no-builtin-rules",
        "--rules",
        "do-it-now.yml",
        "--rules",
        "do-it-now.cases.yml",
    ];
    let test = bench.run(&[&["rules", "test"][..], &own].concat());
    assert_eq!(test.out, "3 cases, all as expected\n", "{}", test.err);
}

#[test]
fn no_file_is_written_over() {
    let bench = Bench::new();
    bench.trail("event.json", &[parameter_deleted("/production/key", 1)]);
    bench.file("delete-parameter.yml", "mine");
    let run = bench.run(&["rules", "new", "event.json"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("`./delete-parameter.yml`"), "{}", run.err);
    assert_eq!(bench.text("delete-parameter.yml"), "mine");
    bench.file("event.json", "{\"eventName\": \"DeleteParameter\"}");
    let run = bench.run(&["rules", "new", "event.json", "--write", "elsewhere"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("no `eventSource`"), "{}", run.err);
}
