//! Fields that are known to hold an indicator.

use super::fields::Meaning;
use super::{Direction, DomainName, FileHash, Indicator, WebUrl, link, name, read, scan};

/// How much the place of an indicator says; the best comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// A field that names the end of a connection.
    Directed,
    Typed,
    Text,
}

/// Every indicator in the text of a field with this meaning.
pub(super) fn indicators_in(text: &str, meaning: Meaning, visit: &mut dyn FnMut(Indicator, Direction, Rank)) {
    let in_text = |visit: &mut dyn FnMut(Indicator, Direction, Rank), keep: fn(&Indicator) -> bool| {
        scan(text, &mut |indicator| {
            if keep(&indicator) {
                visit(indicator, Direction::Unknown, Rank::Text);
            }
        });
    };
    match meaning {
        Meaning::Address(direction) | Meaning::Domain(direction) => {
            let rank = if direction == Direction::Unknown { Rank::Typed } else { Rank::Directed };
            hosts(text.trim(), &mut |indicator| visit(indicator, direction, rank));
        }
        Meaning::Url => match WebUrl::parse(text.trim()).filter(|_| text.contains("://")) {
            Some(url) => {
                let host = link::host_of(&url);
                visit(Indicator::Url(url), Direction::Unknown, Rank::Typed);
                if let Some(host) = host {
                    visit(host, Direction::Unknown, Rank::Typed);
                }
            }
            None => in_text(visit, |_| true),
        },
        Meaning::Hash => match hash(text.trim()) {
            Some(hash) if hash.could_be_of_a_file() => {
                visit(Indicator::Hash(hash), Direction::Unknown, Rank::Typed);
            }
            Some(_) => {}
            None => in_text(visit, |_| true),
        },
        Meaning::Hashes => {
            hashes(text, &mut |hash| visit(Indicator::Hash(hash), Direction::Unknown, Rank::Typed));
        }
        Meaning::Answers => scan(text, &mut |indicator| visit(indicator, Direction::Unknown, Rank::Typed)),
        Meaning::Sender => {
            let domain = text
                .trim()
                .trim_end_matches('>')
                .rsplit_once('@')
                .and_then(|(_, domain)| DomainName::parse(domain));
            if let Some(domain) = domain {
                visit(Indicator::Domain(domain), Direction::Source, Rank::Directed);
            }
        }
        Meaning::Text => in_text(visit, |_| true),
        Meaning::Version => in_text(visit, |indicator| !matches!(indicator, Indicator::Ip(_))),
        Meaning::Name => in_text(visit, |indicator| !matches!(indicator, Indicator::Hash(_))),
        Meaning::Nothing => {}
    }
}

/// One host, with or without port and zone, or several.
fn hosts(text: &str, visit: &mut dyn FnMut(Indicator)) {
    if matches!(text, "" | "-" | "null" | "N/A" | "localhost") {
        return;
    }
    if let Some(address) = read::address(text) {
        visit(Indicator::address(address));
    } else if let Some(domain) = DomainName::parse(text) {
        if !name::is_a_service(domain.as_str()) {
            visit(Indicator::Domain(domain));
        }
    } else {
        scan(text, visit);
    }
}

fn hash(text: &str) -> Option<FileHash> {
    FileHash::parse(text).or_else(|| FileHash::of_base64(text))
}

fn hashes(text: &str, visit: &mut dyn FnMut(FileHash)) {
    for pair in text.split([',', ';', ' ']) {
        let (name, digits) = pair.split_once('=').unwrap_or(("", pair));
        let of_a_file =
            ["", "md5", "sha1", "sha256"].iter().any(|known| name.trim().eq_ignore_ascii_case(known));
        if let Some(hash) =
            FileHash::parse(digits.trim()).filter(|hash| of_a_file && hash.could_be_of_a_file())
        {
            visit(hash);
        }
    }
}
