//! What stands where in the file; every number is little endian.
//!
//! ```text
//!  0  magic "WZTSNAP\n"
//!  8  version                           u32
//! 12  exact indicators                  u32
//! 16  bytes of fingerprints             u32
//! 20  networks of IPv4                  u32
//! 24  networks of IPv6                  u32
//! 28  built at, seconds since 1970      i64
//! 36  description of the filter         20 bytes
//! 56  checksum of all other bytes       u64
//! 64  hashes of the exact indicators, sorted      8 bytes each
//!     fingerprints of the filter
//!     networks of IPv4, sorted: address, prefix   5 bytes each
//!     networks of IPv6                           17 bytes each
//! ```

use std::ops::Range;

use jiff::Timestamp;

use super::hash;

const MAGIC: &[u8; 8] = b"WZTSNAP\n";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 64;
const CHECKSUM_AT: usize = 56;
pub(super) const FILTER_BYTES: usize = 20;

/// What stands before the sections.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub exact: u32,
    pub fingerprints: u32,
    pub v4: u32,
    pub v6: u32,
    pub built_at: Timestamp,
    pub filter: [u8; FILTER_BYTES],
}

/// Why a file is no snapshot that could be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    #[error("it does not begin as a snapshot does; was it built by another program?")]
    Magic,
    #[error("its version is {0}, and this program reads version {VERSION}; deploy functions of one release")]
    Version(u32),
    #[error("it has {bytes} bytes, and its header promises others; it was cut or it grew on its way")]
    Length { bytes: usize },
    #[error("its checksum does not fit; it was damaged on its way")]
    Checksum,
    #[error("its time of building is none")]
    BuiltAt,
    #[error("its {0} are not in order")]
    Order(&'static str),
    #[error("its networks have impossible sizes")]
    Network,
    #[error("its filter does not fit its fingerprints")]
    Filter,
}

impl Header {
    pub fn read(file: &[u8]) -> Result<Self, SnapshotError> {
        if file.first_chunk() != Some(MAGIC) {
            return Err(SnapshotError::Magic);
        }
        let length = SnapshotError::Length { bytes: file.len() };
        let (header, sections) = file.split_at_checked(HEADER_BYTES).ok_or(length)?;
        let (covered, checksum) = header.split_at_checked(CHECKSUM_AT).ok_or(length)?;
        let mut fields = Fields(covered.get(MAGIC.len()..).unwrap_or_default());
        let version = fields.u32().ok_or(length)?;
        if version != VERSION {
            return Err(SnapshotError::Version(version));
        }
        if Fields(checksum).take().map(u64::from_le_bytes) != Some(hash::checksum(covered, sections)) {
            return Err(SnapshotError::Checksum);
        }
        let mut number = || fields.u32().ok_or(length);
        let (exact, fingerprints, v4, v6) = (number()?, number()?, number()?, number()?);
        let seconds = fields.take().map(i64::from_le_bytes).ok_or(length)?;
        let built_at = Timestamp::from_second(seconds).map_err(|_| SnapshotError::BuiltAt)?;
        Ok(Self { exact, fingerprints, v4, v6, built_at, filter: fields.take().ok_or(length)? })
    }

    /// The whole file.
    pub fn write(&self, sections: &[u8]) -> Vec<u8> {
        let mut file = Vec::with_capacity(HEADER_BYTES + sections.len());
        file.extend(MAGIC);
        for number in [VERSION, self.exact, self.fingerprints, self.v4, self.v6] {
            file.extend(number.to_le_bytes());
        }
        file.extend(self.built_at.as_second().to_le_bytes());
        file.extend(self.filter);
        let checksum = hash::checksum(&file, sections);
        file.extend(checksum.to_le_bytes());
        file.extend(sections);
        file
    }
}

/// Walks over the sections in their order.
pub(super) struct Reader<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn behind_header(file: &'a [u8]) -> Self {
        Self { file, at: HEADER_BYTES }
    }

    /// Where the next `count` rows stand.
    pub fn section(&mut self, count: u32, row_bytes: usize) -> Result<Range<usize>, SnapshotError> {
        let bytes = usize::try_from(count).ok().and_then(|count| count.checked_mul(row_bytes));
        let end = bytes.and_then(|bytes| self.at.checked_add(bytes));
        let end = end.filter(|end| *end <= self.file.len()).ok_or_else(|| self.length())?;
        let section = self.at..end;
        self.at = end;
        Ok(section)
    }

    pub fn rows<const BYTES: usize>(&mut self, count: u32) -> Result<&'a [[u8; BYTES]], SnapshotError> {
        let section = self.section(count, BYTES)?;
        Ok(self.file.get(section).unwrap_or_default().as_chunks().0)
    }

    pub fn end(&self) -> Result<(), SnapshotError> {
        if self.at == self.file.len() { Ok(()) } else { Err(self.length()) }
    }

    fn length(&self) -> SnapshotError {
        SnapshotError::Length { bytes: self.file.len() }
    }
}

/// Takes fields off the front.
pub(crate) struct Fields<'a>(pub &'a [u8]);

impl Fields<'_> {
    pub fn take<const BYTES: usize>(&mut self) -> Option<[u8; BYTES]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }
}
