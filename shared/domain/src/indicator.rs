//! Addresses in an alert: from the fields that are known to hold them first, from any other text second.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::alert::Alert;

/// One address, the field it was first seen in, and which end of the connection that field names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressFound {
    pub address: IpAddr,
    pub path: String,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Source,
    Destination,
    Unknown,
}

/// Every address of the alert, each once, in canonical form; fields with a known meaning come first.
///
/// The manager's own words about itself (`agent`, `manager`, `rule`, …) are not searched.
pub fn addresses(alert: &Alert) -> Vec<AddressFound> {
    let mut texts = Vec::new();
    collect_texts(alert.document(), &mut String::new(), &mut texts);
    let (typed, free): (Vec<_>, Vec<_>) =
        texts.iter().partition(|(path, _)| direction_of(path) != Direction::Unknown);
    let mut found: Vec<AddressFound> = Vec::new();
    for (path, text) in typed.into_iter().chain(free) {
        scan(text, &mut |address| {
            if !found.iter().any(|known| known.address == address) {
                found.push(AddressFound { address, path: path.clone(), direction: direction_of(path) });
            }
        });
    }
    found
}

/// Who may be asked about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Reachable on the internet: providers may be asked.
    Public,
    /// Private, loopback, link-local, shared, multicast or reserved: never leaves the account.
    Internal,
    /// Set aside for examples (RFC 5737, RFC 3849): asked about only where a test says so.
    Documentation,
}

pub fn scope(address: IpAddr) -> Scope {
    match address {
        IpAddr::V4(address) => scope_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => scope_v4(mapped),
            None => scope_v6(address),
        },
    }
}

/// Calls `visit` for each address that stands in the text as a word of its own.
pub fn scan(text: &str, visit: &mut dyn FnMut(IpAddr)) {
    let bytes = text.as_bytes();
    let mut start = 0;
    while let Some(offset) = bytes.get(start..).and_then(|rest| rest.iter().position(|byte| is_word(*byte))) {
        let begin = start + offset;
        let rest = bytes.get(begin..).unwrap_or_default();
        let end = begin + rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
        if let Some(word) = text.get(begin..end)
            && !follows_a_name(bytes, begin)
            && let Some(address) = read_word(word)
        {
            visit(address);
        }
        start = end;
    }
}

/// Where the last key of a path says which end of the connection a value is.
/// Union of the fields that Wazuh decoders, AWS, Azure, Office 365, Windows and Suricata events use.
fn direction_of(path: &str) -> Direction {
    let key = path.rsplit('.').next().unwrap_or(path);
    let known = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(key));
    if known(&SOURCE_KEYS) {
        Direction::Source
    } else if known(&DESTINATION_KEYS) {
        Direction::Destination
    } else {
        Direction::Unknown
    }
}

const SOURCE_KEYS: [&str; 22] = [
    "srcip",
    "src_ip",
    "srcaddr",
    "source_ip",
    "source_address",
    "source_ip_address",
    "sourceip",
    "sourceipaddress",
    "nat_source_ip",
    "client_ip",
    "clientip",
    "clientipaddress",
    "actoripaddress",
    "senderip",
    "calleripaddress",
    "callerip",
    "ipaddress",
    "ipaddressv4",
    "ipaddressv6",
    "remote_ip",
    "remote_address",
    "remoteip",
];

const DESTINATION_KEYS: [&str; 9] = [
    "dstip",
    "dst_ip",
    "dstaddr",
    "dest_ip",
    "destination_ip",
    "destination_address",
    "destinationip",
    "nat_destination_ip",
    "destinationaddress",
];

/// Top-level members that Wazuh writes about itself.
const OWN_MEMBERS: [&str; 9] =
    ["agent", "manager", "cluster", "rule", "decoder", "id", "timestamp", "location", "predecoder"];

fn collect_texts(value: &Value, path: &mut String, texts: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => texts.push((path.clone(), text.clone())),
        Value::Array(items) => {
            for item in items {
                collect_texts(item, path, texts);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                if path.is_empty() && OWN_MEMBERS.contains(&key.as_str()) {
                    continue;
                }
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                collect_texts(member, path, texts);
                path.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'%' | b'-' | b'_')
}

/// `Chrome/126.0.0.0` is a version; `//198.51.100.7` and `(/198.51.100.7` are not.
fn follows_a_name(bytes: &[u8], begin: usize) -> bool {
    let before = |back: usize| begin.checked_sub(back).and_then(|index| bytes.get(index)).copied();
    before(1) == Some(b'/') && before(2).is_some_and(|byte| byte.is_ascii_alphanumeric())
}

fn read_word(word: &str) -> Option<IpAddr> {
    let word = without_loose_colon(word.trim_matches(['.', '-', '_'])).split('%').next()?;
    if let Ok(address) = word.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let (host, port) = word.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    host.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// A colon at an edge is punctuation, a double colon belongs to an IPv6 address.
fn without_loose_colon(word: &str) -> &str {
    let word = if word.starts_with("::") { word } else { word.trim_start_matches(':') };
    if word.ends_with("::") { word } else { word.trim_end_matches(':') }
}

fn scope_v4(address: Ipv4Addr) -> Scope {
    let [first, second, third, _] = address.octets();
    if address.is_documentation() {
        return Scope::Documentation;
    }
    let internal = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || first == 0
        || first >= 240
        || (first == 100 && (64..128).contains(&second)) // RFC 6598, carrier-grade NAT
        || (first == 198 && (second == 18 || second == 19)) // RFC 2544, benchmarking
        || (first == 192 && second == 0 && third == 0); // RFC 6890, protocol assignments
    if internal { Scope::Internal } else { Scope::Public }
}

fn scope_v6(address: Ipv6Addr) -> Scope {
    let [first, second, ..] = address.segments();
    let documentation = (first == 0x2001 && second == 0x0db8) || (first == 0x3fff && second < 0x1000);
    if documentation {
        Scope::Documentation
    } else if (0x2000..0x4000).contains(&first) && !(first == 0x2001 && second < 0x0200) {
        Scope::Public
    } else {
        Scope::Internal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found_in(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        scan(text, &mut |address| found.push(address.to_string()));
        found
    }

    #[test]
    fn addresses_are_found_where_they_stand_as_words() {
        for (text, expected) in [
            ("Failed password for root from 203.0.113.9 port 22", vec!["203.0.113.9"]),
            ("10.0.0.1:443", vec!["10.0.0.1"]),
            ("203.0.113.9, then (198.51.100.7).", vec!["203.0.113.9", "198.51.100.7"]),
            ("[2001:db8::5]:8443", vec!["2001:db8::5"]),
            ("fe80::1%eth0", vec!["fe80::1"]),
            ("::ffff:203.0.113.9", vec!["203.0.113.9"]),
            ("http://198.51.100.7/x", vec!["198.51.100.7"]),
            ("198.51.100.0/24", vec!["198.51.100.0"]),
            ("1.2.3.4.5", vec![]),
            ("Chrome/126.0.0.0 Safari", vec![]),
            ("256.1.1.1 01.2.3.4", vec![]),
            ("Dec 10 01:02:02 host", vec![]),
            ("2026-10-03T14:41:18.512", vec![]),
            ("mac aa:bb:cc:dd:ee:ff", vec![]),
            ("oid 1.3.6.1.4.1", vec![]),
            ("cafe:1", vec![]),
        ] {
            assert_eq!(found_in(text), expected, "{text}");
        }
    }

    #[test]
    fn typed_fields_come_first_and_name_the_direction() {
        let alert = Alert::parse(
            r#"{"id":"1.1","rule":{"id":"1","level":3,"info":"192.0.2.77"},"agent":{"ip":"10.0.0.5"},
                "full_log":"from 203.0.113.9 via 198.51.100.7",
                "data":{"srcip":"203.0.113.9","nested":{"dest_ip":"2001:DB8::1"},"list":[{"ipAddress":"-"}]}}"#,
        )
        .unwrap();
        let found: Vec<String> = addresses(&alert)
            .into_iter()
            .map(|found| format!("{} {} {:?}", found.address, found.path, found.direction))
            .collect();
        assert_eq!(
            found,
            [
                "203.0.113.9 data.srcip Source",
                "2001:db8::1 data.nested.dest_ip Destination",
                "198.51.100.7 full_log Unknown",
            ]
        );
    }

    #[test]
    fn only_global_addresses_are_public() {
        for (address, expected) in [
            ("101.36.97.1", Scope::Public),
            ("104.16.0.1", Scope::Public),
            ("2606:4700::1111", Scope::Public),
            ("10.1.2.3", Scope::Internal),
            ("100.64.0.1", Scope::Internal),
            ("127.0.0.1", Scope::Internal),
            ("169.254.1.1", Scope::Internal),
            ("172.31.0.1", Scope::Internal),
            ("192.168.1.1", Scope::Internal),
            ("198.18.0.1", Scope::Internal),
            ("224.0.0.1", Scope::Internal),
            ("255.255.255.255", Scope::Internal),
            ("::1", Scope::Internal),
            ("fe80::1", Scope::Internal),
            ("fd00::1", Scope::Internal),
            ("2001::1", Scope::Internal),
            ("::ffff:10.0.0.1", Scope::Internal),
            ("203.0.113.9", Scope::Documentation),
            ("2001:db8::1", Scope::Documentation),
        ] {
            assert_eq!(scope(address.parse().unwrap()), expected, "{address}");
        }
    }

    proptest! {
        #[test]
        fn a_written_address_is_found_again(bits: u32) {
            let address = Ipv4Addr::from(bits).to_string();
            prop_assert_eq!(found_in(&format!("from {address} port 22")), vec![address]);
        }

        #[test]
        fn a_written_v6_address_is_found_again(bits: u128) {
            let address = Ipv6Addr::from(bits);
            prop_assert_eq!(found_in(&format!("src=[{address}]:443")), vec![address.to_canonical().to_string()]);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            found_in(&text);
        }
    }
}
