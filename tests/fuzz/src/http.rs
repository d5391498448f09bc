//! An answer as HTTP has it: a line with the status, headers, an empty line, the body.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

pub type Answer = (StatusCode, HeaderMap, Vec<u8>);

/// Nothing for what no client would take for an answer.
pub fn answer(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n")?;
    let (head, body) = bytes.split_at_checked(end)?;
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = StatusCode::from_bytes(lines.next()?).ok()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        let value = value.strip_prefix(b":")?.trim_ascii();
        headers.insert(HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?);
    }
    Some((status, headers, body.strip_prefix(b"\n\n")?.to_vec()))
}
