//! Security-group rules that let the whole world in.

use std::net::IpAddr;

use serde_json::Value;

use super::tree;
use crate::member::Member;
use crate::record::Record;

/// Ports on which something listens that should not face the world.
const SENSITIVE: [u16; 46] = [
    20, 21, 22, 23, 25, 110, 135, 137, 138, 139, 143, 389, 445, 636, 1433, 1434, 1521, 2049, 2375,
    2376, 2379, 3306, 3389, 4333, 5432, 5439, 5500, 5601, 5900, 5985, 5986, 6379, 7001, 8020, 8086,
    8888, 9042, 9092, 9200, 9300, 10250, 11211, 15672, 27017, 27018, 50070,
];

/// Whether the request opens anything to the world.
pub(super) fn any(record: &Record<'_>) -> bool {
    !openings(record).is_empty()
}

/// The sensitive ports opened to the world, and `all` where every port is.
pub(super) fn ports(record: &Record<'_>) -> Vec<String> {
    let mut ports = Vec::new();
    for (first, last) in openings(record).into_iter().flatten() {
        if first == 0 && last == u16::MAX {
            ports.push("all".to_owned());
        }
        ports.extend(
            SENSITIVE
                .iter()
                .filter(|port| (first..=last).contains(*port))
                .map(u16::to_string),
        );
    }
    ports
}

/// A rule's ports, first to last; `None` for a protocol without ports.
type Ports = Option<(u16, u16)>;

/// The rules that the request opens to the world. A request that revokes or
/// describes rules opens none.
fn openings(record: &Record<'_>) -> Vec<Ports> {
    let opens = record.text(Member::EventName).is_some_and(|name| {
        name.starts_with("Authorize") || name.starts_with("ModifySecurityGroupRules")
    });
    let mut found = Vec::new();
    if opens && let Some(parameters) = tree::parameters(record) {
        collect(parameters, &mut found);
    }
    found
}

/// Every object that names addresses is a rule, wherever it stands: flat, in
/// `ipPermissions.items`, or in `SecurityGroupRule`.
fn collect(value: &Value, found: &mut Vec<Ports>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|it| collect(it, found)),
        Value::Object(members) => {
            if names_the_world(value) {
                found.push(ports_of(value));
            }
            for (key, inner) in members {
                // The ranges belong to the rule around them.
                if !is_ranges(key) {
                    collect(inner, found);
                }
            }
        }
        _ => {}
    }
}

fn is_ranges(key: &str) -> bool {
    ["ipRanges", "ipv6Ranges"]
        .iter()
        .any(|known| key.eq_ignore_ascii_case(known))
}

fn names_the_world(rule: &Value) -> bool {
    const ADDRESSES: [&str; 4] = ["cidrIp", "cidrIpv4", "cidrIpv6", "cIDRIP"];
    let Value::Object(members) = rule else {
        return false;
    };
    members.iter().any(|(key, value)| {
        if ADDRESSES
            .iter()
            .any(|known| key.eq_ignore_ascii_case(known))
        {
            return texts(value).iter().any(|cidr| is_world(cidr));
        }
        is_ranges(key)
            && tree::items(value).iter().any(|range| match range {
                Value::String(cidr) => is_world(cidr),
                other => names_the_world(other),
            })
    })
}

fn texts(value: &Value) -> Vec<&str> {
    tree::items(value)
        .into_iter()
        .filter_map(Value::as_str)
        .collect()
}

/// Whether a CIDR range is the world, or half of it: two halves are a known
/// way around a check for zero.
fn is_world(cidr: &str) -> bool {
    let Some((address, length)) = cidr.trim().split_once('/') else {
        return false;
    };
    address.parse::<IpAddr>().is_ok() && matches!(length.parse(), Ok(0u8 | 1))
}

/// The ports of a rule: every port where the protocol is every protocol or
/// no port is named.
fn ports_of(rule: &Value) -> Ports {
    const WITH_PORTS: [&str; 4] = ["tcp", "udp", "6", "17"];
    let protocol = member(rule, "ipProtocol")
        .map(tree::text_of)
        .unwrap_or_default();
    if matches!(protocol.as_str(), "-1" | "all") {
        return Some((0, u16::MAX));
    }
    if !protocol.is_empty()
        && !WITH_PORTS
            .iter()
            .any(|known| protocol.eq_ignore_ascii_case(known))
    {
        return None;
    }
    let port = |name| -> Option<i64> {
        let text = member(rule, name).map(tree::text_of)?;
        text.parse().ok().filter(|port| *port >= 0)
    };
    let bounded = |port: i64| u16::try_from(port).unwrap_or(u16::MAX);
    match (port("fromPort"), port("toPort")) {
        (Some(first), Some(last)) => Some((bounded(first), bounded(last))),
        (Some(only), None) | (None, Some(only)) => Some((bounded(only), bounded(only))),
        (None, None) => Some((0, u16::MAX)),
    }
}

fn member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    tree::member(object, name).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::is_world;
    use crate::derived::{Derived, tests::values};

    #[track_caller]
    fn check(name: &str, parameters: &str, any: bool, ports: &[&str]) {
        let text = format!(r#"{{"eventName":"{name}","requestParameters":{parameters}}}"#);
        assert_eq!(
            !values(Derived::WorldOpenAny, &text).is_empty(),
            any,
            "{text}"
        );
        let found = values(Derived::WorldOpenPort, &text);
        for port in ports {
            assert!(found.iter().any(|it| it == port), "{port} not in {found:?}");
        }
        if !ports.contains(&"all") {
            assert_eq!(found.len(), ports.len(), "{found:?}");
        }
    }

    const INGRESS: &str = "AuthorizeSecurityGroupIngress";

    fn permission(protocol: &str, ports: &str, ranges: &str) -> String {
        format!(
            r#"{{"groupId":"sg-1","ipPermissions":{{"items":[{{"ipProtocol":"{protocol}",{ports}"groups":{{}},{ranges},"prefixListIds":{{}}}}]}}}}"#
        )
    }

    #[test]
    fn the_usual_shape() {
        let v4 = r#""ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"},{"cidrIp":"0.0.0.0/0"}]},"ipv6Ranges":{}"#;
        let v6 = r#""ipRanges":{},"ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]}"#;
        let near = r#""ipRanges":{"items":[{"cidrIp":"10.0.0.0/8"}]}"#;
        for ranges in [v4, v6] {
            check(
                INGRESS,
                &permission("tcp", r#""fromPort":22,"toPort":22,"#, ranges),
                true,
                &["22"],
            );
            check(
                INGRESS,
                &permission("tcp", r#""fromPort":20,"toPort":23,"#, ranges),
                true,
                &["20", "21", "22", "23"],
            );
            check(
                INGRESS,
                &permission("udp", r#""fromPort":443,"toPort":443,"#, ranges),
                true,
                &[],
            );
            check(
                INGRESS,
                &permission("icmp", r#""fromPort":-1,"toPort":-1,"#, ranges),
                true,
                &[],
            );
            check(
                INGRESS,
                &permission("-1", "", ranges),
                true,
                &["all", "22", "50070"],
            );
            check(
                INGRESS,
                &permission("tcp", r#""fromPort":-1,"toPort":-1,"#, ranges),
                true,
                &["all"],
            );
            check(
                INGRESS,
                &permission("tcp", r#""fromPort":0,"toPort":65535,"#, ranges),
                true,
                &["all", "3389"],
            );
            check(
                "RevokeSecurityGroupIngress",
                &permission("-1", "", ranges),
                false,
                &[],
            );
        }
        check(INGRESS, &permission("-1", "", near), false, &[]);
    }

    #[test]
    fn the_flat_and_the_modified_shape() {
        let flat = r#"{"ipPermissions":{},"ipProtocol":"tcp","fromPort":3389,"toPort":3389,"cidrIp":"0.0.0.0/0"}"#;
        check(INGRESS, flat, true, &["3389"]);
        let rule = r#"{"SecurityGroupRuleId":"sgr-1","SecurityGroupRule":{"CidrIpv4":"0.0.0.0/0","IpProtocol":"tcp","FromPort":3306,"ToPort":3306}}"#;
        for rules in [rule.to_owned(), format!("[{rule}]")] {
            let text = format!(
                r#"{{"ModifySecurityGroupRulesRequest":{{"GroupId":"sg-1","SecurityGroupRule":{rules}}}}}"#
            );
            check("ModifySecurityGroupRules", &text, true, &["3306"]);
        }
    }

    #[test]
    fn half_the_world_is_the_world() {
        for cidr in ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "8000::/1"] {
            assert!(is_world(cidr), "{cidr}");
        }
        for cidr in ["10.0.0.0/8", "0.0.0.0", "x/0", "0.0.0.0/32", ""] {
            assert!(!is_world(cidr), "{cidr}");
        }
    }
}
