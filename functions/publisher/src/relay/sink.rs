//! Where events go: analysisd's socket, or a file that logcollector reads.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::checked::Event;

#[derive(Debug)]
pub enum Sink {
    Socket(Socket),
    File(EventFile),
}

/// Why an event was not written.
#[derive(Debug)]
pub enum Refused {
    /// The same event may pass in a moment.
    ForNow(io::Error),
    /// It never will.
    TooLong,
}

impl Sink {
    /// Whether an event could be written now, as far as it can be known without writing one.
    pub fn probe(&mut self) -> io::Result<()> {
        match self {
            Self::Socket(socket) => socket.connect().map(drop),
            Self::File(file) => file.open().map(drop),
        }
    }

    /// Never waits.
    pub fn write(&mut self, event: &Event) -> Result<(), Refused> {
        match self {
            Self::Socket(socket) => socket.send(&event.datagram),
            Self::File(file) => file.append(&event.line).map_err(Refused::ForNow),
        }
    }

    pub fn path(&self) -> &Path {
        match self {
            Self::Socket(socket) => &socket.path,
            Self::File(file) => &file.path,
        }
    }
}

/// A datagram socket: what it took, analysisd reads; there is no acknowledgement.
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
    connected: Option<UnixDatagram>,
}

impl Socket {
    pub fn new(path: PathBuf) -> Self {
        Self { path, connected: None }
    }

    fn connect(&mut self) -> io::Result<&UnixDatagram> {
        if let Some(socket) = self.connected.take() {
            return Ok(self.connected.insert(socket));
        }
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.connect(&self.path)?;
        Ok(self.connected.insert(socket))
    }

    fn send(&mut self, datagram: &str) -> Result<(), Refused> {
        // After a restart of analysisd the old connection leads nowhere, and a new one may be there already.
        let attempts = if self.connected.is_some() { 2 } else { 1 };
        let mut last = io::Error::from(io::ErrorKind::NotConnected);
        for _ in 0..attempts {
            let sent = self.connect().and_then(|socket| socket.send(datagram.as_bytes()));
            match sent {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
            match Errno::from_io_error(&last) {
                Some(Errno::MSGSIZE) => return Err(Refused::TooLong),
                Some(Errno::AGAIN | Errno::NOBUFS) => return Err(Refused::ForNow(last)),
                _ => self.connected = None,
            }
        }
        Err(Refused::ForNow(last))
    }
}

/// A file of one event a line, put aside as `NAME.1` when it is full.
///
/// logcollector goes on reading the old file until it sees the new one.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    max_bytes: u64,
}

impl EventFile {
    pub fn new(path: PathBuf, max_bytes: u64) -> Self {
        Self { path, max_bytes }
    }

    fn open(&self) -> io::Result<File> {
        OpenOptions::new().read(true).append(true).create(true).mode(0o640).open(&self.path)
    }

    /// All of the line or nothing of it.
    fn append(&self, line: &str) -> io::Result<()> {
        let mut file = self.open()?;
        let mut length = file.metadata()?.len();
        if length > 0 && length + line.len() as u64 > self.max_bytes {
            fs::rename(&self.path, self.path.with_added_extension("1"))?;
            file = self.open()?;
            length = 0;
        }
        if length > 0 && last_byte(&mut file)? != b'\n' {
            file.write_all(b"\n")?;
            length += 1;
        }
        let written = file.write(line.as_bytes());
        match written {
            Ok(count) if count == line.len() => Ok(()),
            Ok(_) => Err(io::ErrorKind::StorageFull.into()),
            Err(error) => Err(error),
        }
        .inspect_err(|_| {
            // A cut line would be glued to the next one; if this fails too, the next append closes it.
            let _ = file.set_len(length);
        })
    }
}

fn last_byte(file: &mut File) -> io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    Ok(u8::from_ne_bytes(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_put_aside_and_no_line_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.json");
        let file = EventFile::new(path.clone(), 30);
        for number in 0..5 {
            file.append(&format!("{{\"number\":{number}}}\n")).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"number\":4}\n");
        let aside = fs::read_to_string(folder.path().join("events.json.1")).unwrap();
        assert_eq!(aside, "{\"number\":2}\n{\"number\":3}\n");
    }

    #[test]
    fn a_line_that_a_crash_cut_is_closed_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.json");
        fs::write(&path, "{\"numb").unwrap();
        EventFile::new(path.clone(), 1000).append("{}\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"numb\n{}\n");
    }
}
