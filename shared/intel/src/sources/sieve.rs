//! What of a feed is kept: decided here, once for all sources.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::net::IpAddr;
use std::time::Duration;

use domain::indicator::{Host, Indicator, scope};
use ipnet::IpNet;
use jiff::Timestamp;

use super::round::Rounds;
use super::{LeftOut, Source, Tally, Trouble};
use crate::anchors;
use crate::feed::{self, Change, Entry, Naming, Row, Said};

/// What a feed's text holds after everything unusable is left out.
#[derive(Debug, Default)]
pub(super) struct Sifted {
    pub rows: BTreeMap<Entry, Row>,
    pub removed: Vec<(Entry, String)>,
    pub tally: Tally,
}

/// Decides what of a source's entries is kept.
#[derive(Clone, Copy)]
pub(super) struct Sieve<'a> {
    pub source: &'a Source,
    pub now: Timestamp,
    /// Whether documentation addresses count as public: for tests and demos only.
    pub documentation_is_public: bool,
}

impl Sifted {
    /// Both, as if they had been one text.
    pub fn join(&mut self, other: Self) {
        for (reason, entries) in other.tally.left_out {
            self.tally.leave_out(reason, entries);
        }
        for row in other.rows.into_values() {
            self.add(row);
        }
        self.removed.extend(other.removed);
        self.tally.rows = self.rows.len();
    }

    fn add(&mut self, row: Row) {
        match self.rows.entry(row.entry.clone()) {
            Slot::Vacant(slot) => {
                slot.insert(row);
            }
            Slot::Occupied(mut slot) => {
                self.tally.leave_out(LeftOut::Duplicate, 1);
                joined(slot.get_mut(), row);
            }
        }
    }
}

impl Sieve<'_> {
    /// Reads a feed in memory.
    pub fn sift(&self, text: &[u8]) -> Result<Sifted, Trouble> {
        let mut sifted = Sifted::default();
        let read =
            feed::changes(
                text,
                Naming::Always(self.source.witness()),
                self.now,
                &mut |change| match change {
                    Change::Listed(row, said) => self.add(&mut sifted, row, said),
                    Change::Withdrawn(entry, source) => sifted.removed.push((entry, source)),
                },
            );
        // The text is in memory, and smaller than what a line may have.
        let read = read.map_err(|_| Trouble::Unreadable("one of its lines is too long"))?;
        let Sifted { rows, removed, tally } = &mut sifted;
        removed.retain(|(entry, _)| !rows.contains_key(entry));
        tally.rows = rows.len();
        for (reason, entries) in [
            (LeftOut::Ended, read.expired),
            (LeftOut::OtherType, read.other_types),
            (LeftOut::Unreadable, read.bad),
        ] {
            tally.leave_out(reason, entries);
        }
        Ok(sifted)
    }

    fn add(&self, sifted: &mut Sifted, mut row: Row, said: Said) {
        if let Some(reason) = self.refuses(&row, said) {
            return sifted.tally.leave_out(reason, 1);
        }
        // A feed whose clock is ahead has not seen the future.
        row.listing.listed_at = row.listing.listed_at.map(|listed_at| listed_at.min(self.now));
        row.expires = self.end(&row, said);
        if row.expires.is_some_and(|end| end <= self.now) {
            return sifted.tally.leave_out(LeftOut::Ended, 1);
        }
        sifted.add(row);
    }

    fn refuses(&self, row: &Row, said: Said) -> Option<LeftOut> {
        if said.is_context {
            return Some(LeftOut::Context);
        }
        let (is_global, is_anchor) = match &row.entry {
            Entry::Indicator(indicator) => (
                match indicator.host() {
                    Some(Host::Ip(address)) => self.is_global(address),
                    Some(Host::Domain(_)) | None => true,
                },
                anchors::name_of(indicator).is_some(),
            ),
            Entry::Network(network) => (self.is_global_network(network), anchors::is_around_one(network)),
        };
        if is_global { is_anchor.then_some(LeftOut::WellKnown) } else { Some(LeftOut::NotGlobal) }
    }

    fn is_global(&self, address: IpAddr) -> bool {
        scope(address).is_global(self.documentation_is_public)
    }

    /// Of two networks that overlap one lies in the other: so either its first address is special, or it holds the
    /// first address of something special.
    fn is_global_network(&self, network: &IpNet) -> bool {
        let special = SPECIAL.iter().filter_map(|text| text.parse::<IpAddr>().ok());
        self.is_global(network.addr())
            && !special.into_iter().any(|address| network.contains(&address) && !self.is_global(address))
    }

    /// The earlier of what the feed says and what its entries' age says. docs/feeds.md has where the times are from.
    fn end(&self, row: &Row, said: Said) -> Option<Timestamp> {
        let seen_at = said.seen_at.unwrap_or(self.now).min(self.now);
        let age = self.source.longest_age(&row.entry).map(|age| seen_at + age);
        [row.expires, age].into_iter().flatten().min()
    }
}

/// First addresses of everything that is not global within what a feed may list.
const SPECIAL: [&str; 15] = [
    "10.0.0.0",
    "100.64.0.0",
    "127.0.0.0",
    "169.254.0.0",
    "172.16.0.0",
    "192.0.0.0",
    "192.0.2.0",
    "192.168.0.0",
    "198.18.0.0",
    "198.51.100.0",
    "203.0.113.0",
    "224.0.0.0",
    "2001::",
    "2001:db8::",
    "3fff::",
];

impl Source {
    /// How long after the source has last seen it an entry is worth something.
    fn longest_age(&self, entry: &Entry) -> Option<Duration> {
        const DAY: Duration = Duration::from_hours(24);
        match self {
            Self::Misp | Self::MispFeed(_) => Some(Rounds::HORIZON),
            Self::Feodo | Self::ThreatFox => Some(match entry {
                // An address has another owner by then: MISP's model for network indicators ends after 46.9 days.
                Entry::Network(_) | Entry::Indicator(Indicator::Ip(_)) => 45 * DAY,
                Entry::Indicator(Indicator::Domain(_) | Indicator::Url(_) | Indicator::Hash(_)) => 180 * DAY,
            }),
            Self::TorExits => Some(2 * DAY),
            Self::Otx
            | Self::AbuseIpDb
            | Self::SpamhausDropV4
            | Self::SpamhausDropV6
            | Self::UrlHaus
            | Self::Warninglists => None,
        }
    }
}

/// Of two rows about one entry the surer one speaks, and both have to end.
fn joined(kept: &mut Row, other: Row) {
    let sure = |row: &Row| (row.listing.confidence.unwrap_or(100), row.listing.listed_at);
    let ends = [kept.expires, other.expires];
    if sure(&other) > sure(kept) {
        *kept = other;
    }
    kept.expires = if ends.contains(&None) { None } else { ends.into_iter().flatten().max() };
}
