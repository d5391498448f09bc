//! Carries Wazuh alerts from the manager to the pipeline's SQS queue, and loses none on the way.
//!
//! An alert is accepted by a file in the spool: [`integration`] does that for integratord in about a
//! millisecond, [`send`] for a person or a script. The shipper ([`ship`]) carries the spool to SQS; whatever
//! fails stays in the spool for the next call. [`failure`] lists the exit codes.

pub mod cli;
pub mod config;
mod deliver;
pub mod destination;
pub mod failure;
pub mod home;
pub mod input;
pub mod integration;
pub mod item;
pub mod journal;
pub mod message;
pub mod queue;
pub mod send;
pub mod ship;
pub mod spool;

/// Name and version, as the `publisher` message attribute says them.
pub const PUBLISHER: &str = concat!("wazuh-publisher/", env!("CARGO_PKG_VERSION"));
