//! What it costs to know that an indicator is listed nowhere: the snapshot beside hash sets, and beside queries of
//! `DynamoDB`, of which there is here only what answers at once on the loopback.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::fake_aws::FakeAws;
use crate::plot::Plot;
use crate::release::Release;
use crate::table::{Aim, Measured, Quantity, Row};
use crate::tell;

const INDICATORS: u32 = 1_000_000;
const SIZES: [u32; 7] = [1_000, 4_000, 16_000, 64_000, 250_000, 1_000_000, 4_000_000];

/// The aims of issue 7.
const MOST_BYTES: u64 = 12_000_000;
const MOST_NEGATIVE: Duration = Duration::from_nanos(25);
const MOST_POSITIVE: Duration = Duration::from_nanos(100);
/// Of an alert's 24 indicators at most, beside a read of the table that takes milliseconds.
const MOST_SAID: Duration = Duration::from_micros(1);
const MOST_LOAD: Duration = Duration::from_millis(5);

pub(crate) fn measure(release: &Release, aws: &FakeAws) -> Result<Measured> {
    tell(&format!("a snapshot of {INDICATORS} indicators"));
    let measured = Figures::of(Command::new(release.snapshot()).envs(aws.environment()), INDICATORS)?;
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
        rows.push(Row::new(format!("fifty warninglists: {what}"), shown(took)).with_aim(aim));
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
    Ok(Measured { rows, plots: vec![growth(release)?] })
}

/// Look-ups as the snapshot grows.
fn growth(release: &Release) -> Result<Plot> {
    let named = [
        ("not listed", "negative"),
        ("listed", "positive"),
        ("HashSet<Indicator>, not listed", "set_negative"),
        ("HashSet<Indicator>, listed", "set_positive"),
    ];
    let mut lines = named.map(|(name, _)| (name.to_owned(), Vec::new()));
    for indicators in SIZES {
        let figures = Figures::of(&mut Command::new(release.snapshot()), indicators)?;
        for ((_, points), (_, measured)) in lines.iter_mut().zip(named) {
            points.push((f64::from(indicators), figures.get(measured)? * 1e9));
        }
    }
    let title = "A look-up in a snapshot, and in a hash set of the same";
    Ok(Plot::growth("snapshot", title, "indicators", "ns", lines.to_vec()))
}

fn row(what: &str, median: Quantity, aim: Option<Aim>) -> Row {
    Row::new(format!("snapshot of {INDICATORS}: {what}"), median).with_aim(aim)
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
struct Figures(BTreeMap<String, f64>);

impl Figures {
    fn of(program: &mut Command, indicators: u32) -> Result<Self> {
        let output = program.arg(indicators.to_string()).output()?;
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
