//! A day of alerts, simulated: publisher → enrich → analyze → notify, with what Lambda, SQS, `DynamoDB`, SES and the model
//! allow, what it costs, and which limit comes first. A seed decides everything that is left to chance.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a model counts in estimates, all of them far below 2^52 and none of them negative"
)]

mod arrivals;
pub mod assumptions;
mod bucket;
pub mod calibrate;
mod chance;
pub mod cost;
mod defaults;
pub mod designs;
mod engine;
mod lambda;
mod ledger;
pub mod limits;
mod mail;
mod measure;
mod model;
mod outcome;
mod parcel;
pub mod plan;
pub mod plots;
pub mod prices;
pub mod report;
pub mod scale;
mod service;
mod sizing;
mod spread;
pub mod usage;

pub use ledger::Ledger;
pub use mail::Mails;
pub use measure::{Sample, Summary};
pub use model::Questions;
pub use outcome::{Outcome, Providers, StageOutcome, Throttled, run, run_watched};
pub use plan::Plan;
pub use sizing::Sizing;
pub use spread::Spread;

#[cfg(test)]
mod tests;
