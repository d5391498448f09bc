//! Services that everybody uses. A hit on one of them says something about the feed, not about the address.
//!
//! Kept short and by hand: addresses that the operators document as theirs for this very purpose. Lists of "public
//! resolvers" or of whole clouds are no anchors, since anybody may sit in them.

use std::net::IpAddr;

use domain::indicator::{Host, Indicator};
use ipnet::IpNet;

/// The service behind an indicator, if it is one of these.
pub fn name_of(indicator: &Indicator) -> Option<&'static str> {
    let host = match indicator {
        Indicator::Ip(_) | Indicator::Domain(_) => indicator.host()?,
        // A page on a harmless host can be harmful.
        Indicator::Url(_) | Indicator::Hash(_) => return None,
    };
    let is_host = |text: &&str| match host {
        Host::Ip(address) => text.parse::<IpAddr>().is_ok_and(|known| known == address),
        Host::Domain(domain) => **text == *domain,
    };
    SERVICES.iter().find(|(_, hosts)| hosts.iter().any(is_host)).map(|(name, _)| *name)
}

/// Whether a network holds the address of one of these.
pub fn is_around_one(network: &IpNet) -> bool {
    let hosts = SERVICES.iter().flat_map(|(_, hosts)| hosts.iter());
    hosts.filter_map(|host| host.parse::<IpAddr>().ok()).any(|address| network.contains(&address))
}

/// The addresses of all services.
pub fn addresses() -> impl Iterator<Item = IpAddr> {
    SERVICES.iter().flat_map(|(_, hosts)| *hosts).filter_map(|host| host.parse().ok())
}

const SERVICES: [(&str, &[&str]); 9] = [
    (
        "Cloudflare DNS", // https://developers.cloudflare.com/1.1.1.1/ip-addresses/
        &[
            "1.1.1.1",
            "1.0.0.1",
            "1.1.1.2",
            "1.0.0.2",
            "1.1.1.3",
            "1.0.0.3",
            "2606:4700:4700::1111",
            "2606:4700:4700::1001",
            "2606:4700:4700::1112",
            "2606:4700:4700::1002",
            "2606:4700:4700::1113",
            "2606:4700:4700::1003",
            "one.one.one.one",
        ],
    ),
    (
        "Google Public DNS", // https://developers.google.com/speed/public-dns/docs/using
        &["8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844", "dns.google"],
    ),
    (
        "Quad9 DNS", // https://quad9.net/service/service-addresses-and-features/
        &["9.9.9.9", "149.112.112.112", "2620:fe::fe", "2620:fe::9", "dns.quad9.net"],
    ),
    (
        "OpenDNS", // https://www.opendns.com/setupguide/
        &[
            "208.67.222.222",
            "208.67.220.220",
            "208.67.222.220",
            "208.67.220.222",
            "2620:119:35::35",
            "2620:119:53::53",
        ],
    ),
    (
        "AdGuard DNS", // https://adguard-dns.io/en/public-dns.html
        &["94.140.14.14", "94.140.15.15", "94.140.14.140", "94.140.14.141"],
    ),
    (
        "DNS.WATCH", // https://dns.watch/
        &["84.200.69.80", "84.200.70.40"],
    ),
    ("Microsoft connection test", &["www.msftconnecttest.com", "www.msftncsi.com"]),
    ("Firefox connection test", &["detectportal.firefox.com"]),
    ("Apple connection test", &["captive.apple.com"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_under_its_own_name() {
        for (name, hosts) in SERVICES {
            for host in hosts {
                assert_eq!(name_of(&host.parse().unwrap()), Some(name), "{host}");
            }
        }
    }

    #[test]
    fn neighbours_and_pages_are_no_anchors() {
        for indicator in ["1.1.1.4", "8.8.8.9", "dns.google.evil.net", "http://8.8.8.8/x"] {
            assert_eq!(name_of(&indicator.parse().unwrap()), None, "{indicator}");
        }
    }

    #[test]
    fn a_network_may_hold_one() {
        for (network, expected) in [("8.8.8.0/24", true), ("8.8.9.0/24", false), ("2620:fe::/48", true)] {
            assert_eq!(is_around_one(&network.parse().unwrap()), expected, "{network}");
        }
    }
}
