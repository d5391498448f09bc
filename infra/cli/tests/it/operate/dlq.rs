use std::process::{Command, Stdio};

use insta::assert_snapshot;

use super::{command, run};
use crate::bench::{Bench, Said, said};
use crate::fake_aws::{FakeAws, Message};

const DLQ: &str = "t-alerts-dlq";

fn alert(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","rule":{{"id":"5763","level":10,"description":"sshd"}},"manager":{{"name":"m"}}}}"#
    )
}

/// Two alerts that enrich gave up, and one message that SQS moved.
fn filled() -> FakeAws {
    let aws = FakeAws::start();
    let given_up =
        [("reason", "could not send"), ("stage", "enrich"), ("source_message_id", "s"), ("manager", "m")];
    aws.put(DLQ, Message::new("a", &alert("1.1"), &given_up));
    aws.put(DLQ, Message::new("b", "no alert at all", &given_up));
    aws.put(DLQ, Message::new("c", &alert("1.3"), &[("manager", "m")]));
    aws
}

fn ids(aws: &FakeAws, queue: &str) -> Vec<String> {
    aws.queue(queue).into_iter().map(|message| message.id).collect()
}

/// Ends the program with Ctrl-C as soon as it has made this call.
fn interrupted(aws: &FakeAws, line: &str, call: &str) -> Said {
    let bench = Bench::new();
    let mut command = command(&bench, aws, line);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !aws.calls().iter().any(|made| made == call) {
        std::thread::yield_now();
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    said(&child.wait_with_output().unwrap())
}

#[test]
fn the_list_says_how_much_waits_and_that_a_queue_is_not_there() {
    let said = run(&filled(), "dlq list");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert_snapshot!(said.out.replace('\t', " | "), @r"
    QUEUE | WAITING | IN FLIGHT
    alerts | 3 | 0
    enriched | 0 | 0
    notices | 0 | 0
    feedback | 0 | 0
    mail-events | - | -
    ");
    assert_snapshot!(run(&filled(), "dlq list --json").out, @r#"{"schema":1,"queues":[{"queue":"alerts","exists":true,"waiting":3,"in_flight":0},{"queue":"enriched","exists":true,"waiting":0,"in_flight":0},{"queue":"notices","exists":true,"waiting":0,"in_flight":0},{"queue":"feedback","exists":true,"waiting":0,"in_flight":0},{"queue":"mail-events","exists":false,"waiting":null,"in_flight":null}]}"#);
}

#[test]
fn show_gives_everything_back_and_keeps_bodies_to_itself() {
    let aws = filled();
    let said = run(&aws, "dlq show alerts");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert_snapshot!(said.out.replace('\t', " | "), @r"
    MESSAGE | SENT | TRIES | STAGE | ALERT | REASON
    a | TIME | 6 | enrich | m/1.1 | could not send
    b | TIME | 6 | enrich | - | could not send
    c | TIME | 6 | - | m/1.3 | (moved by SQS after its last try)
    ");
    assert_eq!(aws.visible(DLQ).len(), 3, "visible again");
    let said = run(&aws, "dlq show alerts --filter 1.3 --body");
    assert!(said.out.contains("\"description\":\"sshd\"") && !said.out.contains("1.1"), "{}", said.out);
    assert_eq!(aws.visible(DLQ).len(), 3);
}

#[test]
fn show_gives_back_what_it_took_before_an_error() {
    let aws = FakeAws::start();
    for number in 0..12 {
        aws.put(DLQ, Message::new(&format!("m{number}"), "x", &[]));
    }
    // The limit is reached inside the first batch: the rest of that batch was taken, too.
    assert_eq!(run(&aws, "dlq show alerts --limit 3").out.lines().count(), 4);
    assert_eq!(aws.visible(DLQ).len(), 12);
    aws.change(|world| {
        world.refused.insert("ReceiveMessage", "AccessDenied");
    });
    let said = run(&aws, "dlq show alerts");
    assert_eq!(said.code, 77);
    assert!(
        said.err.contains("take messages from the dead-letter queue: AWS refuses it (AccessDenied)"),
        "{}",
        said.err
    );
}

#[test]
fn an_interrupted_show_gives_everything_back() {
    let aws = filled();
    aws.change(|world| world.is_slow = true);
    let said = interrupted(&aws, "dlq show alerts", "waiting");
    assert_eq!((said.out.as_str(), said.code), ("", 130));
    assert_eq!(aws.visible(DLQ).len(), 3);
}

#[test]
fn an_interrupted_move_is_stopped_at_sqs() {
    let aws = filled();
    aws.change(|world| world.endless_move = Some(1));
    let said = interrupted(&aws, "dlq replay alerts", "ListMessageMoveTasks");
    assert_eq!(said.code, 130);
    assert_snapshot!(said.out, @"1 message went back to alerts");
    assert!(aws.calls().contains(&"CancelMessageMoveTask".to_owned()));
}

#[test]
fn a_whole_queue_is_moved_by_sqs() {
    let aws = filled();
    let said = run(&aws, "dlq replay alerts");
    assert_snapshot!(said.out, @"3 messages went back to alerts");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert_eq!((ids(&aws, DLQ).len(), ids(&aws, "t-alerts").len()), (0, 3));
    assert_snapshot!(run(&aws, "dlq replay alerts").out, @"0 messages went back to alerts");
}

#[test]
fn a_move_in_circles_is_stopped() {
    let aws = filled();
    aws.change(|world| world.endless_move = Some(4));
    let said = run(&aws, "dlq replay alerts");
    assert_eq!(said.code, 1);
    assert_snapshot!(said.out, @"4 messages went back to alerts");
    assert!(
        said.err.contains("messages come back faster than they go: the cause has not gone"),
        "{}",
        said.err
    );
}

#[test]
fn what_sqs_cannot_move_is_sent_with_its_own_attributes_and_no_others() {
    let aws = filled();
    aws.change(|world| {
        world.refused.insert("StartMessageMoveTask", "UnsupportedOperation");
    });
    let said = run(&aws, "dlq replay alerts --rate 500");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("sending them one by one"), "{}", said.err);
    assert_snapshot!(said.out, @"3 messages went back to alerts");
    assert!(ids(&aws, DLQ).is_empty());
    for message in aws.queue("t-alerts") {
        assert_eq!(
            message.attributes.into_iter().collect::<Vec<_>>(),
            [("manager".to_owned(), "m".to_owned())]
        );
    }
}

#[test]
fn replay_deletes_only_what_was_accepted() {
    let aws = filled();
    aws.change(|world| {
        world.refused.insert("StartMessageMoveTask", "UnsupportedOperation");
        world.poison = Some("no alert");
    });
    let said = run(&aws, "dlq replay alerts --rate 500");
    assert_eq!(said.code, 1);
    assert_snapshot!(said.out, @r"
    2 messages went back to alerts
    1 message not accepted by the queue, and still here
    ");
    assert!(
        said.err.contains("message b was not accepted (InvalidMessageContents), and stays"),
        "{}",
        said.err
    );
    assert_eq!(aws.visible(DLQ), ["no alert at all"], "and given back");
}

#[test]
fn what_was_sent_and_could_not_be_deleted_stays() {
    let aws = filled();
    aws.change(|world| {
        world.refused.insert("DeleteMessage", "AccessDenied");
    });
    let said = run(&aws, "dlq replay alerts --id a --rate 500 --json");
    assert_eq!(said.code, 1);
    assert_snapshot!(said.out, @r#"{"schema":1,"queue":"alerts","dry_run":false,"moved_by_sqs":false,"replayed":0,"not_deleted":1,"not_accepted":0,"passed_over":0,"newer":0}"#);
    assert_eq!((aws.visible(DLQ).len(), aws.visible("t-alerts").len()), (3, 1));
}

#[test]
fn a_filter_leaves_the_others_and_a_dry_run_leaves_all() {
    let aws = filled();
    assert_snapshot!(run(&aws, "dlq replay alerts --filter 1.3 --dry-run").out, @r"
    1 message would go back to alerts
    2 messages not meant, and left here
    ");
    assert_eq!(aws.visible(DLQ).len(), 3);
    assert_eq!(run(&aws, "dlq replay alerts --filter 1.3 --rate 500").code, 0);
    assert_eq!(
        (ids(&aws, DLQ), aws.visible("t-alerts")),
        (vec!["a".to_owned(), "b".to_owned()], vec![alert("1.3")])
    );
    assert_eq!(aws.visible(DLQ).len(), 2);
}

#[test]
fn ids_that_are_not_there_are_told() {
    let aws = filled();
    let said = run(&aws, "dlq replay alerts --rate 500 --id a nobody");
    assert_eq!(said.code, 1);
    assert_snapshot!(said.err, @"triage: 1 of these ids not found; `triage dlq show alerts` lists them");
    assert_eq!((aws.visible(DLQ).len(), aws.visible("t-alerts").len()), (2, 1));
}

#[test]
fn what_came_meanwhile_is_not_sent_round_in_circles() {
    let aws = filled();
    let mut late = Message::new("late", "x", &[]);
    late.sent_at_ms = 4_000_000_000_000;
    aws.put(DLQ, late);
    let said = run(&aws, "dlq replay alerts --filter m --rate 500");
    assert!(said.out.contains("1 message came while this was running"), "{}", said.out);
    assert_eq!(aws.visible(DLQ), ["no alert at all", "x"]);
}

#[test]
fn purge_deletes_nothing_until_it_is_told_to_and_has_a_file() {
    let aws = filled();
    let bench = Bench::new();
    let run = |line: &str| said(&command(&bench, &aws, line).output().unwrap());
    let dry = run("dlq purge alerts").out;
    assert_snapshot!(dry, @"3 messages would be taken out of the dead-letter queue of alerts; --yes --save FILE does it");
    assert_eq!(run("dlq purge alerts --save kept.jsonl").out, dry);
    assert_eq!(run("dlq purge alerts --yes").code, 64);
    assert_eq!((aws.visible(DLQ).len(), bench.path("kept.jsonl").exists()), (3, false));

    let said = run("dlq purge alerts --filter enrich --yes --save kept.jsonl");
    assert_snapshot!(said.out, @r"
    2 messages taken out of the dead-letter queue of alerts, into kept.jsonl
    1 message left there
    ");
    assert_eq!(aws.visible(DLQ), [alert("1.3")]);
    assert_snapshot!(bench.page("kept.jsonl"), @r#"
    {"id":"a","sent_at":"2026-10-03T12:22:07Z","attributes":{"manager":"m","reason":"could not send","source_message_id":"s","stage":"enrich"},"body":"{\"id\":\"1.1\",\"rule\":{\"id\":\"5763\",\"level\":10,\"description\":\"sshd\"},\"manager\":{\"name\":\"m\"}}"}
    {"id":"b","sent_at":"2026-10-03T12:22:07Z","attributes":{"manager":"m","reason":"could not send","source_message_id":"s","stage":"enrich"},"body":"no alert at all"}
    "#);
    let said = run("dlq purge alerts --yes --save kept.jsonl");
    assert_eq!(said.code, 73, "never over another file");
    assert_eq!(aws.visible(DLQ).len(), 1);
}

#[test]
fn what_purge_could_not_delete_is_in_the_file_and_in_the_queue() {
    let aws = filled();
    aws.change(|world| {
        world.refused.insert("DeleteMessage", "AccessDenied");
    });
    let bench = Bench::new();
    let said = said(&command(&bench, &aws, "dlq purge alerts --yes --save kept.jsonl").output().unwrap());
    assert_eq!(said.code, 77, "{}", said.err);
    assert_snapshot!(said.out, @"0 messages taken out of the dead-letter queue of alerts, into kept.jsonl");
    assert_eq!((bench.page("kept.jsonl").lines().count(), aws.visible(DLQ).len()), (1, 3));
}

#[test]
fn what_cannot_be_reached_is_said_with_what_to_do() {
    let bench = Bench::new();
    for (change, code, words) in [
        (
            ("TRIAGE_NAME", "other"),
            69,
            "there is no queue other-alerts-dlq in eu-central-1; is it the right --name",
        ),
        (("TRIAGE_NAME", "a b"), 78, "the deployment's name \"a b\" cannot be one"),
        (("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), 69, "AWS does not answer"),
    ] {
        let aws = FakeAws::start();
        let said = said(&command(&bench, &aws, "dlq show alerts").env(change.0, change.1).output().unwrap());
        assert_eq!(said.code, code, "{}", said.err);
        assert!(said.err.contains(words), "{}", said.err);
    }
    let none = said(
        &bench
            .command("dlq", "list --region eu-central-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .unwrap(),
    );
    assert_eq!(none.code, 77, "{}", none.err);
    assert!(none.err.contains("no AWS credentials") && none.err.contains("aws sso login"), "{}", none.err);
}

#[test]
fn an_unknown_queue_is_wrong_use() {
    let said = run(&FakeAws::start(), "dlq show alarms");
    assert_eq!(said.code, 64);
    assert!(said.err.contains("alerts, enriched, notices, feedback, mail-events"), "{}", said.err);
}
