use std::collections::HashSet;

use domain::indicator::Indicator;
use ipnet::IpNet;

use crate::feed::Entry;
use crate::{Pattern, Policy, Warninglist, anchors};

/// What is not listed, whoever lists it.
#[derive(Debug)]
pub(super) struct Exempt<'a> {
    policy: &'a Policy,
    /// Sorted and apart from each other.
    networks: Vec<IpNet>,
    domains: HashSet<&'a str>,
    exactly: HashSet<&'a Indicator>,
}

/// Networks of no site on the internet: a list that names one of them is mistaken about all its readers.
const SPECIAL: [&str; 12] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
    "::/16",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

impl<'a> Exempt<'a> {
    pub fn new(policy: &'a Policy, warninglists: &'a [Warninglist]) -> Self {
        let mut networks: Vec<IpNet> = SPECIAL.iter().filter_map(|text| text.parse().ok()).collect();
        networks.extend(anchors::addresses().map(IpNet::from));
        for pattern in policy.allow.iter().chain(&policy.never_report) {
            if let Pattern::Network(network) = pattern {
                networks.push(*network);
            }
        }
        let (mut domains, mut exactly) = (HashSet::new(), HashSet::new());
        for pattern in warninglists.iter().flat_map(|list| &list.patterns) {
            match pattern {
                Pattern::Network(network) => networks.push(*network),
                Pattern::Domain(domain) => drop(domains.insert(domain.as_str())),
                Pattern::Exactly(indicator) => drop(exactly.insert(indicator)),
            }
        }
        let mut networks = IpNet::aggregate(&networks);
        networks.sort();
        Self { policy, networks, domains, exactly }
    }

    pub fn covers(&self, entry: &Entry) -> bool {
        let indicator = match entry {
            Entry::Network(network) => return self.touches(network),
            Entry::Indicator(indicator) => indicator,
        };
        let by_itself = match indicator {
            Indicator::Ip(address) => self.touches(&IpNet::from(*address)),
            Indicator::Domain(domain) => self.is_below(domain.as_str()),
            // A page on a harmless host can be harmful.
            Indicator::Url(_) | Indicator::Hash(_) => false,
        };
        by_itself || self.exactly.contains(indicator) || self.policy.exempts(indicator).is_some()
    }

    /// Whether any address of the network is exempt: a list cannot say "but not this one".
    fn touches(&self, network: &IpNet) -> bool {
        let last = IpNet::from(network.broadcast());
        let begun = self.networks.partition_point(|known| *known <= last || known.contains(&last));
        let nearest = begun.checked_sub(1).and_then(|index| self.networks.get(index));
        nearest.is_some_and(|known| known.contains(network) || network.contains(known))
    }

    fn is_below(&self, name: &str) -> bool {
        let mut name = Some(name);
        while let Some(this) = name {
            if self.domains.contains(this) {
                return true;
            }
            name = this.split_once('.').map(|(_, above)| above);
        }
        false
    }
}
