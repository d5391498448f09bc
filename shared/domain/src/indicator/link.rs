//! URLs in free text.

use std::net::Ipv6Addr;

use super::bytes::{STOP, class, is_word};
use super::refang::Separator;
use super::{DomainName, Host, Indicator, WebUrl};

/// What comes behind `://`.
pub(super) struct Link {
    pub(super) url: Option<WebUrl>,
    /// Host and port, without user and password.
    pub(super) host: String,
    /// Where the host ends: what follows may hold more indicators.
    pub(super) host_end: usize,
    pub(super) end: usize,
}

/// Longer ones are no indicators; the bound keeps the scan of links in links linear.
const MAX_BYTES: usize = 2 * WebUrl::MAX_BYTES;

impl Link {
    /// Reads what follows `scheme://` in a text; without a scheme it has a host only.
    pub(super) fn read(scheme: Option<&str>, rest: &str) -> Self {
        let authority = Authority::read(rest);
        let host = authority.text.rsplit('@').next().unwrap_or_default().to_owned();
        let end = if scheme.is_some() { authority.tail_end(rest) } else { authority.end };
        let url = scheme.filter(|_| end < MAX_BYTES && names_a_host(&host)).and_then(|scheme| {
            let slash = if authority.slash_broken { "/" } else { "" };
            let tail = rest.get(authority.tail..end)?;
            let host =
                host.parse::<Ipv6Addr>().map_or_else(|_| host.clone(), |address| format!("[{address}]"));
            WebUrl::parse(&format!("{scheme}://{host}{slash}{tail}"))
        });
        Self { url, host, host_end: authority.end, end }
    }
}

pub(super) fn host_of(url: &WebUrl) -> Option<Indicator> {
    match url.host() {
        Host::Ip(address) => Some(Indicator::address(address)),
        Host::Domain(name) => DomainName::parse(name).map(Indicator::Domain),
    }
}

/// What stands before the scheme that a word ends with, as in `url:hxxps:`, and the scheme if it is one of the web.
pub(super) fn scheme(word: &str) -> (&str, Option<&'static str>) {
    let word = word.trim_end_matches(':');
    let length = word.bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
    let (before, name) = word.split_at_checked(word.len() - length).unwrap_or((word, ""));
    let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    let scheme = if is(&["http", "hxxp", "hxtp", "htxp", "h00p"]) {
        Some("http")
    } else if is(&["https", "hxxps", "hxtps", "htxps", "h00ps"]) {
        Some("https")
    } else if is(&["ftp", "fxp", "fxtp"]) {
        Some("ftp")
    } else {
        None
    };
    (before, scheme)
}

/// User, host and port.
struct Authority {
    /// With its separators whole again.
    text: String,
    end: usize,
    /// Where path and query begin.
    tail: usize,
    /// The path's first slash is written `[/]`.
    slash_broken: bool,
}

impl Authority {
    fn read(rest: &str) -> Self {
        let bytes = rest.as_bytes();
        let (mut text, mut at) = match address_in_brackets(rest) {
            Some((address, end)) => (address.to_owned(), end),
            None => (String::new(), usize::from(bytes.first() == Some(&b'['))),
        };
        while at < MAX_BYTES {
            let part = bytes.get(at..).unwrap_or_default().iter().take_while(|byte| is_part(**byte)).count();
            text.push_str(rest.get(at..at + part).unwrap_or_default());
            at += part;
            let after = bytes.get(at..).unwrap_or_default();
            if let Some(slash) = broken_slash(after) {
                return Self { text: trimmed(text), end: at, tail: at + slash, slash_broken: true };
            }
            let fits = |separator: &Separator| match separator.stands_for {
                "" => text.ends_with('.'),
                stands_for => stands_for != "://",
            };
            let Some(Separator { stands_for, length }) = Separator::read(after).filter(fits) else { break };
            text.push_str(stands_for);
            at += length;
        }
        Self { text: trimmed(text), end: at, tail: at, slash_broken: false }
    }

    /// Where path and query end: before white space, quotes and closing punctuation.
    fn tail_end(&self, rest: &str) -> usize {
        let bytes = rest.as_bytes().get(self.tail..).unwrap_or_default();
        if !self.slash_broken && !matches!(bytes.first(), Some(b'/' | b'?' | b'#')) {
            return self.tail;
        }
        let mut open = 0_u32;
        let mut length = 0;
        for byte in bytes.iter().take(MAX_BYTES) {
            match byte {
                b'(' | b'[' => open += 1,
                b')' | b']' if open == 0 => break,
                b')' | b']' => open -= 1,
                b',' | b';' if starts_a_link(bytes.get(length + 1..)) => break,
                b'&' if starts_an_entity(bytes.get(length + 1..)) => break,
                _ if class(*byte) & STOP != 0 => break,
                _ => {}
            }
            length += 1;
        }
        let tail = rest.get(self.tail..self.tail + length).unwrap_or_default();
        self.tail + tail.trim_end_matches(PUNCTUATION).len()
    }
}

const PUNCTUATION: [char; 12] = ['.', ',', ';', ':', '!', '?', '*', '[', '(', '…', '。', '，'];

fn is_part(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'@' | b'%' | b'+' | b'~' | b'$' | b'!')
}

fn trimmed(mut authority: String) -> String {
    let length = authority.trim_end_matches(['.', ':', '-', '_', '!', '%', '+', '~', '$', '@']).len();
    authority.truncate(length);
    authority
}

/// `[2001:db8::1]` at the beginning, and where it ends.
fn address_in_brackets(rest: &str) -> Option<(&str, usize)> {
    let inner = rest.strip_prefix('[')?;
    let end = inner.bytes().take(50).position(|byte| byte == b']')?;
    inner.get(..end)?.parse::<Ipv6Addr>().ok()?;
    Some((rest.get(..end + 2)?, end + 2))
}

/// `[/]`, `(/)`, `[/`.
fn broken_slash(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'[', b'/', b']', ..] | [b'(', b'/', b')', ..] => Some(3),
        [b'[' | b'(', b'/', ..] => Some(2),
        _ => None,
    }
}

/// Not `http://123`, which would be an address that nobody meant.
fn names_a_host(host: &str) -> bool {
    const SMALLEST_AS_ONE_NUMBER: u32 = 1 << 24;
    let name = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or(host) };
    let number = || name.parse::<u32>().is_ok_and(|number| number >= SMALLEST_AS_ONE_NUMBER);
    host.starts_with('[')
        || name.contains('.')
        || !name.is_ascii()
        || number()
        || host.parse::<Ipv6Addr>().is_ok()
}

fn starts_a_link(rest: Option<&[u8]>) -> bool {
    let scheme = rest.and_then(|rest| rest.get(..4)).unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"hxxp")
}

/// Windows events have `&quot;` for a quote.
fn starts_an_entity(rest: Option<&[u8]>) -> bool {
    let rest = rest.unwrap_or_default();
    rest.starts_with(b"quot;") || rest.starts_with(b"lt;") || rest.starts_with(b"gt;")
}
