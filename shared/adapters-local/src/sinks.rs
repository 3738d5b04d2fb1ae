//! Alerts on paper: printed, or collected.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use pipeline::ports::{AlertSink, Mail, PortError};

/// Between two printed messages.
const RULER: &str = "------------------------------------------------------------";

/// Prints each message to standard output as it would be mailed.
#[derive(Debug, Default)]
pub struct PrintingSink;

#[async_trait]
impl AlertSink for PrintingSink {
    async fn publish(&self, mail: &Mail) -> Result<(), PortError> {
        let mut out = io::stdout().lock();
        writeln!(out, "{RULER}\n{}\n\n{}", mail.subject, mail.body).map_err(|error| {
            PortError::Unavailable {
                service: "standard output",
                action: "printing an alert".to_owned(),
                reason: error.to_string(),
            }
        })
    }
}

/// Collects messages in the order of their publishing.
#[derive(Debug, Default)]
pub struct CollectingSink {
    mails: Mutex<Vec<Mail>>,
}

impl CollectingSink {
    /// The messages so far; they are handed over and no longer kept.
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.mails.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl AlertSink for CollectingSink {
    async fn publish(&self, mail: &Mail) -> Result<(), PortError> {
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.push(mail.clone());
        Ok(())
    }
}
