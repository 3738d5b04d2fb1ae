//! Where alerts and reports go.

use async_trait::async_trait;

use super::PortError;

/// A message as it leaves: already rendered, neutralised and bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Under 100 printable ASCII characters, no line break.
    pub subject: String,
    /// Plain text, at most 256 KB.
    pub body: String,
    /// Attributes by which subscribers filter (`level`, `rule_id`, `account`,
    /// `kind`): at most 10, none empty.
    pub attributes: Vec<(&'static str, String)>,
}

/// A topic that people and programs subscribe to.
#[async_trait]
pub trait AlertSink: Send + Sync {
    /// Hands the message over. `Ok` means that the sink answers for it now.
    async fn publish(&self, mail: &Mail) -> Result<(), PortError>;
}
