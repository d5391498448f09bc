//! Everything that feeds list, in one small file: tells in nanoseconds that an indicator is listed nowhere.
//!
//! It holds no listings. What it says is listed is read from the store; what it does not know is certainly not there.
//! [docs/feeds-snapshot.md](../../../docs/feeds-snapshot.md) has the format.

mod build;
mod current;
mod exact;
pub(crate) mod hash;
mod layout;
pub(crate) mod networks;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::indicator::Indicator;
use ipnet::IpNet;
use jiff::Timestamp;

pub use build::Builder;
pub use current::Current;
use exact::Exact;
pub(crate) use layout::Fields;
pub use layout::SnapshotError;
use layout::{Header, Reader};
use networks::Networks;

/// A snapshot that was read and found whole.
#[derive(Debug)]
pub struct Snapshot {
    built_at: Timestamp,
    exact: Exact,
    v4: Networks<Ipv4Addr>,
    v6: Networks<Ipv6Addr>,
}

/// Where the store may hold listings of an indicator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Under the indicator itself.
    pub itself: bool,
    /// Under networks that it lies in, the narrowest first.
    pub networks: Vec<IpNet>,
}

impl Listed {
    pub fn is_nowhere(&self) -> bool {
        !self.itself && self.networks.is_empty()
    }
}

impl Snapshot {
    /// Larger ones are not worth their memory in a function.
    pub const MOST_BYTES: usize = 64 << 20;

    /// Takes the file as it is: nothing is rebuilt, and nothing damaged is taken.
    pub fn read(file: Vec<u8>) -> Result<Self, SnapshotError> {
        let header = Header::read(&file)?;
        let mut reader = Reader::behind_header(&file);
        let hashes = reader.section(header.exact, size_of::<u64>())?;
        let fingerprints = reader.section(header.fingerprints, 1)?;
        let mut v4 = Networks::default();
        for row in reader.rows::<{ networks::V4_BYTES }>(header.v4)? {
            v4.push_v4(*row)?;
        }
        let mut v6 = Networks::default();
        for row in reader.rows::<{ networks::V6_BYTES }>(header.v6)? {
            v6.push_v6(*row)?;
        }
        reader.end()?;
        let exact = Exact::read(file, hashes, header.filter, fingerprints)?;
        Ok(Self { built_at: header.built_at, exact, v4, v6 })
    }

    pub fn built_at(&self) -> Timestamp {
        self.built_at
    }

    /// How many indicators and networks are listed.
    pub fn len(&self) -> usize {
        self.exact.len() + self.v4.len() + self.v6.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Never leaves out what was listed when it was built. An indicator that it names wrongly, one in 2^64, costs a read.
    pub fn listed(&self, indicator: &Indicator) -> Listed {
        let networks = match indicator {
            Indicator::Ip(IpAddr::V4(address)) => {
                self.v4.around(*address).map(|(_, network)| network).collect()
            }
            Indicator::Ip(IpAddr::V6(address)) => {
                self.v6.around(*address).map(|(_, network)| network).collect()
            }
            Indicator::Domain(_) | Indicator::Url(_) | Indicator::Hash(_) => Vec::new(),
        };
        Listed { itself: self.exact.holds(hash::of(indicator)), networks }
    }
}
