//! What every emulator test starts from: the running stack, private queues, and ways to wait.

pub mod alerts;
pub mod deployed;
pub mod site;

pub use site::Site;
