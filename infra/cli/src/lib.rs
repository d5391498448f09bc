//! What the pipeline would say about alerts, and the mails it would write, without AWS; and what a person does with a
//! deployment.

mod alerts;
mod check;
pub mod cli;
mod completions;
mod desk;
mod document;
mod eval;
mod explain;
mod failure;
mod feeds;
mod framer;
mod hunting;
mod input;
mod lines;
mod mail_folder;
mod mailing;
mod model;
mod operate;
mod preview;
mod providers;
mod simulate;
mod stages;
mod subject;
mod summary;
mod terminal;
mod trouble;

use failure::Failure;

/// Drives one call's requests.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)
}
