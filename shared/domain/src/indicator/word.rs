//! One word of a text: whether it is an address, a hash or a name, or only looks like one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::bytes::{COLON, DIGIT, DOT, LETTER, WIDE};
use super::{DomainName, FileHash, Indicator, context, name};

/// A word with its surroundings.
pub(super) struct Word<'a> {
    /// Letters, digits and `.:-_`, its separators whole again.
    pub(super) text: &'a str,
    pub(super) before: &'a [u8],
    pub(super) after: &'a [u8],
    /// Classes of its bytes.
    pub(super) seen: u8,
    /// Somebody broke it, or made it the host of a link: it is meant as an indicator.
    pub(super) broken: bool,
}

impl Word<'_> {
    pub(super) const SHORTEST_HASH: usize = 32;

    pub(super) fn visit(&self, visit: &mut dyn FnMut(Indicator)) {
        if self.seen & WIDE != 0 {
            return self.visit_wide(visit);
        }
        if self.text.len() >= Self::SHORTEST_HASH {
            self.visit_hashes(visit);
        }
        let count = |separator| self.text.bytes().filter(|byte| *byte == separator).count();
        let colons = if self.seen & COLON == 0 { 0 } else { count(b':') };
        if (colons >= 7 || (colons >= 2 && self.text.contains("::")))
            && let Some(address) = self.address_v6()
        {
            return visit(Indicator::address(address));
        }
        let dots = if self.seen & DOT == 0 { 0 } else { count(b'.') };
        let numbers = dots >= 3 && self.seen & DIGIT != 0 && self.visit_addresses(visit);
        if dots > 0 && !numbers && self.seen & LETTER != 0 {
            self.visit_name(visit);
        }
    }

    /// Names may have letters that are not ASCII, addresses and hashes stand between such letters.
    fn visit_wide(&self, visit: &mut dyn FnMut(Indicator)) {
        for part in self.text.split(|letter: char| !letter.is_ascii() && !letter.is_alphanumeric()) {
            for text in part.split(|letter: char| !letter.is_ascii()).filter(|text| text.len() > 3) {
                let (seen, _) = super::bytes::word(text.as_bytes(), 0);
                let letters = if text.len() == part.len() { LETTER } else { 0 };
                Word { text, seen: seen & !LETTER | seen & letters, before: b"", after: b"", ..*self }
                    .visit(visit);
            }
            if !part.is_ascii() {
                let edge = |edge, inside| if edge { inside } else { b"".as_slice() };
                let before = edge(self.text.starts_with(part), self.before);
                let after = edge(self.text.ends_with(part), self.after);
                Word { text: part, before, after, seen: DOT | LETTER, ..*self }.visit_name(visit);
            }
        }
    }

    fn visit_hashes(&self, visit: &mut dyn FnMut(Indicator)) {
        let mut begin = 0;
        for text in self.text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
            let digits = text.strip_prefix("0x").unwrap_or(text);
            if matches!(digits.len(), 32 | 40 | 64)
                && let Some(hash) = FileHash::parse(digits)
                && hash.could_be_of_a_file()
            {
                let (before, after) = (self.text.get(..begin), self.text.get(begin + text.len()..));
                let whole = Self { text, ..*self };
                if !context::is_no_file(&whole, before.unwrap_or_default(), after.unwrap_or_default()) {
                    visit(Indicator::Hash(hash));
                }
            }
            begin += text.len() + 1;
        }
    }

    /// An IPv6 address, behind a label or not: `2001:db8::1`, `IPv6:2001:db8::1`.
    fn address_v6(&self) -> Option<IpAddr> {
        let mut text = without_loose_colon(self.text.trim_matches(['.', '-', '_']));
        loop {
            if let Ok(address) = text.parse::<Ipv6Addr>() {
                let network = context::is_network(address.to_bits(), 128, self.after);
                return (is_meant(text, address) && !network).then_some(IpAddr::V6(address));
            }
            let (label, rest) = text.split_once(':')?;
            if label.is_empty() || (label.len() <= 4 && label.bytes().all(|digit| digit.is_ascii_hexdigit()))
            {
                return None;
            }
            text = rest;
        }
    }

    /// Every IPv4 address; whether the word was about addresses, found or not.
    fn visit_addresses(&self, visit: &mut dyn FnMut(Indicator)) -> bool {
        let mut label = None;
        let mut numbers = false;
        let mut parts = self.text.split(':').peekable();
        while let Some(part) = parts.next() {
            let has_port = parts
                .peek()
                .is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
            if let Some(addresses) = quads(part) {
                numbers = true;
                let version = !self.broken && !has_port && context::is_version(label, self.before);
                for address in addresses.filter(|_| !version) {
                    if !context::is_network(address.to_bits().into(), 32, self.after)
                        || parts.peek().is_some()
                    {
                        visit(Indicator::Ip(IpAddr::V4(address)));
                    }
                }
            }
            label = Some(part);
        }
        numbers
    }

    fn visit_name(&self, visit: &mut dyn FnMut(Indicator)) {
        let Some(part) = self.text.split(':').find(|part| part.contains('.')) else { return };
        let part = part.trim_start_matches(['.', '-']).trim_end_matches(['.', '-', '_']);
        let meant = self.broken || (!context::is_no_name(self.before, self.after) && name::is_meant(part));
        if meant && let Some(domain) = DomainName::parse(part) {
            visit(Indicator::Domain(domain));
        }
    }
}

/// The addresses of `a.b.c.d` or of a range `a.b.c.d-e.f.g.h`; nothing if any part is something else.
fn quads(part: &str) -> Option<impl Iterator<Item = Ipv4Addr>> {
    if part.starts_with('.') && !part.starts_with("..") {
        return None;
    }
    let part = part.trim_start_matches('.').trim_end_matches('.').trim_matches('-');
    let first = part.as_bytes().first()?;
    if part.len() < 7 || !first.is_ascii_digit() {
        return None;
    }
    let (first, last) = part.split_once('-').map_or((part, None), |(first, last)| (first, Some(last)));
    let first: Ipv4Addr = first.parse().ok()?;
    let last: Option<Ipv4Addr> = match last {
        Some(last) => Some(last.parse().ok()?),
        None => None,
    };
    Some([Some(first), last].into_iter().flatten())
}

/// A colon at an edge is punctuation, a double colon belongs to an IPv6 address.
fn without_loose_colon(word: &str) -> &str {
    let word = if word.starts_with("::") { word } else { word.trim_start_matches(':') };
    if word.ends_with("::") { word } else { word.trim_end_matches(':') }
}

/// Not `Cafe::Add` or `::1`, which code is full of, and not `00:11:22:33:44:55:66:77`, which is a card.
fn is_meant(text: &str, address: Ipv6Addr) -> bool {
    let groups = || text.split(':').filter(|group| !group.is_empty());
    let short = groups().count() < 2;
    let card = text.len() == 23 && groups().all(|group| group.len() == 2);
    let digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let mapped = address.to_ipv4_mapped().is_some();
    mapped || (digit && !short && !card)
}
