//! `triage eval`: how good the assessment is on alerts whose truth is known, and what a model adds to it.
//!
//! History comes from the alerts themselves, folded in the order of time; intelligence is not asked.

mod cases;
mod figures;
mod injection;
mod judged;
mod report;
mod score;
mod thresholds;

use crate::cli::EvalOptions;
use crate::failure::Failure;
use crate::terminal::Page;

use cases::Cases;
use figures::Figures;
use judged::Recorded;

pub(crate) use thresholds::Thresholds;

pub(crate) fn run(options: &EvalOptions) -> Result<(), Failure> {
    let cases = Cases::read(options)?;
    let recorded = Recorded::read(&options.recorded, &cases)?;
    let probes = injection::read(&options.injection)?;
    let figures = Figures::of(&cases, &recorded, &probes);
    let mut page = Page::new();
    let written = if options.json {
        page.print_json(&serde_json::to_string(&figures).unwrap_or_default())
    } else {
        page.print(&report::lines(&figures))
    };
    written.map_err(Failure::Write)?;
    options.thresholds.check(&figures)
}
