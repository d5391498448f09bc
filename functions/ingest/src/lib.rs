//! The ingest stage: from feeds to rows of the intel table, a snapshot for enrich and lists for the manager.

mod config;
pub mod copy;
mod feeds;
pub mod health;
mod import;
mod objects;
mod order;
mod pace;
mod publish;
mod rows;
mod stage;
mod warninglists;

pub use config::Config;
pub use order::Order;
pub use stage::{Ingest, IngestError, StartError};
