//! A Python environment with exactly the pinned packages, kept until their list changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::tell;

/// The environment's interpreter: the program itself, not a script of a version manager that looks for it at each call.
pub(crate) fn prepare(folder: &Path, requirements: &Path) -> Result<PathBuf> {
    let wanted =
        fs::read(requirements).with_context(|| format!("could not read {}", requirements.display()))?;
    let stamp = folder.join("requirements.txt");
    let python = folder.join("bin/python");
    if fs::read(&stamp).is_ok_and(|made_from| made_from == wanted) && python.exists() {
        return Ok(python);
    }
    tell("installing boto3 for the Python peer");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))
        .context("no Python environment; on Debian and Ubuntu: sudo apt-get install python3-venv")?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    run(install.arg("--requirement").arg(requirements))?;
    if fs::read(fs::canonicalize(&python)?)?.starts_with(b"#!") {
        bail!("{} is a script, which would be measured with it", python.display());
    }
    fs::write(stamp, wanted)?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().context("could not start Python")?;
    if !status.success() {
        bail!("{} ended with {status}", command.get_program().display());
    }
    Ok(())
}
