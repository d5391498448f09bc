//! What stands around a word, and tells that it is not what it looks like.

use super::word::Word;

/// Whether four numbers with dots are a version: `version=1.2.3.4`, `OpenSSL 1.0.2.4`, `Chrome/126.0.0.0`.
///
/// `label` stands before it in the same word, as in `version:1.2.3.4`.
pub(super) fn is_version(label: Option<&str>, before: &[u8]) -> bool {
    if let Some(label) = label.filter(|label| !label.is_empty()) {
        return is_version_word(last_word(label.as_bytes()));
    }
    let Some((last, rest)) = before.split_last() else { return false };
    match last {
        b'/' => {
            let name = last_word(rest);
            !name.is_empty() && !ends_with_any(name, &ADDRESS_WORDS)
        }
        b'\\' => rest.iter().rev().find(|byte| **byte != b'\\').is_some_and(u8::is_ascii_alphanumeric),
        b'=' if rest.last().is_some_and(|byte| matches!(byte, b'<' | b'>' | b'=' | b'~' | b'!')) => true,
        b' ' if rest.last().is_some_and(u8::is_ascii_alphanumeric) => {
            let name = last_word(rest);
            is_version_word(name) || is_product(name)
        }
        _ => {
            let gap = before.iter().rev().take(4).take_while(|byte| {
                matches!(byte, b' ' | b'\t' | b'=' | b'"' | b'\'' | b'(' | b'[' | b',' | b':')
            });
            let name = before.len() - gap.count();
            is_version_word(last_word(before.get(..name).unwrap_or_default()))
        }
    }
}

/// Whether the address is that of a network: followed by a prefix, and nothing set behind it.
pub(super) fn is_network(bits: u128, width: u32, after: &[u8]) -> bool {
    let Some((b'/', digits)) = after.split_first() else { return false };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let ends = !digits.get(length).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'.');
    let prefix = digits
        .get(..length)
        .filter(|_| ends)
        .and_then(|digits| str::from_utf8(digits).ok()?.parse::<u32>().ok());
    prefix.is_some_and(|prefix| prefix < width && bits & ((1 << (width - prefix).min(127)) - 1) == 0)
}

/// Whether a hash names something else than a file's content: a session, a commit, a container, a password.
///
/// `before` and `after` stand around it in the same word.
pub(super) fn is_no_file(whole: &Word, before: &str, after: &str) -> bool {
    let glued = |edge: Option<char>, next: Option<char>| {
        matches!(edge, Some('-' | '_')) && next.is_some_and(|letter| letter.is_ascii_alphanumeric())
    };
    let mut left = before.chars().rev();
    let mut right = after.chars();
    if glued(left.next(), left.next()) || glued(right.next(), right.next()) {
        return true;
    }
    let twin = |word: &str| word.len() == 32 && word.bytes().all(|digit| digit.is_ascii_hexdigit());
    let (label, value) = (before.strip_suffix(':'), after.strip_prefix(':'));
    if label.and_then(|word| word.rsplit(':').next()).is_some_and(twin)
        || value.and_then(|word| word.split(':').next()).is_some_and(twin)
    {
        return true; // A password of Windows: LM and NT hash.
    }
    if let Some(label) = label {
        return is_no_file_word(last_word(label.as_bytes()));
    }
    match whole.before.split_last() {
        Some((b'/' | b'\\', rest)) => {
            let name = last_word(rest);
            !name.is_empty() && !ends_with_any(name, &FILE_WORDS)
        }
        Some((b'=' | b' ' | b'"' | b'\'' | b':', rest)) => {
            let gap = rest
                .iter()
                .rev()
                .take(4)
                .take_while(|byte| matches!(byte, b' ' | b'=' | b'"' | b'\'' | b':'))
                .count();
            is_no_file_word(last_word(rest.get(..rest.len() - gap).unwrap_or_default()))
        }
        _ => false,
    }
}

/// Whether a name with dots is the end of a mail address, of a path, or the name of a function or a variable.
pub(super) fn is_no_name(before: &[u8], after: &[u8]) -> bool {
    let path = match before {
        [.., b'/', b'/'] => false,
        [.., b'/' | b'\\' | b'@' | b'$' | b'~'] => true,
        _ => false,
    };
    path || matches!(after, [b'(' | b'=' | b'@', ..])
}

/// The letters, digits, `.`, `-` and `_` that the bytes end with.
fn last_word(bytes: &[u8]) -> &[u8] {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let length = bytes.iter().rev().take(LONGEST_WORD).take_while(is_part).count();
    bytes.get(bytes.len() - length..).unwrap_or_default()
}

/// Nobody gives a longer name to a version or a session.
const LONGEST_WORD: usize = 40;

fn is_version_word(word: &[u8]) -> bool {
    ends_with_any(word, &["version", "release", "revision", "firmware"]) || is_any(word, &VERSION_WORDS)
}

const VERSION_WORDS: [&str; 14] = [
    "v", "ver", "vers", "versions", "rel", "rev", "rv", "build", "than", "oid", "patch", "package", "driver",
    "fw",
];

/// A name that has capitals inside (`OpenSSL`, `PuTTY`) unless it says address, or one that often stands before a
/// version.
fn is_product(word: &[u8]) -> bool {
    let mut letters = word.windows(2);
    let inner = letters.any(|pair| matches!(pair, [b'a'..=b'z', b'A'..=b'Z']));
    (inner && !ends_with_any(word, &ADDRESS_WORDS)) || is_any(word, &PRODUCTS)
}

const PRODUCTS: [&str; 28] = [
    "openssl",
    "openssh",
    "openvpn",
    "apache",
    "nginx",
    "php",
    "mysql",
    "mariadb",
    "chrome",
    "chromium",
    "firefox",
    "edge",
    "windows",
    "nt",
    "kernel",
    "linux",
    "java",
    "python",
    "perl",
    "ruby",
    "tomcat",
    "reader",
    "acrobat",
    "flash",
    "office",
    "framework",
    "wazuh",
    "suricata",
];

const ADDRESS_WORDS: [&str; 11] =
    ["ip", "ipv4", "ipv6", "addr", "address", "addresses", "host", "server", "client", "check", "peer"];

fn is_no_file_word(word: &[u8]) -> bool {
    ends_with_any(
        word,
        &["session", "sessionid", "sessid", "token", "guid", "uuid", "password", "commit", "secret"],
    ) || is_any(word, &NO_FILE_WORDS)
}

const NO_FILE_WORDS: [&str; 24] = [
    "imphash",
    "ja3",
    "ja3s",
    "ja4",
    "hassh",
    "ja3_hash",
    "ja3s_hash",
    "hassh_server",
    "sid",
    "nonce",
    "requestid",
    "request_id",
    "traceid",
    "trace_id",
    "correlationid",
    "boot_id",
    "machine_id",
    "container",
    "containerid",
    "container_id",
    "cookie",
    "etag",
    "key",
    "revision",
];

const FILE_WORDS: [&str; 8] = ["file", "files", "hash", "sample", "samples", "md5", "sha1", "sha256"];

fn is_any(word: &[u8], words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

fn ends_with_any(word: &[u8], ends: &[&str]) -> bool {
    let ends_with = |end: &str| {
        word.len()
            .checked_sub(end.len())
            .and_then(|at| word.get(at..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
    };
    ends.iter().any(|end| ends_with(end))
}
