use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::SnapshotError;

pub(super) const V4_BYTES: usize = 5;
pub(super) const V6_BYTES: usize = 17;

/// The networks of one family, sorted, each knowing the one that it lies in. Two networks are nested or apart, so all
/// networks around an address are among the last one that begins before it and those around that.
#[derive(Debug)]
pub(super) struct Networks<A> {
    /// The first address of each: all that is searched.
    first: Vec<A>,
    networks: Vec<Nested>,
}

#[derive(Debug)]
struct Nested {
    network: IpNet,
    around: Option<usize>,
}

impl<A> Default for Networks<A> {
    fn default() -> Self {
        Self { first: Vec::new(), networks: Vec::new() }
    }
}

impl<A: Copy + Ord + Into<IpAddr>> Networks<A> {
    pub fn len(&self) -> usize {
        self.networks.len()
    }

    /// The narrowest first.
    pub fn around(&self, address: A) -> Vec<IpNet> {
        let mut found = Vec::new();
        let mut next = self.first.partition_point(|first| *first <= address).checked_sub(1);
        let address = address.into();
        while let Some(nested) = next.and_then(|index| self.networks.get(index)) {
            if nested.network.contains(&address) {
                found.push(nested.network);
            }
            next = nested.around;
        }
        found
    }

    /// They come sorted, a network before those in it.
    fn push(&mut self, first: A, network: IpNet) -> Result<(), SnapshotError> {
        if network.trunc() != network {
            return Err(SnapshotError::Network);
        }
        let mut around = self.networks.len().checked_sub(1);
        if around.and_then(|index| self.networks.get(index)).is_some_and(|last| last.network >= network) {
            return Err(SnapshotError::Order("networks"));
        }
        while let Some(nested) = around.and_then(|index| self.networks.get(index)) {
            if nested.network.contains(&network) {
                break;
            }
            around = nested.around;
        }
        self.first.push(first);
        self.networks.push(Nested { network, around });
        Ok(())
    }
}

impl Networks<Ipv4Addr> {
    pub fn push_v4(&mut self, row: [u8; V4_BYTES]) -> Result<(), SnapshotError> {
        let [a, b, c, d, prefix] = row;
        let first = Ipv4Addr::new(a, b, c, d);
        let network = Ipv4Net::new(first, prefix).map_err(|_| SnapshotError::Network)?;
        self.push(first, network.into())
    }
}

impl Networks<Ipv6Addr> {
    pub fn push_v6(&mut self, row: [u8; V6_BYTES]) -> Result<(), SnapshotError> {
        let [address @ .., prefix] = row;
        let first = Ipv6Addr::from(address);
        let network = Ipv6Net::new(first, prefix).map_err(|_| SnapshotError::Network)?;
        self.push(first, network.into())
    }
}

/// A network as [`Networks`] reads it.
pub(super) fn write(network: &IpNet, section: &mut Vec<u8>) {
    match network {
        IpNet::V4(network) => section.extend(network.addr().octets()),
        IpNet::V6(network) => section.extend(network.addr().octets()),
    }
    section.push(network.prefix_len());
}
