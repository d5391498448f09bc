//! `send`: what arrives, and how.

use std::io::Write;
use std::process::Stdio;

use crate::bench::{Bench, QUEUE, alert, text, until};
use crate::fake_sqs::Answer;

#[test]
fn one_alert_arrives_byte_for_byte_with_its_attributes() {
    let bench = Bench::new();
    let pretty =
        "{\n  \"id\" : \"1791030127.4711\",\n  \"manager\": {\"name\":\"wazuh-1\"},\n  \"n\": 1.10\n}";
    let output = bench.send(format!("{pretty}\n"));
    assert!(output.status.success(), "{}", text(&output));
    let messages = bench.sqs.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].body, pretty);
    assert_eq!(messages[0].queue_url, QUEUE);
    assert_eq!(messages[0].attributes["manager"], "wazuh-1");
    assert_eq!(messages[0].attributes["publisher"], "wazuh-publisher/0.1.0");
    assert!(messages[0].attributes["published_at"].parse::<jiff::Timestamp>().is_ok());
    assert!(!messages[0].attributes.contains_key("trimmed"));
    let line = format!(" wazuh-publisher: sent alert 1791030127.4711 to {QUEUE}\n");
    assert!(text(&output).ends_with(&line), "{}", text(&output));
    assert!(bench.log().ends_with(&line), "{}", bench.log());
    assert!(bench.waiting().is_empty());
}

#[test]
fn lines_go_in_batches_of_ten_in_their_order() {
    let bench = Bench::new();
    let alerts: Vec<String> = (0..25).map(|number| alert(&format!("1.{number}"))).collect();
    assert!(bench.send(alerts.join("\n")).status.success());
    assert_eq!(bench.sqs.bodies(), alerts);
    assert_eq!(bench.sqs.requests(), [10, 10, 5]);
}

#[test]
fn an_array_from_standard_input_is_taken_apart() {
    let bench = Bench::new();
    let mut child = bench.publisher("send").arg("-").stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"[ {\"id\" : \"1\"} ,\n{\"id\":2.50}]\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(bench.sqs.bodies(), ["{\"id\" : \"1\"}", "{\"id\":2.50}"]);
}

#[test]
fn a_line_that_is_not_json_does_not_stop_its_neighbours() {
    let bench = Bench::new();
    let output = bench.send(format!("{}\n{{\"password\": hunter2\n{}\n", alert("1.1"), alert("1.2")));
    assert_eq!(output.status.code(), Some(65));
    assert_eq!(bench.sqs.bodies(), [alert("1.1"), alert("1.2")]);
    assert!(text(&output).contains("alerts.json, line 2, is not JSON"), "{}", text(&output));
    assert!(!text(&output).contains("hunter2"), "{}", text(&output));
}

#[test]
fn json_that_is_not_an_alert_is_for_the_pipeline_to_judge() {
    let bench = Bench::new();
    assert!(bench.send("{\"no\":\"rule\"}\nnull\n").status.success());
    assert_eq!(bench.sqs.bodies(), ["{\"no\":\"rule\"}", "null"]);
}

#[test]
fn as_is_nothing_is_looked_at() {
    let bench = Bench::new();
    let file = bench.file("broken.json", "{\n \"broken\":\n");
    let lines = bench.file("broken.jsonl", "{\"a\":\nplain text\n");
    let output = bench.publisher("send").arg("--as-is").arg(file).arg(lines).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(bench.sqs.bodies(), ["{\n \"broken\":\n", "{\"a\":", "plain text"]);
}

#[test]
fn a_large_alert_is_trimmed_by_field_and_says_so() {
    let bench = Bench::new();
    let large = format!(r#"{{"id":"1.1","full_log":"short","previous_output":"{}"}}"#, "x".repeat(400_000));
    assert!(bench.send(&large).status.success());
    let messages = bench.sqs.messages();
    assert!(messages[0].body.len() <= 262_144);
    assert_eq!(messages[0].attributes["trimmed"], "previous_output");
    assert!(bench.log().contains("(trimmed: previous_output)"), "{}", bench.log());
}

#[test]
fn a_request_stays_within_the_limit_of_sqs() {
    let bench = Bench::new();
    let alerts: Vec<String> =
        (0..5).map(|id| format!(r#"{{"id":"{id}","x":"{}"}}"#, "x".repeat(100_000))).collect();
    assert!(bench.send(alerts.join("\n")).status.success());
    assert_eq!(bench.sqs.requests(), [2, 2, 1]);
}

#[test]
fn what_fails_in_a_batch_is_sent_again_alone() {
    let bench = Bench::new();
    bench.sqs.answer(Answer::FailEntriesOnce("1.2", "InternalError"));
    let alerts = [alert("1.1"), alert("1.2"), alert("1.3")];
    let output = bench.send(alerts.join("\n"));
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(bench.sqs.bodies(), [alert("1.1"), alert("1.3"), alert("1.2")]);
    assert_eq!(bench.sqs.requests(), [3, 1]);
    assert_eq!(bench.log_lines("alert 1.2 "), 1, "{}", bench.log());
}

#[test]
fn an_alert_whose_content_is_refused_fails_alone() {
    for answer in [
        Answer::FailRequestWith("poison", "InvalidMessageContents"),
        Answer::FailEntries("poison", "InvalidMessageContents"),
    ] {
        let bench = Bench::new();
        bench.sqs.answer(answer);
        let output = bench.send(format!("{}\n{}\n{}\n", alert("1.1"), alert("poison"), alert("1.3")));
        assert_eq!(output.status.code(), Some(65), "{}", text(&output));
        assert_eq!(bench.sqs.bodies(), [alert("1.1"), alert("1.3")]);
        assert_eq!(std::fs::read_to_string(&bench.rejected()[0]).unwrap(), alert("poison"));
        assert!(bench.log().contains("the queue refuses its content (InvalidMessageContents); moved to"));
        assert!(bench.waiting().is_empty());
    }
}

#[test]
fn another_shipper_is_waited_for() {
    let bench = Bench::new();
    let lock = bench.lock();
    let file = bench.file("alert.json", alert("1.1"));
    let mut child = bench.publisher("send").arg(file).spawn().unwrap();
    until("the alert is accepted", || bench.waiting().len() == 1);
    assert!(bench.sqs.bodies().is_empty());
    drop(lock);
    assert!(child.wait().unwrap().success());
    assert_eq!(bench.sqs.bodies(), [alert("1.1")]);
}

#[test]
fn the_configuration_file_is_read() {
    let bench = Bench::new();
    let queue = "https://sqs.eu-west-1.amazonaws.com/1/from-file";
    let config = bench.file("triage.toml", format!("queue_url = \"{queue}\"\n"));
    let file = bench.file("alert.json", alert("1.1"));
    let mut command = bench.publisher("send");
    command.env_remove("WAZUH_TRIAGE_QUEUE_URL").arg(file).arg("--config").arg(config);
    assert!(command.output().unwrap().status.success());
    assert_eq!(bench.sqs.messages()[0].queue_url, queue);
}
