//! The one table of a run, for the terminal and for a page.

use std::fmt;
use std::fs;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use ::tests::checkout;
use anyhow::Result;

use crate::release::Release;

/// What was measured, in the order of the table.
#[derive(Default)]
pub(crate) struct Table(Vec<Row>);

pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) median: Quantity,
    /// Absent where there is one measurement.
    pub(crate) p90: Option<Quantity>,
    /// To the publisher's median.
    pub(crate) ratio: Option<f64>,
    pub(crate) aim: Option<Aim>,
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

impl Table {
    pub(crate) fn extend(&mut self, rows: Vec<Row>) {
        self.0.extend(rows);
    }

    /// Prints the table, keeps it as Markdown, and fails when an aim is missed that gates.
    #[expect(clippy::print_stdout, reason = "the result is for the person at the terminal")]
    pub(crate) fn publish(&self, release: &Release) -> Result<ExitCode> {
        let text = format!("{}\n{}\n", self.markdown(), machine());
        fs::write(release.folder.join("table.md"), &text)?;
        println!("{text}");
        let missed = |row: &Row| row.aim.as_ref().is_some_and(|aim| !aim.met && aim.weight == Weight::Gates);
        Ok(if self.0.iter().any(missed) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn markdown(&self) -> String {
        let head = ["", "median", "p90", "× publisher", "aim"].map(str::to_owned);
        let rule = ["---", "--:", "--:", "--:", "---"].map(str::to_owned);
        let lines: Vec<[String; 5]> = [head, rule].into_iter().chain(self.0.iter().map(Row::cells)).collect();
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
            Self::Count(count) => write!(formatter, "{count}"),
            Self::Nanoseconds(time) => write!(formatter, "{:.1} ns", time.as_secs_f64() * 1e9),
            Self::Rate(rate) => write!(formatter, "{rate:.0}/s"),
            Self::Speed { alerts_per_second, bytes_per_second } => {
                write!(formatter, "{:.0} k/s, {:.0} MB/s", alerts_per_second / 1e3, bytes_per_second / 1e6)
            }
            Self::Share { met, of } => write!(formatter, "{met} of {of}"),
        }
    }
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
    let commit = checkout::commit();
    let compiler = checkout::said("rustc", &["--version"]);
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
        let table = Table(vec![
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
        ]);
        assert_eq!(
            table.markdown(),
            "\
|      | median  | p90       | × publisher | aim               |
| ---  | --:     | --:       | --:         | ---               |
| call | 2.34 ms | 230.00 ms | 1.0         |                   |
| zip  | 3.50 MB |           |             | < 3.50 MB: MISSED |
"
        );
    }
}
