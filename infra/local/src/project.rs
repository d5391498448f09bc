//! The checkout that we work in, and where cargo builds.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::tools::Tool;

/// The checkout around the current folder; elsewhere, the one that this was built from.
///
/// What is compiled in is not enough: cargo takes a build for a fresh one when the checkout was moved, or when two of them share
/// a target folder.
pub fn folder() -> PathBuf {
    let here = env::current_dir().unwrap_or_default();
    let built = Path::new(env!("CARGO_MANIFEST_DIR"));
    around(&here).or_else(|| around(built)).unwrap_or(built).to_owned()
}

fn around(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join("infra/local/Cargo.toml").is_file())
}

/// Cargo's target folder, wherever `CARGO_TARGET_DIR` or a configuration file put it.
pub fn target() -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let project = folder();
    let output = Command::new(Tool::Cargo.program())
        .current_dir(&project)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .with_context(|| format!("could not start cargo metadata in {}", project.display()))?;
    if !output.status.success() {
        bail!("cargo metadata ended with {} in {}", output.status, project.display());
    }
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("cargo metadata names no target directory")?;
    Ok(metadata.target_directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_is_found_from_any_folder_in_it_wherever_it_lies() {
        let place = tempfile::tempdir().unwrap();
        let checkout = place.path().join("moved");
        std::fs::create_dir_all(checkout.join("infra/local/src")).unwrap();
        std::fs::create_dir_all(checkout.join("docs/mail")).unwrap();
        std::fs::write(checkout.join("infra/local/Cargo.toml"), "").unwrap();

        for below in ["", "docs/mail", "infra/local/src"] {
            assert_eq!(around(&checkout.join(below)), Some(&*checkout), "from {below:?}");
        }
        assert_eq!(around(place.path()), None);
    }
}
