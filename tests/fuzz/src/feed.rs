//! Feeds: rows that are canonical, counted, from a source that no analyst's list is called by.

use intel::feed::{self, Entry, Naming, Row};

use crate::Kept;

pub fn check(bytes: &[u8]) -> Kept {
    let rows = rows(bytes);
    // Written as a plain list, every entry is read as what it was read as before.
    let entries: Vec<String> = rows.iter().map(|row| row.entry.to_string()).collect();
    let plain = entries.join("\n");
    let again: Vec<Entry> = self::rows(plain.as_bytes()).into_iter().map(|row| row.entry).collect();
    assert!(rows.iter().map(|row| &row.entry).eq(&again), "{plain}");
    if rows.is_empty() { Kept::Refused } else { Kept::Read }
}

/// The usable rows, after a look at each.
pub fn rows(bytes: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    let tally = feed::read(bytes, Naming::Otherwise("list"), super::now(), &mut |row| rows.push(row))
        .expect("bytes in memory can be read");
    assert_eq!(tally.rows, rows.len());
    assert!(tally.problems.len() <= tally.bad && tally.problems.len() <= 5);
    for row in &rows {
        let is_analysts = ["allow", "deny"].iter().any(|own| row.source.eq_ignore_ascii_case(own));
        assert!(!row.source.is_empty() && !is_analysts, "{:?}", row.source);
        assert!(row.listing.confidence.is_none_or(|confidence| confidence <= 100));
        super::assert_visible(&serde_json::to_value(&row.listing).expect("a listing is JSON"));
        match &row.entry {
            Entry::Network(network) => assert_eq!(network.trunc(), *network),
            Entry::Indicator(indicator) => {
                assert_eq!(indicator.to_string().parse().as_ref(), Ok(indicator));
            }
        }
    }
    rows
}
