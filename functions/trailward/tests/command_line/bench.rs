//! A folder of files, and the binary run in it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder of the test's own.
pub(crate) struct Bench(TempDir);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// The printed lines as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file below the folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> &Self {
        self.bytes(name, text.as_bytes())
    }

    /// Writes a file that need not be text.
    pub(crate) fn bytes(&self, name: &str, bytes: &[u8]) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// The text of a file below the folder.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes records as a trail file.
    pub(crate) fn trail(&self, name: &str, records: &[Value]) -> &Self {
        self.file(name, &json!({"Records": records}).to_string())
    }

    /// Runs the binary in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "")
    }

    /// The same with something on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trailward"))
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Whoever does not read its input closes it early.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        run_of(child.wait_with_output().unwrap())
    }
}

fn run_of(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A call by the user `alice`; `number` makes it another event, a second later.
pub(crate) fn call(source: &str, name: &str, parameters: Value, number: u32) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDACKCEVSQ6C2EXAMPLE",
            "arn": "arn:aws:iam::111122223333:user/alice",
            "accountId": "111122223333",
            "accessKeyId": "AKIAI44QH8DHBEXAMPLE",
            "userName": "alice",
        },
        "eventTime": format!("2026-03-02T09:15:{number:02}Z"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31.0",
        "requestParameters": parameters,
        "eventID": format!("00000000-0000-4000-8000-{number:012}"),
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": "111122223333",
    })
}

/// Somebody stops the trail.
pub(crate) fn trail_stopped(number: u32) -> Value {
    let source = "cloudtrail.amazonaws.com";
    call(source, "StopLogging", json!({"name": "main"}), number)
}

/// Somebody looks at users; no rule minds.
pub(crate) fn users_listed(number: u32) -> Value {
    call("iam.amazonaws.com", "ListUsers", Value::Null, number)
}

/// A rule of the tests' own: a parameter is deleted.
pub(crate) const OWN_RULE: &str = "\
title: A parameter was deleted
id: 2f4d2a52-7c1b-4c0e-9a47-0d1f5e2b7c11
level: medium
tags: [attack.impact, attack.t1485]
logsource: {product: aws, service: cloudtrail}
detection:
  selection:
    eventSource: ssm.amazonaws.com
    eventName: DeleteParameter
    requestParameters.name|startswith: /production/
  filter_janitor:
    userIdentity.userName: janitor
  condition: selection and not filter_janitor
";

/// The call that [`OWN_RULE`] looks for.
pub(crate) fn parameter_deleted(name: &str, number: u32) -> Value {
    let source = "ssm.amazonaws.com";
    call(source, "DeleteParameter", json!({ "name": name }), number)
}
