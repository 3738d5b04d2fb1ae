//! As much of Lambda's Runtime API as a function needs to take one event.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long a function may take to ask for its first event.
const PATIENCE: Duration = Duration::from_secs(10);

/// The stub, listening on loopback.
pub(crate) struct RuntimeApi {
    listener: TcpListener,
}

impl RuntimeApi {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        Ok(Self { listener })
    }

    pub(crate) fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Waits until the function asks for its next event; not for ever, since
    /// one that lacks a setting never does.
    pub(crate) fn asked(&self) -> Result<(TcpStream, Instant)> {
        let patience = Timespec {
            tv_sec: PATIENCE.as_secs() as i64,
            tv_nsec: 0,
        };
        let mut listener = [PollFd::new(&self.listener, PollFlags::IN)];
        ensure!(
            poll(&mut listener, Some(&patience))? > 0,
            "the function asked for no event within {PATIENCE:?}"
        );
        let (stream, _) = self.listener.accept()?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let line = request(&stream)?;
        let now = Instant::now();
        if line.starts_with("GET /2018-06-01/runtime/invocation/next") {
            return Ok((stream, now));
        }
        bail!("the function asked for `{line}`");
    }

    /// Gives the event and waits for what the function makes of it: its
    /// answer's path. The connection stays the caller's: a function whose
    /// connection is closed ends.
    pub(crate) fn invoke(&self, mut stream: &TcpStream, event: &[u8]) -> Result<String> {
        let deadline = 4_102_444_800_000_u64;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-000000000001\r\n\
             Lambda-Runtime-Deadline-Ms: {deadline}\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:111122223333:function:measured\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            event.len()
        )?;
        stream.write_all(event)?;
        // The function answers over this connection or over a new one.
        let line = match request(stream) {
            Ok(line) if !line.is_empty() => line,
            _ => request(&self.listener.accept()?.0)?,
        };
        let path = line.split(' ').nth(1).context("an answer has a path")?;
        Ok(path.to_owned())
    }
}

/// Reads one request and returns its first line.
fn request(stream: &TcpStream) -> Result<String> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    Ok(first.trim_end().to_owned())
}
