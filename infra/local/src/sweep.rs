//! The call that a schedule makes once a minute, made now: a demo that waits for minutes shows nothing more.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::stack::Stack;

/// Has each function that the schedule calls look for what is due, and returns when both have.
pub(crate) async fn now(stack: &Stack) -> Result<()> {
    // An emulator does not look at signatures, so that this needs no SDK of its own.
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
    for function in [&stack.outputs.functions.analyze, &stack.outputs.functions.notify] {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", stack.endpoint);
        let answer = client.post(url).json(&json!({"sweep": true})).send().await;
        let answer = answer
            .and_then(reqwest::Response::error_for_status)
            .with_context(|| format!("{function} could not be called"))?;
        if answer.headers().contains_key("x-amz-function-error") {
            bail!("{function} failed in its sweep: {}", answer.text().await?);
        }
    }
    Ok(())
}
