//! The records and payloads that are measured.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Result, ensure};
use rules::cases;
use serde_json::{Map, Value, json};

use crate::folder;

/// Records that are measured: more than a cache holds.
const RECORDS: usize = 4_000;

/// Size of an ordinary record, in bytes of compact JSON; smaller made-up ones
/// get the members that real ones have.
const ORDINARY_BYTES: usize = 1_300;

/// Names that make up most of a real trail and that few rules want.
const ORDINARY_NAMES: [(&str, &str); 12] = [
    ("ec2.amazonaws.com", "DescribeInstances"),
    ("sts.amazonaws.com", "AssumeRole"),
    ("s3.amazonaws.com", "GetBucketAcl"),
    ("kms.amazonaws.com", "Decrypt"),
    ("kms.amazonaws.com", "GenerateDataKey"),
    ("logs.amazonaws.com", "DescribeLogStreams"),
    ("ssm.amazonaws.com", "UpdateInstanceInformation"),
    ("ec2.amazonaws.com", "DescribeNetworkInterfaces"),
    ("monitoring.amazonaws.com", "DescribeAlarms"),
    ("iam.amazonaws.com", "ListRoles"),
    ("lambda.amazonaws.com", "ListFunctions20150331"),
    ("ecr.amazonaws.com", "BatchGetImage"),
];

/// The base64 text of a CloudWatch Logs payload.
pub(crate) struct Payload {
    pub(crate) data: Vec<u8>,
    pub(crate) records: usize,
}

/// The JSON texts of the records.
pub(crate) fn records() -> Result<Vec<String>> {
    let (mut records, origin) = match std::env::var_os("CORPUS").filter(|path| !path.is_empty()) {
        Some(folder) => (
            folder::records(Path::new(&folder))?,
            "the folder that CORPUS names",
        ),
        None => (of_project()?, "the project's own cases"),
    };
    ensure!(!records.is_empty(), "there are no records");
    let distinct = records.len();
    records = records.into_iter().cycle().take(RECORDS).collect();
    let bytes: usize = records.iter().map(String::len).sum();
    println!(
        "{RECORDS} records of {origin} ({distinct} distinct), {} bytes on average",
        bytes / RECORDS
    );
    Ok(records)
}

/// The records of the rules' cases, nine of ten with an ordinary name, each
/// with what makes a real record as large as it is.
fn of_project() -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in rules::case_files() {
        let read =
            cases::read(file.name, file.text).map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
        for case in read {
            for record in cases::records(&case)
                .map_err(anyhow::Error::msg)?
                .into_iter()
                .take(3)
            {
                let place = found.len();
                found.push(ordinary(record, place));
            }
        }
    }
    Ok(found)
}

/// Numbers that look random and are the same in every run (SplitMix64).
/// Identifiers made of them do not compress, as real ones do not.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

fn ordinary(mut record: Map<String, Value>, place: usize) -> String {
    let (source, name) = ORDINARY_NAMES[place % ORDINARY_NAMES.len()];
    if !place.is_multiple_of(10) {
        record.insert("eventSource".to_owned(), json!(source));
        record.insert("eventName".to_owned(), json!(name));
    }
    let mut random = Random(place as u64);
    record.insert("requestID".to_owned(), json!(random.uuid()));
    record.insert("eventID".to_owned(), json!(random.uuid()));
    record.entry("tlsDetails").or_insert(json!({
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": format!("{}.us-east-1.amazonaws.com", &source[..3]),
    }));
    let mut items = Vec::new();
    while Value::Object(record.clone()).to_string().len() < ORDINARY_BYTES {
        let number = random.next();
        items.push(json!({
            "resourceId": format!("eni-0{number:016x}"),
            "state": {"name": "available", "code": number % 97},
        }));
        record.insert(
            "responseElements".to_owned(),
            json!({"_return": true, "items": items}),
        );
    }
    Value::Object(record).to_string()
}

/// The records in payloads of `size` records each.
pub(crate) fn payloads(records: &[String], size: usize) -> Vec<Payload> {
    records.chunks(size).map(payload).collect()
}

fn payload(records: &[String]) -> Payload {
    let mut text = Vec::new();
    let head = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"trail","logStream":"111122223333_CloudTrail_us-east-1","subscriptionFilters":["all"],"logEvents":["#;
    text.extend_from_slice(head.as_bytes());
    for (place, record) in records.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let id = 370_000_000_000_000_000_000_000_000_000_000_000_u128;
        let quoted = Value::from(record.as_str());
        let _ = write!(
            text,
            r#"{comma}{{"id":"{}","timestamp":1772442900000,"message":{quoted}}}"#,
            id + place as u128
        );
    }
    text.extend_from_slice(b"]}");
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut gzip = vec![0; compressor.gzip_compress_bound(text.len())];
    let length = compressor
        .gzip_compress(&text, &mut gzip)
        .unwrap_or_default();
    Payload {
        data: base64_simd::STANDARD
            .encode_to_string(&gzip[..length])
            .into_bytes(),
        records: records.len(),
    }
}
