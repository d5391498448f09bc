//! What gives an attempt away by its shape: turns of a conversation, links, unseen characters, encodings.

use domain::unseen::is_unseen;

/// Marks between the turns of a conversation, in the formats of several models, and our own section's name.
const ROLES: &[&str] = &[
    "<|im_",
    "<|system",
    "<|user",
    "<|assistant",
    "<|end",
    "<|eot",
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "</system>",
    "<system>",
    "<instructions>",
    "</instructions>",
    "<alert_data",
    "</alert",
    "untrusted_log_data",
    "### instruction",
    "\"role\":\"system\"",
    "\nassistant:",
    "\nsystem:",
];

/// Where such a mark stands.
pub(super) fn role(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let starts = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        ROLES
            .iter()
            .any(|role| rest.get(..role.len()).is_some_and(|head| head.eq_ignore_ascii_case(role.as_bytes())))
    };
    let may_start = |byte: u8| matches!(byte, b'<' | b'[' | b'#' | b'"' | b'\n' | b'u' | b'U');
    (0..bytes.len()).find(|at| bytes.get(*at).copied().is_some_and(may_start) && starts(*at))
}

/// A state that a ticket has, in brackets at the start: `[RESOLVED] …`.
pub(super) fn status(text: &str) -> Option<&str> {
    const STATES: &[&str] =
        &["resolved", "closed", "benign", "ok", "low", "informational", "false positive", "ignore", "test"];
    let (state, _) = text.trim_start().strip_prefix('[')?.split_once(']')?;
    STATES.iter().any(|known| state.trim().eq_ignore_ascii_case(known)).then_some(text)
}

/// Controls but blanks and line ends, and whatever else cannot be seen.
pub(super) fn is_hidden(text: &str) -> bool {
    text.chars().any(|character| is_unseen(character) && !matches!(character, '\t' | '\r' | '\n' | '\0'))
}

/// Links in Markdown, HTML, templates of several languages.
pub(super) fn is_markup(text: &str) -> bool {
    const MARKS: &[&str] =
        &["![", "](http", "<a ", "<img", "<script", "<iframe", "href=", "{{", "${jndi", "javascript:"];
    if !text.contains(['[', ']', '<', '=', '{', ':']) {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark))
}

/// The text with `%20` and `+` read once; nothing where there is neither.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains(['%', '+']) {
        return None;
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, after) {
            (b'+', _) => decoded.push(b' '),
            (b'%', [high, low, behind @ ..]) => {
                if let (Some(high), Some(low)) = (digit(*high), digit(*low)) {
                    decoded.push((high << 4) | low);
                    rest = behind;
                } else {
                    decoded.push(b'%');
                }
            }
            _ => decoded.push(*byte),
        }
    }
    Some(String::from_utf8_lossy(&decoded).into_owned())
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The first long run of base64 that holds text, as one or as two bytes a letter.
pub(super) fn base64_decoded(text: &str) -> Option<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=');
    let runs = text.split(|character| !is_part(character)).filter(|run| run.len() >= 40);
    runs.take(4).find_map(|run| {
        let bytes: Vec<u8> =
            decode(run.trim_end_matches('=')).into_iter().filter(|byte| *byte != 0).collect();
        let readable =
            bytes.iter().filter(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()).count();
        (readable * 10 >= bytes.len() * 9).then(|| String::from_utf8_lossy(&bytes).into_owned())
    })
}

fn decode(run: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for byte in run.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.extend(u8::try_from((bits >> count) & 0xff));
        }
    }
    bytes
}
