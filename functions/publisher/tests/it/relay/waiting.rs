//! A manager that is away, slow or closed: the queue keeps what cannot be written.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::{Manager, datagram, message, serve, verdict};
use crate::bench::{text, until};

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
