//! The snapshot: a file is refused or answers every question, and none that we build forgets what it was told.

use std::net::IpAddr;

use domain::indicator::Indicator;
use intel::feed::Entry;
use intel::snapshot::{Builder, Snapshot};

use crate::Kept;

pub fn check(bytes: &[u8]) -> Kept {
    let mut kept = Kept::Refused;
    for file in [bytes.to_vec(), intel::probing::sealed_snapshot(bytes.to_vec())] {
        if let Ok(snapshot) = Snapshot::read(file) {
            check_answers(&snapshot);
            kept = Kept::Read;
        }
    }
    let entries: Vec<Entry> = crate::feed::rows(bytes).into_iter().map(|row| row.entry).collect();
    let mut builder = Builder::new(crate::now());
    for entry in &entries {
        builder.add(entry);
    }
    let snapshot = Snapshot::read(builder.build()).expect("what we have built");
    check_answers(&snapshot);
    for entry in &entries {
        let is_listed = match entry {
            Entry::Indicator(indicator) => snapshot.listed(indicator).itself,
            Entry::Network(network) => {
                snapshot.listed(&Indicator::address(network.addr())).networks.contains(network)
            }
        };
        assert!(is_listed, "{entry} was forgotten");
    }
    kept
}

fn check_answers(snapshot: &Snapshot) {
    for text in ["0.0.0.0", "203.0.113.9", "255.255.255.255", "::", "2001:db8::1", "ffff::ffff"] {
        let address: IpAddr = text.parse().expect("an address");
        let listed = snapshot.listed(&Indicator::address(address));
        assert!(listed.networks.iter().all(|network| network.contains(&address)), "{text}: {listed:?}");
        let narrowest_first =
            listed.networks.is_sorted_by_key(|network| std::cmp::Reverse(network.prefix_len()));
        assert!(narrowest_first, "{text}: {listed:?}");
        assert!(!snapshot.is_empty() || listed.is_nowhere());
    }
    for text in ["evil.example.com", "http://evil.example.com/", "d41d8cd98f00b204e9800998ecf8427e"] {
        snapshot.listed(&text.parse().expect("an indicator"));
    }
}
