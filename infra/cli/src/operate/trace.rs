//! `triage trace`: what each stage knows of one alert.

mod account;
mod story;

use clap::Args;
use domain::AlertKey;
use lambda::config::Environment;

use super::{Account, Paper, Table, Target, Tone};
use crate::failure::Failure;
use story::{Step, Story};

#[derive(Debug, Args)]
pub(crate) struct TraceOptions {
    /// `<cluster node or manager>/<alert id>`, as logs have it in alert.key.
    #[arg(value_name = "ALERT_KEY")]
    alert: AlertKey,
    #[command(flatten)]
    target: Target,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &TraceOptions, environment: &Environment) -> Result<(), Failure> {
    let story = crate::runtime()?.block_on(async {
        let account = Account::open(&options.target, environment).await?;
        account::story(&account, &options.alert).await
    })?;
    let mut paper = Paper::new(environment);
    if options.json { paper.json(&story) } else { show(&story, &mut paper) }
}

fn show(story: &Story, paper: &mut Paper) -> Result<(), Failure> {
    let mut table = Table::new(&["STEP", "STATE", "WHEN", "DETAIL"]);
    for step in &story.steps {
        let tone = if step.is_missing() { Tone::Warning } else { Tone::Plain };
        table.row(tone, cells(step));
    }
    paper.table(&table)?;
    for remark in &story.remarks {
        paper.line(Tone::Warning, remark)?;
    }
    Ok(())
}

fn cells(step: &Step) -> [String; 4] {
    let at = step.at.map_or_else(|| "-".to_owned(), super::second);
    let name = if step.is_delivery() { format!("  {}", step.name) } else { step.name.clone() };
    [name, step.state.clone(), at, step.detail.clone()]
}
