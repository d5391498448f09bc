//! The notify stage: one notice in, one mail out.

pub mod config;
pub mod mail;
pub mod stage;
pub mod view;

mod dashboard;
mod defang;
mod render;
mod shown;
mod visible;

pub use config::Config;
pub use stage::Notify;

#[cfg(test)]
mod goldens;
#[cfg(test)]
mod hostile;
