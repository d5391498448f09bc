//! The attributes that the stub MISP has, how it searches them, and how it writes them.

use std::net::IpAddr;

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::terms::{Terms, allows, asks, number, since};
use super::{DROPPER_SHA256, with};

/// One page of the attributes that a `restSearch` body asks for.
///
/// What is not sent does not filter: neither `to_ids` nor `published` has a default in JSON.
pub(super) fn search(request: &Value, now: Timestamp) -> Vec<Value> {
    let (values, kinds) = (Terms::of(request.get("value")), Terms::of(request.get("type")));
    let since = since(request, now);
    let found = LISTED.iter().filter(|attribute| {
        values.accept(|term| attribute.has(term))
            && kinds.accept(|kind| attribute.kind == kind)
            && allows(request, "to_ids", attribute.to_ids)
            && allows(request, "published", attribute.event.published)
            && since.is_none_or(|since| changed(attribute.age_days, now) >= since)
    });
    let limit = number(request, "limit").unwrap_or(LISTED.len());
    let page = number(request, "page").unwrap_or(1);
    let shown = found.skip(limit.saturating_mul(page - 1)).take(limit);
    shown.map(|attribute| attribute.show(request, now)).collect()
}

/// The numbers of the attributes with one of these values, and of their events.
pub(super) fn with_values(values: Option<&Value>) -> Vec<(u32, u32)> {
    let values = Terms::of(values);
    let found = LISTED.iter().filter(|attribute| values.want(|value| attribute.has(value)));
    found.map(|attribute| (attribute.id, attribute.event.id)).collect()
}

/// The same for one attribute, by its number or its UUID.
pub(super) fn with_id(id: &Value) -> Vec<(u32, u32)> {
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let is_it = |attribute: &&Attribute| attribute.id.to_string() == id || uuid(8, attribute.id) == id;
    LISTED.iter().filter(is_it).map(|attribute| (attribute.id, attribute.event.id)).collect()
}

#[derive(Debug)]
struct Attribute {
    id: u32,
    kind: &'static str,
    category: &'static str,
    /// With a `|` between the halves of a composite.
    value: &'static str,
    to_ids: bool,
    age_days: i64,
    /// None where no decaying model is for this type.
    decay: Option<f64>,
    /// What a warninglist matched, with the list's number and name.
    warning: Option<(&'static str, u32, &'static str)>,
    event: &'static Event,
}

#[derive(Debug)]
struct Event {
    id: u32,
    info: &'static str,
    org: (u32, &'static str),
    threat_level: ThreatLevel,
    published: bool,
    age_days: i64,
    /// Number, name and colour.
    tags: &'static [(u32, &'static str, &'static str)],
}

/// MISP's numbers.
#[derive(Clone, Copy, Debug)]
enum ThreatLevel {
    High = 1,
    Medium = 2,
    Low = 3,
    Undefined = 4,
}

impl Attribute {
    /// True if one half is the term, or is like a term with a `%` at an end. Addresses are compared as addresses.
    fn has(&self, term: &str) -> bool {
        let is_composite = self.kind.contains('|');
        let halves = self.value.splitn(if is_composite { 2 } else { 1 }, '|');
        let (core, canonical) = (term.trim_matches('%'), canonical(term));
        halves.into_iter().any(|half| match (term.starts_with('%'), term.ends_with('%')) {
            (false, false) => half == canonical,
            (true, false) => half.ends_with(core),
            (false, true) => half.starts_with(core),
            (true, true) => half.contains(core),
        })
    }

    fn show(&self, request: &Value, now: Timestamp) -> Value {
        let mut shown = json!({
            "id": self.id.to_string(),
            "event_id": self.event.id.to_string(),
            "object_id": "0",
            "object_relation": null,
            "category": self.category,
            "type": self.kind,
            "to_ids": self.to_ids,
            "uuid": uuid(8, self.id),
            "timestamp": ago(self.age_days, now),
            "distribution": "5",
            "sharing_group_id": "0",
            "comment": "",
            "deleted": false,
            "disable_correlation": false,
            "first_seen": null,
            "last_seen": null,
            "value": self.value,
        });
        let event = if asks(request, "includeContext") {
            json!({"Event": self.event.whole(now), "event_uuid": uuid(9, self.event.id)})
        } else {
            json!({"Event": self.event.brief()})
        };
        shown = with(shown, event);
        if asks(request, "includeEventTags") || asks(request, "includeDecayScore") {
            let tags = self.event.tags.iter().map(|(id, name, colour)| {
                json!({"id": id.to_string(), "name": name, "colour": colour, "inherited": 1})
            });
            shown = with(shown, json!({"Tag": tags.collect::<Value>()}));
        }
        if let Some(score) = self.decay.filter(|_| asks(request, "includeDecayScore")) {
            shown = with(shown, json!({"decay_score": [decay_score(score)]}));
        }
        if let Some((matched, id, name)) = self.warning.filter(|_| asks(request, "includeWarninglistHits")) {
            let warning = json!({
                "match": matched,
                "value": self.value,
                "warninglist_id": id.to_string(),
                "warninglist_name": name,
                "warninglist_category": "known",
            });
            shown = with(shown, json!({"warnings": [warning]}));
        }
        shown
    }
}

fn decay_score(score: f64) -> Value {
    json!({
        "score": score,
        "base_score": 80,
        "decayed": score < 30.0,
        "DecayingModel": {"id": "1", "name": "NIDS Simple Decaying Model"},
    })
}

impl Event {
    fn brief(&self) -> Value {
        json!({
            "org_id": "1",
            "distribution": "1",
            "id": self.id.to_string(),
            "info": self.info,
            "orgc_id": self.org.0.to_string(),
            "uuid": uuid(9, self.id),
        })
    }

    fn whole(&self, now: Timestamp) -> Value {
        let day = now - (24 * self.age_days).hours();
        let tags = self.tags.iter().map(|(id, name, colour)| {
            json!({"local": 0, "id": id.to_string(), "name": name, "colour": colour, "numerical_value": null})
        });
        json!({
            "id": self.id.to_string(),
            "orgc_id": self.org.0.to_string(),
            "org_id": "1",
            "date": day.strftime("%Y-%m-%d").to_string(),
            "threat_level_id": (self.threat_level as u8).to_string(),
            "info": self.info,
            "published": self.published,
            "uuid": uuid(9, self.id),
            "analysis": "2",
            "timestamp": ago(self.age_days, now),
            "distribution": "1",
            "publish_timestamp": if self.published { ago(self.age_days, now) } else { "0".to_owned() },
            "sharing_group_id": "0",
            "extends_uuid": "",
            "Tag": tags.collect::<Value>(),
            "Orgc": {"id": self.org.0.to_string(), "name": self.org.1, "uuid": uuid(10, self.org.0)},
        })
    }
}

/// MISP compresses IPv6 addresses before it compares.
fn canonical(term: &str) -> String {
    term.parse::<IpAddr>().map_or_else(|_| term.to_owned(), |address| address.to_string())
}

/// A version 4 UUID; the family tells attributes, events and organisations apart.
fn uuid(family: u8, id: u32) -> String {
    format!("00000000-0000-4000-{family:x}000-{id:012}")
}

/// Seconds since 1970 as text; nothing is younger than an hour.
fn ago(days: i64, now: Timestamp) -> String {
    changed(days, now).as_second().to_string()
}

fn changed(days: i64, now: Timestamp) -> Timestamp {
    now - (24 * days + 1).hours()
}

static BRUTE_FORCE: Event = Event {
    id: 501,
    info: "Example brute-force botnet",
    org: (7, "Example CERT"),
    threat_level: ThreatLevel::High,
    published: true,
    age_days: 1,
    tags: &[
        (3, "tlp:amber", "#FFC000"),
        (9, "admiralty-scale:source-reliability=\"b\"", "#054300"),
        (14, "misp-galaxy:mitre-attack-pattern=\"Brute Force - T1110\"", "#0088cc"),
    ],
};

static DROPPER: Event = Event {
    id: 502,
    info: "Example dropper and its control servers",
    org: (7, "Example CERT"),
    threat_level: ThreatLevel::Medium,
    published: true,
    age_days: 5,
    tags: &[(4, "tlp:green", "#339900")],
};

static OLD: Event = Event {
    id: 503,
    info: "Example scanners of last season",
    org: (8, "Example Sharing Community"),
    threat_level: ThreatLevel::Low,
    published: true,
    age_days: 105,
    tags: &[(5, "tlp:clear", "#ffffff")],
};

static DRAFT: Event = Event {
    id: 504,
    info: "Example draft that nobody has reviewed",
    org: (1, "Example Own Organisation"),
    threat_level: ThreatLevel::Undefined,
    published: false,
    age_days: 0,
    tags: &[],
};

const NETWORK: &str = "Network activity";
const PAYLOAD: &str = "Payload delivery";

/// What an attribute is unless its line says otherwise.
const USUAL: Attribute = Attribute {
    id: 0,
    kind: "",
    category: NETWORK,
    value: "",
    to_ids: true,
    age_days: 5,
    decay: Some(63.7),
    warning: None,
    event: &DROPPER,
};

/// Everything that anybody shared here.
#[rustfmt::skip]
static LISTED: [Attribute; 11] = [
    Attribute { id: 1, kind: "ip-src", value: "203.0.113.24", age_days: 0, decay: Some(80.0), event: &BRUTE_FORCE, ..USUAL },
    Attribute { id: 2, kind: "ip-src", value: "2001:db8::bad", age_days: 1, decay: Some(72.7), event: &BRUTE_FORCE, ..USUAL },
    Attribute { id: 3, kind: "ip-dst|port", value: "198.51.100.77|443", ..USUAL },
    Attribute { id: 4, kind: "domain|ip", value: "c2.example.net|203.0.113.66", ..USUAL },
    Attribute { id: 5, kind: "url", value: "http://malware.example.com/dropper.bin", ..USUAL },
    Attribute { id: 6, kind: "hostname", value: "malware.example.com", ..USUAL },
    Attribute {
        id: 7, kind: "sha256", category: PAYLOAD, decay: None,
        value: DROPPER_SHA256, ..USUAL
    },
    Attribute { id: 8, kind: "hostname", value: "login.example.org", to_ids: false, ..USUAL },
    Attribute {
        id: 9, kind: "ip-dst", value: "192.0.2.10",
        warning: Some(("192.0.2.0/28", 9, "List of known Example CDN IP ranges")), ..USUAL
    },
    Attribute { id: 10, kind: "ip-src", value: "203.0.113.130", age_days: 105, decay: Some(5.2), event: &OLD, ..USUAL },
    Attribute { id: 11, kind: "ip-dst", value: "203.0.113.99", age_days: 0, decay: Some(80.0), event: &DRAFT, ..USUAL },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(request: &Value) -> Vec<String> {
        let found = search(request, "2026-11-22T12:00:00Z".parse().unwrap());
        found.iter().map(|attribute| attribute["value"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_search_finds_what_misp_would_find() {
        let sockets = json!(["ip-src", "ip-dst|port", "domain|ip"]);
        for (request, expected) in [
            (json!({"value": "203.0.113.24"}), vec!["203.0.113.24"]),
            (
                json!({"value": ["198.51.100.77", "203.0.113.66"]}),
                vec!["198.51.100.77|443", "c2.example.net|203.0.113.66"],
            ),
            (json!({"value": "c2.example.net"}), vec!["c2.example.net|203.0.113.66"]),
            (json!({"value": "203.0.113.24&&192.0.2.10"}), vec!["203.0.113.24", "192.0.2.10"]),
            (json!({"value": "2001:0DB8:0::BAD"}), vec!["2001:db8::bad"]),
            (json!({"value": "192.0.2.1"}), vec![]),
            (json!({"value": "203.0.113.2"}), vec![]),
            (json!({"value": "%.example.org"}), vec!["login.example.org"]),
            (
                json!({"value": "http://malware.example.com/dropper.bin", "type": ["url"]}),
                vec!["http://malware.example.com/dropper.bin"],
            ),
            (json!({"value": "192.0.2.10", "type": sockets}), vec![]),
            (json!({"value": "192.0.2.10", "type": {"NOT": sockets}}), vec!["192.0.2.10"]),
            (json!({"value": "192.0.2.10", "type": {"OR": ["ip-dst"], "NOT": sockets}}), vec!["192.0.2.10"]),
            (json!({"value": "192.0.2.10", "type": "ip-dst"}), vec!["192.0.2.10"]),
            // Without the filters MISP shows drafts and mere context.
            (
                json!({"value": ["login.example.org", "203.0.113.99"]}),
                vec!["login.example.org", "203.0.113.99"],
            ),
            (json!({"value": ["login.example.org", "203.0.113.99"], "to_ids": 1}), vec!["203.0.113.99"]),
            (
                json!({"value": ["login.example.org", "203.0.113.99"], "published": true}),
                vec!["login.example.org"],
            ),
            (
                json!({"value": ["login.example.org", "203.0.113.99"], "to_ids": [0, 1]}),
                vec!["login.example.org", "203.0.113.99"],
            ),
            (json!({"type": ["ip-src"], "limit": 2, "page": 1}), vec!["203.0.113.24", "2001:db8::bad"]),
            (json!({"type": ["ip-src"], "limit": "2", "page": "2"}), vec!["203.0.113.130"]),
            (json!({"type": ["ip-src"], "limit": 2, "page": 3}), vec![]),
            (json!({"type": ["ip-src"], "timestamp": "2d"}), vec!["203.0.113.24", "2001:db8::bad"]),
            // 2026-11-21T12:00:00Z
            (json!({"type": ["ip-src"], "timestamp": "1795262400"}), vec!["203.0.113.24"]),
            (json!({"type": ["ip-src"], "timestamp": 1_795_262_400}), vec!["203.0.113.24"]),
            (json!({"type": ["ip-src"], "timestamp": "30m"}), vec![]),
        ] {
            assert_eq!(found(&request), expected, "{request}");
        }
    }

    #[test]
    fn only_a_flag_brings_its_member() {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let flags = ["includeEventTags", "includeContext", "includeWarninglistHits", "includeDecayScore"];
        for (flag, value, pointer, expected) in [
            (
                0,
                "203.0.113.24",
                "/Tag/0",
                json!({"id": "3", "name": "tlp:amber", "colour": "#FFC000", "inherited": 1}),
            ),
            (1, "203.0.113.24", "/Event/threat_level_id", json!("1")),
            (1, "203.0.113.24", "/Event/Orgc/name", json!("Example CERT")),
            (1, "203.0.113.24", "/Event/date", json!("2026-11-21")),
            (2, "192.0.2.10", "/warnings/0/warninglist_name", json!("List of known Example CDN IP ranges")),
            (3, "203.0.113.24", "/decay_score/0/score", json!(80.0)),
            (3, "203.0.113.130", "/decay_score/0/decayed", json!(true)),
        ] {
            let plain = search(&json!({"value": value}), now);
            assert_eq!(plain[0].pointer(pointer), None, "{pointer}");
            let with_flag = search(&json!({"value": value, flags[flag]: 1}), now);
            assert_eq!(with_flag[0].pointer(pointer), Some(&expected), "{pointer}");
        }
    }

    #[test]
    fn numbers_are_texts_and_truths_are_truths() {
        let found = search(&json!({"value": "203.0.113.24"}), "2026-11-22T12:00:00Z".parse().unwrap());
        assert_eq!(found[0]["id"], "1");
        assert_eq!(found[0]["timestamp"], "1795345200");
        assert_eq!(found[0]["to_ids"], true);
        assert_eq!(found[0]["Event"]["info"], "Example brute-force botnet");
    }
}
