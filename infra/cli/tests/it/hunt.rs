//! Hunting in files, and the lists of alerts that a hunter begins with.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;

use domain::{Alert, Sighting};
use insta::assert_snapshot;
use jiff::Timestamp;

use crate::bench::{Bench, MOCK_ALERT, Said, is, said};

/// Alerts of an account: failures, a success from the same address, another country within minutes; and two of others.
fn story() -> Vec<String> {
    let login = |minute: i32, outcome: &str, user: &str, address: &str, country: &str| {
        format!(
            r#"{{"id":"17593{minute:05}.1","timestamp":"2026-10-05T09:{minute:02}:00.000+0000","manager":{{"name":"m"}},"agent":{{"id":"007","name":"web-01"}},"rule":{{"id":"1","level":3,"description":"sshd","groups":["sshd","authentication_{outcome}"]}},"GeoLocation":{{"country_name":"{country}"}},"data":{{"srcip":"{address}","dstuser":"{user}"}}}}"#
        )
    };
    let mut alerts: Vec<String> =
        (0..6).map(|minute| login(minute, "failed", "alice", "203.0.113.9", "Germany")).collect();
    alerts.push(login(7, "success", "bob", "198.51.100.20", "Germany"));
    alerts.push(login(8, "success", "alice", "203.0.113.9", "Germany"));
    alerts.push(r#"{"id":"1.2","rule":{"id":"550","level":7},"syscheck":{"path":"/etc/passwd"}}"#.to_owned());
    alerts.push(login(20, "success", "alice", "198.51.100.7", "Singapore"));
    alerts
}

fn run(bench: &Bench, command: &str, arguments: &str) -> Said {
    said(&bench.command(command, arguments).output().unwrap())
}

fn pipe(bench: &Bench, arguments: &str, input: &[u8]) -> Said {
    let mut command = bench.command("hunt", arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    said(&child.wait_with_output().unwrap())
}

#[test]
fn the_review_of_the_old_scripts_in_one_line_each() {
    let bench = Bench::new();
    let sshd = r#"{"id":"1.7","rule":{"id":"5502","level":3,"description":"PAM: Login session closed."},"manager":{"name":"m"},"data":{"dstuser":"Alice","srcip":"10.0.0.7"},"full_log":"session closed for user alice, was 5502"}"#;
    let other = r#"{"id":"5502.1","rule":{"id":"5501","level":3},"full_log":"session opened, 10.0.0.9"}"#;
    bench.file("alerts.json", format!("{MOCK_ALERT}\n{sshd}\n{other}\n"));
    let logs = run(&bench, "alerts", "--rule 5502 alerts.json");
    assert_eq!(logs.out, "Login attempt from 192.168.1.100\nsession closed for user alice, was 5502\n");
    let addresses = run(&bench, "alerts", "--rule 5502 --ips alerts.json alerts.json");
    assert_eq!(addresses.out, "192.168.1.100\n10.0.0.7\n");
    assert_snapshot!(run(&bench, "hunt", "--rule 5502 alerts.json").out, @r"
    003                    -                        192.168.1.100
    1.7                    alice                    10.0.0.7
    ");
    assert_snapshot!(run(&bench, "hunt", "--rule 5502 --json alerts.json").out, @r#"
    {"schema":1,"alert_id":"003","user":null,"source_address":"192.168.1.100"}
    {"schema":1,"alert_id":"1.7","user":"alice","source_address":"10.0.0.7"}
    "#);
    assert_eq!(run(&bench, "alerts", "--rule 5503 alerts.json").out, "");
}

#[test]
fn a_story_in_a_file_is_one_finding_in_whatever_form_it_comes() {
    let bench = Bench::new();
    let lines = story().join("\n");
    bench.file("alerts.json", &lines).file("listed.txt", "203.0.113.0/24\n");
    let told = run(&bench, "hunt", "alerts.json --feed ours=listed.txt");
    assert_eq!(told.code, 0);
    assert_eq!(told.err, "triage: 9 logins looked at\n");
    assert_snapshot!(told.out);
    let list = format!("[{}]", story().join(",\n"));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(lines.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let twice = format!("{lines}\n{lines}");
    for input in [lines.as_bytes(), list.as_bytes(), &packed, twice.as_bytes()] {
        assert_eq!(pipe(&bench, "- --feed ours=listed.txt", input).out, told.out);
    }
    let document = run(&bench, "hunt", "alerts.json --json").out;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["kinds"], serde_json::json!(["impossible_travel", "success_after_failures"]));
}

#[test]
fn thresholds_come_from_the_environment_and_a_wrong_one_is_named() {
    let bench = Bench::new();
    bench.file("alerts.json", story().join("\n"));
    let with = |name: &str, value: &str| {
        said(&bench.command("hunt", "alerts.json").env(name, value).output().unwrap())
    };
    assert_eq!(with("HUNT_IGNORED_ACCOUNTS", "ali*").out, "");
    let wrong = with("HUNT_FAILURES", "none");
    assert_eq!(wrong.code, 78);
    assert!(
        wrong.err.contains("HUNT_FAILURES is \"none\": it is a whole number from 2 to 1000"),
        "{}",
        wrong.err
    );
}

#[test]
fn what_is_no_alert_is_said_and_the_others_are_used() {
    let bench = Bench::new();
    let mut lines = story();
    lines.insert(3, r#"{"rule":{"groups":["authentication_failed"]"#.to_owned());
    bench.file("alerts.json", lines.join("\n")).file("empty.json", "");
    let told = run(&bench, "hunt", "alerts.json");
    assert!(told.out.contains("alice: "), "{}", told.out);
    assert!(told.err.contains("alerts.json, line 4: the body is not JSON"), "{}", told.err);
    assert_eq!(told.code, 65);
    assert_eq!(run(&bench, "hunt", "empty.json").code, 65);
    let missing = run(&bench, "hunt", "missing.json");
    assert!(missing.err.contains("missing.json cannot be read"), "{}", missing.err);
    assert_eq!(missing.code, 66);
    assert_eq!(run(&bench, "alerts", "--rule 5502").code, 64);
}

/// The alert that a finding is sent as goes through analysis and rendering as any other.
#[test]
fn the_mail_of_a_finding_shows_the_logins_behind_it() {
    let bench = Bench::new();
    let alerts: Vec<Alert> = story().iter().map(|text| Alert::parse(text).unwrap()).collect();
    let logins: Vec<Sighting> =
        alerts.iter().filter_map(|alert| Sighting::of(alert, Timestamp::UNIX_EPOCH)).collect();
    let now = "2026-10-05T10:00:00Z".parse().unwrap();
    let hunted = hunt::detect(&logins, BTreeMap::new(), &hunt::Thresholds::default(), now);
    let finding = &hunted.findings[0];
    let alert = hunt::report::enriched(finding, now).unwrap().alert;
    bench.file("finding.json", alert.raw());
    let told = run(&bench, "preview", "--out mails --from-alert finding.json");
    assert_eq!(told.code, 0, "{}", told.err);
    let files = bench.files("mails");
    let (_, text) = files.iter().find(|(name, _)| is(name, "txt")).expect("a mail as text");
    let text = String::from_utf8(text.clone()).unwrap();
    let (text, _) = text.split_once("RAW ALERT").unwrap();
    // Lines are folded.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for shown in [
        "Hunting: alice: impossible travel, success after failures",
        "Hunting found: impossible travel, success after failures",
        "from Singapore, at least 9660 km away",
        "success SSH alice from",
        "T1110",
    ] {
        assert!(text.contains(shown), "{shown} in\n{text}");
    }
}
