//! `spool list|show|drop`: a look at what waits, and the way to give something up on purpose.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};

use intake::label::label;

use crate::cli::Options;
use crate::config::Config;
use crate::failure::Failure;
use crate::journal::Journal;
use crate::keeping::{age, discard};
use crate::ship::destination;
use crate::spool::{Entry, Spool, SpoolError};

#[derive(Subcommand)]
pub(crate) enum Look {
    /// One line for each alert, oldest first: name, age, bytes, id, destination.
    List {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        options: Options,
    },
    /// The alert itself.
    Show {
        /// As `list` names it.
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Give alerts up: they are removed and never sent.
    Drop {
        #[command(flatten)]
        which: Which,
        #[arg(long, help = "Remove them; without it, they are only counted")]
        yes: bool,
        #[command(flatten)]
        options: Options,
    },
}

/// Those that meet everything given.
#[derive(Args)]
pub(crate) struct Which {
    /// Names as `list` gives them.
    names: Vec<String>,
    #[arg(long, value_name = "TEXT", help = "Of a destination whose folder or queue URL holds this text")]
    destination: Option<String>,
    #[arg(long, value_name = "HOURS", help = "Accepted longer ago than this")]
    older_than: Option<u64>,
    #[arg(long, help = "Those in rejected/ instead of those that wait")]
    rejected: bool,
}

impl Look {
    pub(crate) fn options(&self) -> &Options {
        match self {
            Self::List { options, .. } | Self::Show { options, .. } | Self::Drop { options, .. } => options,
        }
    }
}

struct Found {
    entry: Entry,
    /// A queue's URL, or `rejected`.
    place: String,
}

pub(crate) fn run(look: &Look, config: &Config, journal: &Journal) -> Result<(), Failure> {
    let spool = Spool::open(config.spool.clone(), config.durability)?;
    match look {
        Look::List { which, .. } => {
            let now = SystemTime::now();
            let lines: String = find(&spool, which, now)?.iter().map(|found| found.line(now)).collect();
            print(lines.as_bytes());
        }
        Look::Show { name, .. } => {
            for rejected in [false, true] {
                let which =
                    Which { names: vec![name.clone()], destination: None, older_than: None, rejected };
                if let Some(found) = find(&spool, &which, SystemTime::now())?.first() {
                    let path = found.entry.path().to_owned();
                    let bytes = found.entry.read().map_err(|error| Failure::Unreadable(path, error))?;
                    print(&bytes);
                    return Ok(());
                }
            }
            return Err(Failure::Usage(format!("there is no {name} in {}", spool.path().display())));
        }
        Look::Drop { which, yes, .. } => {
            return drop_them(&find(&spool, which, SystemTime::now())?, *yes, journal);
        }
    }
    Ok(())
}

fn drop_them(found: &[Found], yes: bool, journal: &Journal) -> Result<(), Failure> {
    if !yes {
        let count = found.len();
        return Err(Failure::Usage(format!(
            "{count} alerts would be removed and never sent; say --yes to do it"
        )));
    }
    for Found { entry, place } in found {
        let label = label(&entry.read().unwrap_or_default());
        discard(entry)?;
        journal.success(&format!("dropped alert {label} for {place}, as told"));
    }
    Ok(())
}

fn find(spool: &Spool, which: &Which, now: SystemTime) -> Result<Vec<Found>, SpoolError> {
    let mut found = Vec::new();
    if which.rejected {
        let rejected = spool.rejected()?.into_iter();
        found.extend(rejected.map(|entry| Found { entry, place: "rejected".to_owned() }));
    } else {
        for folder in spool.folders()? {
            let place = destination(&folder).map_or_else(|_| folder.id(), |to| String::from(to.queue_url));
            if which
                .destination
                .as_ref()
                .is_none_or(|text| place.contains(text) || folder.id().contains(text))
            {
                found
                    .extend(folder.waiting()?.into_iter().map(|entry| Found { entry, place: place.clone() }));
            }
        }
    }
    let least_age = Duration::from_hours(which.older_than.unwrap_or_default());
    found.retain(|Found { entry, .. }| {
        let is_named = which.names.is_empty() || which.names.contains(&entry.name());
        let is_old = which.older_than.is_none() || age(entry, now).is_some_and(|age| age > least_age);
        is_named && is_old
    });
    found.sort_by_key(|found| found.entry.name());
    Ok(found)
}

impl Found {
    fn line(&self, now: SystemTime) -> String {
        let Self { entry, place } = self;
        let age = age(entry, now).map_or_else(|| "?".to_owned(), |age| format!("{} s", age.as_secs()));
        let bytes = entry.read().unwrap_or_default();
        format!("{}  {age}  {} bytes  {}  {place}\n", entry.name(), bytes.len(), label(&bytes))
    }
}

fn print(bytes: &[u8]) {
    // Printing to a closed pipe is nobody's failure.
    let _ = io::stdout().lock().write_all(bytes);
}
