//! The root folder of a Wazuh manager, as its package leaves it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

pub const QUEUE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/alerts";

pub const OSSEC_CONF: &str = "\
<!-- Wazuh manager -->
<ossec_config>
  <global>
    <jsonout_output>yes</jsonout_output>
  </global>
  <ruleset>
    <decoder_dir>ruleset/decoders</decoder_dir>
    <list>etc/lists/audit-keys</list>
  </ruleset>
</ossec_config>

<ossec_config>
  <localfile>
    <location>journald</location>
    <filter>a < b & c</filter>
  </localfile>
</ossec_config>
";

pub const USER: u32 = 998;
pub const GROUP: u32 = 997;

pub struct ManagerRoot {
    root: TempDir,
    /// What was unpacked somewhere: the program, and a small one for integratord beside it.
    unpacked: TempDir,
}

pub const FOR_INTEGRATORD: &str = "#!/bin/sh\n# small\n";

impl ManagerRoot {
    pub fn new() -> Self {
        let root = Self { root: TempDir::new().unwrap(), unpacked: TempDir::new().unwrap() };
        let (built, program) = (env!("CARGO_BIN_EXE_wazuh-publisher"), root.program());
        fs::hard_link(built, &program).or_else(|_| fs::copy(built, &program).map(drop)).unwrap();
        fs::write(program.with_file_name("custom-wazuh-triage"), FOR_INTEGRATORD).unwrap();
        for folder in [
            "etc",
            "var/ossec/etc/rules",
            "var/ossec/etc/lists",
            "var/ossec/queue",
            "var/ossec/integrations",
            "var/ossec/logs",
        ] {
            fs::create_dir_all(root.path(folder)).unwrap();
        }
        root.write(
            "etc/passwd",
            &format!("root:x:0:0::/root:/bin/sh\nwazuh:x:{USER}:{GROUP}::/var/ossec:/sbin/nologin\n"),
        );
        root.write("etc/group", &format!("root:x:0:\nwazuh:x:{GROUP}:\n"));
        root.write("var/ossec/etc/ossec.conf", OSSEC_CONF);
        root.write("var/ossec/etc/rules/local_rules.xml", "<group name=\"local,\">\n</group>\n");
        root
    }

    /// With the package's program and unit, so that neither is written.
    pub fn packaged() -> Self {
        let root = Self::new();
        fs::create_dir_all(root.path("usr/bin")).unwrap();
        fs::create_dir_all(root.path("usr/lib/systemd/system")).unwrap();
        root.write("usr/bin/wazuh-publisher", "of the package");
        root.write("usr/lib/systemd/system/wazuh-publisher.service", "of the package");
        root
    }

    fn program(&self) -> PathBuf {
        self.unpacked.path().join("wazuh-publisher")
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.path().join(relative)
    }

    pub fn write(&self, relative: &str, text: &str) {
        fs::write(self.path(relative), text).unwrap();
    }

    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.program());
        command.env_clear().args(words).arg("--root").arg(self.root.path());
        command
    }

    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    pub fn install(&self, words: &[&str]) -> Output {
        self.run(&[&["install", "--queue-url", QUEUE], words].concat())
    }

    /// Every file and folder with mode, owner and content.
    pub fn everything(&self) -> Vec<(PathBuf, u32, u32, u32, Vec<u8>)> {
        let mut found = Vec::new();
        let mut open = vec![self.root.path().to_owned()];
        while let Some(path) = open.pop() {
            let metadata = fs::symlink_metadata(&path).unwrap();
            let mut content = Vec::new();
            if metadata.is_dir() {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if metadata.is_file() {
                content = fs::read(&path).unwrap();
            }
            let relative = path.strip_prefix(self.root.path()).unwrap().to_owned();
            found.push((relative, metadata.mode(), metadata.uid(), metadata.gid(), content));
        }
        found.sort();
        found
    }

    /// Mode, and, where the tests run as root, user and group.
    pub fn rights(&self, relative: &str) -> (u32, Option<(u32, u32)>) {
        let metadata = fs::metadata(self.path(relative)).unwrap();
        (metadata.mode() & 0o7777, is_root().then(|| (metadata.uid(), metadata.gid())))
    }
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
