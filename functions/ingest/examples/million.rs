//! What a feed of a million rows costs: `cargo run --release -p ingest --example million`.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::error::Error;
use std::time::{Duration, Instant};

use domain::verdict::{Formula, Listing};
use ingest::copy::{GoodCopy, Listed, Walk};
use intel::Policy;
use intel::feed::{Entry, Row};
use intel::lists::{self, Trust};
use intel::snapshot::Builder;
use intel::sources::{State, Step, Tally};
use jiff::Timestamp;

const ROWS: u32 = 1_000_000;
const HOLDING: Duration = Duration::from_hours(7 * 24);

fn main() -> Result<(), Box<dyn Error>> {
    let now = Timestamp::now();
    let mut stage = Stage::begin()?;
    let rows: Vec<Row> = (0..ROWS).map(row).collect();
    stage.over("rows of a step")?;
    let mut copy = GoodCopy::default();
    let step = Step::Whole { rows, tally: Tally::default(), state: State::default() };
    copy.take(step, HOLDING, now);
    stage.over("taken into the copy")?;
    let mut walk = Walk::default();
    loop {
        let changes = copy.due(&mut walk, 1_000, HOLDING);
        if changes.is_empty() {
            break;
        }
        copy.told(&changes);
    }
    stage.over("told to the table, but for the requests")?;
    let file = copy.to_file()?;
    stage.over(&format!("written as {:.1} MB", megabytes(file.len())))?;
    drop(copy);
    let copy = GoodCopy::from_file(&file)?;
    stage.over(&format!("{} rows read again", copy.count()))?;
    drop(copy);
    let mut builder = Builder::new(now);
    let rows = Listed::of(&file, now)?.map_while(Result::ok).inspect(|row| builder.add(&row.entry));
    let trust = Trust { formula: &Formula::default(), policy: &Policy::default(), warninglists: &[] };
    let lines: usize = lists::build(rows, trust).iter().map(|list| list.lines).sum();
    let snapshot = builder.build();
    stage.over(&format!("a snapshot of {:.1} MB and {lines} lines of lists", megabytes(snapshot.len())))
}

fn row(number: u32) -> Row {
    let address = std::net::Ipv4Addr::from(0x0b00_0000 + number * 97);
    let listing = Listing {
        confidence: Some(80),
        title: Some("Command and control of a botnet, as seen by a honeypot".to_owned()),
        tags: vec!["c2".to_owned(), "botnet".to_owned()],
        listed_at: None,
    };
    let entry = Entry::Indicator(domain::indicator::Indicator::address(address.into()));
    Row { entry, source: "example".to_owned(), listing, expires: None }
}

/// Time and memory of one piece of work after the other.
struct Stage(Instant);

impl Stage {
    fn begin() -> Result<Self, Box<dyn Error>> {
        println!("{:>8} {:>10} {:>10}", "ms", "MB now", "MB peak");
        let mut stage = Self(Instant::now());
        stage.over("begin")?;
        Ok(stage)
    }

    fn over(&mut self, what: &str) -> Result<(), Box<dyn Error>> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let figure = |name: &str| -> Option<u64> {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        let (now, peak) = (figure("VmRSS:").unwrap_or(0) / 1024, figure("VmHWM:").unwrap_or(0) / 1024);
        println!("{:>8} {now:>10} {peak:>10}  {what}", self.0.elapsed().as_millis());
        self.0 = Instant::now();
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
