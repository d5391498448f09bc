//! Lists in lines: one indicator or network each, comments behind `#`, `;` or `//`. A header among the comments, or as
//! the first line, makes it a table.

use super::csv::Table;
use super::entry::{Entry, Kind};
use super::sink::{Found, Sink};
use super::tor;

/// Remembers what the lines before have said about those that follow.
#[derive(Default)]
pub(super) struct Reader {
    table: Option<Table>,
    has_begun: bool,
}

impl Reader {
    pub fn line(&mut self, line: &[u8], sink: &mut Sink<'_>) {
        let Ok(line) = std::str::from_utf8(line) else { return sink.bad("it is not UTF-8 text") };
        let line = line.trim();
        if line.starts_with('#') {
            self.table = Table::of_header(line.trim_start_matches('#')).or(self.table.take());
            return;
        }
        if let Some(table) = &self.table {
            return table.row(line, sink);
        }
        let text = without_comment(line);
        if text.is_empty() {
            return;
        }
        if !self.has_begun {
            self.has_begun = true;
            self.table = Table::of_header(text);
            if self.table.is_some() {
                return;
            }
        }
        if tor::line(text, sink) {
            return;
        }
        match Entry::read(text, Kind::Any) {
            Ok(entry) => sink.row(entry, None, Found::default()),
            Err(problem) => sink.bad(problem),
        }
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
