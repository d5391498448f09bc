//! The checkout that a tool of ours was built from.

use std::path::Path;
use std::process::Command;

/// Where it is.
pub fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Its commit, and whether something was changed since.
pub fn commit() -> String {
    said("git", &["describe", "--always", "--dirty"])
}

/// What a program says there; nothing where it is not installed.
pub fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).current_dir(folder()).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
