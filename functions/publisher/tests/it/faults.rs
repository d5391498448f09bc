//! The service that follows `alerts.json`, and everything that can be wrong around it.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bench::{Bench, QUEUE, Service, alert, text, until};
use crate::disk::Disk;
use crate::fake_sqs::Answer;

/// A manager's `alerts.json`, and a service that follows it.
struct Site {
    bench: Bench,
}

impl Site {
    fn new() -> Self {
        Self::of(Bench::new())
    }

    fn of(bench: Bench) -> Self {
        let site = Self { bench };
        fs::create_dir_all(site.alerts().parent().unwrap()).unwrap();
        fs::write(site.alerts(), "").unwrap();
        site
    }

    fn without_alerts() -> Self {
        Self { bench: Bench::new() }
    }

    fn alerts(&self) -> PathBuf {
        self.bench.ossec().join("logs/alerts/alerts.json")
    }

    fn set(&self, command: &mut Command) {
        command.env_remove("WAZUH_TRIAGE_INTAKE").env("WAZUH_TRIAGE_QUEUE_URL", QUEUE);
        command.env("WAZUH_TRIAGE_FOLLOW_FILE", self.alerts());
    }

    fn start(&self) -> Service {
        Service::start_with(&self.bench, |command| self.set(command))
    }

    /// Has its first position.
    fn start_following(&self) -> Service {
        let service = self.start();
        until("it follows", || self.bench.spool().join("follow.json").exists());
        service
    }

    fn append(&self, bytes: impl AsRef<[u8]>) {
        let mut file = fs::OpenOptions::new().append(true).open(self.alerts()).unwrap();
        file.write_all(bytes.as_ref()).unwrap();
    }

    fn status(&self) -> Value {
        let output = self.bench.publisher("status").arg("--json").output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn says(&self, what: &str) {
        until(what, || self.bench.log().contains(what));
    }

    fn arrive(&self, alerts: &[String]) {
        until("all arrive", || {
            self.bench.sqs.look(|messages| {
                let bodies: HashSet<_> = messages.iter().map(|message| &message.body).collect();
                alerts.iter().all(|alert| bodies.contains(alert))
            })
        });
    }
}

fn line(id: &str) -> String {
    alert(id) + "\n"
}

#[test]
fn the_first_start_begins_at_the_end_and_says_so_and_the_next_one_goes_on() {
    let site = Site::new();
    site.append(line("0.1"));
    let service = site.start_following();
    site.says("is followed for the first time: what is written from now on is sent (follow_from chooses)");
    site.append(line("1.1"));
    site.arrive(&[alert("1.1")]);
    assert!(service.stop().success());
    site.append(line("1.2"));
    let service = site.start();
    site.says("is followed from where it was");
    site.arrive(&[alert("1.2")]);
    assert!(service.stop().success());
    assert_eq!(site.bench.sqs.bodies(), [alert("1.1"), alert("1.2")]);
}

#[test]
fn a_first_start_may_begin_at_a_time() {
    let site = Site::new();
    let at = |id: &str, time: &str| {
        alert(id).replace("{\"id\"", &format!("{{\"timestamp\":\"2026-11-22T{time}.000+0000\",\"id\"")) + "\n"
    };
    site.append(at("1.1", "09:59:59") + &at("1.2", "10:00:00"));
    let service = Service::start_with(&site.bench, |command| {
        site.set(command);
        command.env("WAZUH_TRIAGE_FOLLOW_FROM", "2026-11-22T10:00:00Z");
    });
    until("it arrives", || site.bench.sqs.bodies() == [at("1.2", "10:00:00").trim_end()]);
    assert!(service.stop().success());
}

#[test]
fn a_file_that_is_not_there_yet_is_waited_for_and_said_once() {
    let site = Site::without_alerts();
    let service = site.start();
    site.says(
        "alerts.json is not there yet; it is followed from its first line on as soon as Wazuh makes it",
    );
    fs::create_dir_all(site.alerts().parent().unwrap()).unwrap();
    fs::write(site.alerts(), line("1.1")).unwrap();
    site.arrive(&[alert("1.1")]);
    site.says("alerts.json is there, and followed");
    assert!(service.stop().success());
    assert_eq!(site.bench.log_lines("is not there yet"), 1, "{}", site.bench.log());
}

#[test]
fn what_is_no_file_or_may_not_be_read_is_said_once_and_followed_when_it_is_cured() {
    let site = Site::new();
    fs::remove_file(site.alerts()).unwrap();
    symlink("/dev/null", site.alerts()).unwrap();
    let service = site.start();
    site.says("alerts.json waits: ");
    site.says("is a symbolic link, not a file; Wazuh makes it as a hard link");
    until("status says so", || site.status()["follow"]["last_error"].is_string());
    // The spool is served all the same.
    site.bench.call(&alert("2.1"), QUEUE);
    site.arrive(&[alert("2.1")]);
    until("it has tried again", || site.status()["follow"]["failures"].as_u64() > Some(1));
    assert_eq!(site.bench.log_lines("is a symbolic link"), 1, "{}", site.bench.log());
    fs::remove_file(site.alerts()).unwrap();
    fs::write(site.alerts(), "").unwrap();
    site.says("alerts.json is followed again");
    site.append(line("1.1"));
    site.arrive(&[alert("1.1")]);
    assert!(service.stop().success());
}

#[test]
fn alerts_that_the_user_may_not_read_are_waited_for() {
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let site = Site::new();
    fs::set_permissions(site.bench.folder.path(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(site.alerts(), Permissions::from_mode(0o600)).unwrap();
    for folder in ["queue", "logs"] {
        chown(site.bench.ossec().join(folder), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let program = site.bench.folder.path().join("wazuh-publisher");
    fs::copy(env!("CARGO_BIN_EXE_wazuh-publisher"), &program).unwrap();
    let mut run = site.bench.publisher("run");
    site.set(&mut run);
    run.env("WAZUH_TRIAGE_CONFIG", site.bench.file("empty.toml", ""));
    let mut command = Command::new(program);
    command.args(run.get_args()).uid(NOBODY).gid(NOBODY).stderr(Stdio::null());
    command.env_clear().envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let service = Service::of(command.spawn().unwrap());
    site.says("; run this as the user wazuh, on the disk where Wazuh writes: Permission denied");
    fs::set_permissions(site.alerts(), Permissions::from_mode(0o644)).unwrap();
    site.says("alerts.json is followed again");
    site.append(line("1.1"));
    site.arrive(&[alert("1.1")]);
    assert!(service.stop().success());
}

#[test]
fn without_a_queue_nothing_is_followed_and_the_rest_is_served() {
    let site = Site::new();
    let service = Service::start_with(&site.bench, |command| {
        site.set(command);
        command.env_remove("WAZUH_TRIAGE_QUEUE_URL");
    });
    site.says("alerts.json is not followed: no queue is configured; give its URL as ");
    site.bench.call(&alert("2.1"), QUEUE);
    site.arrive(&[alert("2.1")]);
    let error = site.status()["follow"]["last_error"].to_string();
    assert!(error.contains("no queue is configured"), "{error}");
    assert!(service.stop().success());
}

#[test]
fn a_spool_that_cannot_be_written_ends_the_start_with_its_cure() {
    let site = Site::new();
    fs::write(site.bench.spool(), "a file").unwrap();
    let mut run = site.bench.publisher("run");
    site.set(&mut run);
    let output = run.output().unwrap();
    assert_eq!(output.status.code(), Some(73), "{}", text(&output));
    assert!(text(&output).contains("it must be a folder of the user wazuh: install -d"), "{}", text(&output));
}

#[test]
fn what_a_person_must_cure_at_the_queue_holds_the_file_and_loses_nothing() {
    for (status, error, said) in [
        (400, "QueueDoesNotExist", "the queue does not exist"),
        (403, "AccessDeniedException", "the queue refuses access"),
        // As it is when this host's clock has jumped.
        (403, "InvalidSignatureException", "InvalidSignatureException"),
    ] {
        let site = Site::new();
        site.bench.sqs.answer(Answer::Error(status, error));
        let service = site.start_following();
        let alerts: Vec<String> = (0..30).map(|number| alert(&format!("1.{number}"))).collect();
        site.append(alerts.join("\n") + "\n");
        site.says(said);
        site.bench.sqs.answer(Answer::Take);
        site.arrive(&alerts);
        until("nothing waits", || site.bench.waiting().is_empty());
        assert!(service.stop().success());
        assert_eq!(site.bench.sqs.bodies(), alerts, "{error}");
    }
}

#[test]
fn a_restart_of_the_manager_costs_no_alert() {
    let site = Site::new();
    let service = site.start_following();
    // Killed in the middle of a line, and away for a moment; then it goes on behind it, as analysisd does.
    site.append(line("1.1") + "{\"timestamp\":\"2026-11-22T10:00:00.000+0000\",\"rule\":{\"lev");
    site.arrive(&[alert("1.1")]);
    let aside = site.alerts().with_extension("aside");
    fs::rename(site.alerts(), &aside).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    fs::rename(&aside, site.alerts()).unwrap();
    // With an object inside that begins as an alert does.
    let whole = alert("1.2").replace("{\"id\"", "{\"timestamp\":\"2026-11-22T10:00:01.000+0000\",\"id\"");
    site.append(whole.clone() + "\n" + &line("1.3"));
    site.arrive(&[whole.clone(), alert("1.3")]);
    site.says("is left out: it is not JSON");
    assert!(service.stop().success());
    assert_eq!(site.bench.sqs.bodies(), [alert("1.1"), whole, alert("1.3")]);
}

#[test]
fn hostile_lines_are_named_and_their_neighbours_arrive() {
    let site = Site::new();
    let service = site.start_following();
    let hostile: [(&str, Vec<u8>); 6] = [
        ("it is not JSON", b"[".repeat(100_000)),
        ("it is not JSON", b"{\"rule\":{\"level\":10,\"id\":\"5763\"}} {}".to_vec()),
        ("it has no rule", b"{\"rule\":{\"level\":999,\"id\":\"5763\"}}".to_vec()),
        ("it has no rule", b"{\"rule\":{\"level\":10,\"id\":{}},\"id\":\"1\"}".to_vec()),
        ("bytes are too long", [b"{\"x\":\"".to_vec(), b"x".repeat(5_000_000), b"\"}".to_vec()].concat()),
        ("zeros at byte", b"\0\0\0\0".to_vec()),
    ];
    let mut alerts = Vec::new();
    for (number, (_, bytes)) in hostile.iter().enumerate() {
        site.append([bytes.as_slice(), b"\n"].concat());
        site.append(line(&format!("1.{number}")));
        alerts.push(alert(&format!("1.{number}")));
    }
    site.arrive(&alerts);
    for (words, _) in &hostile {
        site.says(words);
    }
    // No byte of theirs is in the log.
    assert!(!site.bench.log().contains("[[[[") && !site.bench.log().contains("999"), "{}", site.bench.log());
    assert!(service.stop().success());
    assert_eq!(site.bench.sqs.bodies(), alerts);
}

#[test]
fn on_a_full_disk_the_file_waits_and_a_kill_repeats_one_chunk_at_most() {
    let site = Site::new();
    let Some(disk) = Disk::mount(&site.bench, "size=64k") else { return };
    let spool = disk.path().join("spool");
    fs::create_dir(&spool).unwrap();
    let start = || {
        Service::start_in(&site.bench, &spool, |command| {
            site.set(command);
            command.arg("--spool").arg(&spool);
        })
    };
    let service = start();
    until("it follows", || spool.join("follow.json").exists());
    let filler = disk.path().join("filler");
    // Up to the last byte: the next checkpoint has no room.
    let mut file = fs::File::create(&filler).unwrap();
    while file.write(&[0; 512]).is_ok() {}
    let alerts: Vec<String> = (0..2000).map(|number| alert(&format!("1.{number}"))).collect();
    site.append(alerts.join("\n") + "\n");
    site.says("cannot write the checkpoint");
    site.says("No space left on device");
    std::thread::sleep(Duration::from_secs(2));
    let sent = site.bench.sqs.messages().len();
    assert!(sent < 400, "{sent} were sent that a kill would repeat");
    service.kill();
    // An open file keeps its room.
    drop(file);
    fs::remove_file(filler).unwrap();
    let service = start();
    site.arrive(&alerts);
    assert!(service.stop().success());
    let arrived = site.bench.sqs.messages().len();
    assert!(arrived <= alerts.len() + sent, "{arrived} arrived, {sent} before the kill");
}

#[test]
fn a_service_that_hangs_holds_up_no_call() {
    const CALLS: usize = 200;
    let bench = Bench::new();
    let service = Service::start(&bench);
    service.signal("STOP");
    let file = bench.file("x.alert", alert("1.1"));
    let arguments: [&OsStr; 3] = [file.as_os_str(), "".as_ref(), QUEUE.as_ref()];
    let begin = Instant::now();
    for _ in 0..CALLS {
        // Its doorbell is full after some of them.
        assert!(bench.integratord(&arguments).status().unwrap().success());
    }
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(bench.publisher("status").output().unwrap().status.code(), Some(72));
    service.signal("CONT");
    until("all arrive", || bench.sqs.messages().len() == CALLS && bench.waiting().is_empty());
    assert!(service.stop().success());
}

#[test]
fn a_backlog_of_a_gigabyte_takes_no_more_memory_than_a_small_one() {
    const PARTS: u64 = 64;
    const PART_BYTES: u64 = 16 * 1024 * 1024;
    // In memory where there is such a place: it is not the disk that is measured.
    let memory = Path::new("/dev/shm");
    let site = Site::of(if memory.is_dir() { Bench::within(memory) } else { Bench::new() });
    assert!(site.start_following().stop().success());
    // Mostly a hole, as a crash leaves it: what is read is a gigabyte, what is written is not.
    let mut file = fs::OpenOptions::new().write(true).open(site.alerts()).unwrap();
    let alerts: Vec<String> = (0..PARTS).map(|number| alert(&format!("1.{number}"))).collect();
    for (part, alert) in (1..).zip(&alerts) {
        file.seek(SeekFrom::Start(part * PART_BYTES)).unwrap();
        writeln!(file, "{alert}").unwrap();
    }
    let service = site.start();
    site.arrive(&alerts);
    let peak = service.peak_bytes();
    assert!(peak < 30_000_000, "{peak} bytes");
    assert!(service.stop().success());
    assert_eq!(site.bench.sqs.bodies(), alerts);
}
