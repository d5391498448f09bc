//! Secrets that are told by the name before them: `password=…`, `"client_secret": "…"`, headers, `user:pass@host`.

use super::runs::{before, from, length};
use super::{Secret, Span};

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'=' | b':' => spans.extend(named(text, at).or_else(|| in_url(text, at))),
            b'>' => spans.extend(in_element(text, at)),
            _ => {}
        }
    }
    bearer(text, spans);
}

/// Which secret a name announces: its last words decide, however they are joined.
pub fn credential(name: &str) -> Option<Secret> {
    const WORDS: &[(&str, Secret)] = &[
        ("password", Secret::Password),
        ("passwd", Secret::Password),
        ("passphrase", Secret::Password),
        ("passwort", Secret::Password),
        ("pwd", Secret::Password),
        ("pass", Secret::Password),
        ("token", Secret::Token),
        ("secret", Secret::Other),
        ("secretkey", Secret::Other),
        ("accesskey", Secret::Other),
        ("privatekey", Secret::Other),
        ("encryptionkey", Secret::Other),
        ("sharedkey", Secret::Other),
        ("credential", Secret::Other),
        ("credentials", Secret::Other),
        ("apikey", Secret::ApiKey),
        ("authkey", Secret::ApiKey),
        ("authorization", Secret::Authorization),
        ("cookie", Secret::Cookie),
        ("connectionstring", Secret::Other),
    ];
    let mut letters = [0_u8; 24];
    let kept = name.bytes().rev().filter(u8::is_ascii_alphanumeric);
    // The name's end without `_`, `-` and `.`, from behind: long names need no copy.
    let mut count = 0;
    for (place, byte) in letters.iter_mut().rev().zip(kept) {
        *place = byte.to_ascii_lowercase();
        count += 1;
    }
    let end = letters.get(letters.len() - count..).unwrap_or_default();
    // Any word may be the end of a name, but the short one ends too many others, as in "bypass".
    let is_end = |word: &str| {
        let short = word.len() <= 4;
        end.ends_with(word.as_bytes()) && (!short || count == word.len() || is_joined(name, word.len()))
    };
    WORDS.iter().find(|(word, _)| is_end(word)).map(|(_, secret)| *secret)
}

/// Whether the last `length` letters stand apart: behind a joint, a change of case, or a product's upper-case name.
fn is_joined(name: &str, length: usize) -> bool {
    let Some((rest, word)) = name.split_at_checked(name.len().saturating_sub(length)) else { return false };
    rest.ends_with(['_', '-', '.', '$'])
        || (word.starts_with(|first: char| first.is_ascii_uppercase())
            && rest.ends_with(|last: char| last.is_ascii_lowercase()))
}

/// `name = value` and `"name": "value"`, the mark between them at `at`.
fn named(text: &str, at: usize) -> Option<Span> {
    let left = before(text, at).trim_end_matches([' ', '\t']).trim_end_matches(['"', '\'', '\\']);
    let name = left.get(name_start(left)..)?;
    if name.is_empty() || !is_name_here(left, name) {
        return None;
    }
    let secret = credential(name)?;
    let right = from(text, at + 1);
    // Ruby and Perl write `=>`, PHP too.
    let right = right.strip_prefix('>').unwrap_or(right);
    let value = right.trim_start_matches([' ', '\t']);
    let start = text.len() - value.len();
    let (start, end) = match secret {
        Secret::Authorization => header_value(text, start)?,
        Secret::Cookie => (start, start + line_end(from(text, start))),
        Secret::PrivateKey
        | Secret::Jwt
        | Secret::AwsKey
        | Secret::VendorKey
        | Secret::Password
        | Secret::Token
        | Secret::ApiKey
        | Secret::Other
        | Secret::Card => value_at(text, start)?,
    };
    let value = text.get(start..end)?;
    (!is_harmless(name, value)).then_some(Span { start, end, secret })
}

fn name_start(left: &str) -> usize {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$');
    left.bytes().rposition(|byte| !is_name(byte)).map_or(0, |at| at + 1)
}

/// `/etc/passwd:` is a file and no name; `/password:` is an option of Windows.
fn is_name_here(left: &str, name: &str) -> bool {
    let ahead = before(left, left.len() - name.len());
    match ahead.strip_suffix(['/', '\\']) {
        Some(rest) => rest.is_empty() || rest.ends_with([' ', '\t', '"', '\'']),
        None => true,
    }
}

/// Where a value begins and ends: between its quotes, or up to a blank or the next field.
pub(super) fn value_at(text: &str, start: usize) -> Option<(usize, usize)> {
    let value = from(text, start);
    let slashes = length(value, |byte| byte == b'\\');
    let quote = value.as_bytes().get(slashes).copied().filter(|byte| matches!(byte, b'"' | b'\''));
    let (inner, end) = if quote.is_some() {
        let opening = value.get(..=slashes)?;
        let inner = start + opening.len();
        (inner, inner + closing(from(text, inner), opening))
    } else {
        let ends = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'&' | b';' | b'"' | b'\'' | b'<');
        let run = value.get(..length(value, |byte| !ends(byte)))?;
        (start, start + run.trim_end_matches([',', ')', ']', '}', '\\']).len())
    };
    (end > inner).then_some((inner, end))
}

/// Length up to the quotation mark that closes this one; a quotation that was cut goes to the end.
fn closing(text: &str, opening: &str) -> usize {
    let mut at = 0;
    while let Some(found) = from(text, at).find(opening) {
        let end = at + found;
        // One more backslash before it and the mark belongs to the value.
        if !before(text, end).ends_with('\\') {
            return end;
        }
        at = end + opening.len();
    }
    text.len()
}

/// What follows the scheme of an `Authorization` header.
fn header_value(text: &str, start: usize) -> Option<(usize, usize)> {
    let value = from(text, start);
    let opened = value.len() - value.trim_start_matches(['"', '\'', '\\']).len();
    let start = start + opened;
    let line = from(text, start).get(..line_end(from(text, start)))?;
    let scheme = length(line, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let after = line.get(scheme..)?;
    let blanks = after.len() - after.trim_start_matches([' ', '+']).len();
    let begin = if blanks > 0 && blanks < after.len() { scheme + blanks } else { 0 };
    (line.len() > begin).then_some((start + begin, start + line.len()))
}

/// No header is longer than this, and a text may name thousands.
const MAX_HEADER_BYTES: usize = 8 * 1024;

fn line_end(text: &str) -> usize {
    let line = before(text, text.floor_char_boundary(MAX_HEADER_BYTES));
    line.find(['"', '\'', '\r', '\n']).unwrap_or(line.len())
}

/// `sudo` logs `PWD=/root`, PAM logs `passwd:chauthtok`: neither is a secret. What is taken out already stays so.
fn is_harmless(name: &str, value: &str) -> bool {
    let directory = name.eq_ignore_ascii_case("pwd") && value.starts_with(['/', '~']);
    directory || value.starts_with("chauthtok") || value.starts_with("<REDACTED:") || value.trim().is_empty()
}

/// `scheme://user:pass@host`, its second colon at `at`: the password ends at the last `@` of the authority.
fn in_url(text: &str, at: usize) -> Option<Span> {
    let ahead = before(text, at);
    // A user's name is short; looking further back for each colon would take long in a text full of them.
    let near = ahead.get(ahead.floor_char_boundary(ahead.len().saturating_sub(MAX_USER_BYTES))..)?;
    let user = near.get(near.rfind("//")? + 2..)?;
    let is_user =
        |byte: u8| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'@' | b':');
    if !user.bytes().all(is_user) {
        return None;
    }
    let rest = from(text, at + 1);
    let span =
        rest.get(..length(rest, |byte| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'"' | b'\'')))?;
    let end = at + 1 + span.rfind('@')?;
    (end > at + 1).then_some(Span { start: at + 1, end, secret: Secret::Password })
}

const MAX_USER_BYTES: usize = 200;

/// `<password>…</password>`, the end of the first tag at `at`.
fn in_element(text: &str, at: usize) -> Option<Span> {
    let left = before(text, at);
    let name = left.get(name_start(left)..)?;
    let secret = credential(name).filter(|_| before(left, left.len() - name.len()).ends_with('<'))?;
    let value = from(text, at + 1);
    let end = at + 1 + value.find('<').unwrap_or(value.len());
    (end > at + 1).then_some(Span { start: at + 1, end, secret })
}

/// A bearer token without its header.
fn bearer(text: &str, spans: &mut Vec<Span>) {
    let mut done = 0;
    while let Some(at) = find_ignoring_case(from(text, done), "bearer ") {
        let start = done + at + "bearer ".len();
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        let end = start + length(from(text, start), is_token);
        if end - start >= 16 {
            spans.push(Span { start, end, secret: Secret::Authorization });
        }
        done = end;
    }
}

fn find_ignoring_case(text: &str, word: &str) -> Option<usize> {
    text.as_bytes().windows(word.len()).position(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}
