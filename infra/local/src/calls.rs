//! Calls that a schedule makes, made now: a demo that waits for minutes shows nothing more.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::stack::Stack;

/// Calls a function and waits for its answer; one that failed is an error with what it said.
pub(crate) async fn call(stack: &Stack, function: &str, payload: &Value) -> Result<Value> {
    // An emulator does not look at signatures, so that this needs no SDK of its own.
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(2)).build()?;
    let url = format!("{}/2015-03-31/functions/{function}/invocations", stack.endpoint);
    let answer = client.post(url).json(payload).send().await;
    let answer = answer
        .and_then(reqwest::Response::error_for_status)
        .with_context(|| format!("{function} could not be called"))?;
    let failed = answer.headers().contains_key("x-amz-function-error");
    let said = answer.text().await?;
    if failed {
        bail!("{function} failed when it was called with {payload}: {said}");
    }
    serde_json::from_str(&said).with_context(|| format!("the answer of {function} is not readable"))
}

/// Has each function that looks for what is due every minute look now, and returns when both have.
pub(crate) async fn sweep(stack: &Stack) -> Result<()> {
    for function in [&stack.outputs.functions.analyze, &stack.outputs.functions.notify] {
        call(stack, function, &json!({"sweep": true})).await?;
    }
    Ok(())
}

/// Hunts among the logins of the last minutes; answers how many findings it has told of.
pub(crate) async fn hunt(stack: &Stack) -> Result<usize> {
    let tally = call(stack, &stack.outputs.functions.hunt, &json!({"hunt": {}})).await?;
    let told = tally.get("told").and_then(Value::as_u64).context("hunt does not say what it has told")?;
    Ok(usize::try_from(told)?)
}
