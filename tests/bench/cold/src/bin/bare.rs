//! The least that a function can be: it acknowledges every event.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let handle = async |_: LambdaEvent<Value>| Ok::<(), Error>(());
    lambda_runtime::run(service_fn(handle)).await
}
