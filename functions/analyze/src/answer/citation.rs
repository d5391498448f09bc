//! Whether a citation stands where it says, in the document as it was sent.

use domain::analysis::Evidence;
use domain::lenient;
use serde_json::Value;

use super::prose::{self, Prose};
use super::wire::Citation;
use super::{MAX_NAME_BYTES, MAX_SENTENCE_BYTES};
use crate::prompt::Prompt;

const LOG: &str = "/untrusted_log_data";
const TRUSTED: &str = "/trusted";

/// The citation as evidence, if its value, or a part of it, stands at its pointer.
pub(super) fn verified(citation: &Citation, prompt: &Prompt, prose: &Prose<'_>) -> Option<Evidence> {
    let (pointer, there) = at(&citation.path, prompt.sent())?;
    let value = prompt.restored(quoted(&citation.value, there)?);
    // A part of one pseudonym may be another one: what is shown must stand there once names are back.
    let stands = texts(there).iter().any(|text| prompt.restored(text).contains(&value));
    stands.then(|| Evidence {
        path: prompt.restored(prose::start(in_alert(&pointer), MAX_NAME_BYTES)),
        value,
        meaning: prose.of(&citation.meaning, MAX_SENTENCE_BYTES),
        points_to: citation.points_to,
    })
}

/// Where in the alert a quotation from the log stands; nothing if it does not.
pub(super) fn place_in_log(path: &str, quote: &str, prompt: &Prompt) -> Option<String> {
    let (pointer, there) = at(path, prompt.sent())?;
    quoted(quote, there)?;
    pointer.starts_with(LOG).then(|| prompt.restored(in_alert(&pointer)))
}

/// The value at a pointer; a model may leave the section's name out.
fn at<'document>(path: &str, document: &'document Value) -> Option<(String, &'document Value)> {
    let path = path.trim();
    let candidates = [path.to_owned(), format!("{TRUSTED}{path}"), format!("{LOG}{path}")];
    candidates.into_iter().find_map(|pointer| {
        let value = document.pointer(&pointer)?;
        Some((pointer, value))
    })
}

/// The part of the citation that is shown, which stands in the value word for word. Nothing is proved by an empty one, or
/// by a single letter of a longer text.
fn quoted<'citation>(value: &'citation str, there: &Value) -> Option<&'citation str> {
    let value = value.trim();
    let stands = |text: &String| text == value || (value.chars().count() > 1 && text.contains(value));
    (!value.is_empty() && texts(there).iter().any(stands)).then(|| prose::start(value, MAX_SENTENCE_BYTES))
}

/// A scalar, or the scalars of a list.
fn texts(value: &Value) -> Vec<String> {
    lenient::text(value).map_or_else(|| lenient::texts(value), |text| vec![text])
}

/// The pointer as it is in the alert.
fn in_alert(pointer: &str) -> &str {
    pointer.strip_prefix(LOG).or_else(|| pointer.strip_prefix(TRUSTED)).unwrap_or(pointer)
}
