//! The alerts that a call was given, as they come.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

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
fn read(file: &Path, sender: &SyncSender<Arrival>) -> Option<()> {
    let unreadable = |error| Arrival::Unreadable { file: file.to_owned(), error };
    if file == Path::new("-") {
        return frame(io::stdin().lock(), Path::new("standard input"), sender);
    }
    match File::open(file) {
        Ok(opened) => frame(BufReader::new(opened), file, sender),
        Err(error) => sender.send(unreadable(error)).ok(),
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
