//! The log: one line for each alert and call, in the style of Wazuh's `integrations.log`.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::config::Environment;

/// Writes lines to a file and, for a person, to the terminal. A log that cannot be written stops nothing.
pub struct Journal {
    pub program: String,
    pub zone: TimeZone,
    pub file: Option<PathBuf>,
    pub echo: Echo,
}

/// Whether somebody watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// All lines: successes to standard output, the rest to standard error.
    All,
    /// Failures to standard error; integratord shows the last line of it in `ossec.log`.
    Failures,
}

impl Journal {
    pub fn success(&self, text: &str) {
        let line = self.line(text);
        self.append(&line);
        if self.echo == Echo::All {
            let _ = io::stdout().lock().write_all(line.as_bytes());
        }
    }

    pub fn failure(&self, text: &str) {
        let line = self.line(text);
        self.append(&line);
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }

    /// For the person at the terminal; the log has it already.
    pub fn tell(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{}: {text}", self.program);
    }

    fn line(&self, text: &str) -> String {
        line(&Timestamp::now().to_zoned(self.zone.clone()), &self.program, text)
    }

    fn append(&self, line: &str) {
        let Some(path) = &self.file else { return };
        // One write in append mode: lines of programs that run at the same time do not mix.
        let file = OpenOptions::new().append(true).create(true).mode(0o640).open(path);
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        if let Err(error) = written {
            let _ = writeln!(io::stderr().lock(), "{}: log {}: {error}", self.program, path.display());
        }
    }
}

/// The zone that Wazuh's own lines are in.
///
/// Finding its name means walking all of `/usr/share/zoneinfo`, 1.3 ms that the integration does not have; the
/// rules themselves are in one file.
pub fn time_zone(environment: &Environment) -> TimeZone {
    let rules = match environment("TZ") {
        Some(_) => None,
        None => std::fs::read("/etc/localtime").ok(),
    };
    rules.and_then(|rules| TimeZone::tzif("local", &rules).ok()).unwrap_or_else(TimeZone::system)
}

fn line(now: &Zoned, program: &str, text: &str) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    format!("{} {program}: {text}\n", now.strftime("%Y %b %d %H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_like_those_of_wazuh_and_stays_one_line() {
        let now: Zoned = "2026-10-03T14:22:07+02:00[Europe/Berlin]".parse().unwrap();
        assert_eq!(
            line(&now, "custom-wazuh-triage", "sent alert 1\n2026 Oct 03 forged"),
            "2026 Oct 03 14:22:07 custom-wazuh-triage: sent alert 1 2026 Oct 03 forged\n"
        );
    }
}
