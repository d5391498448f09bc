//! A manager on which everything is well, and what answers to it.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::{Command, Output};

use publisher::status::Status;

use crate::bench::text;
use crate::fake_queue::FakeQueue;
use crate::manager_root::{GROUP, ManagerRoot, USER, is_root};

pub const FEEDBACK_QUEUE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/feedback";
pub const ALERTS: &str = "var/ossec/logs/alerts/alerts.json";
pub const SPOOL: &str = "var/ossec/queue/wazuh-triage";

pub struct Patient {
    pub root: ManagerRoot,
    pub queue: FakeQueue,
    _analysisd: UnixDatagram,
}

impl Patient {
    /// A manager on which everything is well, and the service follows alerts.
    pub fn new() -> Self {
        let patient = Self::that_follows_nothing(&[]);
        let root = &patient.root;
        fs::create_dir_all(root.path("var/ossec/logs/alerts")).unwrap();
        root.write(ALERTS, "");
        if is_root() {
            for path in ["var/ossec/logs/alerts", ALERTS] {
                std::os::unix::fs::chown(root.path(path), Some(USER), Some(GROUP)).unwrap();
            }
        }
        patient.set_mode("var/ossec/logs/alerts", 0o750);
        patient.set_mode(ALERTS, 0o640);
        patient.serve(&Status { sent: 7, ..Status::default() });
        patient
    }

    /// integratord hands alerts over, and no service runs.
    pub fn classic() -> Self {
        Self::that_follows_nothing(&["--intake", "integration"])
    }

    fn that_follows_nothing(words: &[&str]) -> Self {
        let root = ManagerRoot::packaged();
        fs::create_dir_all(root.path("var/ossec/queue/sockets")).unwrap();
        let analysisd = UnixDatagram::bind(root.path("var/ossec/queue/sockets/queue")).unwrap();
        let output = root.install(&[&["--feedback-queue-url", FEEDBACK_QUEUE], words].concat());
        assert!(output.status.success(), "{}", text(&output));
        let queue = FakeQueue::start();
        queue.set_date(&jiff::fmt::rfc2822::to_string(&jiff::Zoned::now()).unwrap());
        Self { root, queue, _analysisd: analysisd }
    }

    /// What answers as the service would.
    pub fn serve(&self, status: &Status) {
        let socket = self.root.path(SPOOL).join("status");
        let _gone = fs::remove_file(&socket);
        let listener = UnixListener::bind(socket).unwrap();
        let text = serde_json::to_vec(status).unwrap();
        std::thread::spawn(move || {
            for caller in listener.incoming() {
                let _gone = caller.unwrap().write_all(&text);
            }
        });
    }

    pub fn enable(&self) {
        let folder = "etc/systemd/system/multi-user.target.wants";
        fs::create_dir_all(self.root.path(folder)).unwrap();
        self.root.write(&format!("{folder}/wazuh-publisher.service"), "");
    }

    pub fn command(&self) -> Command {
        let mut command = self.root.command(&["doctor"]);
        command.env("AWS_ENDPOINT_URL", &self.queue.url).env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("AWS_ACCESS_KEY_ID", "AKIDTEST").env("AWS_SECRET_ACCESS_KEY", "the-secret");
        command
    }

    pub fn doctor(&self) -> Output {
        self.command().output().unwrap()
    }

    pub fn set_mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.root.path(path), Permissions::from_mode(mode)).unwrap();
    }
}
