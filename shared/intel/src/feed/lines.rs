use std::io::{BufRead, Read};

use super::FeedError;

/// The lines of a feed, with their numbers, and bounded.
pub(super) struct Lines<R> {
    reader: R,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, number: 0 }
    }

    /// Number of the line that was read last, from 1.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The next line that holds something.
    pub fn next_filled(&mut self) -> Result<Option<Vec<u8>>, FeedError> {
        loop {
            let mut line = Vec::new();
            self.bounded().read_until(b'\n', &mut line)?;
            if line.is_empty() {
                return Ok(None);
            }
            check(&line)?;
            self.number += 1;
            if self.number == 1 && line.starts_with(BYTE_ORDER_MARK) {
                line.drain(..BYTE_ORDER_MARK.len());
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    /// The line and everything after it.
    pub fn all_from(&mut self, mut line: Vec<u8>) -> Result<Vec<u8>, FeedError> {
        self.bounded().read_to_end(&mut line)?;
        check(&line)?;
        Ok(line)
    }

    fn bounded(&mut self) -> std::io::Take<&mut R> {
        self.reader.by_ref().take(Lines::<std::io::Empty>::MAX_BYTES + 1)
    }
}

impl Lines<std::io::Empty> {
    /// Largest line, and largest JSON document.
    pub const MAX_BYTES: u64 = 256 << 20;
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn check(bytes: &[u8]) -> Result<(), FeedError> {
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= Lines::MAX_BYTES);
    if fits { Ok(()) } else { Err(FeedError::TooLarge) }
}
