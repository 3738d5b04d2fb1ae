//! A function that does nothing but make its clients before the first event.

use std::hint::black_box;

use aws_config::BehaviorVersion;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    black_box(aws_sdk_dynamodb::Client::new(&config));
    black_box(aws_sdk_sns::Client::new(&config));
    let handle = async |_: LambdaEvent<Value>| Ok::<(), Error>(());
    lambda_runtime::run(service_fn(handle)).await
}
