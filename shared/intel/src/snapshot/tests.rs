use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::feed::Entry;

fn built_at() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

fn entry(text: &str) -> Entry {
    match text.parse::<IpNet>() {
        Ok(network) => Entry::Network(network),
        Err(_) => Entry::Indicator(text.parse().unwrap()),
    }
}

fn file(entries: &[Entry]) -> Vec<u8> {
    let mut builder = Builder::new(built_at());
    for entry in entries {
        builder.add(entry);
    }
    builder.build()
}

const LISTED: [&str; 12] = [
    "203.0.113.9",
    "2001:db8::9",
    "evil.example.com",
    "http://evil.example.com/a",
    "d41d8cd98f00b204e9800998ecf8427e",
    "198.51.0.0/16",
    "198.51.100.0/24",
    "198.51.100.64/26",
    "198.51.102.0/24",
    "2001:db8::/32",
    "2001:db8:1::/48",
    "203.0.113.9",
];

fn sample() -> Vec<u8> {
    file(&LISTED.map(entry))
}

#[test]
fn what_is_listed_is_found_and_nothing_else() {
    let snapshot = Snapshot::read(sample()).unwrap();
    assert_eq!((snapshot.len(), snapshot.built_at()), (11, built_at()));
    for (indicator, itself, networks) in [
        ("203.0.113.9", true, vec![]),
        ("203.0.113.8", false, vec![]),
        ("2001:db8::9", true, vec!["2001:db8::/32"]),
        ("2001:db8:1::7", false, vec!["2001:db8:1::/48", "2001:db8::/32"]),
        ("2001:db9::", false, vec![]),
        ("198.51.100.77", false, vec!["198.51.100.64/26", "198.51.100.0/24", "198.51.0.0/16"]),
        ("198.51.100.1", false, vec!["198.51.100.0/24", "198.51.0.0/16"]),
        ("198.51.101.255", false, vec!["198.51.0.0/16"]),
        ("198.51.103.0", false, vec!["198.51.0.0/16"]),
        ("198.50.255.255", false, vec![]),
        ("198.52.0.0", false, vec![]),
        ("0.0.0.0", false, vec![]),
        ("255.255.255.255", false, vec![]),
        ("evil.example.com", true, vec![]),
        ("www.evil.example.com", false, vec![]),
        ("example.com", false, vec![]),
        ("http://evil.example.com/a", true, vec![]),
        ("http://evil.example.com/b", false, vec![]),
        ("http://203.0.113.9/a", false, vec![]),
        ("http://198.51.100.77/a", false, vec![]),
        ("d41d8cd98f00b204e9800998ecf8427e", true, vec![]),
        ("d41d8cd98f00b204e9800998ecf8427f", false, vec![]),
    ] {
        let listed = snapshot.listed(&indicator.parse().unwrap());
        let around: Vec<String> = listed.networks.iter().map(ToString::to_string).collect();
        assert_eq!(
            (listed.itself, around.iter().map(String::as_str).collect()),
            (itself, networks),
            "{indicator}"
        );
    }
}

#[test]
fn an_empty_snapshot_lists_nothing() {
    let snapshot = Snapshot::read(file(&[])).unwrap();
    assert!(snapshot.is_empty());
    assert!(snapshot.listed(&"203.0.113.9".parse().unwrap()).is_nowhere());
}

#[test]
fn one_indicator_is_enough() {
    let snapshot = Snapshot::read(file(&[entry("203.0.113.9")])).unwrap();
    assert!(snapshot.listed(&"203.0.113.9".parse().unwrap()).itself);
    assert!(snapshot.listed(&"203.0.113.10".parse().unwrap()).is_nowhere());
}

#[test]
fn many_indicators_are_all_found_and_hardly_any_other() {
    let address = |number: u32| Indicator::address(Ipv4Addr::from(number.wrapping_mul(2_654_435_761)).into());
    let listed: Vec<Entry> = (0..30_000).map(|number| Entry::Indicator(address(number))).collect();
    let snapshot = Snapshot::read(file(&listed)).unwrap();
    assert!((0..30_000).all(|number| snapshot.listed(&address(number)).itself));
    assert!((30_000..90_000).all(|number| snapshot.listed(&address(number)).is_nowhere()));
}

#[test]
fn the_same_entries_make_the_same_file_in_any_order() {
    let mut entries = LISTED.map(entry).to_vec();
    entries.reverse();
    assert_eq!(file(&entries), sample());
}

#[test]
fn what_is_no_snapshot_says_why() {
    let mut newer = sample();
    newer[8] = 2;
    let mut damaged = sample();
    damaged[70] ^= 1;
    let mut grown = sample();
    grown.push(0);
    for (file, expected) in [
        (Vec::new(), SnapshotError::Magic),
        (b"<html>Service Unavailable</html>".to_vec(), SnapshotError::Magic),
        (sample()[..20].to_vec(), SnapshotError::Length { bytes: 20 }),
        (newer, SnapshotError::Version(2)),
        (damaged, SnapshotError::Checksum),
        (grown, SnapshotError::Checksum),
    ] {
        assert_eq!(Snapshot::read(file).unwrap_err(), expected);
    }
}

#[test]
fn a_checksum_that_fits_does_not_make_nonsense_true() {
    let header = |exact, fingerprints, v4| Header {
        exact,
        fingerprints,
        v4,
        v6: 0,
        built_at: built_at(),
        filter: [0xff; layout::FILTER_BYTES],
    };
    let hashes: Vec<u8> = [2_u64, 1].iter().flat_map(|hash| hash.to_le_bytes()).collect();
    let networks = |rows: [[u8; 5]; 2]| rows.concat();
    for (file, expected) in [
        (header(2, 0, 0).write(&hashes), SnapshotError::Order("indicators")),
        (header(3, 0, 0).write(&hashes), SnapshotError::Length { bytes: 80 }),
        (header(1, 0, 0).write(&hashes), SnapshotError::Length { bytes: 80 }),
        (header(u32::MAX, 0, 0).write(&hashes), SnapshotError::Length { bytes: 80 }),
        (header(0, 16, 0).write(&hashes), SnapshotError::Filter),
        (
            header(0, 0, 2).write(&networks([[10, 0, 0, 0, 8], [9, 0, 0, 0, 8]])),
            SnapshotError::Order("networks"),
        ),
        (header(0, 0, 2).write(&networks([[10, 0, 0, 0, 8], [10, 0, 0, 1, 8]])), SnapshotError::Network),
        (header(0, 0, 2).write(&networks([[10, 0, 0, 0, 8], [10, 0, 0, 0, 33]])), SnapshotError::Network),
    ] {
        assert_eq!(Snapshot::read(file).unwrap_err(), expected);
    }
}

proptest! {
    #[test]
    fn a_file_that_was_cut_or_damaged_is_refused(cut in 0_usize..400, at in 0_usize..400, bit in 0_u32..8) {
        let whole = sample();
        if cut < whole.len() {
            prop_assert!(Snapshot::read(whole[..cut].to_vec()).is_err());
        }
        let mut flipped = whole.clone();
        let at = at % flipped.len();
        flipped[at] ^= 1 << bit;
        prop_assert!(Snapshot::read(flipped).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(
        counts in prop::array::uniform4(0_u32..20),
        filter in prop::array::uniform20(any::<u8>()),
        sections in prop::collection::vec(any::<u8>(), 0..400),
        address in any::<[u8; 4]>(),
    ) {
        let [exact, fingerprints, v4, v6] = counts;
        let header = Header { exact, fingerprints, v4, v6, built_at: built_at(), filter };
        if let Ok(snapshot) = Snapshot::read(header.write(&sections)) {
            snapshot.listed(&Indicator::address(Ipv4Addr::from(address).into()));
        }
    }

    #[test]
    fn a_filter_that_passes_the_check_stays_within_its_fingerprints(
        seed in any::<u64>(), power in 0_u32..6, segments in 0_u32..6, more in 0_u32..3, hash in any::<u64>(),
    ) {
        let segment = 1_u32 << power;
        let reached = segment * (segments + 2);
        let mut filter = [0; layout::FILTER_BYTES];
        filter[..8].copy_from_slice(&seed.to_le_bytes());
        filter[8..12].copy_from_slice(&segment.to_le_bytes());
        filter[12..16].copy_from_slice(&(segment - 1).to_le_bytes());
        filter[16..].copy_from_slice(&(segment * segments).to_le_bytes());
        let fingerprints = vec![0; usize::try_from(reached + more - 1).unwrap()];
        let count = u32::try_from(fingerprints.len()).unwrap();
        let header = Header { exact: 0, fingerprints: count, v4: 0, v6: 0, built_at: built_at(), filter };
        let read = Snapshot::read(header.write(&fingerprints));
        prop_assert_eq!(read.is_ok(), segments > 0 && more > 0);
        if let Ok(snapshot) = read {
            prop_assert!(!snapshot.exact.holds(hash));
        }
    }

    #[test]
    fn networks_around_an_address_are_those_that_contain_it(
        rows in prop::collection::vec((any::<[u8; 2]>(), 4_u8..=16), 0..40),
        address in any::<[u8; 2]>(),
    ) {
        let networks: BTreeSet<IpNet> = rows
            .iter()
            .map(|([a, b], prefix)| IpNet::new(Ipv4Addr::new(*a, *b, 0, 0).into(), *prefix).unwrap().trunc())
            .collect();
        let entries: Vec<Entry> = networks.iter().map(|network| Entry::Network(*network)).collect();
        let snapshot = Snapshot::read(file(&entries)).unwrap();
        let address = IpAddr::V4(Ipv4Addr::new(address[0], address[1], 7, 7));
        let mut around = snapshot.listed(&Indicator::address(address)).networks;
        around.sort();
        let expected: Vec<IpNet> = networks.into_iter().filter(|network| network.contains(&address)).collect();
        prop_assert_eq!(around, expected);
    }
}
