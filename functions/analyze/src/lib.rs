//! The analyze stage: from an enriched alert to a notice, with a deterministic assessment always and a model's
//! explanation where there is one.

pub mod assessment;
pub mod config;
pub mod incidents;
pub mod model;
pub mod prompt;
pub mod stage;
pub mod verification;

pub use config::Config;
pub use stage::Analyze;
