//! Carries Wazuh alerts from the manager to the pipeline's SQS queue, and loses none on the way.
//!
//! An alert is accepted by a file in the spool: `custom-wazuh-triage` does that for integratord, [`send`] for a person
//! or a script. The [`service`], or a shipper ([`ship`]) where none runs, carries the spool to SQS; whatever fails
//! stays in the spool. The service also [`follow`]s `alerts.json`, unless it is told not to. [`failure`] lists the exit
//! codes.
//!
//! The other way, [`relay`] hands events of the feedback queue to the manager. [`install`] and [`doctor`] put all of it
//! in its place and look after it.

mod backoff;
pub mod cdb;
pub mod cli;
pub mod config;
mod deliver;
pub mod doctor;
pub mod failure;
pub mod follow;
pub mod input;
pub mod install;
pub mod integration;
pub mod item;
pub mod keeping;
mod list_file;
pub mod message;
#[cfg(feature = "fuzz")]
pub mod probing;
pub mod queue;
pub mod relay;
pub mod send;
pub mod service;
pub mod ship;
pub mod spool_command;
pub mod status;
mod trust;
mod waited;
mod window;

pub use intake::{destination, home, journal, spool};

/// Name and version, as the `publisher` message attribute says them.
pub const PUBLISHER: &str = concat!("wazuh-publisher/", env!("CARGO_PKG_VERSION"));
