//! The alerts that a call was given, as they come.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use flate2::bufread::MultiGzDecoder;

use crate::framer::{Framer, Piece};

/// What comes next.
#[derive(Debug)]
pub(crate) enum Arrival {
    Piece {
        file: PathBuf,
        piece: Piece,
    },
    /// The file is over, and had nothing in it.
    Empty {
        file: PathBuf,
    },
    Unreadable {
        file: PathBuf,
        error: io::Error,
    },
}

/// What comes, one after another. A stream that has not ended is waited for.
pub(crate) struct Arrivals {
    receiver: Receiver<Arrival>,
    next: Option<Arrival>,
}

impl Arrivals {
    /// After an alert without a successor for this long, the input is a stream.
    const PAUSE: Duration = Duration::from_millis(300);

    /// Reads the files one after another, in a thread of its own: it may wait for standard input for ever.
    pub fn of(files: Vec<PathBuf>) -> Self {
        let (sender, receiver) = mpsc::sync_channel(64);
        thread::spawn(move || {
            for file in files {
                // Nobody listens any more: the output is closed.
                if read(&file, &sender).is_none() {
                    return;
                }
            }
        });
        Self { receiver, next: None }
    }

    /// Whether more will come, or may.
    pub fn go_on(&mut self) -> bool {
        if self.next.is_none() {
            match self.receiver.recv_timeout(Self::PAUSE) {
                Ok(arrival) => self.next = Some(arrival),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        true
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        self.next.take().or_else(|| self.receiver.recv().ok())
    }
}

/// Nothing when nobody takes it. A folder is its files, by name.
fn read(path: &Path, sender: &SyncSender<Arrival>) -> Option<()> {
    let unreadable =
        |path: &Path, error| sender.send(Arrival::Unreadable { file: path.to_owned(), error }).ok();
    if path == Path::new("-") {
        return unpack(io::stdin().lock(), Path::new("standard input"), sender);
    }
    if !path.is_dir() {
        return match File::open(path) {
            Ok(opened) => unpack(BufReader::new(opened), path, sender),
            Err(error) => unreadable(path, error),
        };
    }
    match files_of(path) {
        Ok(files) if files.is_empty() => sender.send(Arrival::Empty { file: path.to_owned() }).ok(),
        Ok(files) => files.iter().try_for_each(|file| read(file, sender)),
        Err(error) => unreadable(path, error),
    }
}

/// Files of a folder that may hold alerts; hidden ones and folders within it are passed over.
fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What begins like gzip is read as gzip, whatever it is called.
fn unpack(mut reader: impl BufRead, file: &Path, sender: &SyncSender<Arrival>) -> Option<()> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    match reader.fill_buf() {
        Ok(bytes) if bytes.starts_with(&GZIP) => {
            frame(BufReader::new(MultiGzDecoder::new(reader)), file, sender)
        }
        // An error comes again, and is told then.
        Ok(_) | Err(_) => frame(reader, file, sender),
    }
}

fn frame(mut reader: impl BufRead, file: &Path, sender: &SyncSender<Arrival>) -> Option<()> {
    let mut framer = Framer::new();
    let (mut listened_to, mut empty) = (true, true);
    let mut send = |piece| {
        empty = false;
        listened_to = listened_to && sender.send(Arrival::Piece { file: file.to_owned(), piece }).is_ok();
    };
    let ended = loop {
        let length = match reader.fill_buf() {
            Ok([]) => break Ok(()),
            Ok(bytes) => {
                framer.push(bytes, &mut send);
                bytes.len()
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => break Err(error),
        };
        reader.consume(length);
    };
    framer.finish(&mut send);
    let last = match ended {
        Err(error) => Arrival::Unreadable { file: file.to_owned(), error },
        Ok(()) if empty => Arrival::Empty { file: file.to_owned() },
        Ok(()) => return listened_to.then_some(()),
    };
    sender.send(last).ok()
}
