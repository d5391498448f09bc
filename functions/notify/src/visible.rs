//! Characters that a reader cannot see, or that reorder what he sees, in a form that he can see.

use domain::unseen::is_unseen;

/// One line: every control, zero-width and bidirectional character is spelled out, line breaks too.
pub(crate) fn line(text: &str) -> String {
    spelled(text, |_| false)
}

/// Several lines: as [`line`], but line feeds stay.
pub(crate) fn block(text: &str) -> String {
    spelled(text, |character| character == '\n')
}

/// For header values: each run of blanks and unseen characters becomes one space.
pub(crate) fn header(text: &str) -> String {
    let visible = text.chars().map(|character| if is_unseen(character) { ' ' } else { character });
    let words: String = visible.collect();
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    // An ASCII value that looks like an RFC 2047 encoded word would be decoded by the reader's client.
    line.replace("=?", "= ?")
}

fn spelled(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut spelled = String::with_capacity(text.len());
    for character in text.chars() {
        if keep(character) || !is_unseen(character) {
            spelled.push(character);
        } else {
            // Escapes, because many fonts lack the pictures that Unicode has for controls.
            spelled.extend(character.escape_default());
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        for (text, expected) in [
            ("Żółć 東京 עברית", "Żółć 東京 עברית"),
            ("a\0b\x1b[31m\x7f", "a\\u{0}b\\u{1b}[31m\\u{7f}"),
            ("web\r\nBcc: x", "web\\r\\nBcc: x"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("ad\u{200b}min\u{feff}", "ad\\u{200b}min\\u{feff}"),
            ("a\u{85}b\u{2028}c", "a\\u{85}b\\u{2028}c"),
            ("\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(line(text), expected);
        }
        assert_eq!(block("a\n\tb"), "a\n\\tb");
    }

    #[test]
    fn a_header_value_is_one_plain_line() {
        assert_eq!(header(" web\r\nBcc: x\u{2028}\u{202e}y\u{85} "), "web Bcc: x y");
        assert_eq!(header("=?utf-8?B?DQo=?="), "= ?utf-8?B?DQo= ?=");
    }
}
