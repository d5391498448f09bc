//! Intelligence about indicators: providers, their answers' cache, and who may be asked.

mod abuseipdb;
mod cache;
mod intelligence;

pub use abuseipdb::{AbuseIpDb, Checked};
pub use cache::AnswerCache;
pub use intelligence::{Intelligence, Policy};
