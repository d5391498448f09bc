//! Python environments, made from a file of pinned requirements and kept until that file changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::progress::Step;
use crate::tools::Tool;
use crate::{checksum, folders, process};

/// The folder of programs of an environment that holds exactly these requirements.
pub(crate) async fn prepare(folder: &Path, requirements: &Path, log: &Path, step: &Step) -> Result<PathBuf> {
    let wanted =
        fs::read(requirements).with_context(|| format!("could not read {}", requirements.display()))?;
    let wanted = checksum::sha256(&wanted);
    let stamp = folder.join("requirements.sha256");
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    let _lock = folders::lock(&folder.with_extension("lock")).await?;
    let programs = folder.join("bin");
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted)
        && programs.join("python").exists()
    {
        return Ok(programs);
    }
    let mut make = Command::new(Tool::Python.program());
    make.args(["-m", "venv", "--clear"]).arg(folder);
    process::run(&mut make, log, Duration::from_mins(2), step)
        .await
        .context("no Python environment; on Debian and Ubuntu: sudo apt-get install python3-venv")?;
    let mut install = Command::new(programs.join("python"));
    install.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--requirement"]);
    install.arg(requirements);
    process::run(&mut install, log, Duration::from_mins(10), step)
        .await
        .with_context(|| format!("could not install what {} names", requirements.display()))?;
    fs::write(&stamp, wanted)?;
    Ok(programs)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_requirement_is_pinned() {
        for text in [include_str!("../requirements.txt"), include_str!("../requirements-package.txt")] {
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let (name, version) = line.split_once("==").unwrap_or_else(|| panic!("{line}"));
                assert!(
                    !name.is_empty() && version.starts_with(|first: char| first.is_ascii_digit()),
                    "{line}"
                );
            }
        }
    }
}
