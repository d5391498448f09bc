//! What an operator sees: aligned and coloured on a terminal, tab-separated in a pipe, or JSON.

use std::io::{self, IsTerminal};

use intel::visible;
use lambda::config::Environment;
use serde::Serialize;

use crate::failure::Failure;
use crate::terminal::Page;

/// Standard output.
pub(crate) struct Paper {
    page: Page,
    is_terminal: bool,
    is_coloured: bool,
}

/// How a line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Heading,
    Good,
    Warning,
    Bad,
}

/// Rows under headings, each as it is meant.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    headings: &'static [&'static str],
    rows: Vec<(Tone, Vec<String>)>,
}

impl Table {
    pub fn new(headings: &'static [&'static str]) -> Self {
        Self { headings, rows: Vec::new() }
    }

    pub fn row(&mut self, tone: Tone, cells: impl IntoIterator<Item = String>) {
        self.rows.push((tone, cells.into_iter().collect()));
    }
}

impl Paper {
    pub fn new(environment: &Environment) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let is_coloured = is_terminal && environment.get("NO_COLOR").is_none();
        Self { page: Page::new(), is_terminal, is_coloured }
    }

    /// Whether a person looks on, whose lines are not endless.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    pub fn line(&mut self, tone: Tone, text: &str) -> Result<(), Failure> {
        self.raw(&(self.painted(tone, &shown(text)) + "\n"))
    }

    pub fn table(&mut self, table: &Table) -> Result<(), Failure> {
        let headings = table.headings.iter().map(|heading| (*heading).to_owned()).collect();
        let rows = [(Tone::Heading, headings)].into_iter().chain(table.rows.iter().cloned());
        let rows: Vec<(Tone, Vec<String>)> = rows
            .map(|(tone, cells): (Tone, Vec<String>)| (tone, cells.iter().map(|cell| shown(cell)).collect()))
            .collect();
        let mut text = String::new();
        for (tone, line) in laid_out(&rows, self.is_terminal) {
            text.push_str(&self.painted(tone, &line));
            text.push('\n');
        }
        self.raw(&text)
    }

    /// A page of ours, line by line as it is.
    pub fn text(&mut self, page: &str) -> Result<(), Failure> {
        self.raw(page)
    }

    pub fn json<T: Serialize>(&mut self, document: &T) -> Result<(), Failure> {
        let json = serde_json::to_string(document).unwrap_or_default();
        self.page.print_json(&json).map_err(Failure::Write)
    }

    fn raw(&mut self, text: &str) -> Result<(), Failure> {
        self.page.print_raw(text).map_err(Failure::Write)
    }

    fn painted(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Heading => "1",
            Tone::Good => "32",
            Tone::Warning => "33",
            Tone::Bad => "31",
        };
        if self.is_coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Every cell as wide as its column's widest on a terminal, numbers to the right; with tabs between them for a program.
fn laid_out(rows: &[(Tone, Vec<String>)], is_aligned: bool) -> impl Iterator<Item = (Tone, String)> {
    let mut widths: Vec<usize> = Vec::new();
    for (_, cells) in rows {
        for (column, cell) in cells.iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(column) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    let columns: Vec<(usize, bool)> =
        widths.iter().enumerate().map(|(column, width)| (*width, is_of_numbers(rows, column))).collect();
    rows.iter().map(move |(tone, cells)| {
        if !is_aligned {
            return (*tone, cells.join("\t"));
        }
        let padded = cells.iter().zip(&columns).map(|(cell, (width, is_of_numbers))| {
            if *is_of_numbers { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        (*tone, padded.collect::<Vec<_>>().join("  ").trim_end().to_owned())
    })
}

/// Whether there is nothing else under the column's heading.
fn is_of_numbers(rows: &[(Tone, Vec<String>)], column: usize) -> bool {
    let mut cells = rows.iter().skip(1).filter_map(|(_, cells)| cells.get(column)).peekable();
    cells.peek().is_some() && cells.all(|cell| cell == "-" || cell.parse::<f64>().is_ok())
}

/// What came from outside steers no terminal. Spaces at the beginning are ours.
fn shown(text: &str) -> String {
    const CHARS: usize = 4096;
    let indented = text.len() - text.trim_start_matches(' ').len();
    " ".repeat(indented) + &visible(text, CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_for_people_and_tabbed_for_programs() {
        let cells = |cells: [&str; 2]| (Tone::Plain, cells.map(str::to_owned).to_vec());
        let rows = [cells(["QUEUE", "WAITING"]), cells(["mail-events", "3"]), cells(["alerts", "-"])];
        let lines =
            |is_aligned| -> Vec<String> { laid_out(&rows, is_aligned).map(|(_, line)| line).collect() };
        assert_eq!(lines(true), ["QUEUE        WAITING", "mail-events        3", "alerts             -"]);
        assert_eq!(lines(false), ["QUEUE\tWAITING", "mail-events\t3", "alerts\t-"]);
    }

    #[test]
    fn text_from_outside_steers_no_terminal() {
        assert_eq!(shown("  \u{1b}[31mred\ttext\u{202e}"), "  [31mred text");
    }
}
