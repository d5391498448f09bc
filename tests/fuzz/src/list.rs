//! Lists of Wazuh: what comes from the bucket is one or is refused, and the list of confirmed indicators does what it is
//! told, whatever stands in its file.

use std::fs;
use std::path::Path;

use domain::indicator::{Indicator, scan};
use publisher::cdb::{Change, List, Updated};
use publisher::probing::{checked, split};

use crate::Kept;

/// The bytes are a list in the bucket of lists.
pub fn check_fetched(bytes: &[u8]) -> Kept {
    match checked(bytes.to_vec()) {
        Ok(text) => {
            assert_eq!(text.as_bytes(), bytes, "a list is not changed");
            for line in text.split_terminator('\n') {
                let (key, value) = split(line).expect("a line of a list");
                assert!(!key.is_empty() && key.len() + value.len() + 1 == line.len(), "{line:?}");
                assert!(!line.contains(char::is_control), "{line:?}");
                // Wazuh ends a key at the first colon, or a quoted one at its quote.
                assert!(!key.contains(':') || (key.starts_with('"') && key.ends_with('"')), "{line:?}");
            }
            Kept::Read
        }
        Err(line) => {
            let lines = bytes.split(|byte| *byte == b'\n').count();
            assert!((1..=lines).contains(&line), "line {line} of {lines}");
            Kept::Refused
        }
    }
}

/// The bytes are the file of confirmed indicators, and the indicators in them are confirmed or cleared.
pub fn check_confirmed(bytes: &[u8]) -> Kept {
    let text = &*super::text(bytes);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("list");
    fs::write(&path, text).expect("a file");
    let mut list = List::open(path.clone(), 90, folder.path().join("pending")).expect("a list");
    let today = super::now().to_zoned(jiff::tz::TimeZone::UTC).date();

    let mut indicators: Vec<Indicator> = Vec::new();
    scan(text, &mut |indicator| {
        if indicators.len() < 16 && !indicators.contains(&indicator) {
            indicators.push(indicator);
        }
    });
    let by_hand = keys_by_hand(&path);
    let is_confirmed = |at: usize| at.is_multiple_of(2);
    for (at, indicator) in indicators.iter().enumerate() {
        let confirmed = Change::Confirmed(indicator.clone());
        list.note(&confirmed, today).expect("a note");
        if !is_confirmed(at) {
            list.note(&Change::Cleared(indicator.clone()), today).expect("a note");
        }
    }
    list.update_now(today).expect("an update");
    let keys = keys(&path);
    for (at, indicator) in indicators.iter().enumerate() {
        let name = indicator.to_string();
        let is_listed = keys.iter().any(|key| key.trim_matches('"') == name);
        let fits = name.len() <= 1024 && !name.contains('"') && !name.contains(char::is_control);
        assert_eq!(is_listed, fits && is_confirmed(at), "{name} in {keys:?}");
    }
    let cleared: Vec<String> = (indicators.iter().enumerate())
        .filter(|(at, _)| !is_confirmed(*at))
        .map(|(_, indicator)| indicator.to_string())
        .collect();
    for key in by_hand {
        let is_cleared = cleared.iter().any(|name| key.trim_matches('"') == name);
        assert!(is_cleared || keys.contains(&key), "{key:?} was written by a person");
    }
    assert_eq!(list.update_now(today).expect("an update"), Updated::Unchanged);
    if keys.is_empty() { Kept::Refused } else { Kept::Read }
}

fn keys(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| split(line).expect("a line of a list").0.to_owned()).collect()
}

/// Of lines whose value is no day. The last of several counts.
fn keys_by_hand(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: std::collections::BTreeMap<&str, &str> = text.lines().filter_map(split).collect();
    let is_day = |value: &str| value.parse::<jiff::civil::Date>().is_ok();
    lines.into_iter().filter(|(_, value)| !is_day(value)).map(|(key, _)| key.to_owned()).collect()
}
