//! Hunting: valid accounts in the wrong hands, found in the logins of a site.
//!
//! [`detect`](detect::detect) decides, and knows neither AWS nor the clock; [`Hunt`] reads, claims and tells.

pub mod config;
pub mod detect;
pub mod finding;
pub mod kind;
pub mod profile;
pub mod report;
pub mod sign;
pub mod source;
pub mod stage;
pub mod store;
pub mod thresholds;
pub mod window;

pub use config::Config;
pub use detect::{Hunted, Hunter, detect};
pub use finding::{Finding, Gatherer};
pub use kind::Kind;
pub use profile::Profile;
pub use sign::Sign;
pub use stage::{Hunt, Tally};
pub use thresholds::Thresholds;
