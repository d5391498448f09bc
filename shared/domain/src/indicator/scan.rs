//! Free text: one pass over its bytes, word by word; most words are done with after one look at what they are made of.

use super::Indicator;
use super::bytes::{COLON, DIGIT, DOT, GLUE, LETTER, class, is_word, word};
use super::encoded;
use super::link::{self, Link};
use super::read;
use super::refang::{Refanged, Separator, refang};
use super::word::Word;

/// Calls `visit` for each indicator that stands in the text, also where it is broken (`evil[.]example`), in canonical
/// form and in order; a URL is followed by its host.
///
/// What looks like one and is none is left out: versions, times, file names, modules, mail addresses.
/// docs/indicators.md has the list.
pub fn scan(text: &str, visit: &mut dyn FnMut(Indicator)) {
    let mut scanner = Scanner { text, bytes: text.as_bytes(), visit, link_end: 0, links_inside: 0 };
    let mut at = 0;
    while let Some(begin) = scanner.next_word(at) {
        at = scanner.read(begin);
    }
}

/// How many links inside one link are read as links: `?next=https://…`. Of more, only the hosts.
const MAX_LINKS_INSIDE: u32 = 4;

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    visit: &'a mut dyn FnMut(Indicator),
    /// Where the last link ends, and how many began inside of it.
    link_end: usize,
    links_inside: u32,
}

impl Scanner<'_> {
    fn next_word(&self, at: usize) -> Option<usize> {
        self.bytes.get(at..)?.iter().position(|byte| is_word(*byte)).map(|offset| at + offset)
    }

    /// Reads the word that begins here; answers with where to go on.
    fn read(&mut self, begin: usize) -> usize {
        let (seen, end) = word(self.bytes, begin);
        let after = self.bytes.get(end..).unwrap_or_default();
        match after {
            [b'/', b'/', ..] if self.bytes.get(end - 1) == Some(&b':') => {
                let scheme = self.text.get(begin..end).unwrap_or_default();
                return self.link(begin, scheme, end + 2);
            }
            [b'%', ..] => {
                if let Some((link, past)) = encoded::link(self.text, begin, end) {
                    scan(&link, self.visit);
                    return past;
                }
            }
            // Most words end with a space, and nothing else to look at.
            [b' ', next, ..] if class(*next) & GLUE == 0 => {}
            [glue, ..] if class(*glue) & GLUE != 0 && Separator::read(after).is_some() => {
                let broken = refang(self.text.get(begin..).unwrap_or_default());
                match broken {
                    Some(Refanged { text, taken, link: true, .. }) => {
                        return self.link(begin, &text, begin + taken);
                    }
                    Some(Refanged { text, taken, link: false, bracketed }) => {
                        self.word(&text, begin, begin + taken, DOT | COLON | DIGIT | LETTER, bracketed);
                        return begin + taken;
                    }
                    None => {}
                }
            }
            _ => {}
        }
        if seen & (DOT | COLON) != 0 || end - begin >= Word::SHORTEST_HASH {
            self.word(self.text.get(begin..end).unwrap_or_default(), begin, end, seen, false);
        }
        end
    }

    fn word(&mut self, text: &str, begin: usize, end: usize, seen: u8, broken: bool) {
        let before = self.bytes.get(..begin).unwrap_or_default();
        let after = self.bytes.get(end..).unwrap_or_default();
        Word { text, before, after, seen, broken }.visit(self.visit);
    }

    /// Reads what follows the `://` behind a word; its path is read again as text.
    fn link(&mut self, begin: usize, word: &str, rest_begin: usize) -> usize {
        let (before_scheme, scheme) = link::scheme(word);
        if before_scheme.len() > 3 {
            self.word(before_scheme, begin, begin + before_scheme.len(), DOT | COLON | DIGIT | LETTER, false);
        }
        self.links_inside = if begin < self.link_end { self.links_inside + 1 } else { 0 };
        let scheme = scheme.filter(|_| self.links_inside <= MAX_LINKS_INSIDE);
        let link = Link::read(scheme, self.text.get(rest_begin..).unwrap_or_default());
        self.link_end = self.link_end.max(rest_begin + link.end);
        let host_end = rest_begin + link.host_end;
        if let Some(url) = link.url {
            let host = link::host_of(&url);
            (self.visit)(Indicator::Url(url));
            host.into_iter().for_each(&mut *self.visit);
        } else if let Some(address) = read::address(&link.host) {
            (self.visit)(Indicator::address(address));
        } else {
            let after = self.bytes.get(host_end..).unwrap_or_default();
            let seen = DOT | COLON | DIGIT | LETTER;
            Word { text: &link.host, before: b"//", after, seen, broken: true }.visit(self.visit);
        }
        host_end
    }
}

#[cfg(test)]
mod tests;
