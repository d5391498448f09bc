//! What integratord hands over, into the spool: seen, linked, logged.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::destination::Destination;
use crate::journal::Journal;
use crate::label::label;
use crate::spool::{Entry, Form, Spool, SpoolError};

/// Where one alert comes from and goes to.
pub struct Offer<'a> {
    /// Nothing when the alert came by standard input.
    pub file: Option<&'a Path>,
    pub bytes: &'a [u8],
    pub destination: &'a Destination,
}

/// An alert in the spool.
#[derive(Debug)]
pub struct Accepted {
    pub entry: Entry,
    /// Its id, for the log.
    pub label: String,
}

/// Why an alert was not accepted. Its text says what, where, and what to do.
#[derive(Debug)]
pub enum Refused {
    Empty(String),
    Unreadable(PathBuf, io::Error),
    NotJson { kept: PathBuf },
    Spool(SpoolError),
}

/// Accepts one alert; from here on a kill at any instant does not lose it.
///
/// Only its first byte is looked at: whoever ships it parses it, and nobody waits for that.
pub fn accept(offer: &Offer, spool: &Spool, journal: &Journal) -> Result<Accepted, Refused> {
    let Offer { file, bytes, destination } = offer;
    let Some(first) = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start().first() else {
        let name = file
            .map_or("standard input, read because the alert's file was not named,".to_owned(), |file| {
                format!("the file {}", file.display())
            });
        return Err(Refused::Empty(name));
    };
    spool.has_room()?;
    if *first != b'{' {
        return Err(Refused::NotJson { kept: spool.reject(bytes)? });
    }
    let entry = match file {
        Some(file) => spool.accept_file(destination, file, bytes)?,
        None => spool.accept(destination, bytes, Form::Json)?,
    };
    let label = label(bytes);
    journal.success(&format!("accepted alert {label} for {}", destination.queue_url.as_str()));
    Ok(Accepted { entry, label })
}

/// The bytes of the alert's file.
pub fn read(file: &Path) -> Result<Vec<u8>, Refused> {
    std::fs::read(file).map_err(|error| Refused::Unreadable(file.to_owned(), error))
}

impl Refused {
    /// As `sysexits.h` has it, but for the 1 that the Redis publisher gave for an empty input.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Empty(_) => 1,
            Self::NotJson { .. } => 65,
            Self::Unreadable(..) => 66,
            Self::Spool(_) => 73,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(name) => write!(formatter, "{name} is empty"),
            Self::Unreadable(file, error) => write!(
                formatter,
                "{} cannot be read ({error}); it must be a file that this user may read",
                file.display()
            ),
            Self::NotJson { kept } => write!(
                formatter,
                "the alert is not JSON; kept in {}; <alert_format> must be json",
                kept.display()
            ),
            Self::Spool(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for Refused {}

impl From<SpoolError> for Refused {
    fn from(error: SpoolError) -> Self {
        Self::Spool(error)
    }
}
