//! Walking through a text by runs of characters.

/// Maximal runs of bytes that belong together, with where they begin. `is_part` may accept ASCII only, so that runs
/// begin and end on character boundaries.
pub(super) fn runs(text: &str, is_part: impl Fn(u8) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.as_bytes().get(at..)?;
        let start = at + rest.iter().position(|byte| is_part(*byte))?;
        let tail = text.as_bytes().get(start..)?;
        let length = tail.iter().position(|byte| !is_part(*byte)).unwrap_or(tail.len());
        at = start + length;
        Some((start, text.get(start..at)?))
    })
}

/// How many bytes at the start of the text satisfy the predicate; on a character boundary for ASCII predicates.
pub(super) fn length(text: &str, is_part: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !is_part(byte)).unwrap_or(text.len())
}

/// The text from this offset on; empty behind its end.
pub(super) fn from(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// The text up to this offset.
pub(super) fn before(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or_default()
}
