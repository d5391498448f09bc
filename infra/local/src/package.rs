//! `local package`: the zips that go to AWS, and `triage` for whoever looks after them.

use std::env::join_paths;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use tokio::process::Command;

use crate::archive::{self, Packing};
use crate::cli::Settings;
use crate::folders::RunFolder;
use crate::origin::Origin;
use crate::process::Group;
use crate::progress::Progress;
use crate::signals::unless_interrupted;
use crate::tools::{self, Tool};
use crate::{artifacts, checksum, project, venv};

/// A processor of Lambda, by the word that Lambda and Terraform's `architecture` have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Architecture {
    #[value(name = "arm64")]
    Arm64,
    #[value(name = "x86_64")]
    X86,
}

impl Architecture {
    /// The word of cargo-lambda.
    fn flag(self) -> &'static str {
        match self {
            Self::Arm64 => "--arm64",
            Self::X86 => "--x86-64",
        }
    }
}

/// What is built for another machine than this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// Zips, and a list of their checksums.
    Functions,
    /// The command-line tool, for Linux.
    Triage,
}

impl Build {
    fn crates(self) -> &'static [&'static str] {
        match self {
            Self::Functions => &artifacts::FUNCTIONS,
            Self::Triage => &[artifacts::TRIAGE],
        }
    }
}

pub(crate) async fn run(settings: &Settings, what: Build, architecture: Architecture) -> Result<ExitCode> {
    unless_interrupted(build(settings, what, architecture)).await
}

#[expect(clippy::print_stdout, reason = "the result is for the person at the terminal")]
async fn build(settings: &Settings, what: Build, architecture: Architecture) -> Result<ExitCode> {
    tools::require(&[Tool::Cargo, Tool::Python]).await?;
    let target = project::target()?;
    let run = RunFolder::create(&target.join("local"))?;
    let requirements = project::folder().join("infra/local/requirements-package.txt");
    let step = Progress::detect().step("preparing cargo-lambda and zig");
    let log = run.logs().join("pip.log");
    let programs = venv::prepare(&target.join("local/venv-package"), &requirements, &log, &step).await?;
    step.done();

    let origin = Origin::find(&project::folder(), &target, &settings.cargo_home()?).await?;
    let mut command = Command::new(Tool::Cargo.program());
    command.current_dir(project::folder()).env("PATH", with_first(&programs, settings.path.as_ref())?);
    command.env("CARGO_ENCODED_RUSTFLAGS", origin.flags());
    command.args(["lambda", "build", "--release", "--locked", architecture.flag()]);
    command.args(what.crates().iter().flat_map(|name| ["-p", name]));
    let status = Group::spawn(&mut command)?.wait().await?;
    if !status.success() {
        bail!("cargo lambda build ended with {status}");
    }
    // The same names for both architectures, as the examples of Terraform look for them.
    let (built, package) = (target.join("lambda"), target.join("package"));
    fs::create_dir_all(&package).with_context(|| format!("could not make {}", package.display()))?;
    let lines = match what {
        Build::Functions => pack(&built, &package, &origin)?,
        Build::Triage => vec![place_triage(&built, &package, &origin)?],
    };
    for line in lines {
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The program of a crate, without a path of this machine in it.
fn program(built: &Path, name: &str, origin: &Origin) -> Result<PathBuf> {
    // Cargo-lambda has one name for every program.
    let program = built.join(name).join("bootstrap");
    origin.is_not_in(&program)?;
    Ok(program)
}

/// Returns where it is.
fn place_triage(built: &Path, package: &Path, origin: &Origin) -> Result<String> {
    let program = program(built, artifacts::TRIAGE, origin)?;
    let placed = package.join(artifacts::TRIAGE);
    fs::copy(&program, &placed).with_context(|| format!("could not write {}", placed.display()))?;
    Ok(placed.display().to_string())
}

/// Packs what was built, and writes the list of checksums beside it; returns where everything is.
fn pack(built: &Path, package: &Path, origin: &Origin) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for function in artifacts::FUNCTIONS {
        let program = program(built, function, origin)?;
        let name = format!("{function}.zip");
        archive::pack(&program, &package.join(&name), Packing::Tight)?;
        names.push(name);
    }
    let list = package.join("SHA256SUMS");
    checksum::write_list(package, &names, &list)?;
    names.push("SHA256SUMS".to_owned());
    Ok(names.iter().map(|name| package.join(name).display().to_string()).collect())
}

fn with_first(folder: &Path, path: Option<&OsString>) -> Result<OsString> {
    let rest = path.map(std::env::split_paths).into_iter().flatten();
    Ok(join_paths(std::iter::once(folder.to_owned()).chain(rest))?)
}
