//! Each event reaches the manager, and once.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Manager, check, datagram, message, serve, verdict};
use crate::bench::until;

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
