//! Feeds and warninglists, in files.

use insta::assert_snapshot;

use crate::bench::{Bench, MOCK_ALERT, MOCK_FEED};

const ALERT: &str = r#"{"id":"1.1","rule":{"id":"1","level":3},"data":{"srcip":"203.0.113.9"},"full_log":"to 198.51.100.77"}"#;

#[test]
fn every_format_is_told_by_its_content() {
    let bench = Bench::new();
    bench.file("alert.json", ALERT);
    for (feed, expected) in [
        (
            "# ours\n203[.]0[.]113[.]9\n",
            "203.0.113.9: Malicious (feed)\n198.51.100.77: Not looked up (documentation)\n",
        ),
        (
            r#"[{"indicator":"203.0.113.9","type":"ip","source":"Feodo","confidence":50}]"#,
            "203.0.113.9: Suspicious (Feodo)\n198.51.100.77: Not looked up (documentation)\n",
        ),
        (
            r#"{"results":[{"name":"P","indicators":[{"indicator":"198.51.100.0/24","type":"CIDR"},{"indicator":"203.0.113.9","type":"IPv4","is_active":0}]}]}"#,
            "198.51.100.77: Malicious (OTX)\n203.0.113.9: Observed (OTX)\n",
        ),
        (
            r#"{"Event":{"info":"E","Attribute":[{"type":"ip-src|port","value":"203.0.113.9|22","to_ids":true}]}}"#,
            "203.0.113.9: Malicious (MISP)\n198.51.100.77: Not looked up (documentation)\n",
        ),
    ] {
        let said = bench.file("feed.txt", feed).run("alert.json --feed feed.txt");
        assert_eq!((said.out.as_str(), said.err.as_str()), (expected, ""), "{feed}");
    }
}

#[test]
fn a_name_given_to_a_feed_wins() {
    let bench = Bench::new();
    bench.file("alert.json", MOCK_ALERT).file("feed.json", MOCK_FEED);
    assert_eq!(bench.run("alert.json --feed Ours=feed.json").out, "192.168.1.100: Malicious (Ours)\n");
    let twice = bench.run("alert.json --feed Ours=feed.json --feed feed.json");
    assert_eq!(twice.out, "192.168.1.100: Malicious (Ours, OTX)\n");
}

#[test]
fn bad_rows_are_left_out_and_told() {
    let bench = Bench::new();
    let feed = format!(
        "{MOCK_FEED}\n{{\"indicator\":\n{{\"indicator\":\"a@example.com\",\"type\":\"email\"}}\n\
         {{\"indicator\":\"203.0.113.9\",\"expires\":\"2020-01-01\"}}\n"
    );
    let said =
        bench.file("alert.json", MOCK_ALERT).file("feed.json", feed).run("alert.json --feed feed.json");
    assert_eq!((said.out.as_str(), said.code), ("192.168.1.100: Malicious (OTX)\n", 0));
    assert_snapshot!(said.err, @r"
    triage: feed.json, line 2: it is not JSON; write one object on a line
    triage: feed.json: 1 row loaded; left out: 1 unreadable, 1 expired or deleted, 1 of a type that alerts are not searched for
    ");
}

#[test]
fn a_feed_without_anything_usable_is_an_error() {
    let bench = Bench::new();
    bench.file("alert.json", MOCK_ALERT).file("notes.txt", "Minutes of the meeting\n");
    let said = bench.run("alert.json --feed notes.txt");
    assert_eq!((said.out.as_str(), said.code), ("", 65));
    assert_snapshot!(said.err, @r"
    triage: notes.txt, line 1: it is not an IP address, a network, a domain, a URL or an MD5, SHA-1 or SHA-256 hash; write one on a line, and comments behind a #
    triage: notes.txt: 0 rows loaded; left out: 1 unreadable
    triage: the feed notes.txt has nothing that can be used; see docs/triage.md for the formats
    ");
    let said = bench.run("alert.json --feed missing.txt");
    assert_eq!((said.out.as_str(), said.code), ("", 66));
    assert!(said.err.starts_with("triage: could not read missing.txt: "), "{}", said.err);
}

#[test]
fn a_warninglist_bounds_the_score() {
    let bench = Bench::new();
    let list = |name: &str, kind: &str| {
        format!(
            r#"{{"name":"{name}","description":"","version":1,"type":"{kind}","list":["203.0.113.0/24"]}}"#
        )
    };
    bench.file("alert.json", ALERT).file("feed.txt", "203.0.113.9\n");
    bench.file("scanners.json", list("Known research scanners", "cidr"));
    let said = bench.run("alert.json --feed feed.txt --warninglist scanners.json --explain");
    assert!(said.out.starts_with("203.0.113.9: Suspicious (feed)\n"), "{}", said.out);
    assert!(
        said.out
            .contains("A research scanner (Known research scanners) at the door: the score is at most 60")
    );
    bench.file("rfc.json", list("List of RFC 5735 CIDR blocks", "cidr"));
    let said = bench.run("alert.json --feed feed.txt --warninglist rfc.json");
    assert_eq!(
        said.err,
        "triage: rfc.json: \"List of RFC 5735 CIDR blocks\" says nothing that bounds a score, so it is not used\n"
    );
    bench.file("regex.json", list("Known research scanners", "regex"));
    let said = bench.run("alert.json --warninglist regex.json");
    assert_eq!(said.code, 65);
    assert_eq!(
        said.err,
        "triage: could not use the warninglist regex.json: its type is regex; cidr, hostname and string are supported\n"
    );
}
