//! What every emulator test starts from: the running stack, private queues, and ways to wait.

pub mod alerts;
pub mod checkout;
pub mod deployed;
pub mod memory_aws;
pub mod pipeline;
pub mod site;

pub use memory_aws::MemoryAws;
pub use pipeline::Pipeline;
pub use site::Site;
