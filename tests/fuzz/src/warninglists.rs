//! Warninglists: a list says nothing about what is not on it, and a file of them is refused or answers.

use domain::indicator::Indicator;
use intel::{Pattern, Warninglist, Warninglists};

use crate::Kept;

/// One list of MISP.
pub fn check_list(bytes: &[u8]) -> Kept {
    let Ok(list) = Warninglist::read(bytes) else { return Kept::Refused };
    crate::assert_visible(&list.name.clone().into());
    let lists = Warninglists::of(std::slice::from_ref(&list));
    let file = lists.to_file().expect("lists are JSON");
    let read = Warninglists::read(&file).expect("what we have written");
    assert_eq!(read.len(), lists.len());
    for pattern in &list.patterns {
        let indicator = match pattern {
            Pattern::Network(network) => Indicator::address(network.addr()),
            Pattern::Exactly(indicator) => indicator.clone(),
            Pattern::Domain(name) => match name.parse() {
                Ok(indicator) => indicator,
                Err(_) => continue,
            },
        };
        assert!(pattern.matches(&indicator), "{pattern:?}");
        let said = read.about(&indicator);
        assert_eq!(said, lists.about(&indicator), "{indicator}");
        assert_eq!(said.first().cloned(), list.standing(), "{indicator}");
    }
    for stranger in strangers() {
        let is_listed = list.patterns.iter().any(|pattern| pattern.matches(&stranger));
        assert!(is_listed || read.about(&stranger).is_empty(), "{stranger}");
    }
    Kept::Read
}

/// A file of lists as `ingest` publishes it.
pub fn check_file(bytes: &[u8]) -> Kept {
    let mut kept = Kept::Refused;
    for file in [bytes.to_vec(), intel::probing::sealed_warninglists(bytes.to_vec())] {
        let Ok(lists) = Warninglists::read(&file) else { continue };
        assert!(!lists.is_empty() || strangers().all(|stranger| lists.about(&stranger).is_empty()));
        let written = lists.to_file().expect("lists are JSON");
        let again = Warninglists::read(&written).expect("what we have written");
        for stranger in strangers() {
            assert_eq!(again.about(&stranger), lists.about(&stranger), "{stranger}");
        }
        kept = Kept::Read;
    }
    kept
}

fn strangers() -> impl Iterator<Item = Indicator> {
    let strangers = ["203.0.113.9", "2001:db8::1", "www.example.com", "http://evil.example.com/"];
    strangers.into_iter().map(|text| text.parse().expect("an indicator"))
}
