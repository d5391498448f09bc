//! The one table of a run, for the terminal and for a page.

use std::fmt;
use std::fs;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use ::tests::project;
use anyhow::Result;

use crate::plot::Plot;
use crate::release::Release;
use crate::{instructions, page};

/// What was measured, in the order of the table.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    plots: Vec<Plot>,
}

pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) median: Quantity,
    /// Absent where there is one measurement.
    p90: Option<Quantity>,
    /// To the publisher's median.
    ratio: Option<f64>,
    aim: Option<Aim>,
}

pub(crate) enum Quantity {
    Time(Duration),
    /// Bytes.
    Size(u64),
    Count(u64),
    /// For times that milliseconds cannot tell apart.
    Nanoseconds(Duration),
    /// A second.
    Rate(f64),
    Speed {
        alerts_per_second: f64,
        bytes_per_second: f64,
    },
    Share {
        met: usize,
        of: usize,
    },
    /// Bytes a second.
    Bandwidth(f64),
}

/// What was hoped for, and whether it came true.
pub(crate) struct Aim {
    text: String,
    met: bool,
    weight: Weight,
}

#[derive(PartialEq, Eq)]
enum Weight {
    /// Missing it fails the bench.
    Gates,
    Informs,
}

impl Aim {
    pub(crate) fn gates(text: String, met: bool) -> Self {
        Self { text, met, weight: Weight::Gates }
    }

    /// For times: a busy machine is nobody's fault.
    pub(crate) fn informs(text: String, met: bool) -> Self {
        Self { text, met, weight: Weight::Informs }
    }
}

/// A part of the bench: its rows, and pictures of what is better looked at.
pub(crate) struct Measured {
    pub(crate) rows: Vec<Row>,
    pub(crate) plots: Vec<Plot>,
}

impl From<Vec<Row>> for Measured {
    fn from(rows: Vec<Row>) -> Self {
        Self { rows, plots: Vec::new() }
    }
}

impl Table {
    pub(crate) fn extend(&mut self, measured: impl Into<Measured>) {
        let Measured { rows, plots } = measured.into();
        self.rows.extend(rows);
        self.plots.extend(plots);
    }

    /// Prints the table, keeps it with its pictures in the bench's folder, and in the documentation if that is wanted;
    /// fails when an aim is missed that gates.
    #[expect(clippy::print_stdout, reason = "the result is for the person at the terminal")]
    pub(crate) fn publish(mut self, release: &Release, documents: bool) -> Result<ExitCode> {
        self.plots.extend(Plot::throughput(&self.rows));
        let text = format!("{}\n{}\n{}\n", self.markdown(), self.missed(), machine());
        fs::write(release.folder.join("table.md"), &text)?;
        for plot in &self.plots {
            plot.draw(&release.folder)?;
        }
        println!("{text}");
        if documents {
            page::write(&text, &self.plots)?;
            instructions::record(&self.rows)?;
        }
        let gates = |row: &Row| row.aim.as_ref().is_some_and(|aim| aim.weight == Weight::Gates);
        let failed = self.rows.iter().any(|row| row.is_missed() && gates(row));
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// What is to be read first.
    fn missed(&self) -> String {
        let missed: Vec<&str> =
            self.rows.iter().filter(|row| row.is_missed()).map(|row| row.what.as_str()).collect();
        if missed.is_empty() {
            "Every aim is met.\n".to_owned()
        } else {
            format!("Missed: {}.\n", missed.join("; "))
        }
    }

    fn markdown(&self) -> String {
        let head = ["", "median", "p90", "× publisher", "aim"].map(str::to_owned);
        let rule = ["---", "--:", "--:", "--:", "---"].map(str::to_owned);
        let lines: Vec<[String; 5]> =
            [head, rule].into_iter().chain(self.rows.iter().map(Row::cells)).collect();
        let mut widths = [0; 5];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for line in &lines {
            let cells = widths.iter().zip(line).map(|(width, cell)| format!("| {cell:width$} "));
            text.extend(cells.chain(["|\n".to_owned()]));
        }
        text
    }
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, median: Quantity) -> Self {
        Self { what: what.into(), median, p90: None, ratio: None, aim: None }
    }

    pub(crate) fn with_p90(self, p90: Quantity) -> Self {
        Self { p90: Some(p90), ..self }
    }

    /// To what the publisher takes.
    pub(crate) fn with_ratio(self, ratio: f64) -> Self {
        Self { ratio: Some(ratio), ..self }
    }

    pub(crate) fn with_aim(self, aim: impl Into<Option<Aim>>) -> Self {
        Self { aim: aim.into(), ..self }
    }

    pub(crate) fn is_missed(&self) -> bool {
        self.aim.as_ref().is_some_and(|aim| !aim.met)
    }

    fn cells(&self) -> [String; 5] {
        let Self { what, median, p90, ratio, aim } = self;
        let shown = |text: Option<String>| text.unwrap_or_default();
        [
            what.clone(),
            median.to_string(),
            shown(p90.as_ref().map(Quantity::to_string)),
            shown(ratio.map(|ratio| format!("{ratio:.1}"))),
            shown(
                aim.as_ref().map(|aim| format!("{}: {}", aim.text, if aim.met { "met" } else { "MISSED" })),
            ),
        ]
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => write!(formatter, "{:.2} ms", time.as_secs_f64() * 1000.0),
            Self::Size(bytes) => {
                write!(formatter, "{}.{:02} MB", bytes / 1_000_000, bytes % 1_000_000 / 10_000)
            }
            Self::Count(count) => formatter.write_str(&grouped(*count)),
            Self::Nanoseconds(time) => write!(formatter, "{:.1} ns", time.as_secs_f64() * 1e9),
            Self::Rate(rate) => write!(formatter, "{rate:.0}/s"),
            Self::Speed { alerts_per_second, bytes_per_second } => {
                write!(formatter, "{:.0} k/s, {:.0} MB/s", alerts_per_second / 1e3, bytes_per_second / 1e6)
            }
            Self::Share { met, of } => write!(formatter, "{met} of {of}"),
            Self::Bandwidth(bytes_per_second) => write!(formatter, "{:.1} GB/s", bytes_per_second / 1e9),
        }
    }
}

/// In threes.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Where and when: times are worth nothing without it.
fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let processor = processor.trim_start_matches([' ', '\t', ':']);
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let commit = project::commit();
    let compiler = project::said("rustc", &["--version"]);
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    format!(
        "{now}, commit {commit}, {cores} × {processor}, Linux {}, {compiler}, load {load} at the end. \
         MB are millions of bytes.",
        kernel.trim()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_stand_under_each_other() {
        let row =
            |what: &str, median, p90, ratio, aim| Row { what: what.to_owned(), median, p90, ratio, aim };
        let rows = vec![
            row(
                "call",
                Quantity::Time(Duration::from_micros(2_340)),
                Some(Quantity::Time(Duration::from_millis(230))),
                Some(1.0),
                None,
            ),
            row(
                "zip",
                Quantity::Size(3_509_999),
                None,
                None,
                Some(Aim::gates("< 3.50 MB".to_owned(), false)),
            ),
        ];
        let table = Table { rows, plots: Vec::new() };
        assert_eq!(
            table.markdown(),
            "\
|      | median  | p90       | × publisher | aim               |
| ---  | --:     | --:       | --:         | ---               |
| call | 2.34 ms | 230.00 ms | 1.0         |                   |
| zip  | 3.50 MB |           |             | < 3.50 MB: MISSED |
"
        );
        assert_eq!(table.missed(), "Missed: zip.\n");
    }

    #[test]
    fn counts_are_grouped_in_threes() {
        let check = |count, shown: &str| assert_eq!(Quantity::Count(count).to_string(), shown);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_234_567, "1,234,567");
    }
}
