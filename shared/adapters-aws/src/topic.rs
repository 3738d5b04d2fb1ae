//! The topic that people subscribe to.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::ProvideErrorMetadata;
use aws_sdk_sns::types::MessageAttributeValue;
use pipeline::ports::{AlertSink, Mail, PortError};
use tokio::sync::OnceCell;

use crate::Connection;
use crate::failure::failure;

/// An SNS topic.
#[derive(Debug)]
pub struct Topic {
    connection: Arc<Connection>,
    client: OnceCell<Client>,
    arn: String,
}

impl Topic {
    /// The topic of this ARN.
    pub fn new(connection: Arc<Connection>, arn: String) -> Self {
        Self {
            connection,
            client: OnceCell::new(),
            arn,
        }
    }

    async fn client(&self) -> &Client {
        self.client
            .get_or_init(|| async { Client::new(self.connection.config().await) })
            .await
    }
}

#[async_trait]
impl AlertSink for Topic {
    async fn publish(&self, mail: &Mail) -> Result<(), PortError> {
        let client = self.client().await;
        let mut request = client
            .publish()
            .topic_arn(&self.arn)
            .subject(&mail.subject)
            .message(&mail.body);
        for (name, value) in &mail.attributes {
            let attribute = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build();
            match attribute {
                Ok(attribute) => request = request.message_attributes(*name, attribute),
                Err(error) => return Err(failure("SNS", "building attributes", None, &error)),
            }
        }
        request.send().await.map(drop).map_err(|error| {
            failure(
                "SNS",
                format!("publishing to {}", self.arn),
                error.code(),
                &error,
            )
        })
    }
}
