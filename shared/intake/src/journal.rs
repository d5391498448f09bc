//! The log: one line for each alert and call, in the style of Wazuh's `integrations.log`.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::clock::Zone;

/// Writes lines to a file and, for a person, to the terminal. A log that cannot be written stops nothing.
pub struct Journal {
    pub program: String,
    pub zone: Zone,
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
        self.successes(&[text.to_owned()]);
    }

    /// Lines of one moment, written at once.
    pub fn successes(&self, texts: &[String]) {
        let now = self.zone.stamp(SystemTime::now());
        let lines: String = texts.iter().map(|text| line(&now, &self.program, text)).collect();
        self.append(&lines);
        if self.echo == Echo::All {
            let _ = io::stdout().lock().write_all(lines.as_bytes());
        }
    }

    pub fn failure(&self, text: &str) {
        let line = line(&self.zone.stamp(SystemTime::now()), &self.program, text);
        self.append(&line);
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }

    /// For the person at the terminal; the log has it already.
    pub fn tell(&self, text: &str) {
        let _ = io::stderr().lock().write_all(format!("{}: {text}\n", self.program).as_bytes());
    }

    fn append(&self, lines: &str) {
        let Some(path) = &self.file else { return };
        // One write in append mode: lines of programs that run at the same time do not mix.
        let file = OpenOptions::new().append(true).create(true).mode(0o640).open(path);
        let written = file.and_then(|mut file| file.write_all(lines.as_bytes()));
        if let Err(error) = written {
            self.tell(&format!("log {}: {error}", path.display()));
        }
    }
}

fn line(now: &str, program: &str, text: &str) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    format!("{now} {program}: {text}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_like_those_of_wazuh_and_stays_one_line() {
        assert_eq!(
            line("2026 Oct 03 14:22:07", "custom-wazuh-triage", "sent alert 1\n2026 Oct 03 forged"),
            "2026 Oct 03 14:22:07 custom-wazuh-triage: sent alert 1 2026 Oct 03 forged\n"
        );
    }
}
