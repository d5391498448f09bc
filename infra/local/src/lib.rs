//! The pipeline on this machine: an emulator of AWS, stub providers, Terraform, and a page that shows the mails.
//!
//! [`stack::Stack`] is what the end-to-end tests read to find their way.

mod alerts;
pub mod alone;
mod artifacts;
mod aws;
pub mod cli;
mod columns;
mod conversations;
mod counts;
mod demo;
mod demo_folder;
mod digests;
mod emulator;
mod ends;
mod exec;
mod feed;
mod feedback;
mod folders;
mod held_back;
mod log_group;
mod mails;
mod ministack;
mod mirror;
mod notices;
mod orders;
mod package;
mod page;
mod process;
mod progress;
mod report;
mod requests;
mod scenes;
mod script;
mod signals;
mod smtp;
pub mod stack;
mod start;
pub mod stubs;
mod summary;
mod sweep;
pub mod terraform;
mod told;
mod tools;
mod trouble;
mod venv;
mod watch;
