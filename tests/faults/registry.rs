//! The registry of faults, as registry.toml has it.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use ::tests::project;
use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registry {
    #[serde(rename = "area")]
    pub(crate) areas: Vec<Area>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Area {
    pub(crate) name: String,
    #[serde(rename = "fault")]
    pub(crate) faults: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    pub(crate) what: String,
    pub(crate) expected: String,
    /// Whether the tests assert that the ledger closes.
    #[serde(default)]
    pub(crate) ledger: bool,
    pub(crate) tests: Vec<TestName>,
}

/// A test as nextest names it: its binary, and its path in there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct TestName {
    pub(crate) binary: String,
    pub(crate) path: String,
}

impl Registry {
    pub(crate) fn read() -> Result<Self> {
        toml::from_str(include_str!("registry.toml")).context("tests/faults/registry.toml cannot be read")
    }

    /// Every test that proves something, once.
    pub(crate) fn tests(&self) -> BTreeSet<&TestName> {
        self.areas.iter().flat_map(|area| &area.faults).flat_map(|fault| &fault.tests).collect()
    }
}

impl TestName {
    pub(crate) fn needs_emulator(&self) -> bool {
        self.binary == "tests::emulator"
    }

    /// The function's own name.
    pub(crate) fn short(&self) -> &str {
        self.path.rsplit("::").next().unwrap_or(&self.path)
    }

    /// The file that holds the test, from the checkout's folder on; nothing if none does.
    pub(crate) fn source(&self) -> Result<Option<PathBuf>> {
        let (package, target) = self.binary.split_once("::").unwrap_or((&self.binary, ""));
        let folder = package_folder(package)?;
        let root = match (package, target) {
            (_, "") => folder.join("src"),
            // Its targets stand beside each other.
            ("tests", target) => folder.join(target),
            (_, target) => folder.join("tests").join(target),
        };
        let modules: Vec<&str> = self.path.split("::").collect();
        let modules = modules.split_last().map(|(_, modules)| modules).unwrap_or_default();
        let definition = format!("fn {}(", self.short());
        for depth in (0..=modules.len()).rev() {
            for file in files(&root, modules.get(..depth).unwrap_or_default()) {
                let path = project::folder().join(&file);
                if fs::read_to_string(path).is_ok_and(|text| text.contains(&definition)) {
                    return Ok(Some(file));
                }
            }
        }
        Ok(None)
    }
}

/// Where a module may be: a module without a file of its own is in its parent's.
fn files(root: &Path, modules: &[&str]) -> [PathBuf; 2] {
    if modules.is_empty() {
        return [root.join("lib.rs"), root.join("main.rs")];
    }
    let module = modules.iter().fold(root.to_path_buf(), |path, module| path.join(module));
    [module.with_extension("rs"), module.join("mod.rs")]
}

/// Where a package of the workspace is, from the checkout's folder on.
fn package_folder(package: &str) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Manifest {
        package: Package,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
    }
    let mut folders = vec![PathBuf::from("tests")];
    for parent in ["functions", "shared", "infra"] {
        for entry in fs::read_dir(project::folder().join(parent))? {
            folders.push(Path::new(parent).join(entry?.file_name()));
        }
    }
    let is_it = |folder: &PathBuf| {
        let manifest = fs::read_to_string(project::folder().join(folder).join("Cargo.toml")).ok();
        let manifest: Option<Manifest> = manifest.and_then(|text| toml::from_str(&text).ok());
        manifest.is_some_and(|manifest| manifest.package.name == package)
    };
    folders.into_iter().find(is_it).with_context(|| format!("there is no package {package}"))
}

impl TryFrom<String> for TestName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.split_once(' ') {
            Some((binary, path)) if !binary.is_empty() && !path.is_empty() && !path.contains(' ') => {
                Ok(Self { binary: binary.to_owned(), path: path.to_owned() })
            }
            _ => Err(format!(
                "{text:?} is no test; write its binary and its name, as in \"lambda claims::tests::…\""
            )),
        }
    }
}

impl fmt::Display for TestName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.binary, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_of_the_registry_is_in_the_sources() {
        let registry = Registry::read().unwrap();
        let missing: Vec<String> = registry
            .tests()
            .into_iter()
            .filter(|test| test.source().unwrap().is_none())
            .map(ToString::to_string)
            .collect();
        assert!(missing.is_empty(), "no source has a function of this name:\n{}", missing.join("\n"));
    }

    #[test]
    fn every_fault_is_told_once_and_proved() {
        let registry = Registry::read().unwrap();
        let faults: Vec<&Fault> = registry.areas.iter().flat_map(|area| &area.faults).collect();
        let told: BTreeSet<&str> = faults.iter().map(|fault| fault.what.as_str()).collect();
        assert_eq!(told.len(), faults.len());
        for fault in faults {
            assert!(!fault.tests.is_empty() && !fault.expected.is_empty(), "{}", fault.what);
        }
    }

    #[test]
    fn what_is_no_test_is_refused() {
        for text in ["", "lambda", "lambda ", " claims", "lambda claims::tests a"] {
            assert!(TestName::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
