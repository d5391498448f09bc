//! `triage dlq purge`: out of the queue, into a file.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::{Desk, Holding, Letter, PurgeOptions, Selection, Stop, Tone};
use crate::failure::{Count, Failure};

#[derive(Serialize)]
struct Document<'a> {
    schema: u8,
    queue: &'static str,
    dry_run: bool,
    purged: usize,
    passed_over: usize,
    newer: usize,
    file: Option<&'a Path>,
}

/// One line of the file.
#[derive(Serialize)]
struct Saved<'a> {
    id: &'a str,
    sent_at: Option<Timestamp>,
    attributes: BTreeMap<&'a str, &'a str>,
    body: &'a str,
}

/// Where messages go before they are deleted.
struct Keep<'a> {
    path: &'a Path,
    file: File,
}

pub(super) async fn run(desk: &mut Desk, options: &PurgeOptions) -> Result<(), Failure> {
    let stop = Stop::listen().map_err(Failure::Runtime)?;
    let path = options.save.as_deref().filter(|_| options.yes);
    let mut keep = path.map(Keep::create).transpose()?;
    let mut holding = Holding::begin(&desk.account, options.queue, stop.clone()).await?;
    let (mut purged, mut passed_over) = (0, 0);
    let selection = Selection::new(options.filter.as_deref(), &[]);
    let done = empty(&mut holding, selection, keep.as_mut(), &mut purged, &mut passed_over).await;
    let (queue, newer) = (options.queue.name(), holding.newer());
    holding.give_back().await;
    if desk.json {
        let dry_run = path.is_none();
        desk.paper.json(&Document { schema: 1, queue, dry_run, purged, passed_over, newer, file: path })?;
    } else {
        let purged = Count(purged, "message");
        let line = match path {
            Some(path) => {
                format!("{purged} taken out of the dead-letter queue of {queue}, into {}", path.display())
            }
            None => format!(
                "{purged} would be taken out of the dead-letter queue of {queue}; --yes --save FILE does it"
            ),
        };
        desk.paper.line(Tone::Plain, &line)?;
        if passed_over + newer > 0 {
            desk.paper.line(Tone::Plain, &format!("{} left there", Count(passed_over + newer, "message")))?;
        }
    }
    done?;
    if stop.is_asked_for() { Err(Failure::GivenBack) } else { Ok(()) }
}

async fn empty(
    holding: &mut Holding,
    selection: Selection<'_>,
    mut keep: Option<&mut Keep<'_>>,
    purged: &mut usize,
    passed_over: &mut usize,
) -> Result<(), Failure> {
    while let Some(letter) = holding.next().await? {
        if !selection.takes(&letter) {
            *passed_over += 1;
            continue;
        }
        if let Some(keep) = &mut keep {
            keep.write(&letter)?;
            holding.delete(&letter).await?;
        }
        *purged += 1;
    }
    Ok(())
}

impl<'a> Keep<'a> {
    /// Never over something else, and for nobody else: it will hold alerts.
    fn create(path: &'a Path) -> Result<Self, Failure> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|source| Failure::Create { path: path.to_owned(), source })?;
        Ok(Self { path, file })
    }

    /// On disk when it returns.
    fn write(&mut self, letter: &Letter) -> Result<(), Failure> {
        let (id, sent_at, body) = (letter.id.as_str(), letter.sent_at, letter.body.as_str());
        let saved = Saved { id, sent_at, attributes: letter.texts(), body };
        let line = serde_json::to_string(&saved).map_err(io::Error::other);
        let written = line.and_then(|line| {
            self.file.write_all(format!("{line}\n").as_bytes())?;
            self.file.sync_data()
        });
        written.map_err(|source| Failure::Save { path: self.path.to_owned(), source })
    }
}
