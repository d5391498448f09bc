//! What is no event, and what keeps the relay from working.

use std::fs;

use serde_json::json;

use super::{Manager, check, datagram, message, verdict};
use crate::bench::{text, until};

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
