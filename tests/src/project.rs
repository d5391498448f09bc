//! Where the project is, and where cargo builds.

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
