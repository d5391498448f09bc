//! All warninglists of a site at once: what an indicator is before anybody accuses it, in less than a microsecond.

mod file;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::indicator::Indicator;
use domain::verdict::Standing;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::snapshot::networks::Networks;
use crate::{Pattern, Warninglist};
pub use file::WarninglistsError;

/// What the lists say that bounds a score or labels an indicator. A network takes about 50 bytes.
#[derive(Debug, Default)]
pub struct Warninglists {
    words: Words,
    v4: Family<Ipv4Addr>,
    v6: Family<Ipv6Addr>,
}

/// What is said, and of what but networks; the networks are by far the most.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Words {
    /// What is said of any entry, each only once: thousands of entries are on the same lists.
    said: Vec<Vec<Standing>>,
    /// Names with everything below them, and the place of what is said of them.
    names: BTreeMap<String, u32>,
    /// By the indicator's key.
    exactly: BTreeMap<String, u32>,
}

/// The networks of one family, and for each, in the same order, what is said of it.
#[derive(Debug)]
struct Family<A> {
    networks: Networks<A>,
    said: Vec<u32>,
}

impl<A> Default for Family<A> {
    fn default() -> Self {
        Self { networks: Networks::default(), said: Vec::new() }
    }
}

impl Warninglists {
    /// Where `ingest` puts the file in the bucket of feeds, and `enrich` finds it.
    pub const KEY: &str = "snapshot/warninglists";

    /// Of all lists together. Those that have no class say nothing here.
    pub fn of(lists: &[Warninglist]) -> Self {
        let (mut networks, mut names, mut exactly) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for list in lists {
            let Some(standing) = list.standing() else { continue };
            for pattern in &list.patterns {
                let said: &mut Vec<Standing> = match pattern {
                    Pattern::Network(network) => networks.entry(network.trunc()).or_default(),
                    Pattern::Domain(name) => names.entry(name.clone()).or_default(),
                    Pattern::Exactly(indicator) => exactly.entry(indicator.key()).or_default(),
                };
                if !said.contains(&standing) {
                    said.push(standing.clone());
                }
            }
        }
        let mut known = Known::default();
        let (mut v4, mut v6) = (Family::default(), Family::default());
        for (network, said) in networks {
            let said = known.place(said);
            match network {
                IpNet::V4(inner) => v4.append(inner.addr(), network, said),
                IpNet::V6(inner) => v6.append(inner.addr(), network, said),
            }
        }
        let mut placed = |all: BTreeMap<String, Vec<Standing>>| -> BTreeMap<String, u32> {
            all.into_iter().map(|(key, said)| (key, known.place(said))).collect()
        };
        let (names, exactly) = (placed(names), placed(exactly));
        Self { words: Words { said: known.said, names, exactly }, v4, v6 }
    }

    /// Entries, each counted once.
    pub fn len(&self) -> usize {
        let Words { names, exactly, .. } = &self.words;
        self.v4.said.len() + self.v6.said.len() + names.len() + exactly.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the lists say about the indicator itself, the nearest entry first: nothing about a URL because of its host.
    pub fn about(&self, indicator: &Indicator) -> Vec<Standing> {
        let Words { names, exactly, .. } = &self.words;
        let mut places: Vec<u32> = Vec::new();
        if !exactly.is_empty() {
            places.extend(exactly.get(&indicator.key()));
        }
        match indicator {
            Indicator::Ip(IpAddr::V4(address)) => places.extend(self.v4.about(*address)),
            Indicator::Ip(IpAddr::V6(address)) => places.extend(self.v6.about(*address)),
            Indicator::Domain(domain) => {
                let mut name = Some(domain.as_str()).filter(|_| !names.is_empty());
                while let Some(this) = name {
                    places.extend(names.get(this));
                    name = this.split_once('.').map(|(_, above)| above);
                }
            }
            Indicator::Url(_) | Indicator::Hash(_) => {}
        }
        let mut standings: Vec<Standing> = Vec::new();
        for standing in places.into_iter().filter_map(|place| self.words.at(place)).flatten() {
            if !standings.contains(standing) {
                standings.push(standing.clone());
            }
        }
        standings
    }
}

impl Words {
    fn at(&self, place: u32) -> Option<&[Standing]> {
        Some(self.said.get(usize::try_from(place).ok()?)?)
    }
}

impl<A: Copy + Ord + Into<IpAddr>> Family<A> {
    fn append(&mut self, first: A, network: IpNet, said: u32) {
        self.networks.append(first, network);
        self.said.push(said);
    }

    /// The places of what is said, the narrowest network first.
    fn about(&self, address: A) -> impl Iterator<Item = u32> {
        self.networks.around(address).filter_map(|(index, _)| self.said.get(index).copied())
    }
}

/// Gives the same place to what is said alike.
#[derive(Default)]
struct Known {
    places: HashMap<Vec<Standing>, u32>,
    said: Vec<Vec<Standing>>,
}

impl Known {
    fn place(&mut self, said: Vec<Standing>) -> u32 {
        // More than fit would not fit into memory before.
        let next = u32::try_from(self.said.len()).unwrap_or(u32::MAX);
        *self.places.entry(said).or_insert_with_key(|said| {
            self.said.push(said.clone());
            next
        })
    }
}
