//! The way back: what the feedback queue holds reaches the manager once, and nothing else does.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::{Bench, Service, text, until};
use crate::fake_api::FakeApi;
use crate::fake_queue::FakeQueue;

const FEEDBACK_QUEUE: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/feedback";

struct Manager {
    bench: Bench,
    queue: FakeQueue,
}

impl Manager {
    fn new() -> Self {
        let bench = Bench::new();
        fs::create_dir_all(bench.ossec().join("queue/sockets")).unwrap();
        fs::create_dir_all(bench.ossec().join("etc/lists")).unwrap();
        Self { bench, queue: FakeQueue::start() }
    }

    fn socket(&self) -> PathBuf {
        self.bench.ossec().join("queue/sockets/queue")
    }

    fn list(&self) -> PathBuf {
        self.bench.ossec().join("etc/lists/wazuh-triage-ioc")
    }

    /// analysisd: reads what is sent to its socket, when it is asked.
    fn analysisd(&self) -> Analysisd {
        let _ = fs::remove_file(self.socket());
        let socket = UnixDatagram::bind(self.socket()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Analysisd(socket)
    }

    fn relay(&self) -> Command {
        let mut command = self.bench.publisher("relay");
        command.env("AWS_ENDPOINT_URL", &self.queue.url);
        command.env("WAZUH_TRIAGE_FEEDBACK_QUEUE_URL", FEEDBACK_QUEUE);
        command.env("WAZUH_TRIAGE_FEEDBACK_SOCKET", self.socket());
        command.env("WAZUH_TRIAGE_INDICATOR_LIST", self.list());
        command
    }

    fn start(&self) -> Child {
        self.relay().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn once(&self) -> Output {
        self.relay().arg("--once").output().unwrap()
    }
}

struct Analysisd(UnixDatagram);

impl Analysisd {
    fn next(&self) -> String {
        let mut buffer = vec![0; 65_536];
        let length = self.0.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    /// What waits to be read now.
    fn all(&self) -> Vec<String> {
        self.0.set_nonblocking(true).unwrap();
        let mut buffer = vec![0; 65_536];
        let mut all = Vec::new();
        while let Ok(length) = self.0.recv(&mut buffer) {
            all.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
        }
        self.0.set_nonblocking(false).unwrap();
        all
    }
}

fn verdict(number: usize) -> Value {
    let triage = json!({
        "kind": "verdict", "judgement": "malicious", "score": 91, "indicator": format!("203.0.{}.{}", 113 + number / 256, number % 256),
        "source": {"alert_key": format!("wazuh-1#1.{number}")},
    });
    json!({"integration": "wazuh-triage", "triage": triage})
}

fn message(event: &Value) -> String {
    let agent = json!({"id": "007", "name": "web-01", "ip": "2001:db8::7"});
    json!({"schema": 1, "agent": agent, "location": "wazuh-triage", "event": event}).to_string()
}

fn datagram(number: usize) -> String {
    format!("1:[007] (web-01) 2001|:db8|:|:7->wazuh-triage:{}", verdict(number))
}

fn check(output: &Output, code: i32, words: &str) {
    assert_eq!(output.status.code(), Some(code), "{words}: {}", text(output));
    assert!(text(output).contains(words), "{words}: {}", text(output));
}

fn serve(manager: &Manager) -> Service {
    Service::start_with(&manager.bench, |command| {
        command.env("AWS_ENDPOINT_URL", &manager.queue.url);
        command.env("WAZUH_TRIAGE_FEEDBACK_QUEUE_URL", FEEDBACK_QUEUE);
        command.env("WAZUH_TRIAGE_FEEDBACK_SOCKET", manager.socket());
        command.env("WAZUH_TRIAGE_INDICATOR_LIST", manager.list());
    })
}

#[test]
fn a_service_that_is_told_to_stop_gives_back_the_events_in_its_hand() {
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    for number in 1..=60 {
        manager.queue.put(message(&verdict(number)));
    }
    let service = serve(&manager);
    until("it waits", || manager.bench.log_lines("takes no events") == 1);
    assert!(service.stop().success());
    let left = manager.queue.left().len();
    assert_eq!(manager.queue.visible(), left);
    assert_eq!(analysisd.all().len() + left, 60);
}

#[test]
fn the_service_relays_too_and_counts_it_in_its_status() {
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    let service = serve(&manager);
    manager.queue.put(message(&verdict(1)));
    assert_eq!(analysisd.next(), datagram(1));
    until("it has left the queue", || manager.queue.left().is_empty());
    let status = manager.bench.publisher("status").arg("--json").output().unwrap();
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(
        (status["relay"]["received"].as_u64(), status["relay"]["written"].as_u64()),
        (Some(1), Some(1))
    );
    assert!(service.stop().success());
}

#[test]
fn an_event_arrives_as_its_agents_own_and_leaves_the_queue() {
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    manager.queue.put(message(&verdict(1)));
    let output = manager.once();
    check(&output, 0, "handed 1 events to ");
    assert_eq!(analysisd.all(), [datagram(1)]);
    assert_eq!(manager.queue.left(), [""; 0]);
}

#[test]
fn an_event_that_is_delivered_again_is_written_once() {
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    manager.queue.put(message(&verdict(1)));
    manager.queue.put(message(&verdict(1)));
    assert!(manager.once().status.success());
    manager.queue.put(message(&verdict(1)));
    let output = manager.once();
    check(&output, 0, "handed 0 events to ");
    check(&output, 0, "; 1 were repeats, 0 were set aside");
    assert_eq!(analysisd.all(), [datagram(1)]);
    assert_eq!(manager.queue.left(), [""; 0]);
}

#[test]
fn a_kill_between_writing_and_forgetting_repeats_nothing() {
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    for number in 1..=3 {
        manager.queue.put(message(&verdict(number)));
    }
    manager.queue.close_gate("DeleteMessageBatch");
    let mut relay = manager.start();
    until("the queue is asked to forget", || manager.queue.requests("DeleteMessageBatch") == 1);
    relay.kill().unwrap();
    relay.wait().unwrap();
    assert_eq!(manager.queue.left().len(), 3);
    manager.queue.close_gate("");
    manager.queue.deliver_again();
    check(&manager.once(), 0, "handed 0 events to ");
    assert_eq!(analysisd.all(), [1, 2, 3].map(datagram));
    assert_eq!(manager.queue.left(), [""; 0]);
}

#[test]
fn a_queue_that_does_not_forget_is_asked_again_and_repeats_nothing() {
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    manager.queue.put(message(&verdict(1)));
    manager.queue.fail("DeleteMessageBatch", 500, "InternalError");
    check(&manager.once(), 75, "SQS is busy (InternalError)");
    assert_eq!(manager.queue.requests("DeleteMessageBatch"), 3);
    manager.queue.heal();
    manager.queue.deliver_again();
    assert!(manager.once().status.success());
    assert_eq!(analysisd.all(), [datagram(1)]);
    assert_eq!(manager.queue.left(), [""; 0]);
}

#[test]
fn what_is_no_event_of_ours_is_set_aside_and_its_neighbours_pass() {
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    let forged = message(&verdict(1)).replace("007", "0) 10.0.0.1->sshd:Accepted password");
    let large = message(&json!({"integration": "wazuh-triage", "x": "é".repeat(13_000)}));
    let future = message(&verdict(1)).replace("\"schema\":1", "\"schema\":9");
    let hostile = ["", "hunter2", "[[[[", "null", &forged, &large, &future];
    manager.queue.put(message(&verdict(1)));
    for body in hostile {
        manager.queue.put(body);
    }
    manager.queue.put(message(&verdict(2)));
    let output = manager.once();
    check(&output, 0, "handed 2 events to ");
    check(&output, 0, "; 0 were repeats, 7 were set aside");
    assert!(!text(&output).contains("hunter2") && !text(&output).contains("Accepted"), "{}", text(&output));
    assert_eq!(analysisd.all(), [1, 2].map(datagram));
    assert_eq!(manager.queue.left(), [""; 0]);
    let mut kept = Vec::new();
    for path in manager.bench.rejected() {
        if path.extension().is_some_and(|extension| extension == "json") {
            assert!(fs::read_to_string(path.with_extension("reason")).unwrap().len() > 10);
            kept.push(fs::read_to_string(path).unwrap());
        }
    }
    kept.sort();
    let mut expected = hostile.map(str::to_owned);
    expected.sort();
    assert_eq!(kept, expected);
}

#[test]
fn what_cannot_be_set_aside_stays_in_the_queue() {
    let manager = Manager::new();
    let _analysisd = manager.analysisd();
    fs::create_dir_all(manager.bench.spool()).unwrap();
    fs::write(manager.bench.spool().join("rejected"), "a file").unwrap();
    manager.queue.put("hunter2");
    check(&manager.once(), 0, "left a message in the queue");
    assert_eq!(manager.queue.left(), ["hunter2"]);
}

#[test]
fn nothing_is_taken_while_the_manager_is_away() {
    let manager = Manager::new();
    manager.queue.put(message(&verdict(1)));
    let mut relay = manager.start();
    until("it says so", || manager.bench.log_lines("takes no events (No such file or directory") == 1);
    assert_eq!(manager.queue.requests("ReceiveMessage"), 0);
    let analysisd = manager.analysisd();
    assert_eq!(analysisd.next(), datagram(1));
    until("the queue is empty", || manager.queue.left().is_empty());
    until("it says so", || manager.bench.log_lines("takes events again") == 1);
    assert_eq!(manager.bench.log_lines("takes no events"), 1);
    relay.kill().unwrap();
    relay.wait().unwrap();
}

#[test]
fn a_socket_that_blocks_loses_nothing_and_keeps_the_order() {
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    for number in 1..=60 {
        manager.queue.put(message(&verdict(number)));
    }
    let mut relay = manager.start();
    // The kernel holds a few datagrams for a reader that does not read.
    until("it waits", || manager.bench.log_lines("takes no events (Resource temporarily unavailable") == 1);
    let written = 60 - manager.queue.left().len();
    assert!(written < 60);
    for number in 1..=60 {
        assert_eq!(analysisd.next(), datagram(number));
    }
    until("the queue is empty", || manager.queue.left().is_empty());
    relay.kill().unwrap();
    relay.wait().unwrap();
    assert_eq!(analysisd.all(), [""; 0]);
}

#[test]
fn a_restart_of_the_manager_costs_no_event() {
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    manager.queue.put(message(&verdict(1)));
    let mut relay = manager.start();
    assert_eq!(analysisd.next(), datagram(1));
    until("the queue is empty", || manager.queue.left().is_empty());
    // The socket's file stays and nobody listens: connections are refused.
    drop(analysisd);
    manager.queue.put(message(&verdict(2)));
    until("it says so", || manager.bench.log_lines("takes no events (Connection refused") == 1);
    let analysisd = manager.analysisd();
    assert_eq!(analysisd.next(), datagram(2));
    until("the queue is empty", || manager.queue.left().is_empty());
    relay.kill().unwrap();
    relay.wait().unwrap();
}

#[test]
fn a_socket_that_may_not_be_written_is_waited_for_and_says_who_may() {
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    fs::set_permissions(manager.socket(), Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(manager.bench.folder.path(), Permissions::from_mode(0o755)).unwrap();
    for folder in ["queue", "logs", "etc/lists"] {
        chown(manager.bench.ossec().join(folder), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    // Where nobody may look, too.
    let program = manager.bench.folder.path().join("wazuh-publisher");
    fs::copy(env!("CARGO_BIN_EXE_wazuh-publisher"), &program).unwrap();
    let mut relay = manager.relay();
    relay.env("WAZUH_TRIAGE_CONFIG", manager.bench.file("empty.toml", ""));
    let mut command = Command::new(program);
    command.args(relay.get_args()).uid(NOBODY).gid(NOBODY).stderr(Stdio::null()).stdout(Stdio::null());
    command.env_clear().envs(relay.get_envs().filter_map(|(name, value)| Some((name, value?))));
    manager.queue.put(message(&verdict(1)));
    let mut relay = command.spawn().unwrap();
    until("it says so", || {
        manager.bench.log_lines("takes no events (Permission denied (os error 13)); the queue keeps them; run this as the user wazuh") == 1
    });
    assert_eq!(manager.queue.requests("ReceiveMessage"), 0);
    fs::set_permissions(manager.socket(), Permissions::from_mode(0o666)).unwrap();
    assert_eq!(analysisd.next(), datagram(1));
    until("the queue is empty", || manager.queue.left().is_empty());
    relay.kill().unwrap();
    relay.wait().unwrap();
}

#[test]
fn told_to_stop_it_gives_back_what_it_could_not_write() {
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    for number in 1..=60 {
        manager.queue.put(message(&verdict(number)));
    }
    let relay = manager.start();
    until("it waits", || manager.bench.log_lines("takes no events") == 1);
    let process = rustix::process::Pid::from_child(&relay);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    let output = relay.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let left = manager.queue.left().len();
    assert_eq!(manager.queue.visible(), left);
    assert_eq!(analysisd.all().len() + left, 60);
    assert!(fs::read_to_string(manager.list()).unwrap().starts_with("203.0.113.1:2"));
}

#[test]
fn kills_at_any_instant_lose_no_event_and_repeat_at_most_one_each() {
    const EVENTS: usize = 300;
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    let reader = thread::spawn(move || {
        let mut read = Vec::new();
        while let datagram = analysisd.next()
            && datagram != "the end"
        {
            read.push(datagram);
        }
        read
    });
    for number in 1..=EVENTS {
        manager.queue.put(message(&verdict(number)));
    }
    let mut kills = 0;
    while !manager.queue.left().is_empty() {
        let before = manager.queue.left().len();
        let mut relay = manager.relay();
        let mut relay =
            relay.env("WAZUH_TRIAGE_FEEDBACK_RATE", "10000").stdout(Stdio::null()).spawn().unwrap();
        // Chance picks the instant, from the first message that is forgotten on.
        let patience = Duration::from_micros(fastrand::u64(0..20_000));
        until("it forgets some", || manager.queue.left().len() < before);
        thread::sleep(patience);
        relay.kill().unwrap();
        relay.wait().unwrap();
        kills += 1;
        manager.queue.deliver_again();
    }
    let socket = UnixDatagram::unbound().unwrap();
    socket.send_to(b"the end", manager.socket()).unwrap();
    let mut read = reader.join().unwrap();
    let written = read.len();
    read.sort();
    read.dedup();
    let mut expected: Vec<String> = (1..=EVENTS).map(datagram).collect();
    expected.sort();
    assert_eq!(read, expected);
    assert!(written - EVENTS <= kills, "{} repeats, {kills} kills", written - EVENTS);
}

#[test]
fn events_can_go_to_a_file_for_logcollector() {
    let manager = Manager::new();
    let file = manager.bench.folder.path().join("events.json");
    manager.queue.put(message(&verdict(1)));
    manager.queue.put(message(&verdict(2)));
    let output = manager.relay().arg("--once").arg("--feedback-file").arg(&file).output().unwrap();
    check(&output, 0, "handed 2 events to ");
    let lines = fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["triage"], verdict(2)["triage"]);
    assert_eq!(lines[1]["origin"], json!({"id": "007", "name": "web-01", "ip": "2001:db8::7"}));
}

#[test]
fn confirmed_indicators_are_listed_and_benign_ones_leave_the_list() {
    let manager = Manager::new();
    let _analysisd = manager.analysisd();
    fs::write(manager.list(), "198.51.100.7:2020-01-01\n10.0.0.7:by hand\n").unwrap();
    manager.queue.put(message(&verdict(1)));
    manager.queue.put(message(&verdict(2)));
    let mut benign = verdict(2);
    benign["triage"]["judgement"] = "benign_infrastructure".into();
    manager.queue.put(message(&benign));
    let output = manager.once();
    check(&output, 0, "wrote 2 confirmed indicators to ");
    check(&output, 0, "is loaded with the next restart of wazuh-manager");
    let list = fs::read_to_string(manager.list()).unwrap();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    assert_eq!(list, format!("10.0.0.7:by hand\n203.0.113.1:{today}\n"));
}

#[test]
fn wazuh_is_asked_to_load_the_list_over_tls_that_is_verified() {
    for (answers, trusted, words) in [
        (["200 OK", "200 OK"], true, "Wazuh loads "),
        (["401 Unauthorized", ""], true, "Wazuh's API refuses the user (status 401)"),
        (["200 OK", "404 Not Found"], true, "this Wazuh cannot reload, which came with 4.13"),
        (["200 OK", "403 Forbidden"], true, "its role needs manager:read and manager:restart"),
        (["200 OK", "500 Oops"], true, "Wazuh's API refuses (status 500)"),
        (["200 OK", "200 OK"], false, "Wazuh's API cannot be reached"),
    ] {
        let manager = Manager::new();
        let _analysisd = manager.analysisd();
        let api = FakeApi::start(answers);
        let other = FakeApi::start(answers);
        let ca = manager.bench.file("ca.pem", if trusted { &api.certificate } else { &other.certificate });
        let password = manager.bench.file("password", "hunter2\n");
        manager.queue.put(message(&verdict(1)));
        let mut command = manager.relay();
        command.env("WAZUH_TRIAGE_WAZUH_API_URL", &api.url).env("WAZUH_TRIAGE_WAZUH_API_USER", "soc");
        command.env("WAZUH_TRIAGE_WAZUH_API_PASSWORD_FILE", password);
        let output = command.env("WAZUH_TRIAGE_WAZUH_API_CA_FILE", ca).arg("--once").output().unwrap();
        check(&output, 0, words);
        assert!(
            !text(&output).contains("hunter2") && !text(&output).contains("the-token"),
            "{}",
            text(&output)
        );
        let requests = api.requests();
        if !trusted {
            assert_eq!(requests.len(), 0);
            continue;
        }
        // soc:hunter2
        assert!(requests[0].starts_with("POST /security/user/authenticate?raw=true "), "{}", requests[0]);
        assert!(requests[0].contains("authorization: Basic c29jOmh1bnRlcjI="), "{}", requests[0]);
        if let Some(reload) = requests.get(1) {
            assert!(reload.starts_with("PUT /manager/analysisd/reload "), "{reload}");
            assert!(reload.contains("authorization: Bearer the-token"), "{reload}");
        }
    }
}

#[test]
fn what_keeps_the_relay_from_working_has_its_exit_code() {
    for (status, error, code, words) in [
        (400, "QueueDoesNotExist", 68, "the feedback queue: the queue does not exist"),
        (403, "AccessDeniedException", 77, "these credentials need sqs:ReceiveMessage"),
        (503, "ServiceUnavailable", 75, "the feedback queue: SQS is busy"),
    ] {
        let manager = Manager::new();
        let _analysisd = manager.analysisd();
        manager.queue.fail("ReceiveMessage", status, error);
        check(&manager.once(), code, words);
    }
    let manager = Manager::new();
    let output = manager.relay().env_remove("WAZUH_TRIAGE_FEEDBACK_QUEUE_URL").output().unwrap();
    check(&output, 79, "no feedback queue is configured");
    let output = manager.relay().env("WAZUH_TRIAGE_FEEDBACK_RATE", "0").output().unwrap();
    check(&output, 78, "WAZUH_TRIAGE_FEEDBACK_RATE: it is not a number of events per second");
    let output = manager.relay().env("WAZUH_TRIAGE_WAZUH_API_USER", "x").output().unwrap();
    check(&output, 78, "wazuh_api_password_file: the user of Wazuh's API has no password");
}

#[test]
fn a_queue_that_fails_is_told_of_once_and_tried_again() {
    let manager = Manager::new();
    let analysisd = manager.analysisd();
    manager.queue.fail("ReceiveMessage", 503, "ServiceUnavailable");
    manager.queue.put(message(&verdict(1)));
    let mut relay = manager.start();
    until("it has tried three times", || manager.queue.requests("ReceiveMessage") >= 3);
    assert_eq!(manager.bench.log_lines("SQS is busy"), 1);
    manager.queue.heal();
    assert_eq!(analysisd.next(), datagram(1));
    relay.kill().unwrap();
    relay.wait().unwrap();
}

#[test]
fn a_second_relay_is_refused() {
    let manager = Manager::new();
    let _analysisd = manager.analysisd();
    let mut relay = manager.start();
    until("the first is at work", || manager.queue.requests("ReceiveMessage") > 0);
    check(&manager.once(), 75, "another relay is at work");
    relay.kill().unwrap();
    relay.wait().unwrap();
    assert!(manager.once().status.success());
}
