//! Warninglists as `ingest` publishes them. The same lists make the same bytes, so that S3 gives them the same `ETag`
//! and nobody loads them twice. Every number is little endian.
//!
//! ```text
//!  0  magic "WZTWARN\n"
//!  8  version                       u32
//! 12  bytes of the JSON             u32
//! 16  networks of IPv4              u32
//! 20  networks of IPv6              u32
//! 24  checksum of all other bytes   u64
//! 32  JSON: what is said, and of which names and other indicators
//!     networks of IPv4, sorted: address, prefix, place of what is said    9 bytes each
//!     networks of IPv6                                                   21 bytes each
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Family, Warninglists};
use crate::snapshot::networks::{self, V4_BYTES, V6_BYTES};
use crate::snapshot::{Fields, SnapshotError, hash};

const MAGIC: &[u8; 8] = b"WZTWARN\n";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 32;
const CHECKSUM_AT: usize = 24;
const V4_ROW_BYTES: usize = V4_BYTES + size_of::<u32>();
const V6_ROW_BYTES: usize = V6_BYTES + size_of::<u32>();

/// Why a file holds no warninglists that could be used.
#[derive(Debug, thiserror::Error)]
pub enum WarninglistsError {
    #[error("it does not begin as published warninglists do; was it built by another program?")]
    Magic,
    #[error("its version is {0}, and this program reads version {VERSION}; deploy functions of one release")]
    Version(u32),
    #[error("it has {bytes} bytes, and its header promises others; it was cut or it grew on its way")]
    Length { bytes: usize },
    #[error("its checksum does not fit; it was damaged on its way")]
    Checksum,
    #[error("what it says of its entries cannot be read")]
    Said(#[from] serde_json::Error),
    #[error("its networks cannot be used")]
    Networks(#[from] SnapshotError),
    #[error("some of its entries refer to nothing")]
    Place,
}

impl Warninglists {
    /// Ten times what the lists have that `ingest` fetches. Larger ones are not worth their memory in a function.
    pub const MOST_BYTES: usize = 8 << 20;

    /// As [`Warninglists::read`] takes it.
    pub fn to_file(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut sections = serde_json::to_vec(&self.words)?;
        let json_bytes = sections.len();
        write(&self.v4, &mut sections);
        write(&self.v6, &mut sections);
        let mut file = Vec::with_capacity(HEADER_BYTES + sections.len());
        file.extend(MAGIC);
        file.extend(VERSION.to_le_bytes());
        for count in [json_bytes, self.v4.said.len(), self.v6.said.len()] {
            // What is too much for the field is too much for memory.
            file.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
        }
        let checksum = hash::checksum(&file, &sections);
        file.extend(checksum.to_le_bytes());
        file.extend(sections);
        Ok(file)
    }

    /// Nothing that was cut, damaged or written by another version is taken.
    pub fn read(file: &[u8]) -> Result<Self, WarninglistsError> {
        if file.first_chunk() != Some(MAGIC) {
            return Err(WarninglistsError::Magic);
        }
        let length = || WarninglistsError::Length { bytes: file.len() };
        let (header, sections) = file.split_at_checked(HEADER_BYTES).ok_or_else(length)?;
        let (covered, checksum) = header.split_at_checked(CHECKSUM_AT).ok_or_else(length)?;
        let mut fields = Fields(covered.get(MAGIC.len()..).unwrap_or_default());
        let version = fields.u32().ok_or_else(length)?;
        if version != VERSION {
            return Err(WarninglistsError::Version(version));
        }
        if Fields(checksum).take().map(u64::from_le_bytes) != Some(hash::checksum(covered, sections)) {
            return Err(WarninglistsError::Checksum);
        }
        let mut next = |row_bytes: usize| {
            let count = usize::try_from(fields.u32()?).ok()?;
            count.checked_mul(row_bytes)
        };
        let bytes = (next(1), next(V4_ROW_BYTES), next(V6_ROW_BYTES));
        let (Some(json), Some(v4), Some(v6)) = bytes else { return Err(length()) };
        let (json, rest) = sections.split_at_checked(json).ok_or_else(length)?;
        let (v4, rest) = rest.split_at_checked(v4).ok_or_else(length)?;
        if rest.len() != v6 {
            return Err(length());
        }
        let lists = Self { words: serde_json::from_slice(json)?, v4: read_v4(v4)?, v6: read_v6(rest)? };
        if lists.refers_to_all() { Ok(lists) } else { Err(WarninglistsError::Place) }
    }

    fn refers_to_all(&self) -> bool {
        let by_word = self.words.names.values().chain(self.words.exactly.values());
        let mut places = self.v4.said.iter().chain(&self.v6.said).chain(by_word);
        places.all(|place| self.words.at(*place).is_some())
    }
}

fn write<A: Copy + Ord + Into<IpAddr>>(family: &Family<A>, sections: &mut Vec<u8>) {
    for (network, said) in family.networks.iter().zip(&family.said) {
        networks::write(network, sections);
        sections.extend(said.to_le_bytes());
    }
}

fn read_v4(section: &[u8]) -> Result<Family<Ipv4Addr>, SnapshotError> {
    let mut family = Family::default();
    for row in section.as_chunks::<V4_ROW_BYTES>().0 {
        let [network @ .., a, b, c, d] = *row;
        family.networks.push_v4(network)?;
        family.said.push(u32::from_le_bytes([a, b, c, d]));
    }
    Ok(family)
}

fn read_v6(section: &[u8]) -> Result<Family<Ipv6Addr>, SnapshotError> {
    let mut family = Family::default();
    for row in section.as_chunks::<V6_ROW_BYTES>().0 {
        let [network @ .., a, b, c, d] = *row;
        family.networks.push_v6(network)?;
        family.said.push(u32::from_le_bytes([a, b, c, d]));
    }
    Ok(family)
}
