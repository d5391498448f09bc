use domain::verdict::Listing;

use super::*;

fn row(entry: &str, source: &str, confidence: Option<u8>) -> Row {
    let entry = entry.parse().map_or_else(|_| Entry::Indicator(entry.parse().unwrap()), Entry::Network);
    Row {
        entry,
        source: source.to_owned(),
        listing: Listing { confidence, ..Listing::default() },
        expires: None,
    }
}

fn policy() -> Policy {
    let patterns = |text: &str| text.split(' ').map(|entry| entry.parse().unwrap()).collect();
    Policy {
        allow: patterns("198.51.100.7 corp.example.com"),
        never_report: patterns("9.9.9.10"),
        deny: Vec::new(),
        documentation_is_public: true,
    }
}

fn warninglist() -> Warninglist {
    let json = r#"{"name":"Popular","version":1,"type":"hostname","list":["popular.com","104.16.0.0/13"]}"#;
    Warninglist::read(json.as_bytes()).unwrap()
}

fn lists(most: usize, rows: &[Row]) -> Vec<ListFile> {
    let (formula, policy, warninglists) = (Formula::default(), policy(), [warninglist()]);
    let trust = Trust { formula: &formula, policy: &policy, warninglists: &warninglists };
    build_with_at_most(most, rows, trust)
}

/// All lists together, without their names.
fn text(rows: &[Row]) -> String {
    lists(MOST_LINES, rows).into_iter().map(|list| list.text).collect()
}

#[test]
fn each_kind_has_its_list_and_its_spelling() {
    let rows = [
        row("203.0.113.9", "Feodo Tracker", Some(100)),
        row("2001:db8::9", "ours", None),
        row("198.51.99.0/24", "spamhaus-drop", None),
        row("evil.example.com", "ours", None),
        row("http://evil.example.com/a", "URLhaus", None),
        row("d41d8cd98f00b204e9800998ecf8427e", "ours", None),
        row("203.0.113.9", "threatfox", Some(100)),
        row("203.0.113.9", "threatfox", Some(95)),
    ];
    let lists = lists(MOST_LINES, &rows);
    let told: Vec<(&str, &str, usize)> =
        lists.iter().map(|list| (list.name, list.text.as_str(), list.lines)).collect();
    assert_eq!(
        told,
        [
            (
                "wazuh-triage-feed-ip",
                "\"2001:db8::9\":ours\n198.51.99.:spamhaus-drop\n203.0.113.9:Feodo-Tracker,threatfox\n",
                3
            ),
            ("wazuh-triage-feed-domain", "evil.example.com:ours\n", 1),
            ("wazuh-triage-feed-url", "\"http://evil.example.com/a\":URLhaus\n", 1),
            ("wazuh-triage-feed-hash", "d41d8cd98f00b204e9800998ecf8427e:ours\n", 1),
        ]
    );
}

#[test]
fn networks_are_unrolled_to_octets() {
    for (network, lines, first, last) in [
        ("45.0.0.0/8", 1, "45.:s", "45.:s"),
        ("45.128.0.0/15", 2, "45.128.:s", "45.129.:s"),
        ("198.51.96.0/22", 4, "198.51.96.:s", "198.51.99.:s"),
        ("203.0.113.128/30", 4, "203.0.113.128:s", "203.0.113.131:s"),
        ("203.0.113.128/25", 128, "203.0.113.128:s", "203.0.113.255:s"),
    ] {
        let text = text(&[row(network, "s", None)]);
        let mut found: Vec<&str> = text.lines().collect();
        found.sort_by_key(|line| line.len());
        assert_eq!(found.len(), lines, "{network}");
        assert!(found.contains(&first) && found.contains(&last), "{network} {found:?}");
    }
    assert_eq!(text(&[row("2001:db8:7::/48", "s", None)]), "", "Wazuh knows no networks of IPv6");
}

#[test]
fn only_what_the_formula_alone_calls_malicious_is_listed() {
    for (source, confidence, expected) in [
        ("ours", None, true),
        ("ours", Some(94), true),
        ("ours", Some(93), false),
        ("feodo", Some(84), true),
        ("blocklist.de", None, false),
        ("tor", None, false),
        ("abuseipdb", Some(100), true),
        ("abuseipdb", Some(98), false),
    ] {
        let is_listed = !text(&[row("203.0.113.9", source, confidence)]).is_empty();
        assert_eq!(is_listed, expected, "{source} {confidence:?}");
    }
}

#[test]
fn what_is_harmless_for_somebody_is_not_listed() {
    for entry in [
        // The internet's own.
        "8.8.8.8",
        "8.8.8.0/24",
        "dns.google",
        "10.1.2.3",
        "192.168.0.0/24",
        "192.0.0.0/8",
        "fd00::1",
        "224.0.0.0/4",
        // The site's.
        "198.51.100.7",
        "198.51.100.0/24",
        "9.9.9.10",
        "www.corp.example.com",
        "https://www.corp.example.com/login",
        // Of a warninglist.
        "104.17.1.1",
        "104.0.0.0/8",
        "104.16.3.0/24",
        "popular.com",
        "www.popular.com",
    ] {
        assert_eq!(text(&[row(entry, "ours", None)]), "", "{entry}");
    }
    for entry in
        ["104.24.0.1", "8.8.9.0/24", "198.51.101.0/24", "unpopular.com", "http://www.popular.com/evil"]
    {
        assert_ne!(text(&[row(entry, "ours", None)]), "", "{entry}");
    }
}

#[test]
fn of_too_many_the_most_trusted_stay() {
    let unsure = (0..50).map(|last| row(&format!("203.0.113.{last}"), "ours", Some(95)));
    let sure = (0..5).map(|last| row(&format!("198.51.99.{last}"), "feodo", Some(100)));
    let twice = row("203.0.113.40", "URLhaus", Some(95));
    let rows: Vec<Row> = unsure.chain(sure).chain([twice]).collect();
    for (most, left_out, by_two) in [(30, 25, 1), (6, 50, 0), (MOST_LINES, 0, 1)] {
        let ip = lists(most, &rows).remove(0);
        assert_eq!((ip.lines, ip.left_out), (most.min(55), left_out));
        assert_eq!(ip.text.matches(":feodo\n").count(), 5, "{most}");
        assert_eq!(ip.text.matches("203.0.113.40:URLhaus,ours\n").count(), by_two, "{most}");
    }
}

#[test]
fn a_name_cannot_write_a_line_of_its_own() {
    let text = text(&[row("203.0.113.9", "evil\":x\n8.8.8.8:\u{202e}", None)]);
    assert_eq!(text, "203.0.113.9:evil--x-8.8.8.8--\n");
}
