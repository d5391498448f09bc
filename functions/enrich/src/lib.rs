//! The enrich stage: from a raw Wazuh alert to an alert with what intelligence says about it.

pub mod config;
pub mod feedback;
pub mod forwarding;
pub mod keeper;
pub mod routing;
pub mod sightings;
pub mod stage;
mod start;
pub mod triage;
pub mod window;

pub use config::Config;
pub use stage::Enrich;
pub use start::StartError;
