//! One day of the corpus: who acts, when, and the records that come of it.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::random::Random;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";

/// The first day: Monday 2026-03-02.
const FIRST_DAY: i64 = 20_514 * 86_400;

/// Somebody who acts.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) identity: Value,
    pub(crate) address: String,
    pub(crate) agent: String,
}

/// A day that fills with records.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) random: Random,
    start: i64,
    pub(crate) is_weekend: bool,
    pub(crate) number: i64,
    pub(crate) records: Vec<Value>,
}

impl Day {
    pub(crate) fn new(number: i64) -> Self {
        Self {
            random: Random::new(7_919 + number.unsigned_abs()),
            start: FIRST_DAY + number * 86_400,
            is_weekend: number % 7 >= 5,
            number,
            records: Vec::new(),
        }
    }

    /// A second of the whole day.
    pub(crate) fn any_time(&mut self) -> i64 {
        i64::try_from(self.random.below(86_400)).unwrap()
    }

    /// A second of the working day, of which most is before and after lunch.
    pub(crate) fn working_time(&mut self) -> i64 {
        let morning = 7 * 3_600 + self.random.below(4 * 3_600);
        let afternoon = 12 * 3_600 + self.random.below(4 * 3_600);
        i64::try_from(*self.random.pick(&[morning, afternoon])).unwrap()
    }

    /// Adds a call; `at` is the second of the day.
    pub(crate) fn call(
        &mut self,
        at: i64,
        who: &Who,
        source: &str,
        name: &str,
        request: Value,
        response: Value,
    ) -> &mut Value {
        let time = Timestamp::from_second(self.start + at).unwrap();
        let reads = [
            "Get", "List", "Describe", "Lookup", "Batch", "Head", "Decrypt",
        ];
        let record = json!({
            "eventVersion": "1.11",
            "userIdentity": who.identity,
            "eventTime": time.to_string(),
            "eventSource": format!("{source}.amazonaws.com"),
            "eventName": name,
            "awsRegion": REGION,
            "sourceIPAddress": who.address,
            "userAgent": who.agent,
            "requestParameters": request,
            "responseElements": response,
            "requestID": self.random.uuid(),
            "eventID": self.random.uuid(),
            "readOnly": reads.iter().any(|start| name.starts_with(start)),
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Management",
            "tlsDetails": {
                "tlsVersion": "TLSv1.3",
                "cipherSuite": "TLS_AES_128_GCM_SHA256",
                "clientProvidedHostHeader": format!("{source}.{REGION}.amazonaws.com"),
            },
        });
        self.records.push(record);
        self.records.last_mut().unwrap()
    }

    /// Adds a call that reads and answers nothing of note.
    pub(crate) fn read(&mut self, at: i64, who: &Who, source: &str, name: &str) {
        self.call(at, who, source, name, Value::Null, Value::Null);
    }

    /// The same call refused.
    pub(crate) fn refused(&mut self, at: i64, who: &Who, source: &str, name: &str) {
        let record = self.call(at, who, source, name, Value::Null, Value::Null);
        record["errorCode"] = json!("AccessDenied");
        record["errorMessage"] = json!(format!("not authorized to perform: {source}:{name}"));
    }
}

/// An AWS service acting for itself.
pub(crate) fn service(name: &str) -> Who {
    let host = format!("{name}.amazonaws.com");
    Who {
        identity: json!({"type": "AWSService", "invokedBy": host}),
        address: host.clone(),
        agent: host,
    }
}

/// A session of a role. `path` is what stands before the role's name in its ARN.
pub(crate) fn session(path: &str, role: &str, name: &str, address: &str, agent: &str) -> Who {
    let digits: String = role.bytes().map(|byte| format!("{byte:X}")).collect();
    let id = format!("AROA{:0<17.17}", digits);
    Who {
        identity: json!({
            "type": "AssumedRole",
            "principalId": format!("{id}:{name}"),
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"),
            "accountId": ACCOUNT,
            "accessKeyId": format!("ASIA{:0<16.16}", digits),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": id,
                    "arn": format!("arn:aws:iam::{ACCOUNT}:role/{path}{role}"),
                    "accountId": ACCOUNT,
                    "userName": role,
                },
                "attributes": {"creationDate": "2026-03-02T06:00:00Z", "mfaAuthenticated": "false"},
            },
        }),
        address: address.to_owned(),
        agent: agent.to_owned(),
    }
}

/// A role's session through which a service acts.
pub(crate) fn through(service: &str, path: &str, role: &str, name: &str) -> Who {
    let host = format!("{service}.amazonaws.com");
    let mut who = session(path, role, name, &host, &host);
    who.identity["invokedBy"] = json!(host);
    who
}

/// A service-linked role.
pub(crate) fn linked(service: &str, role: &str, name: &str) -> Who {
    let path = format!("aws-service-role/{service}.amazonaws.com/");
    through(service, &path, role, name)
}
