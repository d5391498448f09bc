//! `triage simulate`: a day of alerts through the pipeline, with AWS's limits and prices, on paper.

mod options;
mod trace;

use std::fs;
use std::path::Path;

use lambda::config::Environment;
use serde::Serialize;
use simulation::calibrate::{Comparison, Run};
use simulation::plots::{self, PlotError};
use simulation::report::{self, Section};
use simulation::scale::{self, Priced, Step};
use simulation::{Outcome, Plan, Sizing};

use crate::failure::Failure;
use crate::operate::{Paper, Table, Tone};
use crate::terminal::tell;

pub(crate) use options::{AFTER_SIMULATE, SimulateOptions};

pub(crate) fn run(options: &SimulateOptions, environment: &Environment) -> Result<(), Failure> {
    let done = if let Some(file) = &options.calibrate {
        calibrate(options, file, environment)
    } else if options.scale {
        of_all_loads(options, environment)
    } else {
        of_one_day(options, environment)
    };
    match done {
        // Whoever was reading has seen enough.
        Err(Failure::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

fn of_one_day(options: &SimulateOptions, environment: &Environment) -> Result<(), Failure> {
    let plan = options.plan()?;
    let mut outcome = simulation::run(&plan);
    if let Some(folder) = &options.plot {
        draw(folder, "age", plots::ages(&outcome))?;
        draw(folder, "depth", plots::depths(&outcome))?;
    }
    let mut paper = Paper::new(environment);
    if options.json {
        if !options.samples {
            outcome.stages.iter_mut().for_each(|stage| stage.samples.clear());
        }
        return paper.json(&outcome);
    }
    let mut sections = report::day(&outcome);
    if options.assumptions {
        sections.push(report::assumptions(&plan));
    }
    print(&mut paper, &sections, options.markdown)
}

#[derive(Serialize)]
struct Scale<'a> {
    schema: u8,
    loads: Vec<Load<'a>>,
    designs: Vec<DesignCost<'a>>,
}

#[derive(Serialize)]
struct Load<'a> {
    alerts_per_day: u64,
    shipped: &'a Outcome,
    sizing: Sizing,
    sized: &'a Outcome,
}

#[derive(Serialize)]
struct DesignCost<'a> {
    design: &'a str,
    what: &'a str,
    stands: &'a str,
    at_a_million: simulation::cost::Cost,
    at_a_thousand_million: Option<simulation::cost::Cost>,
}

fn of_all_loads(options: &SimulateOptions, environment: &Environment) -> Result<(), Failure> {
    let mut steps = scale::steps(options.seed, &mut |alerts| tell(&format!("{alerts} alerts a day")));
    if let Some(folder) = &options.plot {
        draw(folder, "cost", plots::costs(&steps))?;
        // Where the queue builds: the load that the deployment as shipped does not quite keep up with.
        let alerts = options.alerts_per_day.unwrap_or(scale::QUEUEING);
        let day = simulation::run(&Plan { seed: options.seed, ..Plan::as_shipped(alerts) });
        draw(folder, "age", plots::ages(&day))?;
        draw(folder, "depth", plots::depths(&day))?;
    }
    let priced = scale::priced(&mut |design| tell(&format!("design: {design}")));
    let mut paper = Paper::new(environment);
    if options.json {
        for outcome in steps.iter_mut().flat_map(|step| [&mut step.shipped, &mut step.sized]) {
            outcome.stages.iter_mut().for_each(|stage| stage.samples.clear());
        }
        let loads = steps.iter().map(|Step { alerts, shipped, sizing, sized }| Load {
            alerts_per_day: *alerts,
            shipped,
            sizing: *sizing,
            sized,
        });
        let designs = priced.iter().map(|Priced { design, small, large }| DesignCost {
            design: design.key,
            what: design.what,
            stands: design.stands.words(),
            at_a_million: small.cost,
            at_a_thousand_million: large.as_ref().map(|outcome| outcome.cost),
        });
        return paper.json(&Scale { schema: 1, loads: loads.collect(), designs: designs.collect() });
    }
    if options.markdown {
        return paper.text(&scale::page(&steps, &priced));
    }
    print(&mut paper, &scale::sections(&steps, &priced), false)
}

#[derive(Serialize)]
struct Calibration<'a> {
    schema: u8,
    source: &'a str,
    figures: &'a [Comparison],
    outcome: &'a Outcome,
}

/// A model that is far off what was measured is a failure.
fn calibrate(options: &SimulateOptions, file: &Path, environment: &Environment) -> Result<(), Failure> {
    let text =
        fs::read_to_string(file).map_err(|source| Failure::Unreadable { path: file.to_owned(), source })?;
    let run = Run::read(&text).map_err(|source| Failure::Calibration { path: file.to_owned(), source })?;
    let (mut outcome, figures) = run.compare();
    let mut paper = Paper::new(environment);
    if options.json {
        outcome.stages.iter_mut().for_each(|stage| stage.samples.clear());
        paper.json(&Calibration { schema: 1, source: &run.source, figures: &figures, outcome: &outcome })?;
    } else {
        let mut table = Table::new(&["FIGURE", "MEASURED", "SIMULATED", "OFF BY"]);
        for figure in &figures {
            let off = format!("{:.0} %", figure.off_by() * 100.0);
            let tone = if figure.off_by() > options.tolerance { Tone::Warning } else { Tone::Plain };
            let (measured, simulated) = (report::count(figure.measured), report::count(figure.simulated));
            table.row(tone, [figure.figure.to_owned(), measured, simulated, off]);
        }
        paper.line(Tone::Heading, &format!("measured: {}", run.source))?;
        paper.table(&table)?;
    }
    let off: Vec<&str> = figures
        .iter()
        .filter(|figure| figure.off_by() > options.tolerance)
        .map(|figure| figure.figure)
        .collect();
    if off.is_empty() {
        return Ok(());
    }
    Err(Failure::Thresholds(format!(
        "the model is off by more than {}: {}",
        options.tolerance,
        off.join("; ")
    )))
}

fn print(paper: &mut Paper, sections: &[Section], is_markdown: bool) -> Result<(), Failure> {
    if is_markdown {
        return paper.text(&report::markdown(sections));
    }
    for section in sections {
        paper.line(Tone::Heading, &section.title)?;
        for line in &section.lines {
            let tone = if line.starts_with("! ") { Tone::Warning } else { Tone::Plain };
            paper.line(tone, line)?;
        }
        let mut table = Table::new(section.headings);
        for row in &section.rows {
            table.row(Tone::Plain, row.clone());
        }
        paper.table(&table)?;
        paper.line(Tone::Plain, "")?;
    }
    Ok(())
}

fn draw(folder: &Path, name: &str, svg: Result<String, PlotError>) -> Result<(), Failure> {
    let path = folder.join(name).with_extension("svg");
    let failed = |source| Failure::Plot { path: path.clone(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    fs::write(&path, svg.map_err(Failure::Drawing)?).map_err(failed)
}
