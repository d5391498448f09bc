//! `triage check`: from alerts to lines.

use std::io;

use jiff::Timestamp;
use lambda::config::Environment;

use crate::cli::CheckOptions;
use crate::desk::{Desk, Findings};
use crate::document;
use crate::explain;
use crate::failure::{Count, Failure};
use crate::input::Arrivals;
use crate::mailing;
use crate::subject::Subject;
use crate::summary;
use crate::terminal::Page;
use crate::trouble::Trouble;

/// How the results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Lines,
    Explained,
    Json,
}

pub(crate) fn run(options: &CheckOptions, environment: &Environment) -> Result<(), Failure> {
    match &options.mail {
        Some(folder) => mailing::run(options, folder, environment),
        None => judge(options, environment),
    }
}

fn judge(options: &CheckOptions, environment: &Environment) -> Result<(), Failure> {
    let style = match (options.json, options.explain) {
        (true, _) => Style::Json,
        (false, true) => Style::Explained,
        (false, false) => Style::Lines,
    };
    let runtime = crate::runtime()?;
    let mut desk = Desk::new(options, environment, Timestamp::now())?;
    let mut arrivals = Arrivals::of(options.alerts.clone());
    let (mut page, mut trouble, mut checked) = (Page::new(), Trouble::default(), 0);
    while let Some(arrival) = arrivals.next() {
        let Some(subject) = trouble.sort_out(arrival) else { continue };
        let findings = runtime.block_on(desk.judge(&subject, Timestamp::now()));
        let written = if style == Style::Json {
            page.print_json(&document::of(&subject, &findings))
        } else {
            // One alert needs no heading, and only what comes next tells that there are more.
            let mut lines = Vec::new();
            if checked > 0 {
                lines.push(String::new());
            }
            if checked > 0 || arrivals.go_on() {
                lines.push(subject.heading());
            }
            lines.extend(group(style, &subject, &findings, &desk));
            page.print(&lines)
        };
        match written {
            Ok(()) => checked += 1,
            // Whoever was reading has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(Failure::Write(error)),
        }
    }
    trouble.conclude()
}

/// The lines of one alert.
fn group(style: Style, subject: &Subject, findings: &Findings, desk: &Desk) -> Vec<String> {
    let mut lines = Vec::new();
    for (judged, examined) in findings.judged() {
        lines.push(summary::line(judged, examined, desk.policy()));
        if style == Style::Explained {
            lines.extend(explain::of_indicator(judged));
        }
    }
    if lines.is_empty() {
        lines.push(summary::nothing(findings));
    }
    if findings.too_many > 0 {
        lines.push(format!(
            "{} not looked at: the alert has too many",
            Count(findings.too_many, "more indicator")
        ));
    }
    if style == Style::Explained {
        lines.extend(explain::of_alert(subject, findings));
    }
    lines
}
