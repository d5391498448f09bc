//! The programs: built by cargo, the functions packed the way Lambda wants them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::process::Command;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::folders;
use crate::process::Group;
use crate::tools::Tool;

/// Every function, by the name of its crate and its zip.
pub(crate) const FUNCTIONS: [&str; 5] = ["enrich", "analyze", "notify", "ingest", "hunt"];
const PUBLISHER: &str = "wazuh-publisher";

/// Builds everything; cargo shows its own progress.
pub(crate) async fn build(profile: &str) -> Result<()> {
    let mut command = Command::new(Tool::Cargo.program());
    command.current_dir(folders::project()).args(["build", "--profile", profile, "-p", "publisher"]);
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
        let binary = binaries.join(function);
        let zip = into.join(format!("{function}.zip"));
        zip_bootstrap(&binary, &zip).with_context(|| format!("could not pack {}", binary.display()))?;
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

/// One executable file named `bootstrap`, stored as it is: packing tight would cost more time than it saves here.
fn zip_bootstrap(binary: &Path, zip: &Path) -> Result<()> {
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o755);
    let mut writer = ZipWriter::new(File::create(zip)?);
    writer.start_file("bootstrap", options)?;
    io::copy(&mut File::open(binary)?, &mut writer)?;
    writer.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_zip_holds_one_executable_bootstrap() {
        let folder = tempfile::tempdir().unwrap();
        for function in FUNCTIONS {
            fs::write(folder.path().join(function), format!("#!{function}")).unwrap();
        }
        pack(folder.path(), &folder.path().join("zips")).unwrap();
        for function in FUNCTIONS {
            let file = File::open(folder.path().join(format!("zips/{function}.zip"))).unwrap();
            let mut archive = zip::ZipArchive::new(file).unwrap();
            assert_eq!(archive.len(), 1);
            let mut entry = archive.by_name("bootstrap").unwrap();
            assert_eq!(entry.unix_mode().unwrap() & 0o777, 0o755);
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            assert_eq!(text, format!("#!{function}"));
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
