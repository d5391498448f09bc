//! Where a program was built must not be in it: two machines shall give the same bytes, and nobody's folders are published.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::process;

/// Folders of this machine that a compiler would write into what it builds, each with the name it gets instead.
#[derive(Debug)]
pub(crate) struct Origin(Vec<(PathBuf, String)>);

impl Origin {
    /// The project, cargo's folders, and the sources of the standard library, if they are here.
    pub(crate) async fn find(project: &Path, target: &Path, cargo_home: &Path) -> Result<Self> {
        let sysroot = ask_rustc(&["--print", "sysroot"]).await?;
        let version = ask_rustc(&["--version", "--verbose"]).await?;
        let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
        Ok(Self(vec![
            (project.to_owned(), "/wazuh-triage".to_owned()),
            // Within the project, as a rule: the last name that fits counts.
            (target.to_owned(), "/target".to_owned()),
            (cargo_home.to_owned(), "/cargo".to_owned()),
            // What the compiler writes itself on a machine without them.
            (Path::new(sysroot.trim()).join("lib/rustlib/src/rust"), format!("/rustc/{commit}")),
        ]))
    }

    /// The value of `CARGO_ENCODED_RUSTFLAGS`, which takes folders with blanks.
    pub(crate) fn flags(&self) -> OsString {
        let flags: Vec<OsString> = self
            .0
            .iter()
            .map(|(folder, name)| {
                let mut flag = OsString::from("--remap-path-prefix=");
                flag.push(folder);
                flag.push("=");
                flag.push(name);
                flag
            })
            .collect();
        flags.join(OsStr::new("\u{1f}"))
    }

    /// An error names the program and the folder that it gives away.
    pub(crate) fn is_not_in(&self, program: &Path) -> Result<()> {
        let bytes = fs::read(program).with_context(|| format!("could not read {}", program.display()))?;
        for (folder, _) in &self.0 {
            // `/src` stands in every program, within longer paths; it says nothing about a machine either.
            let is_telling = folder.components().count() > 2;
            if is_telling && holds(&bytes, folder.as_os_str().as_encoded_bytes()) {
                bail!(
                    "{} holds the path {} of this machine, so it would differ on another one; a dependency must have \
                     learned it in a new way: see infra/local/src/origin.rs",
                    program.display(),
                    folder.display()
                );
            }
        }
        Ok(())
    }
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some((first, others)) = wanted.split_first() else { return false };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        rest = rest.get(at + 1..).unwrap_or_default();
        if rest.starts_with(others) {
            return true;
        }
    }
    false
}

async fn ask_rustc(arguments: &[&str]) -> Result<String> {
    let text = process::output(Command::new("rustc").args(arguments), Duration::from_secs(30)).await?;
    String::from_utf8(text).context("rustc's answer is not text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin(vec![
            ("/home/ann/my work".into(), "/wazuh-triage".to_owned()),
            ("/home/ann/.cargo".into(), "/cargo".to_owned()),
            ("/src".into(), "/target".to_owned()),
        ])
    }

    #[test]
    fn every_folder_gets_its_name_also_one_with_blanks() {
        assert_eq!(
            origin().flags(),
            "--remap-path-prefix=/home/ann/my work=/wazuh-triage\u{1f}--remap-path-prefix=/home/ann/.cargo=/cargo\
             \u{1f}--remap-path-prefix=/src=/target"
        );
    }

    #[test]
    fn a_program_that_gives_a_folder_away_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("notify");
        for (content, given_away) in [
            ("\0/cargo/registry/src\0/home/ann/other\0", None),
            ("\0/home/ann//home/ann/.cargo/registry\0", Some("/home/ann/.cargo")),
            ("/home/ann/my work", Some("/home/ann/my work")),
        ] {
            fs::write(&program, content).unwrap();
            let error = origin().is_not_in(&program).err().map(|error| error.to_string());
            assert_eq!(error.is_some(), given_away.is_some(), "{content}");
            for word in given_away.iter().chain(error.is_some().then_some(&"notify")) {
                assert!(error.as_ref().is_some_and(|error| error.contains(word)), "{error:?}");
            }
        }
    }

    #[tokio::test]
    async fn the_same_source_in_two_folders_gives_the_same_program() {
        let mut programs = Vec::new();
        for _ in 0..2 {
            let folder = tempfile::tempdir().unwrap();
            let (source, program) = (folder.path().join("main.rs"), folder.path().join("main"));
            // A panic's place is where a path gets into a program that has no symbols.
            fs::write(&source, "fn main() { assert!(std::env::args().count() > 9, \"few\"); }").unwrap();
            let origin =
                Origin::find(folder.path(), Path::new("/no/target"), Path::new("/no/cargo")).await.unwrap();
            let flags = origin.flags().into_string().unwrap();
            let mut rustc = Command::new("rustc");
            rustc
                .args(["-C", "strip=symbols"])
                .args(flags.split('\u{1f}'))
                .arg(&source)
                .arg("-o")
                .arg(&program);
            assert!(rustc.status().await.unwrap().success());
            origin.is_not_in(&program).unwrap();
            programs.push(fs::read(program).unwrap());
        }
        let [first, second] = programs.as_slice() else { panic!("not two") };
        assert!(first == second);
        assert!(holds(first, b"/wazuh-triage/main.rs"));
    }

    #[tokio::test]
    async fn the_standard_library_is_named_as_the_compiler_names_it() {
        let origin = Origin::find(Path::new("/p"), Path::new("/p/target"), Path::new("/c")).await.unwrap();
        let flags = origin.flags().into_string().unwrap();
        let last = flags.split('\u{1f}').next_back().unwrap();
        assert!(last.contains("lib/rustlib/src/rust=/rustc/"), "{last}");
    }
}
