//! The lists as their publishers write them.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::midnight;

/// Where the keyless lists are.
pub(super) const PATHS: [&str; 6] = [DROP_V4, DROP_V6, FEODO, URLHAUS, THREATFOX, TOR];
const DROP_V4: &str = "/drop/drop_v4.json";
const DROP_V6: &str = "/drop/drop_v6.json";
const FEODO: &str = "/downloads/ipblocklist.json";
const URLHAUS: &str = "/downloads/csv_recent/";
const THREATFOX: &str = "/export/csv/recent/";
const TOR: &str = "/exit-addresses";

/// The list under a path; nothing under any other.
pub(super) fn text(path: &str, now: Timestamp) -> Option<String> {
    let now = midnight(now);
    Some(match path {
        DROP_V4 => drop(&["192.0.2.128/27", "198.51.100.0/28"], now),
        DROP_V6 => drop(&["2001:db8:bad::/48", "2001:db8:dead::/48"], now),
        FEODO => feodo(now).to_string(),
        URLHAUS => urlhaus(now),
        THREATFOX => threatfox(now),
        TOR => tor(now),
        _ => return None,
    })
}

/// A network on each line, and on the last one how many there are.
fn drop(networks: &[&str], now: Timestamp) -> String {
    let lines = networks.iter().enumerate().map(|(index, network)| {
        json!({"cidr": network, "sblid": format!("SBL{}", 900_001 + index), "rir": "ripencc"}).to_string()
    });
    let lines: String = lines.map(|line| line + "\n").collect();
    let last = json!({
        "type": "metadata", "timestamp": now.as_second(), "size": lines.len(), "records": networks.len(),
        "copyright": "an example, in the shape of Spamhaus DROP", "terms": "https://lists.example.org/terms",
    });
    format!("{lines}{last}\n")
}

fn feodo(now: Timestamp) -> Value {
    let server = |address: &str, port: u16, status: &str, malware: &str| {
        json!({
            "ip_address": address, "port": port, "status": status, "hostname": null,
            "as_number": 64500, "as_name": "EXAMPLE-HOSTING", "country": "NL",
            "first_seen": at(now - 72.hours()), "last_online": day(now - 24.hours()), "malware": malware,
        })
    };
    json!([
        server("192.0.2.201", 443, "online", "ExampleBot"),
        server("192.0.2.202", 8443, "offline", "ExampleBot"),
    ])
}

/// The header is a comment, and every field is in quotes.
fn urlhaus(now: Timestamp) -> String {
    let added = at(now - 5.hours());
    let row = |id: u32, url: &str, status: &str, tags: &str| {
        format!(
            "\"{id}\",\"{added}\",\"{url}\",\"{status}\",\"{added}\",\"malware_download\",\"{tags}\",\"https://urlhaus.example.org/url/{id}/\",\"example_analyst\"\r\n"
        )
    };
    [
        comment("URLhaus", "CSV", now).as_str(),
        "#\r\n# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\r\n",
        &row(9_000_002, "http://192.0.2.203:8080/bins/example.sh", "online", "elf,ExampleBot"),
        &row(9_000_001, "http://files.example.net/invoice,2026.zip", "offline", "zip"),
    ]
    .concat()
}

fn threatfox(now: Timestamp) -> String {
    let (first, last) = (at(now - 30.hours()), at(now - 6.hours()));
    let row = |id: u32, value: &str, kind: &str, confidence: u8| {
        format!(
            "\"{first}\", \"{id}\", \"{value}\", \"{kind}\", \"botnet_cc\", \"elf.example_bot\", \"None\", \"ExampleBot\", \"{last}\", \"{confidence}\", \"False\", \"None\", \"c2,ExampleBot\", \"0\", \"example_analyst\"\r\n"
        )
    };
    [
        comment("ThreatFox", "recent IOCs in CSV", now).as_str(),
        "#\r\n# \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"threat_type\",\"fk_malware\",\"malware_alias\",\"malware_printable\",\"last_seen_utc\",\"confidence_level\",\"is_compromised\",\"reference\",\"tags\",\"anonymous\",\"reporter\"\r\n",
        &row(9_100_001, "192.0.2.204:4444", "ip:port", 100),
        &row(9_100_002, "c2.example.edu", "domain", 75),
        &row(9_100_003, &"5c".repeat(32), "sha256_hash", 50),
        "# Number of entries: 3\r\n",
    ]
    .concat()
}

/// Four lines for each relay.
fn tor(now: Timestamp) -> String {
    let (published, seen) = (at(now - 9.hours()), at(now - 2.hours()));
    let relay = |address: &str, letter: &str| {
        let node = letter.repeat(40);
        format!("ExitNode {node}\nPublished {published}\nLastStatus {seen}\nExitAddress {address} {seen}\n")
    };
    [relay("198.51.100.31", "A"), relay("198.51.100.32", "B"), relay("198.51.100.33", "C")].concat()
}

/// `AbuseIPDB`'s answer: the most certain first.
pub(super) fn blacklist(limit: usize, now: Timestamp) -> Value {
    let reported = midnight(now) - 1.hour();
    let addresses = (210..240).map(|last| format!("192.0.2.{last}")).chain(["2001:db8::b1".to_owned()]);
    let data = addresses.take(limit).map(|address| {
        json!({
            "ipAddress": address, "countryCode": "NL", "abuseConfidenceScore": 100,
            "lastReportedAt": reported.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        })
    });
    let generated = now.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    json!({"meta": {"generatedAt": generated}, "data": data.collect::<Value>()})
}

fn comment(name: &str, what: &str, now: Timestamp) -> String {
    let line = "################################################################\r\n";
    format!(
        "{line}# An example in the shape of abuse.ch {name}: {what}\r\n# Last updated: {} (UTC)\r\n{line}",
        at(now)
    )
}

fn at(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}
