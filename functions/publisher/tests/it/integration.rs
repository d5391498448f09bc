//! integratord's contract: nine arguments, one call at a time, output read to its end.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::{Bench, QUEUE, alert, text, until};

#[test]
fn an_alert_is_accepted_and_shipped_after_the_call() {
    for (bench, shipper) in [
        (Bench::new(), "wazuh-publisher"),
        (Bench::with_the_whole_program_as_integration(), "custom-wazuh-triage"),
    ] {
        let output = bench.call(&alert("1.1"), QUEUE);
        assert!(output.status.success());
        assert_eq!(text(&output), "");
        until("the alert arrives", || bench.sqs.bodies() == [alert("1.1")] && bench.is_idle());
        assert!(bench.log().contains(&format!(" custom-wazuh-triage: accepted alert 1.1 for {QUEUE}\n")));
        until("the log says so", || {
            bench.log().contains(&format!(" {shipper}: sent alert 1.1 to {QUEUE}\n"))
        });
        assert_eq!(bench.log_lines("alert 1.1 "), 2, "{}", bench.log());
    }
}

#[test]
fn both_programs_mean_the_same_folder() {
    let (small, whole) = (Bench::new(), Bench::with_the_whole_program_as_integration());
    let folders = [&small, &whole].map(|bench| {
        let _lock = bench.lock();
        let config = bench.ossec().join("etc/wazuh-triage.toml");
        fs::write(config, format!("endpoint_url = \"{}\"\n", "http://127.0.0.1:1")).unwrap();
        let file = bench.file("x.alert", alert("1.1"));
        let arguments = [file.as_os_str(), "soc".as_ref(), QUEUE.as_ref()];
        bench.integratord(&arguments).output().unwrap();
        let folder =
            bench.waiting().first().map(|alert| alert.parent().unwrap().parent().unwrap().to_owned());
        folder.map(|folder| {
            let destination = fs::read_to_string(folder.join("destination.json")).unwrap();
            (folder.file_name().unwrap().to_owned(), destination)
        })
    });
    assert!(folders[0].is_some());
    assert_eq!(folders[0], folders[1]);
}

#[test]
fn the_call_does_not_wait_for_the_queue() {
    let bench = Bench::new();
    bench.sqs.close_gate();
    // `output` reads to the end of standard output and error, as integratord does.
    assert!(bench.call(&alert("1.1"), QUEUE).status.success());
    assert!(bench.call(&alert("1.2"), QUEUE).status.success());
    assert!(bench.sqs.bodies().is_empty());
    bench.sqs.open_gate();
    until("both arrive", || bench.sqs.bodies().len() == 2 && bench.is_idle());
}

#[test]
fn the_file_is_linked_and_stays_where_it_is() {
    let bench = Bench::new();
    let _lock = bench.lock();
    let file = bench.file("name with spaces.alert", alert("1.1"));
    let arguments = [file.as_os_str(), "".as_ref(), QUEUE.as_ref(), "debug".as_ref()];
    assert!(bench.integratord(&arguments).output().unwrap().status.success());
    assert_eq!(fs::read_to_string(&file).unwrap(), alert("1.1"));
    assert_eq!(bench.waiting()[0].metadata().unwrap().ino(), file.metadata().unwrap().ino());
    assert!(bench.log().contains("a shipper is at work"), "{}", bench.log());
}

#[test]
fn where_linking_fails_the_alert_is_copied() {
    let bench = Bench::new();
    let _lock = bench.lock();
    let file = bench.file("target", alert("1.1"));
    let elsewhere = tempfile::tempdir_in("/dev/shm").ok();
    let mut named = vec![bench.folder.path().join("symbolic")];
    symlink(&file, &named[0]).unwrap();
    if let Some(elsewhere) = &elsewhere {
        // Another file system, where there is one: link(2) gives EXDEV.
        let path = elsewhere.path().join("custom-wazuh-triage-1--2.alert");
        fs::write(&path, alert("1.2")).unwrap();
        named.push(path);
    }
    for path in &named {
        let arguments = [path.as_os_str(), "".as_ref(), QUEUE.as_ref()];
        assert!(bench.integratord(&arguments).output().unwrap().status.success());
        let accepted = bench.waiting().pop().unwrap();
        assert!(accepted.symlink_metadata().unwrap().is_file());
        assert_eq!(fs::read(&accepted).unwrap(), fs::read(path).unwrap());
    }
    assert_eq!(bench.waiting().len(), named.len());
}

#[test]
fn without_a_file_the_alert_comes_from_standard_input() {
    let bench = Bench::new();
    let _lock = bench.lock();
    for ends in [true, false] {
        let arguments = ["", "", QUEUE].map(OsStr::new);
        let mut child = bench.integratord(&arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(alert("1.1").as_bytes()).unwrap();
        let open = (!ends).then_some(stdin);
        assert!(child.wait().unwrap().success());
        drop(open);
    }
    assert_eq!(bench.waiting().len(), 2);
    assert_eq!(fs::read_to_string(&bench.waiting()[0]).unwrap(), alert("1.1"));
}

#[test]
fn standard_input_is_waited_for_two_seconds_only() {
    let bench = Bench::new();
    let start = Instant::now();
    let mut child =
        bench.integratord(&["", "", QUEUE].map(OsStr::new)).stdin(Stdio::piped()).spawn().unwrap();
    // Taken, or `wait` would close it.
    let stdin = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    drop(stdin);
    assert!(start.elapsed() > Duration::from_millis(1900), "{:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[test]
fn a_person_may_call_it_from_anywhere() {
    let bench = Bench::new();
    let _lock = bench.lock();
    let file = bench.file("x.alert", alert("1.1"));
    let mut command = bench.integratord(&[file.as_os_str(), "".as_ref(), QUEUE.as_ref()]);
    assert!(command.current_dir("/").output().unwrap().status.success());
    assert_eq!(bench.waiting().len(), 1);
}

#[test]
fn each_hook_url_is_its_own_queue() {
    let bench = Bench::new();
    let other = "https://sqs.eu-west-1.amazonaws.com/123456789012/other";
    bench.call(&alert("1.1"), QUEUE);
    bench.call(&alert("1.2"), other);
    until("both arrive", || bench.sqs.messages().len() == 2 && bench.is_idle());
    for message in bench.sqs.messages() {
        let expected = if message.body == alert("1.1") { QUEUE } else { other };
        assert_eq!(message.queue_url, expected);
    }
}

#[test]
fn many_calls_at_once_lose_nothing_and_repeat_nothing() {
    let bench = Bench::new();
    thread::scope(|scope| {
        for worker in 0..4 {
            let bench = &bench;
            scope.spawn(move || {
                for number in 0..15 {
                    let output = bench.call(&alert(&format!("{worker}.{number}")), QUEUE);
                    assert!(output.status.success(), "{}", text(&output));
                }
            });
        }
    });
    until("all arrive", || bench.sqs.bodies().len() >= 60 && bench.is_idle());
    let mut bodies = bench.sqs.bodies();
    bodies.sort();
    bodies.dedup();
    assert_eq!((bodies.len(), bench.sqs.bodies().len()), (60, 60));
}

#[test]
fn what_is_not_json_is_kept_for_a_person() {
    let bench = Bench::new();
    let output = bench.call("** Alert 1: password='hunter2'", QUEUE);
    assert_eq!(output.status.code(), Some(65));
    assert_eq!(fs::read_to_string(&bench.rejected()[0]).unwrap(), "** Alert 1: password='hunter2'\n");
    assert!(bench.waiting().is_empty());
    let seen = text(&output) + &bench.log();
    assert!(seen.contains("the alert is not JSON; kept in "), "{seen}");
    assert!(!seen.contains("hunter2"), "{seen}");
    assert_eq!(bench.log().lines().count(), 1);
}

#[test]
fn what_only_begins_like_json_is_set_aside_by_whoever_ships_it() {
    let bench = Bench::new();
    assert!(bench.call("{\"password\": hunter2", QUEUE).status.success());
    assert!(bench.call(&alert("1.2"), QUEUE).status.success());
    until("the whole one arrives", || bench.sqs.bodies() == [alert("1.2")] && bench.is_idle());
    assert_eq!(fs::read_to_string(&bench.rejected()[0]).unwrap(), "{\"password\": hunter2\n");
    until("the log says so", || {
        bench.log().contains("it is not JSON (") && bench.log().contains("line 1, column")
    });
    assert!(!bench.log().contains("hunter2"), "{}", bench.log());
}

#[test]
fn bytes_that_are_not_utf_8_do_not_cost_the_alert() {
    let bench = Bench::new();
    let file = bench.file("x.alert", b"{\"id\":\"1.1\",\"full_log\":\"caf\xe9\"}\n");
    let arguments = [file.as_os_str(), "".as_ref(), QUEUE.as_ref()];
    assert!(bench.integratord(&arguments).output().unwrap().status.success());
    until("it arrives", || bench.sqs.bodies() == ["{\"id\":\"1.1\",\"full_log\":\"caf\u{fffd}\"}"]);
    until("the log says so", || bench.log().contains("(bytes that are not UTF-8 were replaced)"));
}

#[test]
fn a_key_in_the_place_of_the_profile_is_refused_and_not_shown() {
    let bench = Bench::new();
    let file = bench.file("x.alert", alert("1.1"));
    for key in ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"] {
        let arguments = [file.as_os_str(), key.as_ref(), QUEUE.as_ref()];
        let output = bench.integratord(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(78));
        assert!(text(&output).contains("<api_key>: it looks like an AWS key"), "{}", text(&output));
        assert!(!(text(&output) + &bench.log()).contains(key));
    }
    assert!(bench.waiting().is_empty());
}

#[test]
fn what_can_be_known_at_once_has_its_own_exit_code() {
    let bench = Bench::new();
    let empty = bench.file("empty.alert", " \n");
    let full = bench.file("full.alert", alert("1.1"));
    let missing = Path::new("/nowhere/x.alert");
    for (file, queue, code, words) in [
        (empty.as_path(), QUEUE, 1, "is empty"),
        (Path::new(""), QUEUE, 1, "standard input, read because the alert's file was not named, is empty"),
        (missing, QUEUE, 66, "/nowhere/x.alert cannot be read (No such file"),
        (bench.folder.path(), QUEUE, 66, "cannot be read"),
        (full.as_path(), "", 79, "no queue is configured"),
        (full.as_path(), "queue", 78, "<hook_url>: it does not begin with https://"),
    ] {
        let arguments = [file.as_os_str(), "".as_ref(), queue.as_ref()];
        let output = bench.integratord(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{words}: {}", text(&output));
        assert!(text(&output).contains(words), "{words}: {}", text(&output));
        assert!(bench.log().ends_with(&text(&output)), "{}", bench.log());
    }
    fs::write(bench.spool(), "a file").unwrap();
    let output = bench.call(&alert("1.1"), QUEUE);
    assert_eq!(output.status.code(), Some(73));
    assert!(text(&output).contains("the spool is not usable: cannot make the folder"), "{}", text(&output));
}

#[test]
fn a_person_may_ask_the_integration_for_its_version() {
    let bench = Bench::new();
    let output = bench.integratord(&["--version".as_ref()]).output().unwrap();
    assert!(output.status.success());
    assert!(text(&output).contains("0.1.0"), "{}", text(&output));
}
