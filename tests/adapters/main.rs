//! `make adapters`: what of our own talks to AWS, against any endpoint that plays it, and what that one answers.
//!
//! Each test drives our code. What endpoints may answer differently is noted under a name of rows.toml, and becomes
//! a column of docs/portability.md.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON document has null where a field is missing: the comparison fails"
)]
#![expect(clippy::print_stdout, reason = "the run is told to the person at the terminal")]

mod buckets;
mod column;
mod dead_letters;
mod deployment;
mod endpoint;
mod mails;
mod page;
mod parameters;
mod program;
mod queues;
mod rows;
mod run;
mod schedules;
mod service;
mod tables;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;
use tests::project;

use crate::column::Column;
use crate::endpoint::Endpoint;
use crate::rows::Rows;
use crate::run::Run;
use crate::service::Service;

#[derive(Debug, Parser)]
#[command(name = "adapters")]
struct Arguments {
    /// Address of whatever plays AWS.
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    endpoint: String,
    /// Where mails that were sent are listed, if it is somebody else who knows; see `local exec --empty`.
    #[arg(long, env = local::stack::MAILS_VARIABLE, value_name = "URL")]
    mails: Option<String>,
    /// Services that must be there, by name; without it, what is not offered is named and passed over.
    #[arg(long, value_name = "SERVICE", value_delimiter = ' ', num_args = 0..)]
    require: Vec<Service>,
    /// Writes the answers as the column of this name and version into docs/portability.md.
    #[arg(long, value_name = "NAME")]
    docs: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let rows = Rows::read()?;
    // What the run is about, before it writes anything.
    let commit = project::commit();
    let endpoint = Endpoint::open(&arguments.endpoint, arguments.mails)?;
    let offers = service::ask(&endpoint).await?;
    println!("{}", offers.table());
    if let Some(missing) = offers.missing(&arguments.require) {
        bail!("{missing}; REQUIRE names what must be there");
    }
    let mut run = Run::new(endpoint, offers);
    queues::all(&mut run).await;
    dead_letters::all(&mut run).await;
    mails::all(&mut run).await;
    parameters::all(&mut run).await;
    deployment::all(&mut run).await;
    buckets::all(&mut run).await;
    tables::all(&mut run).await;
    schedules::all(&mut run).await;
    let ended = run.end(&rows).await;
    println!("{}", ended.summary());
    if !ended.is_well() {
        return Ok(ExitCode::FAILURE);
    }
    if let Some(name) = arguments.docs {
        let column = Column::of(name, commit, ended);
        column.write()?;
        page::write(&rows)?;
        println!("{} has a new column", page::PAGE);
    }
    Ok(ExitCode::SUCCESS)
}
