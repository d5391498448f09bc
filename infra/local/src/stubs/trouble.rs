//! Trouble that every provider can be in: answers too long, endless, cut, or elsewhere.

use std::convert::Infallible;
use std::iter;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

/// The answer with 50 MB of filling in it: JSON to the end, and never in memory as a whole.
pub(super) fn huge(answer: &Value) -> Response {
    const CHUNKS: usize = 800;
    static FILLING: [u8; 1 << 16] = [b'A'; 1 << 16];
    let start = Bytes::from(format!("{},\"filling\":\"", open(answer)));
    let filling = iter::repeat_n(Bytes::from_static(&FILLING), CHUNKS);
    let chunks = iter::once(start).chain(filling).chain([Bytes::from_static(b"\"}")]);
    streamed(stream::iter(chunks))
}

/// The answer without its end, and then a space every 200 ms for ever.
pub(super) fn drip(answer: &Value) -> Response {
    let start = stream::iter([Bytes::from(open(answer))]);
    let drops = stream::unfold((), async |()| {
        tokio::time::sleep(Duration::from_millis(200)).await;
        Some((Bytes::from_static(b" "), ()))
    });
    streamed(start.chain(drops))
}

/// 200 with half a JSON document.
pub(super) fn cut(text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// 302 to another host, which must not be shown a key.
pub(super) fn elsewhere() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, "https://elsewhere.example.com/")]).into_response()
}

/// The text of an object up to its last brace.
fn open(answer: &Value) -> String {
    let mut text = answer.to_string();
    text.pop();
    text
}

fn streamed(chunks: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let body = Body::from_stream(chunks.map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The first piece of a body, however long the body is.
#[cfg(test)]
pub(super) async fn start_of(response: Response) -> String {
    let first = response.into_body().into_data_stream().next().await;
    first.map(|bytes| String::from_utf8(bytes.unwrap().into()).unwrap()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_huge_answer_is_valid_json_of_50_mb() {
        let mut body = huge(&json!({"data": {"score": 1}})).into_body().into_data_stream();
        let (mut length, mut ends) = (0, Vec::new());
        while let Some(chunk) = body.next().await {
            let chunk = chunk.unwrap();
            length += chunk.len();
            if chunk.len() < 1 << 16 {
                ends.extend(chunk);
            }
        }
        assert!((50_000_000..60_000_000).contains(&length), "{length}");
        assert_eq!(String::from_utf8(ends).unwrap(), r#"{"data":{"score":1},"filling":""}"#);
    }

    #[tokio::test]
    async fn a_dripping_answer_starts_well_and_does_not_end() {
        let body = drip(&json!({"data": {"score": 1}})).into_body().into_data_stream();
        let pieces: Vec<_> = body.take(3).map(Result::unwrap).collect().await;
        assert_eq!(pieces, [r#"{"data":{"score":1}"#, " ", " "]);
    }
}
