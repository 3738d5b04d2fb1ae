//! How long a function takes from its start to the first time it asks for an
//! event, and from there to its answer; how much memory it holds after a
//! payload of 1 MB that no rule wants.
//!
//! Arguments: the executables. `log-batch` gets payloads, and so does whoever
//! answers every event.

mod runtime_api;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use runtime_api::RuntimeApi;

/// Starts of each executable, of which the median counts, where `STARTS` does
/// not say how many.
const STARTS: usize = 20;

/// Size of the payload's base64 text.
const PAYLOAD_BYTES: usize = 1_000_000;

fn main() -> Result<()> {
    let programs: Vec<String> = std::env::args().skip(1).collect();
    ensure!(!programs.is_empty(), "usage: cold EXECUTABLE...");
    let starts = match std::env::var("STARTS") {
        Ok(number) => number.parse().context("STARTS is a number")?,
        Err(_) => STARTS,
    };
    ensure!(starts > 0, "STARTS is at least 1");
    println!("{starts} starts of each, in turn: until the first /next, until the first answer");
    println!(
        "{:<12}{:>10}{:>10}{:>10}{:>13}{:>14}",
        "", "ms", "least ms", "x", "page faults", "answer ms"
    );
    let event = payload(0);
    let mut measured: Vec<Vec<Start>> = programs.iter().map(|_| Vec::new()).collect();
    for _ in 0..starts {
        for (program, measured) in programs.iter().zip(&mut measured) {
            measured.push(start(program, &event)?);
        }
    }
    for (program, starts) in programs.iter().zip(&measured) {
        println!("{:<12}{}", name(program), summary(starts, &measured[0]));
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

/// A line of the table; the factor is that to the first program.
fn summary(starts: &[Start], first: &[Start]) -> String {
    let asked = |starts: &[Start]| median_and_least(starts.iter().map(|start| start.asked));
    let (time, least) = asked(starts);
    let (faults, _) = median_and_least(starts.iter().map(|start| start.faults));
    let (answer, _) = median_and_least(starts.iter().map(|start| start.answered));
    let answer = if answer.is_nan() {
        "-".to_owned()
    } else {
        format!("{answer:.2}")
    };
    let factor = time / asked(first).0;
    format!("{time:>10.2}{least:>10.2}{factor:>10.2}{faults:>13}{answer:>14}")
}

fn median_and_least(measured: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut measured: Vec<f64> = measured.collect();
    measured.sort_by(f64::total_cmp);
    (measured[measured.len() / 2], measured[0])
}

/// One start.
struct Start {
    /// Milliseconds to the first request.
    asked: f64,
    /// Pages that the system had to give to the process by then.
    faults: f64,
    /// Milliseconds to the first answer; no number where none is asked for.
    answered: f64,
}

fn start(program: &str, event: &[u8]) -> Result<Start> {
    let api = RuntimeApi::start()?;
    let before = Instant::now();
    let mut child = spawn(program, &api)?;
    let passed = |at: Instant| (at - before).as_secs_f64() * 1_000.0;
    let outcome = (|| {
        let (stream, at) = api.asked()?;
        let faults = faults(child.id())?;
        let mut answered = f64::NAN;
        if ["bare", "clients", "log-batch"].contains(&name(program)) {
            let answer = api.invoke(&stream, event)?;
            answered = passed(Instant::now());
            ensure!(answer.ends_with("/response"), "it answered `{answer}`");
        }
        let start = Start {
            asked: passed(at),
            faults,
            answered,
        };
        Ok((start, stream))
    })();
    child.kill()?;
    child.wait()?;
    let outcome = outcome.map(|(start, _open_so_far)| start);
    outcome.with_context(|| name(program).to_owned())
}

/// The page faults of a process so far that needed no disk. What it does
/// beside its first request counts as far as it came.
fn faults(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name before it, in brackets, may hold anything.
    let (_, after) = stat.rsplit_once(") ").context("a name in brackets")?;
    let faults = after.split(' ').nth(7).context("a count of page faults")?;
    Ok(faults.parse()?)
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
        ("TRAILWARD_LOG_GROUPS", "trail"),
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
        let answer = api.invoke(&stream, &payload(PAYLOAD_BYTES))?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
        let held = |key| {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap_or("unknown").trim().to_owned()
        };
        ensure!(answer.ends_with("/response"), "it answered `{answer}`");
        let said = format!(
            "{} after a payload of 1 MB: {} resident, {} at most",
            name(program),
            held("VmRSS:"),
            held("VmHWM:")
        );
        Ok((said, stream))
    })();
    child.kill()?;
    child.wait()?;
    outcome.map(|(said, _open_so_far)| said)
}

/// The event of a subscription whose data is at least so many bytes of
/// records that no rule wants: 200 of them, or a multiple.
fn payload(bytes: usize) -> Vec<u8> {
    let mut text = String::from(
        r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"trail","logStream":"s","subscriptionFilters":["f"],"logEvents":["#,
    );
    let mut number = 1u64;
    let mut data = String::new();
    while data.is_empty() || data.len() < bytes {
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
