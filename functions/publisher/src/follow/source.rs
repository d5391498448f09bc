//! One file of alerts while it is read, by its descriptor: it outlives its name.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::FollowError;
use super::archive::{Entry, Name};
use super::checkpoint::{Place, Print};

/// A file on this host, as long as it is open; later the numbers may be another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Id {
    device: u64,
    inode: u64,
}

impl Id {
    pub fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

pub(super) struct Source {
    reader: Reader,
    path: PathBuf,
    id: Id,
    name: Option<Name>,
    /// The first bytes, by which the file is known again under another name and number.
    head: Vec<u8>,
    /// How far it was read.
    at: u64,
    is_damaged: bool,
}

enum Reader {
    Plain(File),
    Gzip(Box<MultiGzDecoder<BufReader<File>>>),
}

impl Source {
    /// `alerts.json`, or nothing where there is none at the moment.
    pub fn current(path: &Path) -> Result<Option<Self>, FollowError> {
        Self::open(path, None, Reader::Plain)
    }

    /// A dated file, or nothing when it was compressed or removed in the meantime.
    pub fn dated(entry: &Entry) -> Result<Option<Self>, FollowError> {
        let gzip = |file| Reader::Gzip(Box::new(MultiGzDecoder::new(BufReader::new(file))));
        let reader = if entry.compressed { gzip } else { Reader::Plain };
        Self::open(&entry.path, Some(entry.name), reader)
    }

    fn open(
        path: &Path,
        name: Option<Name>,
        reader: impl FnOnce(File) -> Reader,
    ) -> Result<Option<Self>, FollowError> {
        // Without waiting, should it be a pipe.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(FollowError::NotAFile(path.to_owned(), "a symbolic link")),
            Err(error) => return Err(FollowError::Read(path.to_owned(), error.into())),
        };
        let metadata = file.metadata().map_err(|error| FollowError::Read(path.to_owned(), error))?;
        regular(path, &metadata)?;
        let (path, id, head) = (path.to_owned(), Id::of(&metadata), Vec::new());
        Ok(Some(Self { reader: reader(file), path, id, name, head, at: 0, is_damaged: false }))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn id(&self) -> Id {
        self.id
    }

    pub fn name(&self) -> Option<Name> {
        self.name
    }

    pub fn set_name(&mut self, name: Option<Name>) {
        self.name = name;
    }

    /// The open file, where writers may still add to it.
    pub fn plain(&self) -> Option<&File> {
        match &self.reader {
            Reader::Plain(file) => Some(file),
            Reader::Gzip(_) => None,
        }
    }

    /// A compressed file that could not be read to its end.
    pub fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    pub fn size_bytes(&self) -> u64 {
        self.plain().and_then(|file| file.metadata().ok()).map_or(0, |metadata| metadata.size())
    }

    /// Reads on; 0 at the end of what there is.
    pub fn read(&mut self, into: &mut [u8]) -> Result<usize, FollowError> {
        let read = loop {
            let read = match &mut self.reader {
                Reader::Plain(file) => file.read_at(into, self.at),
                Reader::Gzip(decoder) => decoder.read(into),
            };
            match read {
                Ok(read) => break read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.raw_os_error().is_none() => {
                    // It is not the disk that complains but the decoder: there is no more to have of this file.
                    self.is_damaged = true;
                    break 0;
                }
                Err(error) => return Err(FollowError::Read(self.path.clone(), error)),
            }
        };
        let missing = HEAD_BYTES.saturating_sub(self.head.len());
        if self.at == self.head.len() as u64 {
            self.head.extend_from_slice(into.get(..read.min(missing)).unwrap_or_default());
        }
        self.at += read as u64;
        Ok(read)
    }

    /// Whether what was read last before `after` bytes more is still there: not after a truncation, however far the
    /// file has grown again.
    pub fn still_holds(&self, recent: &[u8], after: usize) -> Result<bool, FollowError> {
        let Reader::Plain(file) = &self.reader else { return Ok(true) };
        let mut found = [0; TAIL_BYTES];
        let Some(found) = found.get_mut(..recent.len()) else { return Ok(true) };
        let from = self.at.saturating_sub((recent.len() + after) as u64);
        match file.read_exact_at(found, from) {
            Ok(()) => Ok(found == recent),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(FollowError::Read(self.path.clone(), error)),
        }
    }

    /// Goes to a place if this is its file, and returns the bytes before it; the source is used up if it is not.
    pub fn resume(&mut self, place: &Place) -> Result<Option<Vec<u8>>, FollowError> {
        self.go_to(place.offset.min(HEAD_BYTES as u64))?;
        if self.head(place.offset) != place.head {
            return Ok(None);
        }
        let recent = self.go_to(place.offset)?;
        Ok((self.at == place.offset && Print::of(&recent) == place.tail).then_some(recent))
    }

    /// Goes on to an offset, or to the end if that comes first, and returns the bytes before it.
    pub fn go_to(&mut self, offset: u64) -> Result<Vec<u8>, FollowError> {
        let mut recent = self.head.clone();
        self.read_to(&mut recent, offset.min(HEAD_BYTES as u64))?;
        if self.plain().is_some() && self.at + (TAIL_BYTES as u64) < offset {
            self.at = offset - TAIL_BYTES as u64;
            recent.clear();
        }
        self.read_to(&mut recent, offset)?;
        recent.drain(..recent.len().saturating_sub(TAIL_BYTES));
        Ok(recent)
    }

    /// Back to the beginning; only a plain file can go back.
    pub fn rewind(&mut self) {
        self.head.clear();
        self.at = 0;
    }

    /// The end of the last whole line of a file that grows; of a compressed one just the end.
    pub fn end_of_lines(&self) -> Result<u64, FollowError> {
        let Reader::Plain(file) = &self.reader else { return Ok(u64::MAX) };
        let mut end = self.size_bytes();
        let mut block = [0; 4096];
        while end > 0 {
            let length = usize::try_from(end).unwrap_or(block.len()).min(block.len());
            let from = end - length as u64;
            let bytes = block.get_mut(..length).unwrap_or_default();
            file.read_exact_at(bytes, from).map_err(|error| FollowError::Read(self.path.clone(), error))?;
            if let Some(newline) = memchr::memrchr(b'\n', bytes) {
                return Ok(from + newline as u64 + 1);
            }
            end = from;
        }
        Ok(0)
    }

    pub fn at(&self) -> u64 {
        self.at
    }

    /// The print of the first bytes, of those before an offset.
    pub fn head(&self, offset: u64) -> Print {
        let bytes = usize::try_from(offset).unwrap_or(HEAD_BYTES).min(self.head.len());
        Print::of(self.head.get(..bytes).unwrap_or_default())
    }

    /// Keeps only the last bytes of what it reads.
    fn read_to(&mut self, recent: &mut Vec<u8>, offset: u64) -> Result<(), FollowError> {
        let mut block = [0; 16 * 1024];
        while self.at < offset {
            let length = usize::try_from(offset - self.at).unwrap_or(block.len()).min(block.len());
            let block = block.get_mut(..length).unwrap_or_default();
            let read = self.read(block)?;
            if read == 0 {
                break;
            }
            recent.drain(..recent.len().saturating_sub(HEAD_BYTES));
            recent.extend_from_slice(block.get(..read).unwrap_or_default());
        }
        Ok(())
    }
}

/// Says what stands in the file's place.
pub(super) fn regular(path: &Path, metadata: &Metadata) -> Result<(), FollowError> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(());
    }
    let what = if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_dir() {
        "a folder"
    } else {
        "a device, pipe or socket"
    };
    Err(FollowError::NotAFile(path.to_owned(), what))
}

/// More than the time and id of a first alert.
pub(super) const HEAD_BYTES: usize = 1024;

/// The end of the last alert; `location` and the like are followed by enough that differs.
pub(super) const TAIL_BYTES: usize = 256;
