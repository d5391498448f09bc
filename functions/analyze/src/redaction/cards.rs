//! Payment card numbers: the networks' lengths and first digits, and a right check digit.

use super::runs::{before, from};
use super::{Secret, Span};

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(u8::is_ascii_digit)) {
        let start = at + offset;
        let (digits, end) = number(bytes, start);
        at = end;
        let bordered = !before(text, start).ends_with(is_border) && !from(text, end).starts_with(is_border);
        if bordered && is_card(&digits) {
            spans.push(Span { start, end, secret: Secret::Card });
        }
    }
}

/// Numbers with these beside them are versions, ids and parts of names.
fn is_border(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '.' | '_')
}

/// Digits with single blanks or dashes between them, at most 20 of them, and where they end.
fn number(bytes: &[u8], start: usize) -> (Vec<u8>, usize) {
    let mut digits = Vec::new();
    let mut end = start;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'0'..=b'9' => {
                digits.push(byte - b'0');
                end = at + 1;
            }
            b' ' | b'-' if end == at => {}
            _ => break,
        }
        at += 1;
    }
    (digits, end)
}

fn is_card(digits: &[u8]) -> bool {
    let [first, second, third, fourth, ..] = digits else { return false };
    let leading =
        [first, second, third, fourth].iter().fold(0_u16, |sum, digit| sum * 10 + u16::from(**digit));
    let known = match digits.len() {
        13 | 19 => leading / 1000 == 4,
        14 => matches!(leading / 100, 30 | 36 | 38 | 39),
        15 => matches!(leading / 100, 34 | 37),
        16 => matches!(leading, 4000..=4999 | 5100..=5599 | 2221..=2720 | 6011 | 6440..=6599 | 3528..=3589),
        _ => false,
    };
    known && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| u32::from(if place % 2 == 1 { doubled(*digit) } else { *digit }))
        .sum();
    sum.is_multiple_of(10)
}
