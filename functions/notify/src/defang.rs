//! Links and addresses that no mail program turns into something to click.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::indicator::{self, Scope};

/// Takes the life out of links: `http://` becomes `hxxp://`; everything else stays as it was.
pub(crate) fn links(text: &str) -> String {
    let mut defanged = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let (head, scheme) = before.split_at(scheme_start(before));
        defanged.push_str(head);
        defanged.push_str(&dead_scheme(scheme));
        defanged.push_str("://");
        rest = after;
    }
    defanged.push_str(rest);
    defanged
}

/// As [`links`], and also breaks the host of each link and every address that is not internal.
pub(crate) fn prose(text: &str) -> String {
    links(text).split_inclusive(char::is_whitespace).map(word).collect()
}

fn scheme_start(before: &str) -> usize {
    let is_scheme = |character: char| character.is_ascii_alphanumeric();
    before.rfind(|character| !is_scheme(character)).map_or(0, |at| {
        let last = before.get(at..).and_then(|tail| tail.chars().next());
        at + last.map_or(0, char::len_utf8)
    })
}

fn dead_scheme(scheme: &str) -> String {
    match scheme.to_ascii_lowercase().as_str() {
        "http" => "hxxp".to_owned(),
        "https" => "hxxps".to_owned(),
        "ftp" => "fxp".to_owned(),
        _ => scheme.to_owned(),
    }
}

fn word(word: &str) -> String {
    if let Some((scheme, rest)) = word.split_once("://") {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        return format!("{scheme}://{}{path}", host.replace('.', "[.]"));
    }
    if let Some(rest) = word.strip_prefix("www.") {
        return format!("www[.]{}", rest.replace('.', "[.]"));
    }
    addresses(word)
}

fn addresses(word: &str) -> String {
    let is_part = |character: char| character.is_ascii_hexdigit() || matches!(character, '.' | ':');
    let mut defanged = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(begin) = rest.find(is_part) {
        let (before, tail) = rest.split_at(begin);
        let (part, after) = tail.split_at(tail.find(|character| !is_part(character)).unwrap_or(tail.len()));
        defanged.push_str(before);
        defanged.push_str(&address(part).unwrap_or_else(|| part.to_owned()));
        rest = after;
    }
    defanged.push_str(rest);
    defanged
}

/// The broken form of a word that is an address, with or without a port and closing punctuation.
fn address(text: &str) -> Option<String> {
    let inner = text.trim_end_matches(['.', ':']);
    let end = text.get(inner.len()..)?;
    let (host, port) = match inner.split_once(':') {
        Some((host, port)) if host.contains('.') => (host, format!(":{port}")),
        _ => (inner, String::new()),
    };
    let (address, broken) = if let Ok(address) = host.parse::<Ipv4Addr>() {
        (IpAddr::V4(address), host.replace('.', "[.]"))
    } else {
        (IpAddr::V6(inner.parse::<Ipv6Addr>().ok()?), inner.replace(':', "[:]"))
    };
    (indicator::scope(address) != Scope::Internal).then(|| format!("{broken}{port}{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lose_their_scheme_and_nothing_else() {
        for (text, expected) in [
            ("GET http://a.example/x?u=HTTPS://b.example", "GET hxxp://a.example/x?u=hxxps://b.example"),
            ("东http://a", "东hxxp://a"),
            ("s3://bucket :// httpd 10:22", "s3://bucket :// httpd 10:22"),
        ] {
            assert_eq!(links(text), expected);
        }
    }

    #[test]
    fn prose_has_no_live_address() {
        for (text, expected) in [
            ("From 203.0.113.9, twice.", "From 203[.]0[.]113[.]9, twice."),
            ("(203.0.113.9:22).", "(203[.]0[.]113[.]9:22)."),
            ("from 10.20.0.7 and 127.0.0.1", "from 10.20.0.7 and 127.0.0.1"),
            ("2001:db8::7 did", "2001[:]db8[:][:]7 did"),
            ("see https://evil.example/a.b?c", "see hxxps://evil[.]example/a.b?c"),
            ("www.evil.example", "www[.]evil[.]example"),
            ("at 14:22:07, cmd.exe 1.2.3", "at 14:22:07, cmd.exe 1.2.3"),
            ("a  b\nc", "a  b\nc"),
        ] {
            assert_eq!(prose(text), expected);
        }
    }
}
