use std::ops::Range;

use xorf::{BinaryFuse8Ref, Filter, FilterRef};

use super::SnapshotError;
use super::layout::{FILTER_BYTES, Fields};

/// The hashes of what is listed exactly, sorted, behind a filter that turns away 255 of 256 others with one look.
#[derive(Debug)]
pub(super) struct Exact {
    /// The whole snapshot; what is looked at stays where it was read.
    file: Vec<u8>,
    hashes: Range<usize>,
    filter: [u8; FILTER_BYTES],
    /// Empty where there is no filter.
    fingerprints: Range<usize>,
    /// Where the hashes begin that share their highest bits.
    buckets: Vec<u32>,
    /// What is shifted out of a hash to get its bucket.
    shift: u32,
}

/// Hashes of one bucket, about: two or three lines of the processor's cache.
const IN_A_BUCKET: usize = 16;

impl Exact {
    pub fn read(
        file: Vec<u8>,
        hashes: Range<usize>,
        filter: [u8; FILTER_BYTES],
        fingerprints: Range<usize>,
    ) -> Result<Self, SnapshotError> {
        if !fingerprints.is_empty() {
            check(filter, fingerprints.len()).ok_or(SnapshotError::Filter)?;
        }
        let count = hashes.len() / size_of::<u64>();
        let bits = (count / IN_A_BUCKET).max(2).ilog2();
        let mut exact = Self {
            file,
            hashes,
            filter,
            fingerprints,
            buckets: Vec::with_capacity((1 << bits) + 1),
            shift: u64::BITS - bits,
        };
        exact.buckets = exact.sorted_into_buckets()?;
        Ok(exact)
    }

    pub fn len(&self) -> usize {
        self.hashes.len() / size_of::<u64>()
    }

    pub fn holds(&self, hash: u64) -> bool {
        if !self.fingerprints.is_empty() {
            let fingerprints = self.file.get(self.fingerprints.clone()).unwrap_or_default();
            if !BinaryFuse8Ref::from_dma(&self.filter, fingerprints).contains(&hash) {
                return false;
            }
        }
        let bucket = self.bucket(hash);
        let place = |bucket: usize| usize::try_from(*self.buckets.get(bucket)?).ok();
        let (Some(begin), end) = (place(bucket), place(bucket + 1).unwrap_or(self.len())) else {
            return false;
        };
        let bucket = self.rows().get(begin..end).unwrap_or_default();
        bucket.binary_search_by_key(&hash, |row| u64::from_le_bytes(*row)).is_ok()
    }

    fn rows(&self) -> &[[u8; size_of::<u64>()]] {
        self.file.get(self.hashes.clone()).unwrap_or_default().as_chunks().0
    }

    fn bucket(&self, hash: u64) -> usize {
        usize::try_from(hash >> self.shift).unwrap_or(usize::MAX)
    }

    fn sorted_into_buckets(&self) -> Result<Vec<u32>, SnapshotError> {
        let mut buckets = Vec::with_capacity(self.buckets.capacity());
        let mut before = None;
        for (place, row) in (0_u32..).zip(self.rows()) {
            let hash = u64::from_le_bytes(*row);
            if before.is_some_and(|before| before >= hash) {
                return Err(SnapshotError::Order("indicators"));
            }
            before = Some(hash);
            let bucket = self.bucket(hash);
            while buckets.len() <= bucket {
                buckets.push(place);
            }
        }
        Ok(buckets)
    }
}

/// Nothing if looking something up could leave the fingerprints: the filter itself does not check.
fn check(filter: [u8; FILTER_BYTES], fingerprints: usize) -> Option<()> {
    let mut fields = Fields(&filter);
    let _seed: [u8; 8] = fields.take()?;
    let (segment, mask, segments) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let fits =
        segment.is_power_of_two() && mask == segment - 1 && segments.is_multiple_of(segment) && segments > 0;
    let reached = segment.checked_mul(2)?.checked_add(segments)?;
    (fits && usize::try_from(reached).ok()? <= fingerprints).then_some(())
}
