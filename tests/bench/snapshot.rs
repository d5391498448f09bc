//! What it costs to know that an indicator is listed nowhere: the snapshot beside hash sets, and beside queries of
//! `DynamoDB`, of which there is here only what answers at once on the loopback.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::fake_aws::FakeAws;
use crate::release::Release;
use crate::table::{Aim, Quantity, Row};
use crate::tell;

const INDICATORS: u32 = 1_000_000;

/// The aims of issue 7.
const MOST_BYTES: u64 = 12_000_000;
const MOST_NEGATIVE: Duration = Duration::from_nanos(25);
const MOST_POSITIVE: Duration = Duration::from_nanos(100);
/// Of an alert's 24 indicators at most, beside a read of the table that takes milliseconds.
const MOST_SAID: Duration = Duration::from_micros(1);
const MOST_LOAD: Duration = Duration::from_millis(5);

pub(crate) fn measure(release: &Release, aws: &FakeAws) -> Result<Vec<Row>> {
    tell(&format!("a snapshot of {INDICATORS} indicators"));
    let measured = Measured::of(Command::new(release.snapshot()).envs(aws.environment()))?;
    let bytes = measured.get("bytes")?;
    let mut rows = vec![
        row("build", Quantity::Time(measured.time("build")?), None),
        row(
            "size",
            size(bytes),
            Some(Aim::gates("≤ 12.00 MB".to_owned(), bytes <= f64::from(u32::try_from(MOST_BYTES)?))),
        ),
    ];
    for (what, name, most) in [
        ("load with its checks", "load", Some(MOST_LOAD)),
        ("an indicator that is not listed", "negative", Some(MOST_NEGATIVE)),
        ("an address that is not listed", "negative_address", Some(MOST_NEGATIVE)),
        ("an indicator that is listed", "positive", Some(MOST_POSITIVE)),
        ("an address that is listed", "positive_address", Some(MOST_POSITIVE)),
    ] {
        let took = measured.time(name)?;
        let aim = most.map(|most| Aim::informs(format!("≤ {}", shown(most)), took <= most));
        rows.push(row(what, shown(took), aim));
    }
    for (what, name, most) in [
        ("load with its checks", "lists_load", MOST_LOAD),
        ("an address on none", "lists_negative", MOST_SAID),
        ("an address on one", "lists_positive", MOST_SAID),
    ] {
        let took = measured.time(name)?;
        let aim = Aim::informs(format!("≤ {}", shown(most)), took <= most);
        rows.push(Row { what: format!("fifty warninglists: {what}"), ..row("", shown(took), Some(aim)) });
    }
    let negative = measured.get("negative")?;
    for (what, name) in [
        ("HashSet<Indicator> of std, not listed", "set_negative"),
        ("HashSet<Indicator> of std, listed", "set_positive"),
        ("HashSet<u64> of std, not listed", "numbers_negative"),
        ("a query of what answers like DynamoDB", "query"),
    ] {
        let times = measured.get(name)? / negative;
        rows.push(row(
            &format!("{what} ({times:.1} × an indicator that is not listed)"),
            shown(measured.time(name)?),
            None,
        ));
    }
    Ok(rows)
}

fn row(what: &str, median: Quantity, aim: Option<Aim>) -> Row {
    Row { what: format!("snapshot of {INDICATORS}: {what}"), median, p90: None, ratio: None, aim }
}

fn shown(took: Duration) -> Quantity {
    if took < Duration::from_micros(10) { Quantity::Nanoseconds(took) } else { Quantity::Time(took) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of bytes that was printed"
)]
fn size(bytes: f64) -> Quantity {
    Quantity::Size(bytes as u64)
}

/// What the program says of itself, `name value` on each line.
struct Measured(BTreeMap<String, f64>);

impl Measured {
    fn of(program: &mut Command) -> Result<Self> {
        let output = program.arg(INDICATORS.to_string()).output()?;
        ensure!(output.status.success(), "{program:?} ended with {}", output.status);
        let mut measured = BTreeMap::new();
        for line in String::from_utf8(output.stdout)?.lines() {
            let (name, value) = line.split_once(' ').context("a line without a value")?;
            measured.insert(name.to_owned(), value.parse()?);
        }
        Ok(Self(measured))
    }

    fn get(&self, name: &str) -> Result<f64> {
        self.0.get(name).copied().with_context(|| format!("{name} was not measured"))
    }

    fn time(&self, name: &str) -> Result<Duration> {
        Ok(Duration::from_secs_f64(self.get(name)?))
    }
}
