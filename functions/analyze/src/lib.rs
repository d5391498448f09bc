//! The analyze stage: from an enriched alert to a notice, with a deterministic assessment always and a model's
//! explanation where there is one.

pub mod analyses;
pub mod answer;
pub mod assessment;
pub mod config;
pub mod economy;
pub mod embedded;
pub mod explain;
pub mod incidents;
pub mod model;
pub mod outside;
pub mod prompt;
pub mod redaction;
pub mod sightings;
pub mod stage;
pub mod story;

pub use config::Config;
pub use stage::Analyze;
