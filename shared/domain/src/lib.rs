//! What all parts of Wazuh Triage agree on: the alert, its indicators, verdicts, incidents and the messages
//! between the stages. Pure: no network, no clock, no randomness, no AWS.

pub mod alert;
pub mod analysis;
pub mod assessment;
pub mod attack;
pub mod canary;
pub mod datagram;
mod feed_list;
pub mod history;
pub mod incident;
pub mod indicator;
pub mod lenient;
pub mod message;
pub mod pattern;
pub mod sighting;
pub mod trim;
pub mod unseen;
pub mod verdict;

pub use alert::{Agent, Alert, AlertError, AlertKey, Rule, RuleLevel};
pub use feed_list::FeedList;
pub use message::{EnrichedAlert, Feedback, MessageError, Notice};
pub use pattern::NamePattern;
pub use sighting::Sighting;
