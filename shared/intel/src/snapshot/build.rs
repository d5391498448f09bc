use std::collections::BTreeSet;

use ipnet::IpNet;
use jiff::Timestamp;
use xorf::{BinaryFuse8, DmaSerializable};

use super::layout::{FILTER_BYTES, Header};
use super::{hash, networks};
use crate::feed::Entry;

/// Collects what is listed and writes it as a snapshot. It needs 8 bytes an indicator while it collects, and about
/// 50 while it builds.
#[derive(Debug)]
pub struct Builder {
    built_at: Timestamp,
    hashes: Vec<u64>,
    networks: BTreeSet<IpNet>,
}

impl Builder {
    pub fn new(built_at: Timestamp) -> Self {
        Self { built_at, hashes: Vec::new(), networks: BTreeSet::new() }
    }

    /// In any order, and as often as feeds name it.
    pub fn add(&mut self, entry: &Entry) {
        match entry {
            Entry::Indicator(indicator) => self.hashes.push(hash::of(indicator)),
            Entry::Network(network) => drop(self.networks.insert(network.trunc())),
        }
    }

    pub fn build(mut self) -> Vec<u8> {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        // Without a filter, which may be refused for no set that anybody has seen, all is found a little later.
        let filter = BinaryFuse8::try_from(&self.hashes).ok().filter(|_| !self.hashes.is_empty());
        let mut description = [0; FILTER_BYTES];
        let mut fingerprints: &[u8] = &[];
        if let Some(filter) = &filter {
            filter.dma_copy_descriptor_to(&mut description);
            fingerprints = filter.dma_fingerprints();
        }
        let (v4, v6): (Vec<&IpNet>, Vec<&IpNet>) =
            self.networks.iter().partition(|network| matches!(network, IpNet::V4(_)));
        let header = Header {
            exact: count(self.hashes.len()),
            fingerprints: count(fingerprints.len()),
            v4: count(v4.len()),
            v6: count(v6.len()),
            built_at: self.built_at,
            filter: description,
        };
        let mut sections = Vec::with_capacity(self.hashes.len() * size_of::<u64>() + fingerprints.len());
        sections.extend(self.hashes.iter().flat_map(|hash| hash.to_le_bytes()));
        sections.extend(fingerprints);
        for network in v4.into_iter().chain(v6) {
            networks::write(network, &mut sections);
        }
        header.write(&sections)
    }
}

/// Four thousand million indicators would not fit into memory before they did not fit into the field.
fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
