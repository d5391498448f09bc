//! `local package`: the zips that go to AWS.

use std::env::join_paths;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use tokio::process::Command;

use crate::cli::Settings;
use crate::folders::RunFolder;
use crate::process::Group;
use crate::progress::Progress;
use crate::signals::unless_interrupted;
use crate::tools::{self, Tool};
use crate::{artifacts, folders, venv};

pub(crate) async fn run(settings: &Settings) -> Result<ExitCode> {
    unless_interrupted(build(settings)).await
}

#[expect(clippy::print_stdout, reason = "the result is for the person at the terminal")]
async fn build(settings: &Settings) -> Result<ExitCode> {
    tools::require(&[Tool::Cargo, Tool::Python]).await?;
    let target = folders::target().await?;
    let run = RunFolder::create(&target.join("local"))?;
    let requirements = folders::project().join("infra/local/requirements-package.txt");
    let step = Progress::detect().step("preparing cargo-lambda and zig");
    let log = run.logs().join("pip.log");
    let programs = venv::prepare(&target.join("local/venv-package"), &requirements, &log, &step).await?;
    step.done();

    let mut command = Command::new(Tool::Cargo.program());
    command.current_dir(folders::project()).env("PATH", with_first(&programs, settings.path.as_ref())?);
    command.args(["lambda", "build", "--release", "--arm64", "--output-format", "zip"]);
    for function in artifacts::FUNCTIONS {
        command.args(["-p", function]);
    }
    let status = Group::spawn(&mut command)?.wait().await?;
    if !status.success() {
        bail!("cargo lambda build ended with {status}");
    }
    // Named as `terraform/examples/minimal` looks for them.
    let package = target.join("package");
    std::fs::create_dir_all(&package)?;
    for function in artifacts::FUNCTIONS {
        let zip = package.join(format!("{function}.zip"));
        std::fs::copy(target.join("lambda").join(function).join("bootstrap.zip"), &zip)?;
        println!("{}", zip.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn with_first(folder: &Path, path: Option<&OsString>) -> Result<OsString> {
    let rest = path.map(std::env::split_paths).into_iter().flatten();
    Ok(join_paths(std::iter::once(folder.to_owned()).chain(rest))?)
}
