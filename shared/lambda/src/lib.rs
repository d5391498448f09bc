//! What stands around every handler: batches, claims, configuration, secrets, logs and metrics.
//!
//! A stage implements [`Stage`] and its `main` calls [`serve`]; the rest of this crate is what a stage's story
//! is told with.

pub mod aws;
pub mod batch;
pub mod claims;
pub mod config;
#[cfg(any(test, feature = "testing"))]
pub mod crash;
pub mod dead_letter;
pub mod http;
pub mod item;
pub mod ledger;
pub mod logs;
pub mod metrics;
pub mod secrets;
pub mod stage;
pub mod worker;

pub use stage::{Failure, Settled, Stage, Sweep, serve, serve_and_sweep};
pub use worker::{Settings, Turn, Worker, WorkerError};
