//! The pipeline's extraction, feeds, providers and verdict for one alert or a stream of them, without AWS.

mod check;
pub mod cli;
mod desk;
mod document;
mod eval;
mod explain;
mod failure;
mod feeds;
mod framer;
mod input;
mod providers;
mod subject;
mod summary;
mod terminal;
