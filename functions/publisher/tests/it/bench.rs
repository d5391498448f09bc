//! An installation of Wazuh in a temporary folder, the program in it, and an SQS to send to.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::fake_sqs::FakeSqs;

pub const QUEUE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/alerts";

pub struct Bench {
    pub folder: TempDir,
    pub sqs: FakeSqs,
}

impl Bench {
    pub fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    pub fn within(parent: &Path) -> Self {
        let folder = TempDir::new_in(parent).unwrap();
        for name in ["integrations", "logs", "queue", "etc", "bin"] {
            fs::create_dir_all(folder.path().join("ossec").join(name)).unwrap();
        }
        let bench = Self { folder, sqs: FakeSqs::start() };
        bench.install(&small_program(), "integrations/custom-wazuh-triage");
        bench.install(Path::new(env!("CARGO_BIN_EXE_wazuh-publisher")), "bin/wazuh-publisher");
        bench
    }

    /// As before there was a small program: the whole one under the integration's name.
    pub fn with_the_whole_program_as_integration() -> Self {
        let bench = Self::new();
        fs::remove_file(bench.ossec().join("integrations/custom-wazuh-triage")).unwrap();
        bench.install(Path::new(env!("CARGO_BIN_EXE_wazuh-publisher")), "integrations/custom-wazuh-triage");
        bench
    }

    fn install(&self, built: &Path, place: &str) {
        let program = self.ossec().join(place);
        fs::hard_link(built, &program).or_else(|_| fs::copy(built, &program).map(drop)).unwrap();
    }

    pub fn ossec(&self) -> PathBuf {
        self.folder.path().join("ossec")
    }

    pub fn spool(&self) -> PathBuf {
        self.ossec().join("queue/wazuh-triage")
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The program as a person calls it, with this spool and log.
    pub fn publisher(&self, job: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wazuh-publisher"));
        self.environment(&mut command);
        command.arg(job);
        command.env("WAZUH_TRIAGE_QUEUE_URL", QUEUE);
        command.env("WAZUH_TRIAGE_SPOOL", self.spool());
        command.env("WAZUH_TRIAGE_LOG", self.log_file());
        command
    }

    pub fn send(&self, content: impl AsRef<[u8]>) -> Output {
        let file = self.file("alerts.json", content);
        self.publisher("send").arg(file).output().unwrap()
    }

    /// The program as integratord calls it, with these first arguments.
    pub fn integratord(&self, arguments: &[&OsStr]) -> Command {
        let mut command = Command::new(self.ossec().join("integrations/custom-wazuh-triage"));
        self.environment(&mut command);
        command.arg0("integrations").args(arguments).stdin(Stdio::null());
        command.current_dir(self.ossec());
        command
    }

    /// All nine arguments, for one alert that is gone after the call.
    pub fn call(&self, alert: &str, queue: &str) -> Output {
        let name = format!("custom wazuh-triage-{}.alert", fastrand::u64(..));
        let file = self.file(&name, format!("{alert}\n"));
        let rest = ["", queue, "", "", "10", "3", "> /dev/null 2>&1"].map(OsStr::new);
        let arguments: Vec<&OsStr> = std::iter::once(file.as_os_str()).chain(rest).collect();
        let output = self.integratord(&arguments).output().unwrap();
        fs::remove_file(file).unwrap();
        output
    }

    /// Held as a shipper holds it.
    pub fn lock(&self) -> File {
        fs::create_dir_all(self.spool()).unwrap();
        let lock = File::create(self.spool().join("lock")).unwrap();
        lock.lock().unwrap();
        lock
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    pub fn log_lines(&self, text: &str) -> usize {
        self.log().lines().filter(|line| line.contains(text)).count()
    }

    /// The alerts that wait in the spool, of all destinations.
    pub fn waiting(&self) -> Vec<PathBuf> {
        let mut waiting = Vec::new();
        for folder in list(&self.spool()) {
            waiting.extend(list(&folder.join("new")));
        }
        waiting
    }

    pub fn rejected(&self) -> Vec<PathBuf> {
        list(&self.spool().join("rejected"))
    }

    /// No shipper is at work and no alert waits.
    pub fn is_idle(&self) -> bool {
        let free = File::open(self.spool().join("lock")).is_ok_and(|lock| lock.try_lock().is_ok());
        free && self.waiting().is_empty()
    }

    fn log_file(&self) -> PathBuf {
        self.ossec().join("logs/integrations.log")
    }

    fn environment(&self, command: &mut Command) {
        command.env_clear().envs([
            ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
            ("AWS_SECRET_ACCESS_KEY", "the-secret"),
            ("AWS_ENDPOINT_URL", self.sqs.url.as_str()),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("TZ", "UTC"),
        ]);
        command.env("HOME", self.folder.path());
    }
}

/// The resident service; killed when it is dropped.
pub struct Service(Option<Child>);

impl Service {
    /// Listens already, and leaves `alerts.json` to integratord.
    pub fn start(bench: &Bench) -> Self {
        Self::start_with(bench, |_| {})
    }

    pub fn start_with(bench: &Bench, change: impl FnOnce(&mut Command)) -> Self {
        Self::start_in(bench, &bench.spool(), change)
    }

    pub fn start_on(bench: &Bench, spool: &Path) -> Self {
        Self::start_in(bench, spool, |command| {
            command.arg("--spool").arg(spool);
        })
    }

    pub fn start_in(bench: &Bench, spool: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let mut service = Self::spawn(bench, change);
        until("the service listens", || {
            let socket = UnixDatagram::unbound().unwrap();
            socket.connect(spool.join("doorbell")).is_ok()
        });
        assert!(service.is_running(), "{}", bench.log());
        service
    }

    /// It may not listen yet.
    pub fn spawn(bench: &Bench, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = bench.publisher("run");
        command.env_remove("WAZUH_TRIAGE_QUEUE_URL").env("WAZUH_TRIAGE_INTAKE", "integration");
        command.stderr(Stdio::null());
        change(&mut command);
        Self::of(command.spawn().unwrap())
    }

    pub fn of(child: Child) -> Self {
        Self(Some(child))
    }

    pub fn signal(&self, name: &str) {
        let id = self.0.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// The most that it had in memory.
    pub fn peak_bytes(&self) -> u64 {
        let status = format!("/proc/{}/status", self.0.as_ref().unwrap().id());
        let status = fs::read_to_string(status).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    pub fn stop(self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    pub fn wait(mut self) -> ExitStatus {
        self.0.take().unwrap().wait().unwrap()
    }

    pub fn kill(mut self) {
        let mut child = self.0.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub fn is_running(&mut self) -> bool {
        self.0.as_mut().unwrap().try_wait().unwrap().is_none()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}

/// Cargo builds it beside the tests, as an example of this crate.
fn small_program() -> PathBuf {
    let built =
        Path::new(env!("CARGO_BIN_EXE_wazuh-publisher")).with_file_name("examples/custom-wazuh-triage");
    assert!(
        built.exists(),
        "build it first: cargo build -p publisher --examples, with the profile of the tests"
    );
    built
}

pub fn alert(id: &str) -> String {
    format!(r#"{{"id":"{id}","rule":{{"id":"5763","level":10}},"manager":{{"name":"wazuh-1"}},"n":1.10}}"#)
}

/// Waits for what other processes do; panics after a long time.
pub fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(2);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
