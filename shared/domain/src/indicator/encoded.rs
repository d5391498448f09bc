//! Links that are written into a query: `?next=http%3A%2F%2Fevil.example%2Fa`.

use super::WebUrl;
use super::bytes::{STOP, class};
use super::link;

/// The link whose scheme is the end of the word before a `%`, decoded, and where it ends.
pub(super) fn link(text: &str, begin: usize, end: usize) -> Option<(String, usize)> {
    let rest = text.get(end..)?;
    if !rest.get(..9)?.eq_ignore_ascii_case("%3a%2f%2f") {
        return None;
    }
    let (_, Some(scheme)) = link::scheme(text.get(begin..end)?) else { return None };
    let length =
        rest.bytes().take(3 * WebUrl::MAX_BYTES).take_while(|byte| *byte != b'&' && class(*byte) & STOP == 0);
    let past = end + length.count();
    // Bytes that are no text once they are decoded do not belong to a link that anybody follows.
    let decoded = String::from_utf8(decode(text.as_bytes().get(end..past)?)).ok()?;
    Some((format!("{scheme}{decoded}"), past))
}

fn decode(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let digit =
            |at: usize| char::from(*after.get(at)?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        if *first == b'%'
            && let (Some(high), Some(low)) = (digit(0), digit(1))
        {
            decoded.push(high << 4 | low);
            rest = after.get(2..).unwrap_or_default();
        } else {
            decoded.push(*first);
            rest = after;
        }
    }
    decoded
}
