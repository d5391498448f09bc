//! The checkout that a tool of ours was built from, and where cargo builds.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde::Deserialize;

pub fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// As cargo sees it: `CARGO_TARGET_DIR` or a configuration may have moved it.
pub fn target() -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let output = Command::new("cargo")
        .current_dir(folder())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("could not start cargo")?;
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("cargo metadata names no target directory")?;
    Ok(metadata.target_directory)
}

/// The commit, and whether something was changed since.
pub fn commit() -> String {
    said("git", &["describe", "--always", "--dirty"])
}

/// What a program says there; nothing where it is not installed.
pub fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).current_dir(folder()).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
