//! Where text leaves the program. Alerts and feeds hold what attackers wrote: nothing of it may steer a terminal.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use intel::visible;

/// Standard output.
pub(crate) struct Page {
    out: BufWriter<io::Stdout>,
    /// Whether somebody waits for each line.
    at_once: bool,
}

impl Page {
    const LINE_CHARS: usize = 4096;

    /// Each print is seen at once.
    pub fn new() -> Self {
        Self { out: BufWriter::new(io::stdout()), at_once: true }
    }

    /// For many lines: what is printed may be seen only after [`Self::finish`].
    pub fn buffered() -> Self {
        Self { out: BufWriter::with_capacity(64 * 1024, io::stdout()), at_once: false }
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Prints lines for people.
    pub fn print(&mut self, lines: &[String]) -> io::Result<()> {
        let mut text = String::new();
        for line in lines {
            // Spaces at the beginning are ours.
            let indented = line.len() - line.trim_start_matches(' ').len();
            text.extend(std::iter::repeat_n(' ', indented));
            text.push_str(&visible(line, Self::LINE_CHARS));
            text.push('\n');
        }
        self.print_raw(&text)
    }

    /// Prints a JSON document on one line.
    pub fn print_json(&mut self, json: &str) -> io::Result<()> {
        self.print_raw(&(escaped(json) + "\n"))
    }

    /// Prints text whose every character is ours, or was looked at.
    pub fn print_raw(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        if self.at_once { self.out.flush() } else { Ok(()) }
    }
}

/// A line for the person at the terminal, beside the output.
pub(crate) fn tell(line: &str) {
    const CHARS: usize = 1000;
    // Nobody is left to be told that standard error is closed.
    let _ = writeln!(io::stderr(), "triage: {}", visible(line, CHARS));
}

/// JSON whose texts hold no character that a terminal might obey: `serde_json` leaves C1 controls as they are.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        let harmless = character == ' ' || !visible(character.encode_utf8(&mut [0; 4]), 1).is_empty();
        if harmless {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a string does not fail.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_reads_the_same_after_escaping() {
        for text in ["plain ü", "\u{9b}31m\u{7f}", "\u{202e}gpj", "\u{e0041}tag", "a\u{3000}b"] {
            let json = serde_json::to_string(text).unwrap();
            let escaped = escaped(&json);
            assert!(escaped.chars().all(|character| !character.is_control()), "{escaped}");
            assert!(!escaped.contains('\u{202e}'), "{escaped}");
            assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
        }
    }
}
