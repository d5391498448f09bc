//! What every emulator test starts from: the running stack, private queues, and ways to wait; and alerts to measure with.

pub mod alerts;
pub mod corpus;
pub mod deployed;
pub mod measured;
pub mod memory_aws;
pub mod page;
pub mod pipeline;
pub mod project;
pub mod site;

pub use memory_aws::MemoryAws;
pub use pipeline::Pipeline;
pub use site::Site;
