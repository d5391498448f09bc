use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use crate::feed::Entry;

/// The keys that Wazuh finds the entry by; none for what a CDB list cannot hold.
///
/// `address_match_key` tries the address and then its beginnings that end in a dot, so a network is listed by octets:
/// `198.51.100.` is 198.51.100.0/24. It does so for IPv4 only: a network of IPv6 has no keys.
pub(super) fn keys(entry: &Entry) -> Vec<String> {
    match entry {
        Entry::Network(IpNet::V4(network)) => by_octets(*network),
        Entry::Network(network) if network.prefix_len() == network.max_prefix_len() => {
            vec![quoted(&network.addr().to_string())]
        }
        Entry::Network(_) => Vec::new(),
        Entry::Indicator(indicator) => {
            let text = indicator.to_string();
            let fits =
                text.len() <= MOST_KEY_BYTES && !text.contains('"') && !text.contains(char::is_control);
            if fits { vec![quoted(&text)] } else { Vec::new() }
        }
    }
}

const MOST_KEY_BYTES: usize = 1024;

/// The name of a source as a value, in which nothing has a meaning of its own.
pub(super) fn value(source: &str) -> String {
    const MOST: usize = 40;
    let plain =
        |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    source.chars().take(MOST).map(plain).collect()
}

/// A colon ends a key that is not quoted.
fn quoted(key: &str) -> String {
    if key.contains(':') { format!("\"{key}\"") } else { key.to_owned() }
}

/// At most 128 keys: a network that ends within an octet is that many of the next size.
fn by_octets(network: Ipv4Net) -> Vec<String> {
    let octets = network.prefix_len().div_ceil(8).max(1);
    let Ok(parts) = network.subnets(octets * 8) else { return Vec::new() };
    parts.map(|part| beginning(part.network(), octets)).collect()
}

fn beginning(address: Ipv4Addr, octets: u8) -> String {
    let [a, b, c, _] = address.octets();
    match octets {
        1 => format!("{a}."),
        2 => format!("{a}.{b}."),
        3 => format!("{a}.{b}.{c}."),
        _ => address.to_string(),
    }
}
