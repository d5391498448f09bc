//! Where logins come from, as far as it is one place.

use std::fmt;
use std::net::IpAddr;

use domain::Sighting;
use domain::indicator::{Scope, scope};
use ipnet::IpNet;

/// A place that logins come from. Whoever has an address on the internet often has its neighbours too; in one's own
/// networks a neighbour is another desk.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    Network(IpNet),
    Address(IpAddr),
    /// The log names no address: somebody at the host, or in it already.
    Host(String),
}

impl Source {
    const IPV4_BITS: u8 = 24;
    /// What one customer gets.
    const IPV6_BITS: u8 = 64;

    pub fn of(sighting: &Sighting) -> Self {
        let Some(address) = sighting.address else { return Self::Host(sighting.host.clone()) };
        let bits = if address.is_ipv4() { Self::IPV4_BITS } else { Self::IPV6_BITS };
        match IpNet::new(address, bits) {
            Ok(network) if is_outside(address) => Self::Network(network.trunc()),
            Ok(_) | Err(_) => Self::Address(address),
        }
    }
}

/// Addresses of examples count as public: they are in tests and in demonstrations only.
pub fn is_outside(address: IpAddr) -> bool {
    match scope(address) {
        Scope::Public | Scope::Documentation => true,
        Scope::Private
        | Scope::Loopback
        | Scope::LinkLocal
        | Scope::CarrierGradeNat
        | Scope::Multicast
        | Scope::Reserved => false,
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(formatter),
            Self::Address(address) => address.fmt(formatter),
            Self::Host(host) => write!(formatter, "host {host}"),
        }
    }
}
