//! Alerts in all their forms, without anybody to ask.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use insta::assert_snapshot;

use crate::bench::{Bench, MOCK_ALERT, MOCK_FEED, said};

const SSHD: &str = r#"{
  "timestamp": "2026-10-03T14:22:07.512+0200",
  "rule": {"level": 10, "description": "sshd: brute force", "id": "5763", "groups": ["sshd"]},
  "agent": {"id": "007", "name": "web-01", "ip": "10.20.0.7"},
  "manager": {"name": "wazuh-1"},
  "id": "1791030127.4711",
  "full_log": "Failed password for root from 203.0.113.24 port 50122, resolver 8.8.8.8",
  "data": {"srcip": "203.0.113.24", "dstip": "10.20.0.7"},
  "location": "journald"
}"#;

#[test]
fn the_mock_alert_of_the_old_script_says_what_the_old_script_said() {
    for alert in [
        MOCK_ALERT,
        r#"{"id":"003","rule":{"id":"5502","level":3},"full_log":"Login attempt from 192.168.1.100"}"#,
        r#"{"id":"003","rule":"5502","description":"Login attempt from 192.168.1.100"}"#,
        r#"{"id":"003","rule":{"id":"5502","description":"Login attempt from 192.168.1.100"}}"#,
        r#"{"id":"003","rule_id":"5502","log":"Login attempt from 192.168.1.100"}"#,
    ] {
        let bench = Bench::new();
        let said =
            bench.file("alert.json", alert).file("feed.json", MOCK_FEED).run("alert.json --feed feed.json");
        assert_eq!(
            (said.out.as_str(), said.err.as_str()),
            ("192.168.1.100: Malicious (OTX)\n", ""),
            "{alert}"
        );
        assert_eq!(said.code, 0);
        let piped = bench.pipe("- --feed feed.json", alert);
        assert_eq!((piped.out.as_str(), piped.err.as_str()), ("192.168.1.100: Malicious (OTX)\n", ""));
    }
}

#[test]
fn an_account_shows_every_step() {
    let bench = Bench::new();
    bench.file("alert.json", SSHD).file("ours.txt", "203.0.113.0/24 # bad neighbourhood\n");
    let said = bench.run("alert.json --feed ours.txt --deny 10.20.0.0/16 --explain");
    assert_eq!(said.err, "");
    assert_snapshot!(said.out, @r"
    10.20.0.7: Malicious (deny list)
        field      data.dstip (destination)
        score      100 of 100, coverage 0%, agreement 0%
        context    On the site's deny list (entry 10.20.0.0/16), which wins over everything
    203.0.113.24: Malicious (ours)
        field      data.srcip (source)
        score      80 of 100, coverage 100%, agreement 100%
        ours       hit, strength 100%, reliability 80%, share 100%, as of TIME
                   The feed ours lists 203.0.113.24
    8.8.8.8: Benign infrastructure (Google Public DNS)
        field      full_log (unknown)
        score      0 of 100, coverage 0%, agreement 0%
        context    A well-known service (Google Public DNS): the score is at most 20
        verdict    malicious, score 100, by formula 1
    ");
    bench.file("mock.json", MOCK_ALERT).file("feed.json", MOCK_FEED);
    assert_snapshot!(bench.run("mock.json --feed feed.json --explain").out, @r"
    192.168.1.100: Malicious (OTX)
        field      full_log (unknown)
        score      80 of 100, coverage 100%, agreement 100%
        OTX        hit, strength 100%, reliability 80%, share 100%, as of TIME
                   The feed OTX lists 192.168.1.100
        verdict    malicious, score 80, by formula 1
        note       the alert has no rule.level between 0 and 16: the pipeline would not take it
    ");
}

#[test]
fn json_is_one_document_for_each_alert() {
    let bench = Bench::new();
    bench.file("alert.json", SSHD).file("mock.json", MOCK_ALERT).file("feed.json", MOCK_FEED);
    let said = bench.run("mock.json alert.json --feed feed.json --json --never-report 10.0.0.0/8");
    assert_eq!(said.out.lines().count(), 2);
    let pretty = |line: &str| {
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(line).unwrap()).unwrap()
    };
    assert_snapshot!(pretty(said.out.lines().next().unwrap()), @r#"
    {
      "schema": 1,
      "alert_key": "unknown/003",
      "rule": {
        "id": "5502",
        "level": null,
        "description": null
      },
      "verdict": {
        "formula_version": 1,
        "judgement": "malicious",
        "score": 80,
        "coverage": 100,
        "agreement": 100,
        "reasons": [
          "The feed OTX lists 192.168.1.100"
        ],
        "indicators": [
          {
            "type": "ip",
            "value": "192.168.1.100",
            "path": "full_log",
            "direction": "unknown",
            "judgement": "malicious",
            "score": 80,
            "coverage": 100,
            "agreement": 100,
            "contributions": [
              {
                "witness": {
                  "feed": "OTX"
                },
                "status": "hit",
                "strength": 10000,
                "reliability": 8000,
                "share": 100,
                "sentence": "The feed OTX lists 192.168.1.100",
                "as_of": "TIME",
                "cache_age_s": null,
                "applicable": true
              }
            ],
            "modifiers": []
          }
        ]
      },
      "never_reported": 0,
      "not_examined": 0,
      "missing": "the alert has no rule.level between 0 and 16"
    }
    "#);
    let second: serde_json::Value = serde_json::from_str(said.out.lines().nth(1).unwrap()).unwrap();
    assert_eq!(second["alert_key"], "wazuh-1/1791030127.4711");
    assert_eq!(second["rule"]["level"], 10);
    assert_eq!(second["never_reported"], 1);
}

#[test]
fn each_of_several_alerts_has_a_heading() {
    let bench = Bench::new();
    bench.file(
        "alerts.json",
        format!("{MOCK_ALERT}\n{SSHD}\n\n{{\"id\":\"1.2\",\"full_log\":\"nothing\"}}\n"),
    );
    let said = bench.run("alerts.json");
    assert_snapshot!(said.out, @r"
    # alert 003, rule 5502
    192.168.1.100: Not looked up (private)

    # alert 1791030127.4711, rule 5763 (level 10): sshd: brute force
    8.8.8.8: Benign infrastructure (Google Public DNS)
    203.0.113.24: Not looked up (documentation)
    10.20.0.7: Not looked up (private)

    # alert 1.2
    No indicator found, so there is nothing to look up
    ");
    bench.file("list.json", format!("[{MOCK_ALERT},\n{SSHD},{{\"id\":\"1.2\",\"full_log\":\"nothing\"}}]"));
    assert_eq!(bench.run("list.json").out, said.out);
    let piped =
        bench.pipe("-", &format!("{MOCK_ALERT}\n{SSHD}\n{{\"id\":\"1.2\",\"full_log\":\"nothing\"}}"));
    assert_eq!(piped.out, said.out);
}

#[test]
fn the_sites_own_lists_have_the_last_word() {
    let bench = Bench::new();
    bench.file("alert.json", SSHD).file("feed.json", MOCK_FEED);
    let said =
        bench.run("alert.json --deny 203.0.113.0/24 --allow 10.20.0.7 --never-report 8.8.8.8 --offline");
    assert_eq!(
        said.out,
        "203.0.113.24: Malicious (deny list)\n10.20.0.7: Benign infrastructure (allow list, entry 10.20.0.7)\n"
    );
    let said =
        bench.run("alert.json --never-report 203.0.113.24 --never-report 8.8.8.8 --never-report 10.20.0.7");
    assert_eq!(said.out, "No indicator to report: 3 on the list of those that never are\n");
}

#[test]
fn who_is_off_is_said_once_and_only_if_somebody_would_be_asked() {
    let bench = Bench::new();
    bench.file("alerts.json", format!("{SSHD}\n{SSHD}\n"));
    let public = "alerts.json --documentation-addresses public";
    let said = bench.run(public);
    assert_eq!(
        said.err,
        "triage: AbuseIPDB is off (ABUSEIPDB_API_KEY is not set); MISP is off (MISP_URL is not set); \
         OTX is off (OTX_API_KEY is not set)\n"
    );
    assert!(said.out.contains("203.0.113.24: Unknown (nobody to ask)\n"), "{}", said.out);
    let said = bench.run("alerts.json");
    assert_eq!(said.err, "");
    assert!(said.out.contains("203.0.113.24: Not looked up (documentation)\n"), "{}", said.out);
    assert_eq!(bench.run(&format!("{public} --offline")).err, "");
}

#[test]
fn what_is_not_an_alert_is_named_and_its_neighbours_are_checked() {
    let bench = Bench::new();
    let lines = format!("{MOCK_ALERT}\n{{\"password\": hunter2}}\n{{\"id\":\n{MOCK_ALERT}\nplain text\n");
    let said =
        bench.file("alerts.json", lines).file("empty.json", "\n").run("alerts.json empty.json missing.json");
    assert_eq!(said.out.matches("192.168.1.100: Not looked up (private)\n").count(), 2, "{}", said.out);
    assert_snapshot!(said.err, @r"
    triage: alerts.json, line 2: it is not JSON (column 14: unexpected text)
    triage: alerts.json, line 3: the alert that begins here ends too early
    triage: alerts.json, line 5: it is not a JSON object
    triage: empty.json has no alert in it
    triage: missing.json cannot be read (No such file or directory (os error 2)); it must be a file of alerts
    triage: 1 file could not be opened or read
    ");
    assert_eq!(said.code, 66);
    assert_eq!(bench.run("alerts.json").code, 65);
    assert_eq!(bench.run("alerts.json --deny 300.1.1.1").code, 64);
    assert_eq!(bench.run("").code, 64);
}

#[test]
fn nothing_from_an_alert_steers_the_terminal() {
    let bench = Bench::new();
    let alert = r#"{"id":"1\u001b[2J","rule":{"id":"5","level":3,"description":"a\u009b31m\u202eb\r\nc"},"\u001b]0;x\u0007":"192.168.1.100"}"#;
    bench.file("alerts.json", format!("{alert}\n{alert}\n"));
    bench.file("feed.json", r#"{"indicator":"192.168.1.100","source":"\u001b[31mOTX"}"#);
    for style in ["", "--explain", "--json"] {
        let said = bench.run(&format!("alerts.json --feed feed.json {style}"));
        let hostile =
            |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
        assert!(!said.out.contains(hostile), "{:?}", said.out);
        assert_eq!(said.code, 0, "{}", said.err);
    }
}

#[test]
fn a_stream_is_answered_as_it_comes() {
    let bench = Bench::new();
    let mut command = bench.check("-");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..2 {
        writeln!(input, "{MOCK_ALERT}").unwrap();
        let mut group = String::new();
        while !group.contains("192.168.1.100: ") {
            assert!(output.read_line(&mut group).unwrap() > 0, "the program ended");
        }
        assert!(group.contains("# alert 003, rule 5502\n"), "{group}");
    }
    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let bench = Bench::new();
    let mut command = bench.check("-");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    // The program may be gone before the last one is written.
    let _ = input.write_all(format!("{MOCK_ALERT}\n").repeat(100).as_bytes());
    drop(input);
    let said = said(&child.wait_with_output().unwrap());
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}
