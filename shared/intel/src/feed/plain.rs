//! Plain lists: one indicator or network on a line, comments behind `#`, `;` or `//`.

use domain::verdict::Listing;

use super::entry::{Entry, Kind};
use super::sink::Sink;

pub(super) fn line(line: &[u8], sink: &mut Sink<'_>) {
    let Ok(line) = std::str::from_utf8(line) else { return sink.bad("it is not UTF-8 text") };
    let text = without_comment(line.trim());
    if text.is_empty() {
        return;
    }
    match Entry::read(text, Kind::Any) {
        Ok(entry) => sink.row(entry, None, Listing::default()),
        Err(problem) => sink.bad(problem),
    }
}

/// A `#` or `;` within a word may belong to a URL.
fn without_comment(line: &str) -> &str {
    if line.starts_with(['#', ';']) || line.starts_with("//") {
        return "";
    }
    let comment = line
        .match_indices(['#', ';'])
        .map(|(index, _)| index)
        .find(|index| line.get(..*index).is_some_and(|before| before.ends_with(char::is_whitespace)));
    comment.and_then(|index| line.get(..index)).unwrap_or(line).trim_end()
}
