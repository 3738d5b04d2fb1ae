//! How long a function takes from its start to the first time it asks for an
//! event, and how much memory it holds after a payload of 1 MB that no rule
//! wants.
//!
//! Arguments: the executables. Those named `log-batch` get the payload.

mod runtime_api;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use runtime_api::RuntimeApi;

/// Starts of each executable, of which the median counts.
const STARTS: usize = 20;

/// Size of the payload's base64 text.
const PAYLOAD_BYTES: usize = 1_000_000;

fn main() -> Result<()> {
    let programs: Vec<String> = std::env::args().skip(1).collect();
    ensure!(!programs.is_empty(), "usage: cold EXECUTABLE...");
    println!("{:<16}{:>22}", "", "ms to the first /next");
    let mut times = vec![Vec::new(); programs.len()];
    for _ in 0..STARTS {
        for (program, times) in programs.iter().zip(&mut times) {
            times.push(start(program)?);
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    for (program, time) in programs.iter().zip(&medians) {
        println!(
            "{:<16}{time:>22.2}{:>8.2} x",
            name(program),
            time / medians[0]
        );
    }
    for program in programs
        .iter()
        .filter(|program| name(program) == "log-batch")
    {
        println!("\n{}", after_payload(program)?);
    }
    Ok(())
}

fn name(program: &str) -> &str {
    Path::new(program)
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or(program)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Milliseconds from one start to the first request.
fn start(program: &str) -> Result<f64> {
    let api = RuntimeApi::start()?;
    let before = Instant::now();
    let mut child = spawn(program, &api)?;
    let asked = api.asked();
    child.kill()?;
    child.wait()?;
    let (_, at) = asked.with_context(|| name(program).to_owned())?;
    Ok((at - before).as_secs_f64() * 1_000.0)
}

/// The environment that Lambda and the template give.
fn spawn(program: &str, api: &RuntimeApi) -> Result<Child> {
    let variables = [
        ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "group"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("TRAILWARD_TABLE", "table"),
        (
            "TRAILWARD_TOPIC_ARN",
            "arn:aws:sns:us-east-1:111122223333:alerts",
        ),
        ("TRAILWARD_QUARANTINE_BUCKET", "quarantine"),
        ("TRAILWARD_REPORT_BUCKET", "reports"),
        ("TRAILWARD_WORKGROUP", "workgroup"),
        ("TRAILWARD_DATABASE", "database"),
        ("TRAILWARD_TRAIL_TABLE", "trail"),
        ("TRAILWARD_TRAIL_LOCATION", "s3://trail/AWSLogs/"),
        ("TRAILWARD_TRAIL_NAME", "trail"),
    ];
    Command::new(program)
        .env_clear()
        .envs(variables)
        .env("AWS_LAMBDA_RUNTIME_API", api.address()?.to_string())
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start `{program}`"))
}

/// Gives a function the payload; says how it answered and what it holds.
fn after_payload(program: &str) -> Result<String> {
    let api = RuntimeApi::start()?;
    let mut child = spawn(program, &api)?;
    let outcome = (|| {
        let (stream, _) = api.asked()?;
        let answer = api.invoke(stream, &payload())?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
        let held = |key| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap_or("unknown").trim().to_owned()
        };
        ensure!(answer.ends_with("/response"), "it answered `{answer}`");
        Ok(format!(
            "{} after a payload of 1 MB: {} resident, {} at most",
            name(program),
            held("VmRSS:"),
            held("VmHWM:")
        ))
    })();
    child.kill()?;
    child.wait()?;
    outcome
}

/// The event of a subscription whose data is 1 MB of records that no rule
/// wants.
fn payload() -> Vec<u8> {
    let mut text = String::from(
        r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"trail","logStream":"s","subscriptionFilters":["f"],"logEvents":["#,
    );
    let mut number = 1u64;
    let mut data = String::new();
    while data.len() < PAYLOAD_BYTES {
        for _ in 0..200 {
            let comma = if number == 1 { "" } else { "," };
            text.push_str(&format!(
                r#"{comma}{{"id":"{number}","timestamp":1772442900000,"message":{}}}"#,
                message(number)
            ));
            number += 1;
        }
        data = encoded(&format!("{text}]}}"));
    }
    format!(r#"{{"awslogs":{{"data":"{data}"}}}}"#).into_bytes()
}

/// A record, as a JSON string, with the random parts that real ones have.
fn message(number: u64) -> serde_json::Value {
    let random = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let other = random.rotate_left(23).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let record = serde_json::json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSService", "invokedBy": "example.amazonaws.com"},
        "eventTime": "2026-03-02T09:15:00Z",
        "eventSource": "example.amazonaws.com",
        "eventName": "ExampleRead",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "example.amazonaws.com",
        "userAgent": "example.amazonaws.com",
        "requestParameters": {"id": format!("{other:016x}{random:016x}"), "maxResults": number % 997},
        "responseElements": null,
        "requestID": format!("{random:016x}-{other:016x}"),
        "eventID": format!("{other:016x}-{random:016x}"),
        "readOnly": true,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
    });
    serde_json::Value::String(record.to_string())
}

fn encoded(text: &str) -> String {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut gzip = vec![0; compressor.gzip_compress_bound(text.len())];
    let length = compressor
        .gzip_compress(text.as_bytes(), &mut gzip)
        .unwrap_or_default();
    base64_simd::STANDARD.encode_to_string(&gzip[..length])
}
