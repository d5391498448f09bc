//! The notify stage: one notice in, one mail or message out for each group that wants it, or a line in a digest.

pub mod config;
pub mod delivery;
pub mod events;
pub mod mail;
pub mod routing;
pub mod stage;
pub mod webhook;

mod clock;
mod count;
mod defang;
mod held;
mod links;
mod opening;
mod render;
mod shown;
mod template;
mod view;
mod visible;

pub use config::Config;
pub use stage::Notify;

#[cfg(any(test, feature = "goldens"))]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "everything in it is written out there, and tested"
)]
pub mod goldens;
#[cfg(test)]
mod hostile;
#[cfg(any(test, feature = "fuzz"))]
#[expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it is a test that others call too"
)]
pub mod lint;
#[cfg(any(test, feature = "fuzz"))]
pub mod probing;
