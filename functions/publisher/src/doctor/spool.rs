//! The spool: whose it is, how much room it has, and since when alerts wait.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::{Timestamp, Unit};

use super::findings::Finding;
use super::part::Part;
use super::rights::{READ, RUN, Rights, WRITE};
use crate::install::owners::Owners;

const LITTLE_BYTES: u64 = 1024 * 1024 * 1024;
const TOO_LITTLE_BYTES: u64 = 64 * 1024 * 1024;

/// Longer than an outage that ends by itself.
const LONG: Duration = Duration::from_mins(10);

pub fn spool(spool: &Path, owners: Option<Owners>, now: Timestamp) -> Vec<Finding> {
    let shown = spool.display();
    let rights = match Rights::of(spool) {
        Ok(rights) => rights,
        Err(error) => {
            let cure = format!("install -d -o wazuh -g wazuh -m 0750 {shown}");
            return vec![Finding::fail(format!("the spool {shown} is not usable ({error})"), cure)];
        }
    };
    let mut findings = Vec::new();
    let cure = format!("chown wazuh:wazuh {shown} && chmod 0750 {shown}");
    findings.push(if !spool.is_dir() {
        Finding::fail(format!("the spool {shown} is not a folder"), "name a folder")
    } else if owners.is_some_and(|owners| !rights.allow_wazuh(owners, READ | WRITE | RUN)) {
        Finding::fail(format!("the user wazuh cannot write the spool {shown}"), cure)
    } else if rights.allow_others(READ | WRITE) {
        Finding::fail(format!("everybody may read or write the spool {shown}"), cure)
    } else {
        Finding::ok(format!("the spool {shown} can be written by the user wazuh alone"))
    });
    findings.extend(room(spool));
    findings.extend(files(spool).iter().filter_map(|path| state(path)));
    findings.push(waiting(spool, now));
    let rejected = files(&spool.join("rejected")).iter().filter(|path| !is_of_another(path)).count();
    if rejected > 0 {
        let what = format!("{rejected} alerts or events were set aside in {shown}/rejected");
        findings.push(Finding::warn(what, "look at them, send them again or remove them"));
    }
    findings
}

/// What a thing in the folder says by being there.
fn state(path: &Path) -> Option<Finding> {
    match Part::of(path) {
        None => {
            let what = format!("{} is nothing of the publisher's", path.display());
            Some(Finding::warn(what, "find out whose it is, and move it away"))
        }
        Some(Part::Full) => {
            let held = fs::read_to_string(path).unwrap_or_default();
            let cure = "see why alerts do not leave it (wazuh-publisher status), or raise spool_max_bytes";
            Some(Finding::fail(format!("the spool is full ({held}): further alerts are refused"), cure))
        }
        Some(
            Part::Lock
            | Part::Doorbell
            | Part::Status
            | Part::Checkpoint
            | Part::Temporary
            | Part::Rejected
            | Part::Relay
            | Part::Destination,
        ) => None,
    }
}

fn room(spool: &Path) -> Option<Finding> {
    let system = rustix::fs::statvfs(spool).ok()?;
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    let what = format!("{} MiB are free for the spool", free / 1024 / 1024);
    let cure = "free some space, or name another folder as spool";
    Some(if free < TOO_LITTLE_BYTES {
        Finding::fail(what, cure)
    } else if free < LITTLE_BYTES {
        Finding::warn(what, cure)
    } else {
        Finding::ok(what)
    })
}

fn waiting(spool: &Path, now: Timestamp) -> Finding {
    let waiting: Vec<_> = files(spool).iter().flat_map(|folder| files(&folder.join("new"))).collect();
    let times = waiting.iter().filter_map(|path| fs::metadata(path).ok()?.modified().ok());
    let oldest = times.min().and_then(|time| Timestamp::try_from(time).ok());
    let Some(oldest) = oldest else { return Finding::ok("no alert waits in the spool") };
    let age = now.duration_since(oldest);
    let what = format!("{} alerts wait in the spool, the oldest since {}", waiting.len(), shown(oldest));
    if age > LONG.try_into().unwrap_or_default() {
        Finding::warn(what, "see the log, and what doctor says of the queue; then: wazuh-publisher ship")
    } else {
        Finding::ok(what)
    }
}

fn shown(time: Timestamp) -> String {
    time.round(Unit::Second).unwrap_or(time).to_string()
}

/// A reason belongs to a message, and what is half-written is about to become one.
fn is_of_another(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "reason" || extension == "new")
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}
