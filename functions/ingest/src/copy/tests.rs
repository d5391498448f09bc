use std::collections::BTreeMap;

use domain::verdict::Listing;
use intel::sources::Tally;
use intel::{Becomes, entry_of};
use proptest::prelude::*;

use super::*;

const WEEK: Duration = Duration::from_hours(7 * 24);

fn start() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

fn later(hours: u64) -> Timestamp {
    start() + Duration::from_hours(hours)
}

fn row(key: &str, title: &str) -> Row {
    let listing = Listing { title: Some(title.to_owned()), confidence: Some(80), ..Listing::default() };
    Row { entry: entry_of(key).unwrap(), source: "drop".to_owned(), listing, expires: None }
}

fn whole(rows: impl IntoIterator<Item = Row>) -> Step {
    Step::Whole { rows: rows.into_iter().collect(), tally: Tally::default(), state: State::default() }
}

fn part(rows: Vec<Row>, removed: &[&str]) -> Step {
    let removed = removed.iter().map(|key| (entry_of(key).unwrap(), "drop".to_owned())).collect();
    Step::Part { rows, removed, tally: Tally::default(), state: State::default(), more: false }
}

/// Tells the table everything; what it was told, shortly.
fn tell(copy: &mut GoodCopy) -> Vec<String> {
    let mut said = Vec::new();
    let mut walk = Walk::default();
    loop {
        let changes = copy.due(&mut walk, 2, WEEK);
        if changes.is_empty() {
            return said;
        }
        copy.told(&changes);
        said.extend(changes.iter().map(|change| match &change.to {
            Becomes::Listed { until, .. } => {
                format!("{} until +{}h", change.key, (until.as_second() - start().as_second()) / 3600)
            }
            Becomes::Gone => format!("{} gone", change.key),
        }));
    }
}

#[test]
fn the_table_is_told_of_what_is_new_and_of_what_is_gone_and_of_nothing_twice() {
    let mut copy = GoodCopy::default();
    let taken = copy.take(whole([row("ip#203.0.113.1", "a"), row("ip#203.0.113.2", "a")]), WEEK, start());
    assert_eq!(taken, Taken { changed: 2, too_many: 0 });
    assert_eq!(tell(&mut copy), ["ip#203.0.113.1 until +168h", "ip#203.0.113.2 until +168h"]);
    assert_eq!(tell(&mut copy), [""; 0]);

    let taken =
        copy.take(whole([row("ip#203.0.113.2", "a"), row("network#198.51.100.0/24", "a")]), WEEK, later(1));
    assert_eq!(taken.changed, 2);
    assert_eq!(tell(&mut copy), ["ip#203.0.113.1 gone", "network#198.51.100.0/24 until +169h"]);
    assert_eq!((copy.count(), copy.rows_changed_at()), (2, later(1)));
}

#[test]
fn an_older_pulse_on_a_later_page_does_not_end_what_a_newer_one_lists() {
    let mut copy = GoodCopy::default();
    let listed = |at: u64, ends: u64| {
        let mut row = row("ip#203.0.113.1", &format!("pulse of hour {at}"));
        (row.listing.listed_at, row.expires) = (Some(later(at)), Some(later(ends)));
        row
    };
    copy.take(part(vec![listed(20, 100)], &[]), WEEK, later(24));
    assert_eq!(tell(&mut copy), ["ip#203.0.113.1 until +100h"]);
    let taken = copy.take(part(vec![listed(2, 30)], &[]), WEEK, later(24));
    assert_eq!((taken.changed, tell(&mut copy).len()), (0, 0));
    let taken = copy.take(part(vec![listed(2, 150)], &[]), WEEK, later(25));
    assert_eq!(taken.changed, 0);
    assert!(copy.take(part(vec![listed(26, 60)], &[]), WEEK, later(27)).changed == 1);
    assert_eq!(tell(&mut copy), ["ip#203.0.113.1 until +150h"]);
}

#[test]
fn a_row_that_says_something_else_is_written_again() {
    let mut copy = GoodCopy::default();
    copy.take(whole([row("ip#203.0.113.1", "a")]), WEEK, start());
    tell(&mut copy);
    assert_eq!(copy.take(whole([row("ip#203.0.113.1", "b")]), WEEK, later(1)).changed, 1);
    assert_eq!(tell(&mut copy), ["ip#203.0.113.1 until +169h"]);
}

#[test]
fn a_row_that_is_still_listed_is_written_again_in_the_middle_of_its_time_only() {
    let mut copy = GoodCopy::default();
    copy.take(whole([row("ip#203.0.113.1", "a")]), WEEK, start());
    tell(&mut copy);
    copy.untouch();
    for (hours, expected) in
        [(1, vec![]), (83, vec![]), (84, vec!["ip#203.0.113.1 until +252h"]), (100, vec![])]
    {
        let taken = copy.take(Step::Unchanged { state: State::default() }, WEEK, later(hours));
        assert_eq!((taken.changed, copy.is_touched()), (0, hours > 84), "{hours}");
        assert_eq!(tell(&mut copy), expected, "{hours}");
    }
    assert_eq!(copy.rows_changed_at(), start());
}

#[test]
fn a_rows_own_end_holds_whatever_is_confirmed() {
    let mut copy = GoodCopy::default();
    let own = Row { expires: Some(later(10)), ..row("ip#203.0.113.1", "a") };
    let over = Row { expires: Some(start()), ..row("ip#203.0.113.2", "a") };
    copy.take(whole([own.clone(), over]), WEEK, start());
    assert_eq!(tell(&mut copy), ["ip#203.0.113.1 until +10h"]);
    copy.take(Step::Unchanged { state: State::default() }, WEEK, later(9));
    assert_eq!(tell(&mut copy), [""; 0]);
    copy.take(whole([Row { expires: Some(later(9)), ..own }]), WEEK, later(8));
    assert_eq!(tell(&mut copy), ["ip#203.0.113.1 until +9h"], "a shorter end is told at once");
    copy.prune(later(9));
    assert!(copy.rows.is_empty());
}

#[test]
fn parts_leave_the_others_as_they_are_until_their_time_is_over() {
    let mut copy = GoodCopy::default();
    copy.take(part(vec![row("ip#203.0.113.1", "a"), row("ip#203.0.113.2", "a")], &[]), WEEK, start());
    tell(&mut copy);
    let step = part(vec![row("ip#203.0.113.3", "a")], &["ip#203.0.113.1", "ip#203.0.113.9"]);
    assert_eq!(copy.take(step, WEEK, later(100)).changed, 2);
    assert_eq!(tell(&mut copy), ["ip#203.0.113.1 gone", "ip#203.0.113.3 until +268h"]);
    copy.prune(later(168));
    let left: Vec<_> = copy.rows.keys().map(RowId::key).collect();
    assert_eq!(left, ["ip#203.0.113.3"]);
    assert_eq!(copy.rows_changed_at(), later(168), "what was published holds too much now");
}

#[test]
fn a_row_that_came_back_before_the_table_forgot_it_stays() {
    let mut copy = GoodCopy::default();
    copy.take(whole([row("ip#203.0.113.1", "a")]), WEEK, start());
    tell(&mut copy);
    copy.take(whole([]), WEEK, later(1));
    copy.take(whole([row("ip#203.0.113.1", "a")]), WEEK, later(2));
    assert_eq!(tell(&mut copy), ["ip#203.0.113.1 until +170h"]);
}

#[test]
fn a_copy_is_the_same_after_being_stored() {
    let mut copy = GoodCopy::default();
    let own = Row { expires: Some(later(10)), ..row("url#http://evil.example.com/?a=b", "\"\\\u{1f600}\n") };
    copy.take(whole([own, row("ip#203.0.113.1", "a"), row("ip#203.0.113.2", "a")]), WEEK, start());
    copy.told(&copy.due(&mut Walk::default(), 1, WEEK));
    copy.take(part(vec![], &["ip#203.0.113.1"]), WEEK, later(1));
    copy.untouch();
    assert_eq!(GoodCopy::from_file(&copy.to_file().unwrap()).unwrap(), copy);
}

#[test]
fn only_rows_that_the_table_has_are_published() {
    let mut copy = GoodCopy::default();
    copy.take(whole([row("ip#203.0.113.1", "a"), row("ip#203.0.113.2", "a")]), WEEK, start());
    copy.told(&copy.due(&mut Walk::default(), 1, WEEK));
    let published = |copy: &GoodCopy, now| {
        let file = copy.to_file().unwrap();
        Listed::of(&file, now).unwrap().map(|row| key_of(&row.unwrap().entry)).collect::<Vec<_>>()
    };
    assert_eq!(published(&copy, later(1)), ["ip#203.0.113.1"]);
    assert_eq!(published(&copy, later(168)), [""; 0]);
    copy.take(part(vec![], &["ip#203.0.113.1"]), WEEK, later(1));
    assert_eq!(published(&copy, later(1)), [""; 0]);
}

#[test]
fn what_is_no_whole_copy_is_refused() {
    let mut copy = GoodCopy::default();
    copy.take(whole((0..200).map(|host| row(&format!("ip#203.0.113.{host}"), "a"))), WEEK, start());
    let file = copy.to_file().unwrap();
    assert!(GoodCopy::from_file(b"").is_err());
    assert!(matches!(GoodCopy::from_file(b"<html>"), Err(CopyError::Io(_))));
    for cut in [1, file.len() / 2, file.len() - 1] {
        assert!(GoodCopy::from_file(&file[..cut]).is_err(), "cut at {cut}");
    }
    let packed = |text: &str| {
        use std::io::Write;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let header = r#"{"schema":1,"rows_changed_at":"2026-10-03T12:00:00Z","rows":1,"state":{"of":"never"}}"#;
    let check = |text: &str, expected: &str| {
        assert_eq!(GoodCopy::from_file(&packed(text)).unwrap_err().to_string(), expected);
    };
    check(header, "the copy says that it has 1 rows, and has 0");
    check(
        &header.replace("\"schema\":1", "\"schema\":2"),
        "the copy has schema 2, which this program does not know",
    );
    check(&format!("{header}\n{{}}\n"), "line 2 of the copy is not readable");
    check(&format!("{header}\n{}", "x".repeat(3 << 20)), "line 2 of the copy is not readable");
}

proptest! {
    /// Whatever comes in whichever order, with runs that end anywhere: in the end the table is as the copy says.
    #[test]
    fn the_table_ends_up_as_the_copy(
        steps in prop::collection::vec((prop::collection::vec((0_u8..12, 0_u8..3), 0..12), any::<bool>(), 0_usize..8), 1..12)
    ) {
        let mut copy = GoodCopy::default();
        let mut table = BTreeMap::new();
        let obey = |table: &mut BTreeMap<String, Listing>, changes: &[Change]| {
            for change in changes {
                match &change.to {
                    Becomes::Listed { listing, .. } => drop(table.insert(change.key.clone(), listing.clone())),
                    Becomes::Gone => drop(table.remove(&change.key)),
                }
            }
        };
        let mut expected = BTreeMap::new();
        for (hour, (rows, is_whole, told)) in steps.into_iter().enumerate() {
            let rows: Vec<Row> =
                rows.iter().map(|(host, title)| row(&format!("ip#203.0.113.{host}"), &title.to_string())).collect();
            if is_whole {
                expected.clear();
            }
            expected.extend(rows.iter().map(|row| (key_of(&row.entry), row.listing.clone())));
            copy.take(if is_whole { whole(rows) } else { part(rows, &[]) }, WEEK, later(hour as u64));
            // The run ends after so many changes; the last of them may have been made without being noted.
            let changes = copy.due(&mut Walk::default(), told, WEEK);
            obey(&mut table, &changes);
            copy.told(&changes[..changes.len() / 2]);
            copy = GoodCopy::from_file(&copy.to_file().unwrap()).unwrap();
        }
        let rest = copy.due(&mut Walk::default(), usize::MAX, WEEK);
        obey(&mut table, &rest);
        copy.told(&rest);
        prop_assert_eq!(table, expected);
        prop_assert_eq!(copy.pending(WEEK), 0);
    }
}
