//! Text for a terminal of 100 columns. What comes from outside must not steer it.

/// Columns that a line of the report may have.
pub(crate) const WIDTH: usize = 100;

/// The text without control characters and without what turns a line around.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if steers(letter) { ' ' } else { letter }).collect()
}

fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Printable, and at most so long: without its middle if it must be, so that two hashes still differ.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let letters: Vec<char> = printable(text).chars().collect();
    let (kept, left_out) = (most.saturating_sub(1), letters.len().saturating_sub(most));
    if left_out == 0 {
        return letters.into_iter().collect();
    }
    let (start, end) = (kept - kept / 3, letters.len() - kept / 3);
    let places = letters.iter().enumerate();
    let (before, after): (String, String) = (
        places.clone().filter(|(place, _)| *place < start).map(|(_, letter)| letter).collect(),
        places.filter(|(place, _)| *place >= end).map(|(_, letter)| letter).collect(),
    );
    format!("{before}…{after}")
}

/// Printable, in lines that end within the width; the first begins where the caller's line is, the others further in.
/// A word that is longer than a line stays whole: it is to be copied.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    let (mut lines, mut column) = (String::new(), indent);
    for (place, word) in printable(text).split_whitespace().enumerate() {
        let length = word.chars().count();
        if place > 0 && column + 1 + length > WIDTH {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            column = indent;
        } else if place > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines
}

/// The widest of some texts, in columns.
pub(crate) fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_text_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[31m\u{202e}b\n"), "a [31m b ");
        assert_eq!(shortened("a\nb", 9), "a b");
        assert_eq!(wrapped("a\u{1b}[2J\n\tb", 4), "a [2J b");
    }

    #[test]
    fn a_long_text_loses_its_middle() {
        for (text, most, expected) in [
            ("0123456789", 10, "0123456789"),
            ("0123456789a", 10, "012345…89a"),
            ("0123456789", 1, "…"),
            ("äöüäöü", 5, "äöü…ü"),
        ] {
            let short = shortened(text, most);
            assert_eq!(short, expected);
            assert!(short.chars().count() <= most);
        }
    }

    #[test]
    fn no_line_is_longer_than_the_width() {
        let text = wrapped(&"nine more ".repeat(20), 6);
        let lines: Vec<&str> = text.lines().collect();
        let lengths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
        // The first line begins behind six columns of the caller's.
        assert_eq!(lengths, [94, 100, 15], "{text}");
        assert!(lines.iter().skip(1).all(|line| line.len() - line.trim_start().len() == 6), "{text}");
        assert_eq!(wrapped(&"x".repeat(120), 6).len(), 120, "a word stays whole");
    }
}
