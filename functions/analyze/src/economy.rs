//! What a model costs, and what is done so that it costs little: not asking, asking once, asking the small one first,
//! stopping at a limit, leaving a broken one alone, and keeping a record.

pub mod audit;
pub mod breaker;
pub mod budget;
pub mod cascade;
pub mod fingerprint;
mod mask;
pub mod need;
pub mod price;
mod rebase;
pub mod reuse;
mod settings;

pub use settings::Settings;
