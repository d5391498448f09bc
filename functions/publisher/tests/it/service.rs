//! `run`: the resident service, beside the program that integratord calls.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::bench::{Bench, QUEUE, Service, alert, text, until};
use crate::fake_sqs::{Answer, FakeSqs};

fn status(bench: &Bench) -> Value {
    let output = bench.publisher("status").arg("--json").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_alert_goes_at_once_and_no_shipper_is_started() {
    let bench = Bench::new();
    let service = Service::start(&bench);
    let file = bench.file("x.alert", alert("1.1"));
    let arguments = [file.as_os_str(), "".as_ref(), QUEUE.as_ref(), "debug".as_ref()];
    assert!(bench.integratord(&arguments).output().unwrap().status.success());
    until("it arrives", || bench.sqs.bodies() == [alert("1.1")] && bench.waiting().is_empty());
    assert!(bench.log().contains("in the spool; the service was told"), "{}", bench.log());
    until("the log says so", || bench.log_lines("wazuh-publisher: sent alert 1.1 ") == 1);
    assert!(bench.send(alert("1.2")).status.success());
    assert!(service.stop().success());
    assert_eq!(bench.sqs.bodies(), [alert("1.1"), alert("1.2")]);
    assert!(bench.log().ends_with("the service has stopped\n"), "{}", bench.log());
}

#[test]
fn where_the_doorbell_answers_the_status_does_too() {
    let bench = Bench::new();
    for _ in 0..20 {
        // Without a pause between two looks: the moment between the sockets is short.
        let mut service = Service::spawn(&bench, |_| {});
        let socket = UnixDatagram::unbound().unwrap();
        while socket.connect(bench.spool().join("doorbell")).is_err() {
            assert!(service.is_running(), "{}", bench.log());
        }
        assert_eq!(publisher::status::ask(&bench.spool()).unwrap().accepted, 0);
        service.kill();
    }
}

#[test]
fn a_service_that_is_told_to_stop_finishes_what_is_under_way() {
    let bench = Bench::new();
    let service = Service::start(&bench);
    bench.sqs.close_gate();
    bench.call(&alert("1.1"), QUEUE);
    until("the request is under way", || bench.sqs.arrived() == 1);
    bench.call(&alert("1.2"), QUEUE);
    service.signal("TERM");
    bench.sqs.open_gate();
    assert!(service.wait().success());
    assert_eq!(bench.sqs.bodies(), [alert("1.1")]);
    // The next call finds no service, and starts a shipper for both.
    bench.call(&alert("1.3"), QUEUE);
    until("all arrive", || bench.sqs.bodies().len() == 3 && bench.is_idle());
}

#[test]
fn killed_at_random_under_load_it_loses_nothing_and_repeats_only_what_was_not_acknowledged() {
    const WORKERS: usize = 3;
    const CALLS: usize = 150;
    let bench = Bench::new();
    let kills = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let bench = &bench;
                scope.spawn(move || {
                    for number in 0..CALLS {
                        let output = bench.call(&alert(&format!("{worker}.{number}")), QUEUE);
                        assert!(output.status.success(), "{}", text(&output));
                    }
                })
            })
            .collect();
        let mut kills = 0;
        while workers.iter().any(|worker| !worker.is_finished()) {
            let service = Service::start(&bench);
            thread::sleep(Duration::from_millis(fastrand::u64(0..150)));
            service.kill();
            kills += 1;
        }
        kills
    });
    let service = Service::start(&bench);
    until("the spool is empty", || bench.waiting().is_empty());
    assert!(service.stop().success());
    let mut bodies = bench.sqs.bodies();
    let arrived = bodies.len();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), WORKERS * CALLS, "after {kills} kills");
    // One batch of ten for each request that may have been under way.
    assert!(arrived - bodies.len() <= kills * 16 * 10, "{arrived} arrived, {kills} kills");
    assert!(bench.rejected().is_empty());
}

#[test]
fn an_outage_and_its_end_close_the_ledger() {
    let bench = Bench::new();
    bench.sqs.answer(Answer::Error(503, "ServiceUnavailable"));
    let service = Service::start(&bench);
    for number in 0..30 {
        assert!(bench.call(&alert(&format!("1.{number}")), QUEUE).status.success());
    }
    until("the failure is in the status", || {
        status(&bench)["destinations"][0]["failures"].as_u64() > Some(0)
    });
    let seen = status(&bench);
    assert_eq!((seen["accepted"].as_u64(), seen["waiting"].as_u64()), (Some(30), Some(30)), "{seen}");
    assert_eq!(seen["destinations"][0]["last_error"], "SQS is busy (ServiceUnavailable)");
    bench.sqs.answer(Answer::Take);
    until("all arrive", || bench.sqs.bodies().len() == 30 && bench.waiting().is_empty());
    until("the log says so", || bench.log().contains("takes alerts again"));
    let seen = status(&bench);
    assert_eq!((seen["accepted"].as_u64(), seen["sent"].as_u64()), (Some(30), Some(30)), "{seen}");
    assert_eq!(seen["destinations"][0]["last_error"], Value::Null);
    let metrics = text(&bench.publisher("status").arg("--metrics").output().unwrap());
    assert!(metrics.contains("\nwazuh_publisher_sent_total 30\n"), "{metrics}");
    assert!(text(&bench.publisher("status").output().unwrap()).contains("sent 30, rejected 0, waiting 0"));
    drop(service);
}

#[test]
fn a_destination_that_is_down_holds_up_no_other() {
    let bench = Bench::new();
    let _service = Service::start(&bench);
    let config = bench.ossec().join("etc/wazuh-triage.toml");
    fs::write(&config, format!("endpoint_url = \"{}\"\n", FakeSqs::deaf())).unwrap();
    assert!(bench.call(&alert("1.1"), QUEUE).status.success());
    fs::remove_file(config).unwrap();
    assert!(bench.call(&alert("1.2"), QUEUE).status.success());
    until("the other arrives", || bench.sqs.bodies() == [alert("1.2")]);
    until("the first has failed", || status(&bench).to_string().contains("SQS cannot be reached"));
    assert_eq!(bench.waiting().len(), 1);
}

#[test]
fn what_a_person_must_cure_is_tried_again_until_it_is_cured() {
    for (status_code, error) in [(400, "QueueDoesNotExist"), (403, "AccessDeniedException")] {
        let bench = Bench::new();
        bench.sqs.answer(Answer::Error(status_code, error));
        let _service = Service::start(&bench);
        bench.call(&alert("1.1"), QUEUE);
        until("the log names it", || bench.log_lines("could not send alert 1.1 ") == 1);
        bench.sqs.answer(Answer::Take);
        until("it arrives", || bench.sqs.bodies() == [alert("1.1")] && bench.waiting().is_empty());
    }
}

#[test]
fn credentials_that_have_expired_are_read_again() {
    let bench = Bench::new();
    let credentials =
        bench.file("credentials", "[soc]\naws_access_key_id = AKIDOLD\naws_secret_access_key = x\n");
    let service = Service::start_with(&bench, |command| {
        command.arg("--credentials-file").arg(&credentials);
    });
    let file = bench.file("x.alert", alert("1.1"));
    let arguments = [file.as_os_str(), "soc".as_ref(), QUEUE.as_ref()];
    bench.sqs.answer(Answer::ErrorFor("AKIDOLD", 403, "ExpiredTokenException"));
    assert!(bench.integratord(&arguments).output().unwrap().status.success());
    until("the log names it", || {
        bench.log().contains("the credentials have expired (ExpiredTokenException)")
    });
    bench.file("credentials", "[soc]\naws_access_key_id = AKIDNEW\naws_secret_access_key = x\n");
    until("it arrives", || bench.sqs.bodies() == [alert("1.1")]);
    drop(service);
}

#[test]
fn throttling_is_answered_with_fewer_requests_and_nothing_is_lost() {
    let bench = Bench::new();
    let alerts: Vec<String> = (0..600).map(|number| alert(&format!("1.{number}"))).collect();
    bench.sqs.answer(Answer::ThrottleAbove(2));
    let lock = bench.lock();
    let file = bench.file("alerts.json", alerts.join("\n"));
    let mut send = bench.publisher("send").arg(file).spawn().unwrap();
    until("all are accepted", || bench.waiting().len() == 600);
    drop(lock);
    assert!(send.wait().unwrap().success());
    let mut bodies = bench.sqs.bodies();
    bodies.sort();
    bodies.dedup();
    assert_eq!((bodies.len(), bench.sqs.bodies().len()), (600, 600));
}

#[test]
fn systemd_is_told() {
    let bench = Bench::new();
    let path = bench.folder.path().join("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    systemd.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let service = Service::start_with(&bench, |command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    });
    let heard = || {
        let mut bytes = [0; 500];
        loop {
            match systemd.recv(&mut bytes) {
                Ok(length) => return String::from_utf8_lossy(&bytes[..length]).into_owned(),
                // By the end of another test's child.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    // Two beats: the second comes in time for the watchdog.
    for _ in 0..2 {
        assert_eq!(heard(), "READY=1\nWATCHDOG=1\nSTATUS=0 alerts wait; all is well");
    }
    service.signal("TERM");
    let last = std::iter::repeat_with(heard).find(|text| !text.starts_with("READY")).unwrap();
    assert_eq!(last, "STOPPING=1");
    assert!(service.wait().success());
}

#[test]
fn the_configuration_is_read_again_when_asked_and_a_wrong_one_changes_nothing() {
    let bench = Bench::new();
    let config = bench.file("service.toml", "");
    let service = Service::start_with(&bench, |command| {
        command.arg("--config").arg(&config);
    });
    bench.file("service.toml", "spool_max_bytes = \"many\"\n");
    service.signal("HUP");
    until("it is refused", || bench.log().contains("not reloaded: spool_max_bytes in "));
    bench.file("service.toml", "spool_max_bytes = 4096\n");
    service.signal("HUP");
    until("it is read", || status(&bench)["spool_max_bytes"] == 4096);
    assert!(bench.call(&alert("1.1"), QUEUE).status.success());
    until("it arrives", || bench.sqs.bodies() == [alert("1.1")]);
}

/// What a follower of `bench`'s manager needs.
fn follow(bench: &Bench) -> impl Fn(&mut Command) + use<> {
    let (alerts, queue) = (bench.ossec().join("logs/alerts/alerts.json"), QUEUE);
    fs::create_dir_all(alerts.parent().unwrap()).unwrap();
    fs::OpenOptions::new().append(true).create(true).open(&alerts).unwrap();
    move |command| {
        // As it is without a word of configuration.
        command.env_remove("WAZUH_TRIAGE_INTAKE").env("WAZUH_TRIAGE_QUEUE_URL", queue);
        command.env("WAZUH_TRIAGE_FOLLOW_FILE", &alerts);
    }
}

fn write(bench: &Bench, lines: impl IntoIterator<Item = String>) {
    let path = bench.ossec().join("logs/alerts/alerts.json");
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
}

#[test]
fn both_intakes_are_served_at_once() {
    let bench = Bench::new();
    let change = follow(&bench);
    write(&bench, [alert("0.1")]);
    let service = Service::start_with(&bench, change);
    until("it follows", || !status(&bench)["follow"].is_null() && bench.spool().join("follow.json").exists());
    write(&bench, [alert("1.1"), alert("1.2").replace("10}", "3}"), "{\"rule\":".to_owned()]);
    bench.call(&alert("2.1"), QUEUE);
    until("both arrive", || bench.sqs.bodies().len() == 2);
    let mut bodies = bench.sqs.bodies();
    bodies.sort();
    assert_eq!(bodies, [alert("1.1"), alert("2.1")]);
    until("what is odd is in the log", || bench.log().contains("is left out: it is not JSON"));
    until("the counts are told", || status(&bench)["follow"]["filtered"] == 1);
    assert!(service.stop().success());
}

#[test]
fn in_an_outage_the_file_is_the_queue_and_a_kill_loses_nothing() {
    let bench = Bench::new();
    let service = Service::start_with(&bench, follow(&bench));
    until("it follows", || bench.spool().join("follow.json").exists());
    bench.sqs.answer(Answer::Error(503, "ServiceUnavailable"));
    let alerts: Vec<String> = (0..1000).map(|number| alert(&format!("1.{number}"))).collect();
    write(&bench, alerts.clone());
    until("the log names it", || bench.log().contains("alerts.json waits: https://"));
    assert!(bench.waiting().is_empty());
    service.kill();
    let service = Service::start_with(&bench, follow(&bench));
    bench.sqs.answer(Answer::Take);
    until("all arrive", || bench.sqs.messages().len() >= alerts.len());
    assert!(service.stop().success());
    let mut bodies = bench.sqs.bodies();
    bodies.sort();
    bodies.dedup();
    assert_eq!((bodies.len(), bench.sqs.bodies().len()), (1000, 1000));
}

#[test]
fn followed_alerts_survive_kills_at_random() {
    const ALERTS: usize = 3000;
    let bench = Bench::new();
    let kills = thread::scope(|scope| {
        Service::start_with(&bench, follow(&bench)).stop();
        let writer = scope.spawn(|| {
            for number in 0..ALERTS {
                write(&bench, [alert(&format!("1.{number}"))]);
                if number % 10 == 0 {
                    thread::sleep(Duration::from_millis(2));
                }
            }
        });
        let mut kills = 0;
        while !writer.is_finished() {
            let service = Service::start_with(&bench, follow(&bench));
            thread::sleep(Duration::from_millis(fastrand::u64(0..200)));
            service.kill();
            kills += 1;
        }
        kills
    });
    let service = Service::start_with(&bench, follow(&bench));
    let missing = || {
        let arrived: std::collections::HashSet<_> = bench.sqs.bodies().into_iter().collect();
        (0..ALERTS).filter(|number| !arrived.contains(&alert(&format!("1.{number}")))).count()
    };
    until("all arrive", || missing() == 0);
    assert!(service.stop().success());
    assert!(kills > 0);
}

#[test]
fn an_alert_of_the_file_that_fails_alone_waits_in_the_spool() {
    let bench = Bench::new();
    let service = Service::start_with(&bench, follow(&bench));
    until("it follows", || bench.spool().join("follow.json").exists());
    bench.sqs.answer(Answer::FailEntries("1.2", "InternalError"));
    write(&bench, [alert("1.1"), alert("1.2"), alert("1.3")]);
    until("the rest arrives", || bench.sqs.bodies() == [alert("1.1"), alert("1.3")]);
    until("it waits", || bench.waiting().len() == 1);
    assert_eq!(fs::read_to_string(&bench.waiting()[0]).unwrap(), alert("1.2"));
    drop(service);
}

#[test]
fn a_line_that_cannot_be_kept_holds_up_the_commit_and_is_not_lost() {
    let bench = Bench::new();
    let service = Service::start_with(&bench, follow(&bench));
    until("it follows", || bench.spool().join("follow.json").exists());
    // Neither SQS nor the spool takes it: where it would be written is a file.
    bench.sqs.answer(Answer::FailEntries("1.2", "InternalError"));
    fs::remove_dir_all(bench.spool().join("tmp")).unwrap();
    fs::write(bench.spool().join("tmp"), "").unwrap();
    write(&bench, [alert("1.1"), alert("1.2"), alert("1.3")]);
    until("the log names it", || bench.log().contains("the spool is not usable: cannot "));
    bench.sqs.answer(Answer::Take);
    until("it arrives", || bench.sqs.bodies().contains(&alert("1.2")));
    assert!(service.stop().success());
    assert_eq!(bench.sqs.bodies(), [alert("1.1"), alert("1.3"), alert("1.2")]);
}

#[test]
fn a_second_service_waits_for_the_first() {
    let bench = Bench::new();
    let first = Service::start(&bench);
    let second = bench.publisher("run").env("WAZUH_TRIAGE_INTAKE", "integration").spawn().unwrap();
    let second = Service::of(second);
    bench.call(&alert("1.1"), QUEUE);
    until("it arrives", || bench.sqs.bodies() == [alert("1.1")]);
    first.kill();
    until("the second serves", || bench.log_lines("the service serves ") == 2);
    bench.call(&alert("1.2"), QUEUE);
    // A kill between SQS's answer and the end of the file sends the first one again.
    until("it arrives too", || bench.sqs.bodies().contains(&alert("1.2")));
    assert!(second.stop().success());
}

#[test]
fn without_a_service_status_says_so() {
    let bench = Bench::new();
    let output = bench.publisher("status").output().unwrap();
    assert_eq!(output.status.code(), Some(72));
    assert!(text(&output).contains("no service answers at "), "{}", text(&output));
}

#[test]
fn the_environment_chooses_proxy_and_fips_endpoints() {
    let bench = Bench::new();
    let file = bench.file("alert.json", alert("1.1"));
    let send = |name: &str, value: &str| {
        let mut command: Command = bench.publisher("send");
        command.env_remove("AWS_ENDPOINT_URL").env(name, value).arg(&file);
        text(&command.args(["--endpoint-url", "http://sqs.invalid"]).output().unwrap())
    };
    let said = send("HTTP_PROXY", &bench.sqs.url);
    assert_eq!(bench.sqs.bodies(), [alert("1.1")], "{said}");
    let said = send("AWS_USE_FIPS_ENDPOINT", "true");
    assert!(said.contains("FIPS"), "{said}");
}
