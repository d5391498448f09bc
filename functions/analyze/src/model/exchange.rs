//! One request and its answer, bounded in size. Time is bounded by whoever waits.

use lambda::http;
use reqwest::{Client, Request, Response};

use super::answer::Answer;
use super::trouble::Trouble;

const MAX_BODY_BYTES: usize = 512 * 1024;

pub(super) async fn exchange(client: &Client, request: Request) -> Result<Answer, Trouble> {
    let mut response = http::execute(client, request).await.map_err(|error| lost(&error))?;
    let body = body(&mut response).await?;
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body })
}

/// A larger body is not an answer, and is not read on.
async fn body(response: &mut Response) -> Result<Vec<u8>, Trouble> {
    let announced = response.content_length().and_then(|bytes| usize::try_from(bytes).ok());
    if announced.is_some_and(|bytes| bytes > MAX_BODY_BYTES) {
        return Err(Trouble::Invalid);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(Trouble::Invalid);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Who was never reached has not begun to work; who was may have, and may bill it.
fn lost(error: &reqwest::Error) -> Trouble {
    if error.is_timeout() && !error.is_connect() { Trouble::Timeout } else { Trouble::Unreachable }
}
