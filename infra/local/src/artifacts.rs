//! The programs: built by cargo, the functions packed the way Lambda wants them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Result, bail};
use tokio::process::Command;

use crate::archive::{self, Packing};
use crate::process::Group;
use crate::project;
use crate::tools::Tool;

/// Every function, by the name of its crate and its zip.
pub(crate) const FUNCTIONS: [&str; 5] = ["enrich", "analyze", "notify", "ingest", "hunt"];
/// The command-line tool.
pub(crate) const TRIAGE: &str = "triage";
const PUBLISHER: &str = "wazuh-publisher";

/// Builds everything; cargo shows its own progress.
pub(crate) async fn build(profile: &str) -> Result<()> {
    let mut command = Command::new(Tool::Cargo.program());
    command.current_dir(project::folder()).args(["build", "--profile", profile, "-p", "publisher"]);
    command.args(FUNCTIONS.iter().flat_map(|function| ["-p", function]));
    command.stdin(Stdio::null());
    let status = Group::spawn(&mut command)?.wait().await?;
    if !status.success() {
        bail!("cargo build ended with {status}");
    }
    Ok(())
}

/// Writes a zip for each function into a folder.
pub(crate) fn pack(binaries: &Path, into: &Path) -> Result<()> {
    fs::create_dir_all(into)?;
    for function in FUNCTIONS {
        archive::pack(&binaries.join(function), &into.join(format!("{function}.zip")), Packing::Stored)?;
    }
    Ok(())
}

/// Where cargo puts the binaries of a profile.
pub(crate) fn binaries(target: &Path, profile: &str) -> PathBuf {
    // https://doc.rust-lang.org/cargo/guide/build-cache.html: the built-in profiles do not all have their own name.
    target.join(match profile {
        "dev" | "test" => "debug",
        "bench" => "release",
        other => other,
    })
}

pub(crate) fn publisher(binaries: &Path) -> PathBuf {
    binaries.join(PUBLISHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_gets_a_zip_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        for function in FUNCTIONS {
            fs::write(folder.path().join(function), format!("#!{function}")).unwrap();
        }
        let zips = folder.path().join("zips");
        pack(folder.path(), &zips).unwrap();
        for function in FUNCTIONS {
            // Stored, so it can be read as it lies there.
            let zip = String::from_utf8_lossy(&fs::read(zips.join(format!("{function}.zip"))).unwrap())
                .into_owned();
            assert!(zip.contains(&format!("#!{function}")), "{function}");
        }
    }

    #[test]
    fn a_missing_binary_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = format!("{:#}", pack(folder.path(), folder.path()).unwrap_err());
        assert!(error.contains("enrich"), "{error}");
    }

    #[test]
    fn a_profile_has_its_folder() {
        for (profile, folder) in [("local", "t/local"), ("dev", "t/debug"), ("release", "t/release")] {
            assert_eq!(binaries(Path::new("t"), profile), Path::new(folder));
        }
    }
}
