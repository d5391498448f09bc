//! The spool's bounds and faults: full, read-only, too old, looked into.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::bench::{Bench, QUEUE, Service, alert, text, until};
use crate::disk::Disk;
use crate::fake_sqs::Answer;

fn call(bench: &Bench, id: &str, change: impl FnOnce(&mut Command)) -> Output {
    let file = bench.file(&format!("{id}.alert"), alert(id));
    let mut command = bench.integratord(&[file.as_os_str(), "".as_ref(), QUEUE.as_ref()]);
    change(&mut command);
    command.output().unwrap()
}

#[test]
fn a_full_spool_refuses_clearly_until_there_is_room_and_drops_nothing() {
    let bench = Bench::new();
    let config = bench.ossec().join("etc/wazuh-triage.toml");
    fs::write(config, "spool_max_bytes = 12288\n").unwrap();
    bench.sqs.answer(Answer::Error(403, "AccessDeniedException"));
    let _service = Service::start_with(&bench, |command| {
        command.arg("--config").arg(bench.ossec().join("etc/wazuh-triage.toml"));
        command.env("WATCHDOG_USEC", "40000");
    });
    for id in ["1.1", "1.2", "1.3"] {
        assert!(call(&bench, id, |_| {}).status.success());
    }
    until("the service sees that it is full", || bench.spool().join("full").exists());
    let output = call(&bench, "1.4", |_| {});
    assert_eq!(output.status.code(), Some(73));
    assert!(
        text(&output).contains("is full (3 alerts, 0.01 MB of 0.01 MB): nothing was accepted"),
        "{}",
        text(&output)
    );
    assert!(bench.log().contains("is full"), "{}", bench.log());
    assert_eq!(bench.send(alert("1.5")).status.code(), Some(73));
    bench.sqs.answer(Answer::Take);
    until("there is room", || bench.waiting().is_empty() && !bench.spool().join("full").exists());
    assert!(call(&bench, "1.6", |_| {}).status.success());
    until("all that was accepted arrives", || bench.sqs.bodies() == ["1.1", "1.2", "1.3", "1.6"].map(alert));
}

#[test]
fn in_the_classic_mode_a_full_spool_is_emptied_too() {
    let bench = Bench::new();
    fs::write(bench.ossec().join("etc/wazuh-triage.toml"), "spool_max_bytes = 4096\n").unwrap();
    bench.sqs.answer(Answer::Error(403, "AccessDeniedException"));
    assert!(call(&bench, "1.1", |_| {}).status.success());
    until("the shipper sees that it is full", || bench.spool().join("full").exists());
    bench.sqs.answer(Answer::Take);
    // Refused, but somebody is called who ships.
    until("there is room again", || {
        call(&bench, "1.2", |_| {});
        bench.sqs.bodies().contains(&alert("1.2"))
    });
    assert_eq!(bench.sqs.bodies()[0], alert("1.1"));
}

#[test]
fn what_waited_too_long_is_set_aside_with_a_word() {
    let bench = Bench::new();
    bench.sqs.answer(Answer::Error(403, "AccessDeniedException"));
    assert_eq!(bench.send(alert("1.1")).status.code(), Some(77));
    age(&bench.waiting()[0], Duration::from_hours(49));
    let output = bench.publisher("ship").env("WAZUH_TRIAGE_SPOOL_MAX_AGE_HOURS", "48").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(bench.waiting().is_empty());
    assert_eq!(fs::read_to_string(&bench.rejected()[0]).unwrap(), alert("1.1"));
    let line = format!("could not send alert 1.1 to {QUEUE}: it waited longer than 48 hours; moved to ");
    assert_eq!(bench.log_lines(&line), 1, "{}", bench.log());
}

/// Its name says when it was accepted.
fn age(alert: &Path, age: Duration) {
    let then = (SystemTime::now() - age).duration_since(UNIX_EPOCH).unwrap().as_nanos();
    fs::rename(alert, alert.with_file_name(format!("{then:020}-0000001-000000.json"))).unwrap();
}

#[test]
fn rejected_alerts_never_keep_good_ones_out() {
    let bench = Bench::new();
    fs::create_dir_all(bench.spool().join("rejected")).unwrap();
    for number in 1..=9 {
        let path = bench.spool().join(format!("rejected/{number:020}-0000001-000000.json"));
        fs::write(path, alert(&format!("0.{number}"))).unwrap();
    }
    let output = bench.publisher("ship").env("WAZUH_TRIAGE_SPOOL_MAX_BYTES", "32768").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(bench.rejected().len(), 2);
    assert_eq!(bench.log_lines("removed alert 0."), 7, "{}", bench.log());
}

#[test]
fn a_full_disk_is_a_clear_failure_and_leaves_nothing_half_written() {
    let bench = Bench::new();
    let Some(disk) = Disk::mount(&bench, "size=64k") else { return };
    let spool = disk.path().join("spool");
    let set = |command: &mut Command| {
        command.env("WAZUH_TRIAGE_SPOOL", &spool);
    };
    let lock = {
        fs::create_dir_all(&spool).unwrap();
        let lock = fs::File::create(spool.join("lock")).unwrap();
        lock.lock().unwrap();
        lock
    };
    let mut accepted = 0;
    let refused = loop {
        let output = call(&bench, &format!("1.{accepted}"), set);
        if !output.status.success() {
            break output;
        }
        accepted += 1;
        assert!(accepted < 100);
    };
    assert_eq!(refused.status.code(), Some(73));
    assert!(
        text(&refused).contains("(No space left on device (os error 28)); free some space"),
        "{}",
        text(&refused)
    );
    let output = bench.publisher("spool").env("WAZUH_TRIAGE_SPOOL", &spool).arg("list").output().unwrap();
    assert_eq!(text(&output).lines().count(), accepted, "{}", text(&output));
    assert!(fs::read_dir(spool.join("tmp")).unwrap().next().is_none());
    drop(lock);
    let output = bench.publisher("ship").env("WAZUH_TRIAGE_SPOOL", &spool).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(bench.sqs.bodies().len(), accepted);
}

#[test]
fn a_disk_that_turns_read_only_repeats_nothing() {
    let bench = Bench::new();
    let Some(disk) = Disk::mount(&bench, "size=1m") else { return };
    let spool = disk.path().join("spool");
    fs::create_dir(&spool).unwrap();
    let service = Service::start_on(&bench, &spool);
    bench.sqs.close_gate();
    assert!(
        call(&bench, "1.1", |command| {
            command.env("WAZUH_TRIAGE_SPOOL", &spool);
        })
        .status
        .success()
    );
    until("the request is under way", || bench.sqs.arrived() == 1);
    disk.remount("ro");
    bench.sqs.open_gate();
    until("the log names it", || bench.log().contains("the spool is not usable: cannot remove "));
    let output = call(&bench, "1.2", |command| {
        command.env("WAZUH_TRIAGE_SPOOL", &spool);
    });
    assert_eq!(output.status.code(), Some(73));
    assert!(text(&output).contains("Read-only file system"), "{}", text(&output));
    disk.remount("rw");
    assert!(
        call(&bench, "1.3", |command| {
            command.env("WAZUH_TRIAGE_SPOOL", &spool);
        })
        .status
        .success()
    );
    until("the new one arrives", || bench.sqs.bodies().len() > 1);
    assert!(service.stop().success());
    assert_eq!(bench.sqs.bodies(), [alert("1.1"), alert("1.3")]);
}

#[test]
fn on_the_disk_means_on_the_disk_and_nothing_else_differs() {
    let bench = Bench::new();
    let output = call(&bench, "1.1", |command| {
        command.env("WAZUH_TRIAGE_DURABILITY", "disk");
    });
    assert!(output.status.success(), "{}", text(&output));
    until("it arrives", || bench.sqs.bodies() == [alert("1.1")] && bench.is_idle());
}

#[test]
fn a_person_can_look_into_the_spool_and_give_up_what_is_in_it() {
    let bench = Bench::new();
    bench.sqs.answer(Answer::Error(403, "AccessDeniedException"));
    bench.send(format!("{}\n{}", alert("1.1"), alert("1.2")));
    age(&bench.waiting()[0], Duration::from_hours(30));
    let spool = |arguments: &[&str]| {
        let output = bench.publisher("spool").args(arguments).output().unwrap();
        (output.status.code(), text(&output))
    };
    let (code, list) = spool(&["list"]);
    assert_eq!((code, list.lines().count()), (Some(0), 2), "{list}");
    assert!(list.lines().next().unwrap().ends_with(&format!("  1.1  {QUEUE}")), "{list}");
    let name = list.split_whitespace().next().unwrap();
    assert_eq!(spool(&["show", name]), (Some(0), alert("1.1")));
    assert_eq!(spool(&["show", "x"]).0, Some(64));
    assert_eq!(spool(&["list", "--older-than", "29"]).1.lines().count(), 1);
    assert_eq!(spool(&["list", "--destination", "elsewhere"]).1, "");
    let (code, said) = spool(&["drop", "--older-than", "29"]);
    assert_eq!(code, Some(64));
    assert!(said.contains("1 alerts would be removed and never sent; say --yes"), "{said}");
    assert_eq!(bench.waiting().len(), 2);
    assert_eq!(spool(&["drop", "--older-than", "29", "--yes"]).0, Some(0));
    assert_eq!(bench.waiting().len(), 1);
    assert_eq!(bench.log_lines("dropped alert 1.1 "), 1, "{}", bench.log());
    assert_eq!(spool(&["list", "--rejected"]).1, "");
    // What the relay set aside lies there too: a message with its reason is one thing.
    fs::create_dir_all(bench.spool().join("rejected")).unwrap();
    for name in ["feedback-1.json", "feedback-1.reason"] {
        fs::write(bench.spool().join("rejected").join(name), "{}").unwrap();
    }
    let (_, list) = spool(&["list", "--rejected"]);
    assert!(list.starts_with("feedback-1.json ") && list.lines().count() == 1, "{list}");
    assert_eq!(spool(&["drop", "--rejected", "--yes"]).0, Some(0));
    assert!(bench.rejected().is_empty());
}

#[test]
fn a_burst_through_the_small_program_arrives_whole() {
    const ALERTS: usize = 2_000;
    let bench = Bench::new();
    let service = Service::start(&bench);
    for number in 0..ALERTS {
        let file = bench.file("burst.alert", alert(&format!("1.{number}")));
        let arguments: [&OsStr; 3] = [file.as_os_str(), "".as_ref(), QUEUE.as_ref()];
        assert!(bench.integratord(&arguments).status().unwrap().success());
        fs::remove_file(file).unwrap();
    }
    until("all arrive", || bench.sqs.messages().len() >= ALERTS && bench.waiting().is_empty());
    let mut bodies = bench.sqs.bodies();
    bodies.sort();
    bodies.dedup();
    assert_eq!((bodies.len(), bench.sqs.bodies().len()), (ALERTS, ALERTS));
    assert!(service.stop().success());
}
