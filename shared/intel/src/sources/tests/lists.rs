use std::time::Duration;

use super::stub::{Stub, ok, versioned};
use super::{Kept, LeftOut, fetcher, key, now, settings};
use crate::sources::{Fetcher, Source, State, Step, Trouble};

pub const DROP: &str = r#"{"cidr":"198.51.100.0/24","sblid":"SBL1","rir":"arin"}
{"cidr":"203.0.113.77/28","sblid":"SBL2","rir":"arin"}
{"type":"metadata","timestamp":1790329442,"size":120,"records":2,"copyright":"(c) Spamhaus"}
"#;
pub const DROP_V6: &str = r#"{"cidr":"2001:db8:1::/48","sblid":"SBL3","rir":"ripencc"}
{"type":"metadata","timestamp":1790329442,"records":1}"#;
pub const FEODO: &str = r#"[
  {"ip_address":"203.0.113.1","port":443,"status":"online","hostname":null,"first_seen":"2026-09-20 17:04:20","last_online":"2026-10-02","malware":"QakBot"},
  {"ip_address":"203.0.113.2","port":443,"status":"offline","first_seen":"2023-10-23 17:04:20","last_online":"2024-02-06","malware":"Pikabot"}
]"#;
pub const URLHAUS: &str = "################\r\n# URLhaus Database Dump (CSV - recent URLs only) #\r\n#\r\n\
    # id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\r\n\
    \"2\",\"2026-10-02 22:19:04\",\"http://203.0.113.3/bins/a.sh\",\"online\",\"2026-10-02 23:19:04\",\"malware_download\",\"elf,mirai\",\"https://urlhaus.example/url/2/\",\"someone\"\r\n\
    \"1\",\"2026-10-01 22:19:04\",\"https://evil.example/q?a=\"\"b\"\",c\",\"offline\",\"\",\"malware_download\",\"None\",\"https://urlhaus.example/url/1/\",\"someone\"\r\n";
pub const THREATFOX: &str = "################\r\n# ThreatFox IOCs: recent additions - CSV format #\r\n#\r\n\
    # \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"threat_type\",\"fk_malware\",\"malware_alias\",\"malware_printable\",\"last_seen_utc\",\"confidence_level\",\"is_compromised\",\"reference\",\"tags\",\"anonymous\",\"reporter\"\r\n\
    \"2026-10-03 10:19:04\", \"3\", \"203.0.113.4:8080\", \"ip:port\", \"botnet_cc\", \"win.x\", \"None\", \"Remcos\", \"\", \"75\", \"False\", \"\", \"c2,RemcosRAT\", \"0\", \"someone\"\r\n\
    \"2026-10-03 09:19:04\", \"2\", \"evil.example\", \"domain\", \"payload_delivery\", \"js.x\", \"None\", \"ClearFake\", \"\", \"100\", \"False\", \"\", \"\", \"0\", \"someone\"\r\n\
    \"2026-10-03 08:19:04\", \"1\", \"203.0.113.4:443\", \"ip:port\", \"botnet_cc\", \"win.x\", \"None\", \"Remcos\", \"2026-10-03 09:00:00\", \"50\", \"False\", \"\", \"\", \"0\", \"someone\"\r\n\
    # Number of entries: 3\r\n";
pub const TOR: &str = "ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E\nPublished 2026-10-03 08:00:00\n\
    LastStatus 2026-10-03 10:00:00\nExitAddress 203.0.113.5 2026-10-03 10:05:00\n\
    ExitNode 0022BD2485AD45D984EC4159C88FC066E5E3300E\nPublished 2026-09-03 08:00:00\n\
    LastStatus 2026-09-03 10:00:00\nExitAddress 203.0.113.6 2026-09-03 10:05:00\n";
pub const BLACKLIST: &str = r#"{"meta":{"generatedAt":"2026-10-03T10:00:00+00:00"},"data":[
  {"ipAddress":"203.0.113.7","countryCode":"NL","abuseConfidenceScore":100,"lastReportedAt":"2026-10-03T09:00:00+00:00"},
  {"ipAddress":"2001:db8::7","countryCode":null,"abuseConfidenceScore":98,"lastReportedAt":"2026-10-03T09:00:00+00:00"}]}"#;

/// All sources that publish one list, each with an answer that it understands.
pub const LISTS: [(Source, &str); 7] = [
    (Source::SpamhausDropV4, DROP),
    (Source::SpamhausDropV6, DROP_V6),
    (Source::Feodo, FEODO),
    (Source::UrlHaus, URLHAUS),
    (Source::ThreatFox, THREATFOX),
    (Source::TorExits, TOR),
    (Source::AbuseIpDb, BLACKLIST),
];

#[tokio::test]
async fn each_list_is_asked_where_it_is_published_and_its_rows_say_when_they_end() {
    let expected: [(&str, &[&str]); 7] = [
        ("/drop/drop_v4.json", &["198.51.100.0/24", "203.0.113.64/28"]),
        ("/drop/drop_v6.json", &["2001:db8:1::/48"]),
        ("/downloads/ipblocklist.json", &["203.0.113.1 \"QakBot\" until 11-16 00:00"]),
        (
            "/downloads/csv_recent/",
            &[
                "http://203.0.113.3/bins/a.sh \"malware_download\"",
                "https://evil.example/q?a=%22b%22,c \"malware_download\"",
            ],
        ),
        (
            "/export/csv/recent/",
            &[
                "203.0.113.4 75% \"Remcos\" until 11-17 10:19",
                "evil.example 100% \"ClearFake\" until 04-01 09:19",
            ],
        ),
        ("/exit-addresses", &["203.0.113.5 \"Tor exit\" until 10-05 10:05"]),
        ("/api/v2/blacklist", &["203.0.113.7 100%", "2001:db8::7 98%"]),
    ];
    for ((source, text), (path, rows)) in LISTS.iter().zip(expected) {
        let stub = Stub::text(text).await;
        let mut kept = Kept::default();
        assert_eq!(kept.run(&fetcher(&stub.url), source, now()).await.unwrap(), 1);
        assert_eq!(kept.shown(), rows, "{source}");
        // It is not sent again while it is the same.
        kept.run(&fetcher(&stub.url), source, now()).await.unwrap();
        assert_eq!((kept.unchanged, kept.rows.len()), (1, rows.len()), "{source}");
        let asked = stub.asked();
        assert_eq!(asked[0].path, path);
        assert_eq!(asked[0].header("accept-encoding"), "gzip");
        let keys = ["key", "auth-key"].map(|name| asked[0].headers.contains_key(name));
        let is_of_abuse_ch = matches!(source, Source::Feodo | Source::UrlHaus | Source::ThreatFox);
        assert_eq!(keys, [*source == Source::AbuseIpDb, is_of_abuse_ch], "{source}");
        assert!(!asked[0].headers.contains_key("if-none-match"), "{source}");
        assert!(asked[1].headers.contains_key("if-none-match"), "{source}");
    }
}

#[tokio::test]
async fn the_blacklist_is_asked_for_as_much_as_the_plan_allows() {
    let stub = Stub::text(BLACKLIST).await;
    let free = fetcher(&format!("{}/", stub.url));
    let mut wishes = settings(&stub.url);
    (wishes.abuseipdb_limit, wishes.abuseipdb_least_confidence) = (Some(100_000), Some(75));
    let paid = Fetcher::new(wishes).unwrap();
    for fetcher in [free, paid] {
        fetcher.step(&Source::AbuseIpDb, Some(&key()), &State::default(), now()).await.unwrap();
    }
    let asked = stub.asked();
    assert_eq!(asked[0].path, "/api/v2/blacklist");
    assert!(asked[0].query.is_empty(), "the free plan refuses wishes: {:?}", asked[0].query);
    assert_eq!(asked[1].query["limit"], "100000");
    assert_eq!(asked[1].query["confidenceMinimum"], "75");
    assert_eq!((asked[1].header("key"), asked[1].header("accept")), ("k3y", "application/json"));
}

#[tokio::test]
async fn a_list_that_shrinks_is_refused_for_a_week_and_an_empty_one_for_ever() {
    let list = |addresses: usize| {
        let blocks = (0..addresses).map(|number| format!("{{\"cidr\":\"198.51.100.{number}/32\"}}\n"));
        format!("{}{{\"type\":\"metadata\",\"records\":{addresses}}}\n", blocks.collect::<String>())
    };
    let sizes = [100, 49, 50, 24, 24, 0, 12];
    let texts = sizes.map(list);
    let stub = Stub::new(move |asked, number| versioned(asked, &texts[number - 1])).await;
    let fetcher = fetcher(&stub.url);
    let mut kept = Kept::default();
    let mut at = now();
    for (size, wait, expected) in [
        (100, 1, Ok(100)),
        (49, 1, Err((100, 49))),
        (50, 1, Ok(50)),
        (24, 200, Err((50, 24))),
        (24, 100, Ok(24)),
        (0, 1_000, Err((24, 0))),
        (12, 1, Ok(12)),
    ] {
        let result = kept.run(&fetcher, &Source::SpamhausDropV4, at).await;
        match (result, expected) {
            (Ok(_), Ok(rows)) => assert_eq!(kept.rows.len(), rows, "{size}"),
            (Err(error), Err((before, now))) => {
                assert!(
                    matches!(error.trouble, Trouble::Shrunk { before: b, now: n } if (b, n) == (before, now)),
                    "{size}: {:?}",
                    error.trouble
                );
                assert!(error.is_transient());
            }
            (result, expected) => panic!("{size}: {result:?} is not {expected:?}"),
        }
        at += Duration::from_hours(wait);
    }
}

#[tokio::test]
async fn feodo_may_be_empty_and_the_latest_may_be_few() {
    for (source, text) in [
        (Source::Feodo, "[]"),
        (Source::ThreatFox, "# \"first_seen_utc\",\"ioc_id\",\"ioc_value\"\r\n# Number of entries: 0\r\n"),
    ] {
        let stub = Stub::text(text).await;
        let step = fetcher(&stub.url).step(&source, None, &State::default(), now()).await.unwrap();
        match step {
            Step::Whole { rows, .. } => assert_eq!((source, rows.len()), (Source::Feodo, 0)),
            Step::Part { rows, .. } => assert_eq!((source, rows.len()), (Source::ThreatFox, 0)),
            Step::Unchanged { .. } | Step::Warninglist { .. } => panic!("{step:?}"),
        }
    }
}

#[tokio::test]
async fn what_no_feed_may_list_is_left_out_and_counted() {
    let list = r#"{"cidr":"45.90.0.0/16"}
{"cidr":"45.90.0.0/16"}
{"cidr":"45.90.77.1/16"}
{"cidr":"0.0.0.0/0"}
{"cidr":"::/0"}
{"cidr":"128.0.0.0/7"}
{"cidr":"10.0.0.0/8"}
{"cidr":"192.0.0.0/8"}
{"cidr":"192.168.1.1"}
{"cidr":"203.0.113.0/24"}
{"cidr":"127.0.0.1"}
{"cidr":"::ffff:10.0.0.1"}
{"cidr":"fe80::/64"}
{"cidr":"2001::/16"}
{"cidr":"8.8.8.8"}
{"cidr":"8.8.8.0/24"}
{"cidr":"1.1.1.1"}
{"cidr":"::ffff:8.8.4.4"}
{"indicator":"dns.google","type":"domain"}
{"indicator":"http://192.168.1.1/x","type":"url"}
{"indicator":"http://8.8.8.8/x","type":"url"}
{"indicator":"45.90.1.1","expires":"2026-10-03T11:59:59Z"}
{"indicator":"45.90.1.2","first_seen":"2026-10-03T13:00:00Z"}
{"indicator":"someone@example.com","type":"email"}
{"type":"metadata","records":24}
"#;
    let stub = Stub::text(list).await;
    let mut strict = settings(&stub.url);
    strict.documentation_is_public = false;
    let mut kept = Kept::default();
    kept.run(&Fetcher::new(strict).unwrap(), &Source::SpamhausDropV4, now()).await.unwrap();
    assert_eq!(kept.entries(), ["45.90.1.2", "http://8.8.8.8/x", "45.90.0.0/16"]);
    let expected = [
        (LeftOut::Duplicate, 2),
        (LeftOut::Ended, 1),
        (LeftOut::OtherType, 1),
        (LeftOut::NotGlobal, 9),
        (LeftOut::WellKnown, 5),
        (LeftOut::Unreadable, 3),
    ];
    assert_eq!(kept.tally, expected.into());
    // A feed whose clock is an hour ahead has not seen the future.
    let ahead = kept.rows.values().next().unwrap();
    assert_eq!(ahead.listing.listed_at, Some(now()));
}

#[tokio::test]
async fn of_two_rows_about_one_entry_the_surer_one_speaks_and_the_later_end_counts() {
    let list = r#"[{"ip_address":"203.0.113.1","confidence":40,"malware":"A","last_online":"2026-10-02"},
        {"ip_address":"203.0.113.1","confidence":90,"malware":"B","last_online":"2026-10-01"},
        {"ip_address":"203.0.113.1","confidence":50,"malware":"C","last_online":"2026-10-03"}]"#;
    let stub = Stub::new(move |_, _| ok(list)).await;
    let mut kept = Kept::default();
    kept.run(&fetcher(&stub.url), &Source::Feodo, now()).await.unwrap();
    assert_eq!(kept.shown(), ["203.0.113.1 90% \"B\" until 11-17 00:00"]);
    assert_eq!(kept.tally, [(LeftOut::Duplicate, 2)].into());
}
