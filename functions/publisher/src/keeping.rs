//! The spool's bounds: in bytes, where accepting ends, and in age, where waiting does.

use std::time::{Duration, SystemTime};

use intake::label::label;

use crate::message::Origin;
use crate::ship::{Shipper, destination};
use crate::spool::{Entry, Spool, SpoolError};
use crate::waited::Moment;

/// What a spool holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub alerts: u64,
    pub bytes: u64,
    pub oldest: Option<SystemTime>,
}

/// The part of the spool that rejected alerts may take: they shall not keep good ones out.
const REJECTED_SHARE: u64 = 4;

/// Moves what waited too long, makes room in `rejected/`, and says to those who accept whether there is room.
pub fn keep(shipper: &Shipper) -> Result<Held, SpoolError> {
    expire(shipper)?;
    clear_rejected(shipper)?;
    let held = held(shipper)?;
    let max_bytes = shipper.limits.max_bytes;
    if held.bytes >= max_bytes {
        let text = format!("{} alerts, {} of {}", held.alerts, megabytes(held.bytes), megabytes(max_bytes));
        shipper.spool.set_full(&text)?;
    } else {
        shipper.spool.set_room();
    }
    Ok(held)
}

fn held(shipper: &Shipper) -> Result<Held, SpoolError> {
    let mut held = Held::default();
    for folder in shipper.spool.folders()? {
        folder.each(|entry| {
            held.alerts += 1;
            held.bytes += entry.size_bytes();
            let accepted_at = entry.accepted_at();
            held.oldest = held.oldest.into_iter().chain(accepted_at).min();
        })?;
    }
    Ok(held)
}

/// The alerts that wait, and since when; without their sizes, which take a look at each.
pub fn waiting(spool: &Spool) -> Result<Held, SpoolError> {
    let mut held = Held::default();
    for folder in spool.folders()? {
        folder.each(|entry| {
            held.alerts += 1;
            held.oldest = held.oldest.into_iter().chain(entry.accepted_at()).min();
        })?;
    }
    Ok(held)
}

fn expire(shipper: &Shipper) -> Result<(), SpoolError> {
    let now = Moment::now();
    let hours = shipper.limits.max_age.as_secs() / 3600;
    for folder in shipper.spool.folders()? {
        let mut expired = Vec::new();
        folder.each(|entry| {
            let age = entry.accepted_at().and_then(|at| shipper.began.age(at, now));
            if age.is_some_and(|age| age > shipper.limits.max_age) {
                expired.push(entry);
            }
        })?;
        let url = destination(&folder).map_or_else(|_| folder.id(), |to| String::from(to.queue_url));
        for entry in &expired {
            let label = label(&entry.read().unwrap_or_default());
            shipper.set_aside(
                &Origin::Spool(entry.clone()),
                &label,
                &url,
                &format!("it waited longer than {hours} hours"),
            )?;
        }
    }
    Ok(())
}

fn clear_rejected(shipper: &Shipper) -> Result<(), SpoolError> {
    let rejected = shipper.spool.rejected()?;
    let mut bytes: u64 = rejected.iter().map(Entry::size_bytes).sum();
    for entry in rejected {
        if bytes <= shipper.limits.max_bytes / REJECTED_SHARE {
            break;
        }
        bytes -= entry.size_bytes().min(bytes);
        let label = label(&entry.read().unwrap_or_default());
        discard(&entry)?;
        let path = entry.path().display();
        shipper
            .journal
            .failure(&format!("removed alert {label}, the oldest in a full rejected folder: {path}"));
    }
    Ok(())
}

/// Removes an alert, and the reason that the relay may have put beside it.
pub(crate) fn discard(entry: &Entry) -> Result<(), SpoolError> {
    entry.remove()?;
    // Without its message a reason is worth nothing, and says nothing wrong either.
    let _ = std::fs::remove_file(entry.path().with_extension("reason"));
    Ok(())
}

pub(crate) fn age(entry: &Entry, now: SystemTime) -> Option<Duration> {
    now.duration_since(entry.accepted_at()?).ok()
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{:02} MB", bytes / 1_000_000, bytes % 1_000_000 / 10_000)
}
