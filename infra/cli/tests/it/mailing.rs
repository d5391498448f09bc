//! From alerts to mails, through all stages in one process.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;
use serde_json::Value;

use crate::bench::{Bench, is};

/// `minute` of the hour, rule, level, groups, host, and what else is in it.
fn alert(minute: u32, number: u32, rule: (&str, u8, &str), host: &str, rest: &str) -> String {
    let (id, level, groups) = rule;
    format!(
        r#"{{"id":"1791030127.{number}","timestamp":"2026-10-03T12:{minute:02}:00.000+0000","rule":{{"id":"{id}","level":{level},"description":"Rule {id}.","groups":[{groups}]}},"agent":{{"id":"7","name":"{host}"}},"manager":{{"name":"m"}},"data":{{{rest}}},"full_log":"x"}}"#
    )
}

const FORCE: (&str, u8, &str) = ("5763", 10, r#""sshd","authentication_failures""#);
const ATTACKER: &str = r#""srcip":"203.0.113.24","dstuser":"root""#;

/// A morning: noise, a login, a brute force that goes on, the same message twice, and what is no alert.
fn morning() -> Vec<String> {
    vec![
        alert(0, 1, ("5502", 3, r#""pam""#), "web-01", ""),
        alert(
            1,
            2,
            ("5715", 3, r#""authentication_success""#),
            "web-01",
            r#""srcip":"10.0.2.2","dstuser":"kim""#,
        ),
        alert(2, 3, ("31530", 10, r#""windows""#), "web-01", ""),
        alert(3, 4, ("31103", 6, r#""web""#), "web-01", r#""srcip":"192.0.2.7""#),
        alert(4, 5, FORCE, "web-01", ATTACKER),
        alert(5, 6, FORCE, "web-01", ATTACKER),
        alert(5, 6, FORCE, "web-01", ATTACKER),
        alert(20, 7, FORCE, "web-01", ATTACKER),
        alert(21, 8, ("40112", 12, r#""authentication_success""#), "web-01", ATTACKER),
        r#"{"rule":{"id":"1"}}"#.to_owned(),
    ]
}

#[test]
fn each_alert_is_said_to_end_where_it_would_in_production() {
    let bench = Bench::new();
    let said = bench.file("alerts.json", morning().join("\n")).run("alerts.json --mail mails");
    assert_snapshot!(said.out, @r"
    1791030127.1           ignored        below_level
    1791030127.2           observed       authentication
    1791030127.3           ignored        excluded_rule
    1791030127.4           ignored        below_forward_level
    1791030127.5           notified       incident 7e1dbef22a4b98fe
      mail 001 at 12:04:00 first      [HIGH] web-01 <- 203.0.113.24: Rule 5763 (Wazuh 5763/L10)
    1791030127.6           counted        incident 7e1dbef22a4b98fe (2 alerts so far)
    1791030127.6           counted        duplicate (2 alerts so far)
      mail 002 at 12:10:00 update     [HIGH] web-01 <- 203.0.113.24: Rule 5763 (Wazuh 5763/L10)
    1791030127.7           counted        incident 7e1dbef22a4b98fe (3 alerts so far)
    1791030127.8           notified       incident 6012d2c9209d902f
      mail 003 at 12:21:00 first      [HIGH] web-01 <- 203.0.113.24: Rule 40112 (Wazuh 40112/L12)
    without id             dead_lettered  the alert has no rule.level between 0 and 16
      mail 004 at 12:41:00 update     [HIGH] web-01 <- 203.0.113.24: Rule 5763 (Wazuh 5763/L10)

    10 alerts = 2 notified + 3 counted + 1 observed + 3 ignored + 1 dead-lettered
    4 mails in mails; open mails/index.html
    ");
    assert_eq!(said.code, 0);
    assert!(bench.page("mails/002.eml").contains("In-Reply-To: <incident."));
    assert!(bench.page("mails/index.html").contains("notified"));
}

#[test]
fn the_same_alerts_make_the_same_mails_from_a_file_a_folder_a_pipe_and_gzip() {
    let bench = Bench::new();
    let text = morning().join("\n");
    let (first, second) = text.split_at(text.match_indices('\n').nth(4).unwrap().0 + 1);
    std::fs::create_dir(bench.path("day")).unwrap();
    let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
    zipped.write_all(text.as_bytes()).unwrap();
    bench
        .file("day/a.json", first)
        .file("day/b.json", second)
        .file("day/.hidden", "{")
        .file("alerts.json", &text);
    bench.file("alerts.gz", zipped.finish().unwrap());
    bench.run("alerts.json --mail plain");
    bench.run("day --mail folder");
    bench.run("alerts.gz --mail gzip");
    bench.pipe("- --mail pipe", &text);
    let plain = bench.files("plain");
    assert!(plain.len() > 5, "{:?}", plain.keys());
    for other in ["folder", "gzip", "pipe"] {
        assert!(bench.files(other) == plain, "{other}");
    }
}

#[test]
fn a_feed_and_the_sites_own_settings_have_their_say() {
    let bench = Bench::new();
    let low = alert(0, 1, ("5502", 5, r#""pam""#), "web-01", r#""srcip":"192.168.1.100""#);
    bench.file("alert.json", low).file("feed.json", crate::bench::MOCK_FEED);
    let mails = |command: &mut Command| {
        let said = crate::bench::said(&command.output().unwrap());
        assert_eq!(said.code, 0, "{}", said.err);
        said.out
    };
    let out = mails(&mut bench.check("alert.json --mail mails --feed feed.json"));
    assert!(out.contains("ignored        below_level"), "{out}");
    let out = mails(
        bench
            .check("alert.json --mail mails --feed feed.json")
            .env("MIN_LEVEL", "3")
            .env("MAIL_TIME_ZONE", "Europe/Berlin"),
    );
    assert!(out.contains("notified"), "{out}");
    let text = bench.page("mails/001.txt");
    assert!(text.contains("MALICIOUS") || text.contains("malicious"), "{text}");
    assert!(text.contains("14:00:00 CEST"), "{text}");
}

#[test]
fn json_has_a_line_for_each_end_and_each_mail() {
    let bench = Bench::new();
    let said = bench.file("alerts.json", morning().join("\n")).run("alerts.json --mail mails --json");
    let lines: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ends = lines.iter().filter(|line| line["outcome"].is_string()).count();
    let mails: Vec<&str> = lines.iter().filter_map(|line| line["mail"]["kind"].as_str()).collect();
    assert_eq!(ends, morning().len());
    assert_eq!(mails.first(), Some(&"first"));
    assert_eq!(mails.len(), bench.files("mails").keys().filter(|name| is(name, "eml")).count());
}

#[test]
fn what_is_wrong_is_named_with_file_line_and_cure() {
    let bench = Bench::new();
    bench.file("alerts.json", format!("{}\n{{\"id\":\n", morning()[4]));
    let said = bench.run("alerts.json --mail mails");
    assert_eq!(said.code, 65);
    assert!(
        said.err.contains("alerts.json, line 2: the alert that begins here ends too early"),
        "{}",
        said.err
    );
    assert!(bench.path("mails/001.eml").exists(), "its neighbour has its mail");
    bench.file("taken", "");
    let said = bench.run("alerts.json --mail taken");
    assert_eq!(said.code, 73);
    assert!(said.err.contains("could not use the folder for mails: taken"), "{}", said.err);
    let said = bench.run("alerts.json --mail mails --explain");
    assert_eq!(said.code, 64);
    let said = crate::bench::said(
        &bench.check("alerts.json --mail mails --model ftp://models.example.com").output().unwrap(),
    );
    assert_eq!(said.code, 78);
    assert!(said.err.contains("use https"), "{}", said.err);
}

/// A scanner's five minutes: 300 alerts of 30 rules on four hosts, one a second, a few of them severe.
fn scan() -> Vec<String> {
    (0..300_u32)
        .map(|number| {
            let (rule, host, level) = (31_200 + number % 30, number % 4, if number % 30 == 29 { 13 } else { 10 });
            format!(
                r#"{{"id":"1791030127.{number}","timestamp":"2026-10-03T12:{:02}:{:02}.000+0000","rule":{{"id":"{rule}","level":{level},"description":"Scan {rule}.","groups":["web","attack"]}},"agent":{{"id":"{host}","name":"web-{host}"}},"manager":{{"name":"m"}},"data":{{"srcip":"203.0.113.24"}},"full_log":"x"}}"#,
                number / 60,
                number % 60,
            )
        })
        .collect()
}

/// The lines of `--json`: how many alerts ended how, and the mails.
fn ends_and_mails(out: &str) -> (BTreeMap<String, u64>, Vec<Value>) {
    let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let (ends, mails): (Vec<_>, Vec<_>) = lines.partition(|line| line["outcome"].is_string());
    let mut counts = BTreeMap::new();
    for end in ends {
        *counts.entry(end["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    (counts, mails)
}

fn alerts_in(mails: &[Value], is_of: impl Fn(&str) -> bool) -> u64 {
    let of_kind = mails.iter().filter(|mail| is_of(mail["mail"]["kind"].as_str().unwrap()));
    of_kind.map(|mail| mail["alerts"].as_u64().unwrap()).sum()
}

#[test]
fn a_storm_is_a_handful_of_mails_and_a_digest_that_tells_of_all_the_others() {
    let bench = Bench::new();
    bench.file("scan.jsonl", scan().join("\n"));
    let said = bench.run("scan.jsonl --mail mails --offline --json");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    let (ends, mails) = ends_and_mails(&said.out);
    assert_eq!(ends.values().sum::<u64>(), 300);
    assert_eq!(ends["notified"] + ends["counted"], 300, "{ends:?}");
    let held_back = alerts_in(&mails, |kind| kind == "digest");
    let own = alerts_in(&mails, |kind| kind != "digest");
    assert_eq!(held_back + own, 300);
    let told = bench.run("scan.jsonl --mail mails --offline").out;
    let account: Vec<&str> = told.lines().rev().take(3).collect();
    assert_snapshot!(account.join("\n"), @r"
    15 mails in mails; open mails/index.html
    300 alerts told = 20 in 13 mails + 280 held back, in 1 digest (1 storm notice)
    300 alerts = 30 notified + 270 counted + 0 observed + 0 ignored + 0 dead-lettered
    ");
    let digests = mails.iter().filter(|mail| mail["mail"]["kind"] == "digest");
    for digest in digests {
        let text = bench.page(&format!("mails/{}.txt", digest["mail"]["name"].as_str().unwrap()));
        let alerts = digest["alerts"].as_u64().unwrap();
        assert!(text.contains(&format!("{alerts} alerts")), "{text}");
    }
}

#[test]
fn groups_get_their_mails_and_quiet_hours_their_digest() {
    let bench = Bench::new();
    bench.file("alerts.json", morning().join("\n"));
    let routes = r#"{"groups":[
        {"name":"soc","to":["soc@example.com"],"match":{},"quiet_hours":{"from":"12:00","to":"12:30","time_zone":"UTC"}},
        {"name":"duty","to":["duty@example.com","lead@example.com"],"match":{"min_priority":"high"}},
        {"name":"test","to":["test@example.com"],"match":{"rule_groups":["sshd"]},"mode":"record"}]}"#;
    let mut command = bench.check("alerts.json --mail mails");
    let said = crate::bench::said(&command.env("MAIL_ROUTES", routes).output().unwrap());
    assert_snapshot!(said.out, @r"
    1791030127.1           ignored        below_level
    1791030127.2           observed       authentication
    1791030127.3           ignored        excluded_rule
    1791030127.4           ignored        below_forward_level
    1791030127.5           notified       incident 7e1dbef22a4b98fe
      mail 001 at 12:04:00 first      [HIGH] web-01 <- 203.0.113.24: Rule 5763 (Wazuh 5763/L10), to duty@example.com, lead@example.com
    1791030127.6           counted        incident 7e1dbef22a4b98fe (2 alerts so far)
    1791030127.6           counted        duplicate (2 alerts so far)
      mail 002 at 12:10:00 update     [HIGH] web-01 <- 203.0.113.24: Rule 5763 (Wazuh 5763/L10), to duty@example.com, lead@example.com
    1791030127.7           counted        incident 7e1dbef22a4b98fe (3 alerts so far)
    1791030127.8           notified       incident 6012d2c9209d902f
      mail 003 at 12:21:00 first      [HIGH] web-01 <- 203.0.113.24: Rule 40112 (Wazuh 40112/L12), to duty@example.com, lead@example.com
    without id             dead_lettered  the alert has no rule.level between 0 and 16
      mail 004 at 12:31:00 digest     [HIGH] Wazuh digest: 3 alerts in 2 incidents (quiet hours)
      mail 005 at 12:41:00 update     [HIGH] web-01 <- 203.0.113.24: Rule 5763 (Wazuh 5763/L10)
      mail 006 at 12:41:00 update     [HIGH] web-01 <- 203.0.113.24: Rule 5763 (Wazuh 5763/L10), to duty@example.com, lead@example.com

    10 alerts = 2 notified + 3 counted + 1 observed + 3 ignored + 1 dead-lettered
    duty@example.com, lead@example.com: 4 alerts told in 4 mails
    soc@example.com: 4 alerts told = 1 in 1 mail + 3 held back, in 1 digest
    6 mails in mails; open mails/index.html
    ");
    let mut wrong = bench.check("alerts.json --mail mails");
    let said =
        crate::bench::said(&wrong.env("MAIL_ROUTES", r#"{"groups":[{"name":"soc"}]}"#).output().unwrap());
    assert_eq!(said.code, 78);
    assert!(said.err.contains("MAIL_ROUTES: group 1 of the list"), "{}", said.err);
}

#[test]
fn a_preview_of_ones_own_alerts_holds_nothing_back() {
    let bench = Bench::new();
    bench.file("scan.jsonl", scan().join("\n"));
    let said = crate::bench::said(
        &bench.command("preview", "--from-alert scan.jsonl --out mails").output().unwrap(),
    );
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    let mails = bench.page("mails/mails.jsonl");
    assert!(mails.matches(r#""kind":"first""#).count() == 30, "{mails}");
    assert!(!mails.contains("digest"));
}
