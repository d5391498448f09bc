//! Where Wazuh is installed, and under which name this program runs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The file name under which integratord runs this program.
pub const INTEGRATION: &str = "custom-wazuh-triage";

const DEFAULT_OSSEC: &str = "/var/ossec";

/// The running executable, from `/proc/self/exe`: integratord puts the word `integrations` in argv[0].
pub fn program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/proc/self/exe"))
}

/// Wazuh's folder, `/var/ossec` unless the executable lies in another installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    pub fn of(program: &Path) -> Self {
        let folder = program.parent();
        let above = folder.and_then(Path::parent);
        let home = match (folder.and_then(Path::file_name).and_then(OsStr::to_str), above) {
            (Some("integrations"), Some(above)) => above,
            // `/usr/local/bin` is not an installation of Wazuh.
            (Some("bin"), Some(above)) if above.join("etc/ossec.conf").exists() => above,
            _ => Path::new(DEFAULT_OSSEC),
        };
        Self(home.to_owned())
    }

    /// An installation that is known to be there.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The working folder, where the integration lies in it: it is integratord's, and cheap to ask for.
    ///
    /// The path of the executable is not: the kernel takes 27 µs to make `/proc/self`, a tenth of a whole call.
    pub fn of_integratord() -> Option<Self> {
        let home = Self(std::env::current_dir().ok()?);
        home.integration().is_file().then_some(home)
    }

    pub fn integration(&self) -> PathBuf {
        self.0.join("integrations").join(INTEGRATION)
    }

    pub fn config_file(&self) -> PathBuf {
        self.0.join("etc/wazuh-triage.toml")
    }

    /// Where the whole program lies when it was installed into Wazuh's folder.
    pub fn publisher(&self) -> PathBuf {
        self.0.join("bin/wazuh-publisher")
    }

    pub fn spool(&self) -> PathBuf {
        self.0.join("queue/wazuh-triage")
    }

    pub fn alerts(&self) -> PathBuf {
        self.0.join("logs/alerts/alerts.json")
    }

    /// Wazuh's own log of integrations; nothing on a host without one.
    pub fn log(&self) -> Option<PathBuf> {
        let folder = self.0.join("logs");
        folder.is_dir().then(|| folder.join("integrations.log"))
    }
}

/// The executable's file name, also after an upgrade replaced the file under a running program.
pub fn name(program: &Path) -> String {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(" (deleted)").unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_is_found_beside_the_executable() {
        for (program, home) in [
            ("/opt/wazuh/integrations/custom-wazuh-triage", "/opt/wazuh"),
            ("/usr/local/bin/wazuh-publisher", DEFAULT_OSSEC),
            ("/home/me/target/debug/wazuh-publisher", DEFAULT_OSSEC),
            ("wazuh-publisher", DEFAULT_OSSEC),
        ] {
            assert_eq!(Home::of(Path::new(program)), Home(home.into()), "{program}");
        }
    }

    #[test]
    fn a_folder_bin_counts_when_it_is_wazuhs() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("etc")).unwrap();
        std::fs::write(folder.path().join("etc/ossec.conf"), "").unwrap();
        assert_eq!(Home::of(&folder.path().join("bin/wazuh-publisher")), Home(folder.path().to_owned()));
    }

    #[test]
    fn a_replaced_executable_keeps_its_name() {
        assert_eq!(name(Path::new("/a/custom-wazuh-triage (deleted)")), INTEGRATION);
    }
}
