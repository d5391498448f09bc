use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is reachable from. Only a public one may leave the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Public,
    /// RFC 1918, RFC 4193.
    Private,
    Loopback,
    LinkLocal,
    /// RFC 6598: shared between a carrier's customers.
    CarrierGradeNat,
    /// RFC 5737, RFC 3849, RFC 9637: set aside for examples.
    Documentation,
    Multicast,
    /// Everything else that no host on the internet has.
    Reserved,
}

impl Scope {
    /// Whether a host on the internet has such an address; those for examples count where the site says so.
    pub fn is_global(self, documentation_is_public: bool) -> bool {
        match self {
            Self::Public => true,
            Self::Documentation => documentation_is_public,
            Self::Private
            | Self::Loopback
            | Self::LinkLocal
            | Self::CarrierGradeNat
            | Self::Multicast
            | Self::Reserved => false,
        }
    }

    /// Whether such an address is another host on every agent, as `127.0.0.1` is.
    pub fn differs_by_agent(self) -> bool {
        match self {
            Self::Loopback | Self::LinkLocal | Self::Multicast | Self::Reserved => true,
            Self::Public | Self::Private | Self::CarrierGradeNat | Self::Documentation => false,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::CarrierGradeNat => "carrier-grade NAT",
            Self::Documentation => "documentation",
            Self::Multicast => "multicast",
            Self::Reserved => "reserved",
        }
    }
}

/// The scope of an address; an IPv4 address mapped into IPv6 has its own.
pub fn scope(address: IpAddr) -> Scope {
    match address.to_canonical() {
        IpAddr::V4(address) => scope_v4(address),
        IpAddr::V6(address) => scope_v6(address),
    }
}

fn scope_v4(address: Ipv4Addr) -> Scope {
    let [first, second, third, _] = address.octets();
    let reserved = first == 0
        || first >= 240
        || (first == 198 && (second == 18 || second == 19)) // RFC 2544, benchmarking
        || (first == 192 && second == 0 && third == 0); // RFC 6890, protocol assignments
    if address.is_documentation() {
        Scope::Documentation
    } else if address.is_private() {
        Scope::Private
    } else if address.is_loopback() {
        Scope::Loopback
    } else if address.is_link_local() {
        Scope::LinkLocal
    } else if address.is_multicast() {
        Scope::Multicast
    } else if first == 100 && (64..128).contains(&second) {
        Scope::CarrierGradeNat
    } else if reserved {
        Scope::Reserved
    } else {
        Scope::Public
    }
}

fn scope_v6(address: Ipv6Addr) -> Scope {
    let [first, second, ..] = address.segments();
    let documentation = (first == 0x2001 && second == 0x0db8) || (first == 0x3fff && second < 0x1000);
    if documentation {
        Scope::Documentation
    } else if address.is_loopback() {
        Scope::Loopback
    } else if address.is_unique_local() {
        Scope::Private
    } else if address.is_unicast_link_local() {
        Scope::LinkLocal
    } else if address.is_multicast() {
        Scope::Multicast
    } else if (0x2000..0x4000).contains(&first) && !(first == 0x2001 && second < 0x0200) {
        Scope::Public
    } else {
        Scope::Reserved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_global_addresses_are_public() {
        for (address, expected) in [
            ("101.36.97.1", Scope::Public),
            ("104.16.0.1", Scope::Public),
            ("2606:4700::1111", Scope::Public),
            ("10.1.2.3", Scope::Private),
            ("100.64.0.1", Scope::CarrierGradeNat),
            ("127.0.0.1", Scope::Loopback),
            ("169.254.1.1", Scope::LinkLocal),
            ("172.31.0.1", Scope::Private),
            ("192.168.1.1", Scope::Private),
            ("198.18.0.1", Scope::Reserved),
            ("224.0.0.1", Scope::Multicast),
            ("255.255.255.255", Scope::Reserved),
            ("::1", Scope::Loopback),
            ("fe80::1", Scope::LinkLocal),
            ("fd00::1", Scope::Private),
            ("2001::1", Scope::Reserved),
            ("::ffff:10.0.0.1", Scope::Private),
            ("203.0.113.9", Scope::Documentation),
            ("2001:db8::1", Scope::Documentation),
        ] {
            assert_eq!(scope(address.parse().unwrap()), expected, "{address}");
        }
    }
}
