//! The settings that every client shares, loaded on first use.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use tokio::sync::OnceCell;

/// One attempt of one call may take this long: a call that hangs must not
/// take the invocation's whole time, since what is already done has to end.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Attempts of one call, the first included.
const ATTEMPTS: u32 = 4;

/// Credentials, region and endpoint, as the environment gives them.
#[derive(Debug, Default)]
pub struct Connection {
    config: OnceCell<SdkConfig>,
}

impl Connection {
    /// A connection that loads nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The shared settings.
    pub(crate) async fn config(&self) -> &SdkConfig {
        self.config
            .get_or_init(|| async {
                aws_config::defaults(BehaviorVersion::latest())
                    .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
                    .timeout_config(
                        TimeoutConfig::builder()
                            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                            .build(),
                    )
                    .load()
                    .await
            })
            .await
    }
}
