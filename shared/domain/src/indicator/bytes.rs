//! What a byte of a text is to the scanner.

/// Part of a word: letters, digits, `.`, `:`, `-`, `_` and everything that is not ASCII.
pub(super) const WORD: u8 = 1;
pub(super) const DOT: u8 = 1 << 1;
pub(super) const COLON: u8 = 1 << 2;
pub(super) const LETTER: u8 = 1 << 3;
pub(super) const DIGIT: u8 = 1 << 4;
pub(super) const WIDE: u8 = 1 << 5;
/// May begin a broken separator: `[.]`, `(dot)`, `\.`, ` [.] `.
pub(super) const GLUE: u8 = 1 << 6;
/// Ends a URL.
pub(super) const STOP: u8 = 1 << 7;

#[inline]
pub(super) fn class(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or_default()
}

#[inline]
pub(super) fn is_word(byte: u8) -> bool {
    class(byte) & WORD != 0
}

/// The classes of all bytes from here to the end of the word, and where it ends.
pub(super) fn word(bytes: &[u8], begin: usize) -> (u8, usize) {
    let mut seen = 0;
    let mut end = begin;
    for byte in bytes.get(begin..).unwrap_or_default() {
        let class = class(*byte);
        if class & WORD == 0 {
            break;
        }
        seen |= class;
        end += 1;
    }
    (seen, end)
}

const CLASSES: [u8; 256] = classes();

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "checked by the compiler")]
const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'.' => WORD | DOT,
            b':' => WORD | COLON,
            b'-' | b'_' => WORD,
            b'0'..=b'9' => WORD | DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' => WORD | LETTER,
            0x80.. => WORD | WIDE | LETTER,
            b' ' | b'{' | b'}' | b'\\' => GLUE | STOP,
            b'[' | b']' | b'(' | b')' => GLUE,
            0..b' ' | 0x7f | b'"' | b'\'' | b'<' | b'>' | b'`' | b'|' | b'^' => STOP,
            _ => 0,
        };
        byte += 1;
    }
    classes
}
