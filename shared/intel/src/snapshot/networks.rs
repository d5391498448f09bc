use std::iter;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::SnapshotError;

pub(crate) const V4_BYTES: usize = 5;
pub(crate) const V6_BYTES: usize = 17;

/// The networks of one family, sorted, each knowing the one that it lies in. Two networks are nested or apart, so all
/// networks around an address are among the last one that begins before it and those around that.
#[derive(Debug)]
pub(crate) struct Networks<A> {
    /// The first address of each: all that is searched.
    first: Vec<A>,
    nested: Vec<Nested>,
    /// A bit for each first 16 bits of an address: set where any network is. Most addresses are done with by it.
    touched: Vec<u64>,
}

#[derive(Debug)]
struct Nested {
    network: IpNet,
    around: Option<usize>,
}

impl<A> Default for Networks<A> {
    fn default() -> Self {
        Self { first: Vec::new(), nested: Vec::new(), touched: Vec::new() }
    }
}

impl<A: Copy + Ord + Into<IpAddr>> Networks<A> {
    pub fn len(&self) -> usize {
        self.nested.len()
    }

    /// In their order.
    pub fn iter(&self) -> impl Iterator<Item = &IpNet> {
        self.nested.iter().map(|nested| &nested.network)
    }

    /// The networks around the address and where each stands, the narrowest first.
    pub fn around(&self, address: A) -> impl Iterator<Item = (usize, IpNet)> {
        let as_ip = address.into();
        let nearest = || self.first.partition_point(|first| *first <= address).checked_sub(1);
        let begin = if self.touches(as_ip) { nearest() } else { None };
        iter::successors(begin, |index| self.nested.get(*index)?.around).filter_map(move |index| {
            let network = self.nested.get(index)?.network;
            network.contains(&as_ip).then_some((index, network))
        })
    }

    /// They come sorted, a network before those in it, or are refused.
    fn push(&mut self, first: A, network: IpNet) -> Result<(), SnapshotError> {
        if network.trunc() != network {
            return Err(SnapshotError::Network);
        }
        if self.nested.last().is_some_and(|last| last.network >= network) {
            return Err(SnapshotError::Order("networks"));
        }
        self.append(first, network);
        Ok(())
    }

    /// For whoever knows that it comes behind all others.
    pub fn append(&mut self, first: A, network: IpNet) {
        let mut around = self.nested.len().checked_sub(1);
        while let Some(nested) = around.and_then(|index| self.nested.get(index)) {
            if nested.network.contains(&network) {
                break;
            }
            around = nested.around;
        }
        self.touch(&network);
        self.first.push(first);
        self.nested.push(Nested { network, around });
    }

    fn touches(&self, address: IpAddr) -> bool {
        let (word, bit) = place(beginning(address));
        self.touched.get(word).is_some_and(|word| word & bit != 0)
    }

    fn touch(&mut self, network: &IpNet) {
        for beginning in beginning(network.network())..=beginning(network.broadcast()) {
            let (word, bit) = place(beginning);
            self.touched.resize(self.touched.len().max(word + 1), 0);
            if let Some(word) = self.touched.get_mut(word) {
                *word |= bit;
            }
        }
    }
}

/// The first 16 bits.
fn beginning(address: IpAddr) -> u16 {
    match address {
        IpAddr::V4(address) => u16::from_be_bytes([address.octets()[0], address.octets()[1]]),
        IpAddr::V6(address) => address.segments()[0],
    }
}

fn place(beginning: u16) -> (usize, u64) {
    (usize::from(beginning / 64), 1 << (beginning % 64))
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
pub(crate) fn write(network: &IpNet, section: &mut Vec<u8>) {
    match network {
        IpNet::V4(network) => section.extend(network.addr().octets()),
        IpNet::V6(network) => section.extend(network.addr().octets()),
    }
    section.push(network.prefix_len());
}
