use proptest::prelude::*;

use super::*;

fn load(text: &str, naming: Naming<'_>) -> (Vec<String>, Tally) {
    let now = "2026-10-03T12:00:00Z".parse().unwrap();
    let mut rows = Vec::new();
    let tally = read(text.as_bytes(), naming, now, &mut |row| {
        let sure = row.listing.confidence.map_or_else(String::new, |percent| format!(" {percent}%"));
        let title = row.listing.title.map_or_else(String::new, |title| format!(" \"{title}\""));
        rows.push(format!("{} {}{sure}{title}", row.entry, row.source));
    });
    (rows, tally.unwrap())
}

fn rows(text: &str) -> Vec<String> {
    load(text, Naming::Otherwise("list")).0
}

fn problems(text: &str) -> Vec<String> {
    let (_, tally) = load(text, Naming::Otherwise("list"));
    tally.problems.iter().map(Problem::to_string).collect()
}

#[test]
fn a_row_is_read_on_a_line_in_a_list_and_spread_over_lines() {
    let row = r#"{"indicator":"192.168.1.100","type":"IPv4","source":"OTX"}"#;
    let pretty = "{\n  \"indicator\": \"192.168.1.100\",\n  \"type\": \"IPv4\",\n  \"source\": \"OTX\"\n}\n";
    for text in [row.to_owned(), format!("[{row}]"), format!("\u{feff}\n{row}\r\n\n"), pretty.to_owned()] {
        assert_eq!(rows(&text), ["192.168.1.100 OTX"], "{text}");
    }
    assert_eq!(rows(&format!("{row}\n{row}\n")).len(), 2);
    assert_eq!(load(row, Naming::Always("ours")).0, ["192.168.1.100 ours"]);
}

#[test]
fn rows_say_how_sure_they_are_and_when_they_end() {
    let text = r#"
        {"indicator":"203.0.113.1","confidence":"30","title":"Scanners\u001b[31m","tags":"a, b"}
        {"indicator":"203.0.113.2","expires":"2026-10-03T11:59:59Z"}
        {"indicator":"203.0.113.3","expires":"2026-10-04","type":null}
        {"cidr":"198.51.100.0/24","sblid":"SBL1"}
        {"indicator":"a@example.com","type":"email"}
        {"type":"metadata","records":3}
    "#;
    let (rows, tally) = load(text, Naming::Otherwise("list"));
    assert_eq!(rows, ["203.0.113.1 list 30% \"Scanners[31m\"", "203.0.113.3 list", "198.51.100.0/24 list"]);
    assert_eq!((tally.rows, tally.expired, tally.other_types, tally.bad), (3, 1, 1, 0));
}

#[test]
fn a_bad_row_is_named_and_left_out() {
    let text = r#"{"indicator":"203.0.113.1","type":"IPv4"}
{"indicator":"evil.example","type":"IPv4"}
{"indicator": oops
{"indicator":"203.0.113.2","confidence":101}
{"indicator":"203.0.113.2","source":"Allow"}
{"indicator":"203.0.113.2","expires":"soon"}
{"value":1}
"text"
{"indicator":"203.0.113.3"}"#;
    assert_eq!(rows(text), ["203.0.113.1 list", "203.0.113.3 list"]);
    assert_eq!(load(text, Naming::Otherwise("list")).1.bad, 7);
    assert_eq!(
        problems(text),
        [
            "line 2: it is not an IP address or a network",
            "line 3: it is not JSON; write one object on a line",
            "line 4: its confidence is not a whole number from 0 to 100",
            "line 5: allow and deny are no names for a source; name it otherwise",
            "line 6: its expires is not a time; write it as 2026-10-03T12:00:00Z",
        ]
    );
    let in_a_list = r#"[{"indicator":"203.0.113.1"},{"indicator":"?"}]"#;
    assert!(problems(in_a_list)[0].starts_with("line 1, item 2: it is not an IP address, "));
    let broken_off = "{\"indicator\":\"203.0\n{\"indicator\":\"203.0.113.3\"}\n";
    assert_eq!(rows(broken_off), ["203.0.113.3 list"]);
    let cut = "{\"results\":[\n{\"indicator\":\"203.0.113.3\"},\n";
    assert_eq!(rows(cut), Vec::<String>::new());
    assert_eq!(
        problems(cut),
        ["line 1: the JSON that begins here is broken or ends too early; fetch the file again"]
    );
}

#[test]
fn pulses_alone_in_lists_and_on_pages() {
    let pulse = r#"{"id":"64","name":"Dropper","author_name":"someone","modified":"2026-10-01T09:43:18.855000",
        "tags":["c2"],"indicators":[
        {"indicator":"203.0.113.1","type":"IPv4","title":"","expiration":null,"is_active":1},
        {"indicator":"203.0.113.2","type":"IPv4","expiration":"2026-09-05T00:00:00","is_active":1},
        {"indicator":"203.0.113.3","type":"IPv4","is_active":0},
        {"indicator":"evil.example","type":"hostname","role":null},
        {"indicator":"CVE-2026-1","type":"CVE"}]}"#;
    for text in [pulse.to_owned(), format!("[{pulse}]"), format!(r#"{{"results":[{pulse}],"count":1}}"#)] {
        let (rows, tally) = load(&text, Naming::Otherwise("list"));
        let expected = [
            "203.0.113.1 OTX \"Dropper\"",
            "203.0.113.2 OTX 25% \"Dropper\"",
            "203.0.113.3 OTX 25% \"Dropper\"",
            "evil.example OTX \"Dropper\"",
        ];
        assert_eq!(rows, expected);
        assert_eq!(tally.other_types, 1);
    }
    let export =
        r#"{"results":[{"id":1,"indicator":"evil.example","type":"domain","title":null}],"next":null}"#;
    assert_eq!(rows(export), ["evil.example OTX"]);
}

#[test]
fn events_of_misp_with_objects_and_composites() {
    let event = r#"{"Event":{"info":"Campaign","Attribute":[
        {"type":"ip-src","value":"203.0.113.1","to_ids":true,"timestamp":"1791030127"},
        {"type":"ip-dst|port","value":"203.0.113.2|443","to_ids":"1"},
        {"type":"domain|ip","value":"evil.example|203.0.113.3","to_ids":false},
        {"type":"ip-dst","value":"203.0.113.4","to_ids":true,"deleted":true},
        {"type":"link","value":"https://example.com/report","to_ids":false},
        {"type":"ip-src","value":"not an address","to_ids":true}],
      "Object":[{"name":"file","Attribute":[
        {"type":"filename|md5","value":"a.exe|d41d8cd98f00b204e9800998ecf8427e","to_ids":true}]},
        {"deleted":"1","Attribute":[{"type":"ip-src","value":"203.0.113.5","to_ids":true}]}]}}"#;
    let (rows, tally) = load(event, Naming::Otherwise("list"));
    let expected = [
        "203.0.113.1 MISP \"Campaign\"",
        "203.0.113.2 MISP \"Campaign\"",
        "evil.example MISP 40% \"Campaign\"",
        "203.0.113.3 MISP 40% \"Campaign\"",
        "d41d8cd98f00b204e9800998ecf8427e MISP \"Campaign\"",
    ];
    assert_eq!(rows, expected);
    assert_eq!((tally.expired, tally.other_types, tally.bad), (2, 1, 1));
    assert_eq!(tally.problems[0].to_string(), "line 1, item 6: it is not an IP address or a network");
    let search = r#"{"response":{"Attribute":[{"type":"ip-src","value":"203.0.113.1","to_ids":true}]}}"#;
    assert_eq!(load(search, Naming::Otherwise("list")).0, ["203.0.113.1 MISP"]);
}

#[test]
fn plain_lists_have_comments_networks_and_defanged_values() {
    let text = "# made by hand\n203.0.113.9\n\n; spamhaus\n198.51.100.0/24 ; SBL1\n\
        hxxp://evil[.]example/a;b#c   # dropper\n// end\nBAD LINE\n2001:DB8::1\n";
    assert_eq!(
        rows(text),
        ["203.0.113.9 list", "198.51.100.0/24 list", "http://evil.example/a;b list", "2001:db8::1 list"]
    );
    assert!(problems(text)[0].starts_with("line 8: it is not an IP address, a network"));
    assert_eq!(load("# nothing\n", Naming::Otherwise("list")).1, Tally::default());
}

#[test]
fn tables_have_their_header_in_a_comment_or_on_the_first_line() {
    let threatfox = "################\r\n# ThreatFox IOCs: recent additions #\r\n#\r\n\
        # \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"malware_printable\",\"confidence_level\",\"tags\"\r\n\
        \"2026-10-02 22:19:04\", \"1\", \"203.0.113.1:443\", \"ip:port\", \"Dropper, \"\"big\"\"\", \"75\", \"c2,elf\"\r\n\
        \"2026-10-02 22:19:04\", \"2\", \"d41d8cd98f00b204e9800998ecf8427e\", \"md5_hash\", \"None\", \"100\", \"None\"\r\n\
        \"2026-10-02 22:19:04\", \"3\", \"evil.example\", \"domain\"\r\n\
        \"2026-10-02 22:19:04\", \"4\", \"evil.example, \"domain\", \"a\", \"1\", \"b\"\r\n\
        # Number of entries: 4\r\n";
    assert_eq!(
        rows(threatfox),
        ["203.0.113.1 list 75% \"Dropper, \"big\"\"", "d41d8cd98f00b204e9800998ecf8427e list 100%"]
    );
    assert_eq!(
        problems(threatfox),
        [
            "line 7: it has not as many fields as the header has",
            "line 8: a quote is not closed on its line, or stands within a field",
        ]
    );
    let urlhaus = "# URLhaus\n# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n\
        \"1\",\"2026-10-02 22:19:04\",\"http://evil.example/a,b.exe\",\"online\",\"\",\"malware_download\",\"exe\",\"https://x.example/\",\"me\"\n";
    assert_eq!(rows(urlhaus), ["http://evil.example/a,b.exe list \"malware_download\""]);
    let own = "indicator,type,confidence,source\n203.0.113.9,ip,40,ours\nevil.example,,,\n";
    assert_eq!(rows(own), ["203.0.113.9 ours 40%", "evil.example list"]);
}

#[test]
fn lists_of_others_are_read_as_they_come() {
    let exits = "ExitNode 0011BD24\nPublished 2026-10-03 10:00:00\nLastStatus 2026-10-03 11:00:00\n\
        ExitAddress 203.0.113.7 2026-10-03 11:05:00\n";
    assert_eq!(rows(exits), ["203.0.113.7 list \"Tor exit\""]);
    let blacklist = r#"{"meta":{"generatedAt":"2026-10-03T10:00:00+00:00"},"data":[
        {"ipAddress":"203.0.113.8","abuseConfidenceScore":100,"lastReportedAt":"2026-10-03T09:00:00+00:00"}]}"#;
    assert_eq!(rows(blacklist), ["203.0.113.8 list 100%"]);
    let feodo = r#"[{"ip_address":"203.0.113.9","port":443,"status":"offline","last_online":"2026-10-01","malware":"QakBot"}]"#;
    assert_eq!(rows(feodo), ["203.0.113.9 list \"QakBot\""]);
}

#[test]
fn a_row_says_when_it_ends() {
    let text = r#"
        {"indicator":"203.0.113.1","expires":"2026-10-04"}
        {"indicator":"203.0.113.2","expiration":"2026-11-01T00:00:00","is_active":1}
        {"indicator":"203.0.113.3","expiration":"2026-09-01T00:00:00"}
        {"indicator":"203.0.113.4","is_active":0,"expiration":null}
        {"indicator":"203.0.113.5"}
    "#;
    let mut ends = Vec::new();
    let now = "2026-10-03T12:00:00Z".parse().unwrap();
    read(text.as_bytes(), Naming::Always("list"), now, &mut |row| ends.push(row.expires)).unwrap();
    let expected = [
        Some("2026-10-04T00:00:00Z"),
        Some("2026-11-01T00:00:00Z"),
        Some("2026-09-01T00:00:00Z"),
        Some("2026-10-03T12:00:00Z"),
        None,
    ];
    assert_eq!(ends, expected.map(|end| end.map(|end| end.parse().unwrap())));
}

#[test]
fn a_row_that_is_known_is_renewed() {
    let row = |title: &str, listed_at: Option<&str>, expires: Option<&str>| {
        let day = |day: &str| format!("2026-10-{day}T00:00:00Z").parse().unwrap();
        let entry = Entry::Indicator("203.0.113.1".parse().unwrap());
        let listing =
            Listing { title: Some(title.into()), listed_at: listed_at.map(day), ..Listing::default() };
        Row { entry, source: "otx".into(), listing, expires: expires.map(day) }
    };
    for (known, newer, expected) in [
        ((Some("01"), Some("20")), (Some("02"), Some("10")), ("newer", Some("20"))),
        ((Some("02"), Some("10")), (Some("01"), Some("20")), ("known", Some("20"))),
        ((Some("01"), Some("10")), (Some("01"), None), ("newer", None)),
        ((None, None), (None, Some("10")), ("newer", None)),
    ] {
        let renewed = row("known", known.0, known.1).renewed_by(row("newer", newer.0, newer.1));
        assert_eq!(renewed.listing.title.as_deref(), Some(expected.0), "{known:?} {newer:?}");
        assert_eq!(renewed.expires, row("", None, expected.1).expires, "{known:?} {newer:?}");
    }
}

#[test]
fn what_is_no_feed_says_what_it_is() {
    let list = r#"{"name":"x","type":"cidr","list":["10.0.0.0/8"]}"#;
    assert_eq!(
        problems(list),
        ["line 1: it is a MISP warninglist, which says what is harmless; load it as one"]
    );
    let nested = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(problems(&nested).len(), 1);
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<Vec<u8>>()) {
        let _ = read(text.as_slice(), Naming::Otherwise("list"), Timestamp::UNIX_EPOCH, &mut |_| {});
    }

    #[test]
    fn no_json_like_text_panics(text in r#"([\[{]|[\]}]|"(indicator|type|Event|Attribute|results|value|expires)"|:|,|1|"[a-z.]{0,4}"|\n){0,40}"#) {
        let _ = read(text.as_bytes(), Naming::Otherwise("list"), Timestamp::UNIX_EPOCH, &mut |_| {});
    }

    #[test]
    fn no_table_panics(text in r#"(\# )?indicator,type\n(["a-z.,;\# 0-9:]|\n){0,60}"#) {
        let _ = read(text.as_bytes(), Naming::Otherwise("list"), Timestamp::UNIX_EPOCH, &mut |_| {});
    }

    #[test]
    fn a_listed_address_is_found(bits: u32) {
        let address = std::net::Ipv4Addr::from(bits).to_string();
        prop_assert_eq!(rows(&address), vec![format!("{address} list")]);
    }
}
