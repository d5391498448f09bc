//! The part of a file that is in memory, and the lines in it.

use std::ops::Range;

use super::FollowError;
use super::source::{Source, TAIL_BYTES};

/// What was read and not yet taken as lines, after a little of what was.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// The next line.
    start: usize,
    end: usize,
    /// Up to here there is no end of it.
    searched: usize,
    /// Of the next line, in the file.
    offset: u64,
}

const ZEROS: [u8; 4096] = [0; 4096];

/// What a source gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    Some,
    /// Nothing new.
    Nothing,
    /// What was read is not there any more.
    Replaced,
}

impl Buffer {
    /// Begins at a place of a file, after these bytes.
    pub fn restart(&mut self, recent: &[u8], offset: u64) {
        self.bytes.clear();
        self.bytes.extend_from_slice(recent);
        (self.start, self.end, self.searched) = (recent.len(), recent.len(), recent.len());
        self.offset = offset;
    }

    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The bytes of the next line that are there.
    pub fn rest(&self) -> &[u8] {
        self.get(&(self.start..self.end))
    }

    pub fn get(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// The last bytes before the next line.
    pub fn taken(&self) -> &[u8] {
        self.get(&(self.start.saturating_sub(TAIL_BYTES)..self.start))
    }

    /// Reads so many bytes more.
    pub fn fill(&mut self, source: &mut Source, size_bytes: usize) -> Result<Filled, FollowError> {
        self.make_room(size_bytes);
        let room = self.bytes.get_mut(self.end..self.end + size_bytes).unwrap_or_default();
        let read = source.read(room)?;
        // Looked at after the read, so that what was read is of the file that it is taken for.
        let recent = self.get(&(self.end.saturating_sub(TAIL_BYTES)..self.end));
        if !source.still_holds(recent, read)? {
            return Ok(Filled::Replaced);
        }
        self.end += read;
        Ok(if read == 0 { Filled::Nothing } else { Filled::Some })
    }

    /// The next whole line, without its end, which is a newline or the first byte of a hole: a crash leaves zeros in
    /// a file, and no JSON holds one.
    pub fn line(&mut self) -> Option<(u64, Range<usize>)> {
        let Some(length) = memchr::memchr2(b'\n', 0, self.get(&(self.searched..self.end))) else {
            self.searched = self.end;
            return None;
        };
        let line = self.start..self.searched + length;
        let offset = self.offset;
        self.take(line.end + 1);
        Some((offset, line))
    }

    /// Passes over zeros, and says how many.
    pub fn hole(&mut self) -> u64 {
        // By blocks, for a hole may be as large as a file.
        let blocks = self.rest().chunks(ZEROS.len());
        let whole =
            blocks.take_while(|block| ZEROS.get(..block.len()) == Some(*block)).map(<[u8]>::len).sum();
        let rest = self.rest().get(whole..).unwrap_or_default();
        let zeros = whole + rest.iter().take_while(|byte| **byte == 0).count();
        self.take(self.start + zeros);
        zeros as u64
    }

    /// All that is there, as if it were a line.
    pub fn remainder(&mut self) -> (u64, Range<usize>) {
        let (line, offset) = (self.start..self.end, self.offset);
        self.take(self.end);
        (offset, line)
    }

    fn take(&mut self, end: usize) {
        self.offset += (end - self.start) as u64;
        (self.start, self.searched) = (end, end);
    }

    fn make_room(&mut self, size_bytes: usize) {
        let kept = self.start.saturating_sub(TAIL_BYTES);
        self.bytes.copy_within(kept..self.end, 0);
        self.start -= kept;
        self.end -= kept;
        self.searched -= kept;
        let needed = self.end + size_bytes;
        // A long line is over: its memory goes back.
        if self.bytes.len() > needed.saturating_mul(2) {
            self.bytes.truncate(needed);
            self.bytes.shrink_to_fit();
        }
        if self.bytes.len() < needed {
            self.bytes.resize(needed, 0);
        }
    }
}
