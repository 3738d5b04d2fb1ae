//! Which parameters of a request decide what a call does: switches, modes,
//! everybody's address, AWS's own policies. Names and identifiers do not: they
//! differ from call to call.

use serde_json::Value;

/// Parameters that a rule asks for at most.
const MAX_DECIDING: usize = 6;

/// Longest text that can be a mode.
const MAX_MODE_LENGTH: usize = 40;

/// Texts that decide under whatever name.
const VALUES: [&str; 10] = [
    "*",
    "0.0.0.0/0",
    "::/0",
    "all",
    "true",
    "false",
    "Enabled",
    "Disabled",
    "Active",
    "Inactive",
];

/// Ends of names whose text is a mode.
const MODES: [&str; 8] = [
    "status",
    "state",
    "attribute",
    "attributename",
    "acl",
    "mode",
    "operationtype",
    "authtype",
];

/// Ends of names whose number decides.
const NUMBERS: [&str; 3] = ["port", "days", "indays"];

/// A parameter with the values that it had.
#[derive(Debug, PartialEq)]
pub(super) struct Deciding {
    /// The names below `requestParameters`.
    pub(super) path: Vec<String>,
    pub(super) values: Vec<Value>,
}

/// The parameters that decide, in the order of the record.
pub(super) fn parameters(request: Option<&Value>) -> Vec<Deciding> {
    let mut found = Vec::new();
    if let Some(request) = request {
        walk(request, &mut Vec::new(), &mut found);
    }
    found.truncate(MAX_DECIDING);
    found
}

fn walk(value: &Value, path: &mut Vec<String>, found: &mut Vec<Deciding>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members.iter().filter(|(key, _)| is_plain(key)) {
                path.push(key.clone());
                walk(value, path, found);
                path.pop();
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, path, found)),
        scalar if path.last().is_some_and(|key| decides(key, scalar)) => {
            match found.iter_mut().find(|known| known.path == *path) {
                Some(known) if known.values.contains(scalar) => {}
                Some(known) => known.values.push(scalar.clone()),
                None => found.push(Deciding {
                    path: path.clone(),
                    values: vec![scalar.clone()],
                }),
            }
        }
        _ => {}
    }
}

/// Whether a name can be part of a field in a rule.
fn is_plain(key: &str) -> bool {
    let plain = |char: char| char.is_ascii_alphanumeric() || char == '-' || char == '_';
    !key.is_empty() && key.chars().all(plain)
}

fn decides(key: &str, value: &Value) -> bool {
    let key = key.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| key.ends_with(end));
    match value {
        Value::Bool(_) => true,
        Value::Number(_) => ends(&NUMBERS),
        Value::String(text) => {
            VALUES.contains(&text.as_str())
                || text.contains(":iam::aws:policy/")
                || is_constant(text)
                || (ends(&MODES) && !text.is_empty() && text.len() <= MAX_MODE_LENGTH)
        }
        _ => false,
    }
}

/// Whether a text is written as constants are: `SUSPENDED`, `ALLOW_ALL`.
fn is_constant(text: &str) -> bool {
    (3..=MAX_MODE_LENGTH).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

impl Deciding {
    /// Gives the parameter another value, wherever it stands in a request.
    pub(super) fn change(&self, request: &mut Value) {
        change(request, &self.path, &self.values);
    }
}

fn change(value: &mut Value, path: &[String], not: &[Value]) {
    match (value, path) {
        (Value::Array(items), path) => items.iter_mut().for_each(|item| change(item, path, not)),
        (Value::Object(members), [key, rest @ ..]) => {
            if let Some(value) = members.get_mut(key) {
                change(value, rest, not);
            }
        }
        (scalar, []) => *scalar = other(scalar, not),
        _ => {}
    }
}

/// A value of the same kind that is none of those.
fn other(value: &Value, not: &[Value]) -> Value {
    match value {
        Value::Bool(switch) if not.len() == 1 => Value::Bool(!switch),
        // Numbers of no port and no number of days.
        Value::Number(_) => Value::from(-7),
        _ => Value::from("something-else"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn switches_modes_and_everybody_decide_names_do_not() {
        let request = json!({
            "bucketName": "reports",
            "includeGlobalServiceEvents": false,
            "maxResults": 50,
            "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
            "ipPermissions": {"items": [
                {"fromPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}, {"cidrIp": "10.0.0.0/8"}]}},
                {"fromPort": 80, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}},
            ]},
            "status": "Suspended",
            "a key | with": "*",
        });
        let found = parameters(Some(&request));
        let names: Vec<_> = found.iter().map(|found| found.path.join(".")).collect();
        assert_eq!(
            names,
            [
                "includeGlobalServiceEvents",
                "ipPermissions.items.fromPort",
                "ipPermissions.items.ipRanges.items.cidrIp",
                "policyArn",
                "status"
            ]
        );
        assert_eq!(found[1].values, [json!(22), json!(80)]);
        assert_eq!(parameters(None), []);
    }

    #[test]
    fn a_changed_parameter_is_another_everywhere() {
        let mut request = json!({"items": [{"port": 22, "on": true}, {"port": 80, "on": true}]});
        for found in parameters(Some(&request.clone())) {
            found.change(&mut request);
        }
        let changed = json!({"items": [{"port": -7, "on": false}, {"port": -7, "on": false}]});
        assert_eq!(request, changed);
    }
}
