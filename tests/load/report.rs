//! What a run says: on the terminal, as JSON, and as a part of docs/load.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;
use simulation::calibrate::Run;
use simulation::report::count;
use tests::{page, project};

use crate::ledger::{Latency, Ledger};
use crate::machine::Program;
use crate::mix::Mix;
use crate::model;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub begun_at: Timestamp,
    pub mix: Mix,
    /// How long the lines were written.
    pub writing_s: f64,
    /// From the first line to the last end.
    pub busy_s: f64,
    pub ledger: Ledger,
    pub latencies: BTreeMap<String, Latency>,
    pub programs: BTreeMap<String, Program>,
    /// To each provider, and to the model.
    pub requests: BTreeMap<String, u64>,
    pub mails: usize,
    /// As `triage simulate --calibrate` reads it.
    #[serde(skip)]
    pub run: Run,
}

impl Report {
    /// Prints it, keeps it under `target/load`, and puts it into docs/load.md where that is wanted.
    #[expect(clippy::print_stdout, reason = "the result is for the person at the terminal")]
    pub(crate) fn publish(&self, run: Option<&str>) -> Result<()> {
        let text = self.markdown();
        println!("{text}");
        let folder = project::target()?.join("load");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("report.md"), &text)?;
        fs::write(folder.join("report.json"), serde_json::to_vec_pretty(self)?)?;
        fs::write(folder.join("run.json"), serde_json::to_vec_pretty(&self.run)?)?;
        run.map_or(Ok(()), |run| page::write("load.md", run, &text))
    }

    /// Whether any program's memory does not stay where it is.
    pub(crate) fn grows(&self) -> bool {
        self.programs.values().any(|program| !program.is_flat())
    }

    fn markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _written = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let ledger = &self.ledger;
        writeln!(
            text,
            "`make load {}`, {}\n",
            self.mix.arguments(),
            self.begun_at.strftime("%Y-%m-%d %H:%M UTC")
        )?;
        ledger.write(text)?;
        let rate = |seconds: f64| model::number(ledger.published) / seconds.max(0.001);
        writeln!(
            text,
            "\nWritten in {:.0} s ({:.0} a second), the last end after {:.0} s ({:.0} a second). {} mails.",
            self.writing_s,
            rate(self.writing_s),
            self.busy_s,
            rate(self.busy_s),
            self.mails
        )?;
        writeln!(text, "\n| from Wazuh's write to the end | alerts | p50 | p90 | p99 | most |")?;
        writeln!(text, "| --- | --: | --: | --: | --: | --: |")?;
        for (what, Latency { alerts, p50_ms, p90_ms, p99_ms, max_ms }) in &self.latencies {
            writeln!(text, "| {what} | {alerts} | {p50_ms} ms | {p90_ms} ms | {p99_ms} ms | {max_ms} ms |")?;
        }
        writeln!(text, "\n| program | processes | most memory of one | CPU | growth an hour |")?;
        writeln!(text, "| --- | --: | --: | --: | --: |")?;
        for (name, program) in &self.programs {
            let growth = program.growth_bytes_per_hour.map(|bytes| format!("{:.1} MB", bytes / 1e6));
            let (processes, cpu) = (program.processes, program.cpu_s);
            let megabytes = program.peak_bytes / 1_000_000;
            writeln!(
                text,
                "| {name} | {processes} | {megabytes} MB | {cpu:.1} s | {} |",
                growth.unwrap_or_default()
            )?;
        }
        let asked = self.requests.iter().filter(|(_, count)| **count > 0);
        let asked: Vec<String> = asked.map(|(who, count)| format!("{count} to {who}")).collect();
        let requests = if asked.is_empty() { "none".to_owned() } else { asked.join(", ") };
        writeln!(text, "\nRequests: {requests}.")?;
        self.write_model(text)
    }

    /// The simulation beside the run, and a bill.
    fn write_model(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "\n| figure | this run | `triage simulate`, told its shares and times | off by |")?;
        writeln!(text, "| --- | --: | --: | --: |")?;
        for row in self.run.compare().1 {
            let off = row.off_by() * 100.0;
            writeln!(
                text,
                "| {} | {} | {} | {off:.0} % |",
                row.figure,
                count(row.measured),
                count(row.simulated)
            )?;
        }
        let (alerts, cost) = model::day(&self.run, &self.mix);
        writeln!(
            text,
            "\nA day of alerts like these at {} a second, {} of them, costs ${:.2} on AWS by the same model: ${:.2} without mails (${:.2}) and model (${:.2}).",
            self.mix.rate,
            count(f64::from(u32::try_from(alerts).unwrap_or(u32::MAX))),
            cost.total(),
            cost.pipeline(),
            cost.mails,
            cost.model
        )
    }
}
