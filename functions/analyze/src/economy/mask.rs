//! Which parts of a log line change from one event to its twin: times, process ids, ports, counters, addresses.
//!
//! What decides stays: words, user names, paths, host names, `CVE-2021-44228`, `S-1-5-21-…`, short numbers such as a
//! status code. When in doubt a number stays: then a text is written anew that could have been used again, which
//! costs a cent; the other way round a wrong one would be shown.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A text with its changing parts taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// Equal for twins.
    pub template: String,
    /// What was taken out, in order.
    pub values: Vec<String>,
}

/// Takes out what changes from one event to its twin.
pub fn mask(text: &str) -> Masked {
    let mut masked = Masked { template: String::with_capacity(text.len()), values: Vec::new() };
    let mut copied = 0;
    for token in tokens(text).into_iter().filter(|token| token.changes) {
        masked.template.push_str(text.get(copied..token.start).unwrap_or_default());
        masked.template.push_str(token.class.marker());
        masked.values.push(token.text.to_owned());
        copied = token.start + token.text.len();
    }
    masked.template.push_str(text.get(copied..).unwrap_or_default());
    masked
}

/// A number, address or identifier within a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub text: &'a str,
    pub start: usize,
    /// Whether it is one of the parts that change, judged by what stands around it.
    pub changes: bool,
    class: Class,
}

/// Addresses of different reach are different things: a login from inside is no twin of one from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    PublicAddress,
    PrivateAddress,
    Identifier,
    Number,
}

impl Class {
    fn is_address(self) -> bool {
        matches!(self, Self::PublicAddress | Self::PrivateAddress)
    }

    fn marker(self) -> &'static str {
        match self {
            Self::PublicAddress => "<public address>",
            Self::PrivateAddress => "<private address>",
            Self::Identifier => "<identifier>",
            Self::Number => "<number>",
        }
    }
}

/// Every number, address and identifier, in order.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match token(text, at, found.last()) {
            Some(token) => {
                at += token.text.len();
                found.push(token);
            }
            None => at += 1,
        }
    }
    found
}

fn token<'a>(text: &'a str, start: usize, before: Option<&Token<'a>>) -> Option<Token<'a>> {
    let bytes = text.as_bytes();
    let starts_word =
        start.checked_sub(1).and_then(|index| bytes.get(index)).is_none_or(|byte| !is_word(*byte));
    let whole = |(end, class): (usize, Class)| {
        Some(Token { text: text.get(start..end)?, start, changes: true, class })
    };
    let identifier = || identifier(bytes, start).or_else(|| session(text, start));
    if starts_word && let Some(found) = identifier().or_else(|| address(text, start)) {
        return whole(found);
    }
    let end = run(bytes, start, u8::is_ascii_digit);
    let number = text.get(start..end).filter(|digits| !digits.is_empty())?;
    Some(Token { text: number, start, changes: changes(text, start, end, before), class: Class::Number })
}

/// A GUID, or a number written as `0x3e7`.
fn identifier(bytes: &[u8], start: usize) -> Option<(usize, Class)> {
    if bytes.get(start..start + 2).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"0x")) {
        let end = run(bytes, start + 2, u8::is_ascii_hexdigit);
        return (end > start + 2).then_some((end, Class::Identifier));
    }
    let end = start + 36;
    let guid = bytes.get(start..end)?;
    let shaped = guid.iter().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    let ends = bytes.get(end).is_none_or(|byte| !is_word(*byte));
    (shaped && ends).then_some((end, Class::Identifier))
}

/// What a daemon names a session or a request by, as in `session=<Z7YRAMTVOOfAqICq>`.
fn session(text: &str, start: usize) -> Option<(usize, Class)> {
    const NAMES: [&str; 3] = ["session=", "sessionid=", "request_id="];
    let before = text.get(..start)?.trim_end_matches(['<', '"']);
    let named = NAMES.iter().any(|name| {
        let from = before.len().checked_sub(name.len());
        from.and_then(|from| before.get(from..)).is_some_and(|end| end.eq_ignore_ascii_case(name))
    });
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte);
    let end = run(text.as_bytes(), start, belongs);
    (named && end - start >= 8).then_some((end, Class::Identifier))
}

fn address(text: &str, start: usize) -> Option<(usize, Class)> {
    let bytes = text.as_bytes();
    let end = run(bytes, start, |byte| byte.is_ascii_digit() || *byte == b'.');
    let four = text.get(start..end)?.trim_end_matches('.');
    if let Ok(address) = four.parse::<Ipv4Addr>()
        && bytes.get(start + four.len()).is_none_or(|byte| !is_word(*byte))
    {
        let inner = address.is_private() || address.is_loopback() || address.is_link_local();
        return Some((start + four.len(), class(inner)));
    }
    let end = run(bytes, start, |byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    let six = text.get(start..end)?.trim_end_matches('.');
    let six = if six.ends_with("::") { six } else { six.trim_end_matches(':') };
    let address: Ipv6Addr = six.parse().ok().filter(|_| six.len() > 2)?;
    bytes.get(start + six.len()).is_none_or(|byte| !is_word(*byte)).then(|| {
        let inner = address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local();
        (start + six.len(), class(inner))
    })
}

fn class(inner: bool) -> Class {
    if inner { Class::PrivateAddress } else { Class::PublicAddress }
}

/// Whether a run of digits is a time, an id, a port or a counter, and not part of a name.
fn changes(text: &str, start: usize, end: usize, before: Option<&Token<'_>>) -> bool {
    let bytes = text.as_bytes();
    let left = |steps: usize| start.checked_sub(steps).and_then(|index| bytes.get(index)).copied();
    let right = |steps: usize| bytes.get(end + steps).copied();
    let is_digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
    let is_word = |byte: Option<u8>| byte.is_some_and(is_word);
    // 2026-10-03T14:22:07Z is one time, and no word.
    let after_date = left(1) == Some(b'T') && is_digit(left(2));
    let before_time = right(0) == Some(b'T') && is_digit(right(1));
    let before_zone = right(0) == Some(b'Z') && !is_word(right(1));
    if (is_word(left(1)) && !after_date) || (is_word(right(0)) && !before_time && !before_zone) {
        return false;
    }
    let neighbour = before.filter(|token| token.start + token.text.len() + 1 == start);
    if left(1) == Some(b'-')
        && (neighbour.is_some_and(|token| !token.changes) || is_word(left(2)) && !is_digit(left(2)))
    {
        return false; // CVE-2021-44228, S-1-5-21-1004, web-2041
    }
    // A client's port is any number of five digits; 22, 443 and 4444 say what the event is about.
    let after_address = neighbour.is_some_and(|token| token.class.is_address()) && left(1) == Some(b':');
    if after_address || after_port(text, start) {
        return end - start >= 5;
    }
    let continues = neighbour.is_some_and(|token| token.changes)
        && left(1).is_some_and(|byte| b".,:-+/T".contains(&byte));
    let in_brackets = left(1) == Some(b'[') && right(0) == Some(b']');
    let in_time = right(0) == Some(b':') && is_digit(right(1));
    end - start >= 4 || continues || in_brackets || in_time || beside_month(text, start, end)
}

fn after_port(text: &str, start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    ["port ", "port=", "port:", "DPT=", "SPT="].iter().any(|name| before.ends_with(name))
}

/// The day in `Oct  3` and in `03/Oct/2026`.
fn beside_month(text: &str, start: usize, end: usize) -> bool {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let named = |text: &str| MONTHS.contains(&text);
    let month = before.trim_end_matches(' ');
    let follows = month.len() < before.len()
        && month.len().checked_sub(3).and_then(|from| month.get(from..)).is_some_and(named);
    follows || after.strip_prefix('/').and_then(|rest| rest.get(..3)).is_some_and(named)
}

/// Where the run of such bytes ends.
fn run(bytes: &[u8], start: usize, belongs: impl Fn(&u8) -> bool) -> usize {
    start + bytes.get(start..).unwrap_or_default().iter().take_while(|byte| belongs(byte)).count()
}

/// Letters of any script, digits, and what joins them in names.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_changes_is_taken_out_and_what_decides_stays() {
        for (text, template, values) in [
            (
                "Oct  3 14:22:06 web-01 sshd[881]: Failed password for root from 203.0.113.24 port 50122 ssh2",
                "Oct  <number> <number>:<number>:<number> web-01 sshd[<number>]: Failed password for root \
                 from <public address> port <number> ssh2",
                vec!["3", "14", "22", "06", "881", "203.0.113.24", "50122"],
            ),
            (
                "2026-10-03T14:22:07.512+0200",
                "<number>-<number>-<number>T<number>:<number>:<number>.<number>+<number>",
                vec!["2026", "10", "03", "14", "22", "07", "512", "0200"],
            ),
            (
                r#"[03/Oct/2026:14:22:06 +0000] "GET /shop/item?id=48211&v=2 HTTP/1.1" 404 1287"#,
                "[<number>/Oct/<number>:<number>:<number>:<number> +<number>] \"GET /shop/item?id=<number>&v=2 \
                 HTTP/1.1\" 404 <number>",
                vec!["03", "2026", "14", "22", "06", "0000", "48211", "1287"],
            ),
            ("CVE-2021-44228 T1110.001 base64 user1", "CVE-2021-44228 T1110.001 base64 user1", vec![]),
            ("S-1-5-21-1004336348-1177238915-512", "S-1-5-21-1004336348-1177238915-512", vec![]),
            ("10.0.0.5:50122", "<private address>:<number>", vec!["10.0.0.5", "50122"]),
            ("2.17.4.25:443 port 4444", "<public address>:443 port 4444", vec!["2.17.4.25"]),
            (
                "mpid=20031, session=<Z7YRAMTVOOfAqICq>",
                "mpid=<number>, session=<<identifier>>",
                vec!["20031", "Z7YRAMTVOOfAqICq"],
            ),
            ("from 2001:db8::77.", "from <public address>.", vec!["2001:db8::77"]),
            ("fe80::1 and ::1", "<private address> and <private address>", vec!["fe80::1", "::1"]),
            ("std::fmt 1.2.3", "std::fmt 1.2.3", vec![]),
            (
                "logon 0x3e7 {5cbf8cb2-92af-4c27-8a0c-1d3c1e7a9f10}",
                "logon <identifier> {<identifier>}",
                vec!["0x3e7", "5cbf8cb2-92af-4c27-8a0c-1d3c1e7a9f10"],
            ),
            ("d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e", vec![]),
            (
                "audit(1791030127.123:4711): uid=0",
                "audit(<number>.<number>:<number>): uid=0",
                vec!["1791030127", "123", "4711"],
            ),
            ("größe7777 7777ß", "größe7777 7777ß", vec![]),
        ] {
            let masked = mask(text);
            assert_eq!(
                (masked.template.as_str(), &masked.values),
                (template, &values.iter().map(ToString::to_string).collect()),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_nothing_is_lost(text in "\\PC{0,120}") {
            let masked = mask(&text);
            let markers: usize = tokens(&text).iter().filter(|token| token.changes).map(|token| token.class.marker().len()).sum();
            let taken: usize = masked.values.iter().map(String::len).sum();
            prop_assert_eq!(masked.template.len() + taken, text.len() + markers);
        }
    }
}
