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

/// Nothing when nobody takes it.
fn read(path: &Path, sender: &SyncSender<Arrival>) -> Option<()> {
    each_file(path, &mut |file, opened| match opened {
        Ok(Some(reader)) => frame(reader, file, sender),
        Ok(None) => sender.send(Arrival::Empty { file: file.to_owned() }).ok(),
        Err(error) => sender.send(Arrival::Unreadable { file: file.to_owned(), error }).ok(),
    })
}

/// What a file holds, unpacked; nothing for an empty folder.
type Opened<'a> = io::Result<Option<Box<dyn BufRead + 'a>>>;

/// Opens a file, standard input, or every file of a folder by name, until nobody takes any more.
pub(crate) fn each_file(path: &Path, take: &mut dyn FnMut(&Path, Opened<'_>) -> Option<()>) -> Option<()> {
    if path == Path::new("-") {
        return take(Path::new("standard input"), Ok(Some(unpack(io::stdin().lock()))));
    }
    if !path.is_dir() {
        let opened = File::open(path).map(|opened| Some(unpack(BufReader::with_capacity(BLOCK, opened))));
        return take(path, opened);
    }
    match files_of(path) {
        Ok(files) if files.is_empty() => take(path, Ok(None)),
        Ok(files) => files.iter().try_for_each(|file| each_file(file, take)),
        Err(error) => take(path, Err(error)),
    }
}

/// What is read at once.
const BLOCK: usize = 256 * 1024;

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
fn unpack<'a>(mut reader: impl BufRead + 'a) -> Box<dyn BufRead + 'a> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    match reader.fill_buf() {
        Ok(bytes) if bytes.starts_with(&GZIP) => {
            Box::new(BufReader::with_capacity(BLOCK, MultiGzDecoder::new(reader)))
        }
        // An error comes again, and is told then.
        Ok(_) | Err(_) => Box::new(reader),
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
