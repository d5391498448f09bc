//! What doctor says.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;

/// One line: what is so, and what to do if it is not well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub level: Level,
    pub what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Ok,
    /// It works, and somebody should look at it.
    Warn,
    Fail,
}

impl Finding {
    pub fn ok(what: impl Into<String>) -> Self {
        Self { level: Level::Ok, what: what.into(), cure: None }
    }

    pub fn warn(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { level: Level::Warn, what: what.into(), cure: Some(cure.into()) }
    }

    pub fn fail(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { level: Level::Fail, what: what.into(), cure: Some(cure.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok  ",
            Level::Warn => "warn",
            Level::Fail => "FAIL",
        };
        // A path may hold anything; a finding is one line.
        let plain = |text: &str| text.replace(char::is_control, " ");
        write!(formatter, "{level} {}", plain(&self.what))?;
        match &self.cure {
            Some(cure) => write!(formatter, " — {}", plain(cure)),
            None => Ok(()),
        }
    }
}

pub fn print_lines(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))
}

pub fn print_json(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", serde_json::to_string_pretty(findings)?)
}
