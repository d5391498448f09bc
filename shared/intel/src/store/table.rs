use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::indicator::Indicator;
use ipnet::IpNet;

use crate::Pattern;

/// What many patterns say, found by indicator without trying them all. Addresses and networks are 32 bytes each.
#[derive(Debug)]
pub(super) struct Table<T> {
    networks: Vec<(IpNet, Arc<T>)>,
    /// The sizes of networks there are, by family: each is one look-up.
    sizes: BTreeSet<(bool, u8)>,
    sorted: bool,
    domains: BTreeMap<String, Vec<Arc<T>>>,
    exactly: BTreeMap<String, Vec<Arc<T>>>,
    latest: Option<Arc<T>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            networks: Vec::new(),
            sizes: BTreeSet::new(),
            sorted: true,
            domains: BTreeMap::new(),
            exactly: BTreeMap::new(),
            latest: None,
        }
    }
}

impl<T: PartialEq> Table<T> {
    pub fn add(&mut self, pattern: Pattern, value: T) {
        // Whole lists say the same about each of their entries.
        let value = match self.latest.take() {
            Some(latest) if *latest == value => latest,
            _ => Arc::new(value),
        };
        self.latest = Some(Arc::clone(&value));
        match pattern {
            Pattern::Network(network) => {
                self.sizes.insert((network.addr().is_ipv4(), network.prefix_len()));
                self.networks.push((network, value));
                self.sorted = false;
            }
            Pattern::Domain(domain) => {
                self.domains.entry(domain.as_str().to_owned()).or_default().push(value);
            }
            Pattern::Exactly(indicator) => self.exactly.entry(indicator.key()).or_default().push(value),
        }
    }

    /// What is said about the indicator itself: nothing about a URL because of its host.
    pub fn about(&mut self, indicator: &Indicator) -> Vec<Arc<T>> {
        let mut found: Vec<&Arc<T>> = self.exactly.get(&indicator.key()).into_iter().flatten().collect();
        match indicator {
            Indicator::Ip(address) => {
                if !self.sorted {
                    self.networks.sort_by_key(|(network, _)| *network);
                    self.sorted = true;
                }
                let sizes = self.sizes.iter().rev().filter(|(is_v4, _)| *is_v4 == address.is_ipv4());
                let around = sizes.filter_map(|(_, size)| Some(IpNet::new(*address, *size).ok()?.trunc()));
                for network in around {
                    let first = self.networks.partition_point(|(known, _)| *known < network);
                    let same = self.networks.iter().skip(first).take_while(|(known, _)| *known == network);
                    found.extend(same.map(|(_, value)| value));
                }
            }
            Indicator::Domain(domain) => {
                let mut name = Some(domain.as_str());
                while let Some(this) = name {
                    found.extend(self.domains.get(this).into_iter().flatten());
                    name = this.split_once('.').map(|(_, above)| above);
                }
            }
            Indicator::Url(_) | Indicator::Hash(_) => {}
        }
        let mut values: Vec<Arc<T>> = Vec::new();
        for value in found {
            if !values.contains(value) {
                values.push(Arc::clone(value));
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_network_comes_first_and_a_url_is_not_its_host() {
        let mut table = Table::default();
        for (pattern, value) in [
            ("198.51.100.0/24", "wide"),
            ("198.51.100.64/26", "narrow"),
            ("198.51.100.77", "host"),
            ("198.51.100.77", "host"),
            ("198.51.0.0/16", "widest"),
            ("2001:db8::/32", "six"),
            ("example.com", "domain"),
            ("http://www.example.com/x", "page"),
        ] {
            table.add(pattern.parse().unwrap(), value);
        }
        for (indicator, expected) in [
            ("198.51.100.77", vec!["host", "narrow", "wide", "widest"]),
            ("198.51.100.1", vec!["wide", "widest"]),
            ("198.52.0.1", vec![]),
            ("2001:db8::77", vec!["six"]),
            ("www.example.com", vec!["domain"]),
            ("notexample.com", vec![]),
            ("http://www.example.com/x", vec!["page"]),
            ("http://198.51.100.77/x", vec![]),
        ] {
            let about: Vec<&str> =
                table.about(&indicator.parse().unwrap()).iter().map(|value| **value).collect();
            assert_eq!(about, expected, "{indicator}");
        }
    }
}
