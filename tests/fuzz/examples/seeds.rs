//! Writes the seeds that only our own code can write: messages between stages, and files of the bucket of feeds.
//!
//! `cargo run --profile local -p fuzz --example seeds` in the project's root, after one of their formats has changed.

use std::error::Error;
use std::fs;
use std::path::Path;

use domain::message::{self, Schema};
use domain::verdict::{Formula, Verdict};
use domain::{Alert, EnrichedAlert};
use intel::feed::{self, Naming};
use intel::snapshot::Builder;
use intel::{Warninglist, Warninglists};
use jiff::Timestamp;
use notify::probing;

fn main() -> Result<(), Box<dyn Error>> {
    let seeds = Path::new("tests/fuzz/seeds");
    let alert = Alert::parse(&fs::read_to_string(seeds.join("alert/ssh"))?)?;
    let notice = probing::notice_about(alert.clone());
    let verdict = Verdict::over(&[], &Formula::default(), Timestamp::UNIX_EPOCH);
    let quiet =
        EnrichedAlert { schema: Schema, alert: alert.clone(), reports: Vec::new(), verdict, repeat_of: None };
    let (reports, verdict) = (notice.reports.clone(), notice.verdict.clone());
    let told =
        EnrichedAlert { schema: Schema, alert, reports, verdict, repeat_of: Some(notice.incident.clone()) };
    fs::write(seeds.join("enriched/quiet"), message::encode(&quiet)?)?;
    fs::write(seeds.join("enriched/told"), message::encode(&told)?)?;
    fs::write(seeds.join("notice/told"), message::encode(&notice)?)?;

    let mut builder = Builder::new("2026-10-03T12:00:00Z".parse()?);
    let list = fs::read(seeds.join("snapshot/list"))?;
    feed::read(&*list, Naming::Always("list"), Timestamp::UNIX_EPOCH, &mut |row| builder.add(&row.entry))?;
    fs::write(seeds.join("snapshot/built"), builder.build())?;
    fs::write(seeds.join("snapshot/empty"), Builder::new(Timestamp::UNIX_EPOCH).build())?;

    let mut lists = Vec::new();
    for name in ["cidr", "hostname", "string"] {
        lists.push(Warninglist::read(&fs::read(seeds.join("warninglist").join(name))?)?);
    }
    fs::write(seeds.join("warninglists/three"), Warninglists::of(&lists).to_file()?)?;
    fs::write(seeds.join("warninglists/none"), Warninglists::default().to_file()?)?;
    Ok(())
}
