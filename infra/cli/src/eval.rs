//! `triage eval`: how good the assessment is on alerts whose truth is known, and what a model adds to it.
//!
//! History comes from the alerts themselves, folded in the order of time; intelligence is not asked.

mod cases;
mod figures;
mod hearing;
mod injection;
mod judged;
mod live;
mod options;
mod record;
mod report;
mod score;
mod thresholds;

use lambda::config::Environment;

use crate::cli::EvalOptions;
use crate::failure::Failure;
use crate::terminal::Page;

use cases::Cases;
use figures::Figures;
use judged::Answers;
use live::Live;

pub(crate) use options::LiveOptions;
pub(crate) use thresholds::Thresholds;

pub(crate) fn run(options: &EvalOptions, environment: &Environment) -> Result<(), Failure> {
    let cases = Cases::read(options)?;
    let probes = injection::read(&options.injection)?;
    let (answers, stopped) = match &options.live.url {
        Some(url) => Live::open(&options.live, url, environment)?.ask_about(&cases, &probes)?,
        None => (Answers::read(&options.recorded, &cases)?, None),
    };
    let figures = Figures::of(&cases, &answers, &probes);
    let mut page = Page::new();
    let written = if options.json {
        page.print_json(&serde_json::to_string(&figures).unwrap_or_default())
    } else {
        page.print(&report::lines(&figures))
    };
    written.map_err(Failure::Write)?;
    stopped.map_or(Ok(()), Err)?;
    options.thresholds.check(&figures)
}
