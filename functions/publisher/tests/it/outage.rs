//! SQS away, programs killed: nothing that was accepted is lost.

use std::fs;

use crate::bench::{Bench, QUEUE, alert, text, until};
use crate::fake_sqs::Answer;

#[test]
fn what_could_not_be_sent_goes_with_the_next_call() {
    let bench = Bench::new();
    bench.sqs.answer(Answer::Error(503, "ServiceUnavailable"));
    let output = bench.send(alert("1.1"));
    assert_eq!(output.status.code(), Some(75));
    assert!(text(&output).contains("1 alerts are kept in "), "{}", text(&output));
    assert!(bench.log().contains(&format!(
        "could not send alert 1.1 to {QUEUE}: SQS is busy (ServiceUnavailable); kept in {}",
        bench.spool().display()
    )));
    assert_eq!(bench.waiting().len(), 1);
    bench.sqs.answer(Answer::Take);
    assert!(bench.send(alert("1.2")).status.success());
    assert_eq!(bench.sqs.bodies(), [alert("1.1"), alert("1.2")]);
    assert_eq!(bench.log_lines("alert 1.1 "), 2, "{}", bench.log());
    assert!(bench.waiting().is_empty());
}

#[test]
fn an_outage_costs_each_alert_one_line_of_the_log() {
    let bench = Bench::new();
    bench.sqs.answer(Answer::Error(403, "AccessDeniedException"));
    for number in 1..=4 {
        assert!(bench.call(&alert(&format!("1.{number}")), QUEUE).status.success());
        until("the failure is in the log", || {
            bench.log_lines(&format!("could not send alert 1.{number} ")) == 1
        });
    }
    for number in 1..=4 {
        assert_eq!(bench.log_lines(&format!("could not send alert 1.{number} ")), 1, "{}", bench.log());
    }
    bench.sqs.answer(Answer::Take);
    assert!(bench.call(&alert("1.5"), QUEUE).status.success());
    until("all arrive", || bench.sqs.bodies().len() == 5 && bench.is_idle());
    until("the log says so", || bench.log_lines("sent alert 1.") == 5);
}

#[test]
fn what_keeps_failing_in_a_batch_stays_and_the_rest_goes() {
    let bench = Bench::new();
    bench.sqs.answer(Answer::FailEntries("1.2", "InternalError"));
    let output = bench.send(format!("{}\n{}\n", alert("1.1"), alert("1.2")));
    assert_eq!(output.status.code(), Some(75), "{}", text(&output));
    assert_eq!(bench.sqs.bodies(), [alert("1.1")]);
    assert_eq!(fs::read_to_string(&bench.waiting()[0]).unwrap(), alert("1.2"));
    bench.sqs.answer(Answer::Take);
    assert!(bench.publisher("ship").output().unwrap().status.success());
    assert_eq!(bench.sqs.bodies(), [alert("1.1"), alert("1.2")]);
}

#[test]
fn a_shipper_that_is_killed_loses_nothing() {
    let bench = Bench::new();
    let lock = bench.lock();
    assert!(bench.call(&alert("1.1"), QUEUE).status.success());
    drop(lock);
    bench.sqs.close_gate();
    let mut shipper = bench.publisher("ship").spawn().unwrap();
    until("the request is under way", || bench.sqs.arrived() == 1);
    shipper.kill().unwrap();
    shipper.wait().unwrap();
    assert_eq!(bench.waiting().len(), 1);
    bench.sqs.open_gate();
    assert!(bench.publisher("ship").output().unwrap().status.success());
    assert!(bench.sqs.bodies().contains(&alert("1.1")));
    assert!(bench.waiting().is_empty());
}

#[test]
fn a_half_written_file_is_not_an_alert() {
    let bench = Bench::new();
    fs::create_dir_all(bench.spool().join("tmp")).unwrap();
    fs::write(bench.spool().join("tmp/00000000000000000001-1-0.json"), "{\"id\":").unwrap();
    fs::create_dir_all(bench.spool().join("0123456789abcdef/new")).unwrap();
    assert!(bench.send(alert("1.1")).status.success());
    assert_eq!(bench.sqs.bodies(), [alert("1.1")]);
}
