//! Links and addresses that no mail program turns into something to click.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::indicator::{self, Indicator, Scope};

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

/// As [`links`], and also breaks the host of each link and every address of the internet.
pub(crate) fn prose(text: &str) -> String {
    links(text).split_inclusive(char::is_whitespace).map(word).collect()
}

/// As [`prose`], and also breaks every word that could be a domain, for mail programs link bare ones too. A program's
/// name, as in `cmd.exe`, is broken with them: a title can do without.
pub(crate) fn titles(text: &str) -> String {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_');
    let prose = prose(text);
    let mut defanged = String::with_capacity(prose.len());
    let mut rest = prose.as_str();
    while let Some(begin) = rest.find(is_part) {
        let (before, tail) = rest.split_at(begin);
        let (part, after) = tail.split_at(tail.find(|character| !is_part(character)).unwrap_or(tail.len()));
        defanged.push_str(before);
        defanged.push_str(&domain(part).unwrap_or_else(|| part.to_owned()));
        rest = after;
    }
    defanged.push_str(rest);
    defanged
}

/// An indicator as it may stand in a mail: addresses within the site and hashes are harmless as they are.
pub(crate) fn indicator(indicator: &Indicator) -> String {
    match indicator {
        Indicator::Ip(address) => addresses(&address.to_string()),
        Indicator::Domain(name) => name.as_str().replace('.', "[.]"),
        Indicator::Url(url) => titles(url.as_str()),
        Indicator::Hash(hash) => hash.to_string(),
    }
}

/// Whether a link to it would leave the site; addresses of examples count as such.
pub(crate) fn is_of_the_internet(address: IpAddr) -> bool {
    matches!(indicator::scope(address), Scope::Public | Scope::Documentation)
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
    is_of_the_internet(address).then(|| format!("{broken}{port}{end}"))
}

/// The broken form of a word that ends as a domain does, be it followed by a full stop.
fn domain(text: &str) -> Option<String> {
    let inner = text.trim_end_matches('.');
    let (_, last) = inner.rsplit_once('.')?;
    let ends_as_domain = last.starts_with("xn--") || last.chars().all(char::is_alphabetic);
    let end = text.get(inner.len()..)?;
    (ends_as_domain && last.chars().count() > 1).then(|| format!("{}{end}", inner.replace('.', "[.]")))
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

    #[test]
    fn a_title_has_no_live_domain_either() {
        for (text, expected) in [
            ("Phishing at login.evil.example.", "Phishing at login[.]evil[.]example."),
            ("from x@evil.example (пример.рф)", "from x@evil[.]example (пример[.]рф)"),
            (
                "see https://a.example/b.html, 203.0.113.9",
                "see hxxps://a[.]example/b[.]html, 203[.]0[.]113[.]9",
            ),
            ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd[.]xn--p1ai"),
            (
                "Hosting B.V., 10.20.0.7, 1.2.3 … v2.0 tlp:green",
                "Hosting B.V., 10.20.0.7, 1.2.3 … v2.0 tlp:green",
            ),
        ] {
            assert_eq!(titles(text), expected);
        }
    }

    #[test]
    fn an_indicator_is_dead_and_can_still_be_read() {
        for (text, expected) in [
            ("203.0.113.9", "203[.]0[.]113[.]9"),
            ("2001:db8::7", "2001[:]db8[:][:]7"),
            ("10.0.0.5", "10.0.0.5"),
            ("fe80::1", "fe80::1"),
            ("cdn.evil.example", "cdn[.]evil[.]example"),
            (
                "https://cdn.evil.example/a.php?u=http://b.example",
                "hxxps://cdn[.]evil[.]example/a[.]php?u=hxxp://b[.]example",
            ),
            ("9b74c9897bac770ffc029102a200c5de", "9b74c9897bac770ffc029102a200c5de"),
        ] {
            assert_eq!(indicator(&text.parse().unwrap()), expected);
        }
    }
}
