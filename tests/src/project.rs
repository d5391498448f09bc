//! The checkout that a tool of ours works in, and what is said there.

use std::process::Command;

pub use local::project::{folder, target};

/// The commit, and whether something was changed since.
pub fn commit() -> String {
    said("git", &["describe", "--always", "--dirty"])
}

/// What a program says there; nothing where it is not installed.
pub fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).current_dir(folder()).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
