//! The follower against a Wazuh that writes, rotates, compresses, crashes and is attacked.

mod lines;
pub mod manager;
mod places;
mod restarts;
mod stress;
