//! How an alert gets into the spool, and who is told.
//!
//! What `custom-wazuh-triage` is made of, and what `wazuh-publisher` shares with it, so that both mean the same folder
//! by the same destination. Depends on nothing: every kilobyte and every microsecond is paid for each alert.

pub mod accept;
pub mod clock;
pub mod destination;
pub mod handover;
pub mod home;
pub mod journal;
pub mod label;
pub mod spool;
