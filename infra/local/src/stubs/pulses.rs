//! The pulses that the stub OTX has: who wrote about which indicator.

pub(super) mod bulk;

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::DROPPER_SHA256;

/// What OTX knows about one indicator.
#[derive(Debug)]
pub(super) struct Listed {
    value: &'static str,
    pulses: &'static [&'static Pulse],
    /// Source, message and name of what speaks for it.
    validation: &'static [(&'static str, &'static str, &'static str)],
    /// Whether a reviewer took it for a false positive.
    is_false_positive: bool,
}

#[derive(Debug)]
struct Pulse {
    id: &'static str,
    name: &'static str,
    author: &'static str,
    tlp: &'static str,
    adversary: &'static str,
    /// Since it was changed; it was written the day before.
    age_days: i64,
    indicators: u32,
    subscribers: u32,
    /// Whether the indicator still counts there.
    is_active: bool,
    tags: &'static [&'static str],
    malware_families: &'static [&'static str],
    /// MITRE's numbers and names.
    attack_ids: &'static [(&'static str, &'static str)],
}

const VENDOR: &str = "AlienVault";

/// Domains, addresses and hashes are found in any case, URLs only as they are.
pub(super) fn find(value: &str) -> Option<&'static Listed> {
    let is_url = value.contains("://");
    LISTED
        .iter()
        .find(|listed| listed.value == value || (!is_url && listed.value.eq_ignore_ascii_case(value)))
}

/// The `pulse_info` of an indicator, empty for one that nobody wrote about.
pub(super) fn info(listed: Option<&Listed>, indicator_type: &str, now: Timestamp) -> Value {
    let pulses = listed.map_or(&[][..], |listed| listed.pulses);
    let (vendor, others): (Vec<&Pulse>, Vec<&Pulse>) =
        pulses.iter().partition(|pulse| pulse.author == VENDOR);
    json!({
        "count": pulses.len(),
        "pulses": pulses.iter().map(|pulse| pulse.show(indicator_type, now)).collect::<Value>(),
        "references": pulses.iter().map(|pulse| pulse.reference()).collect::<Value>(),
        "related": {"alienvault": related(&vendor), "other": related(&others)},
    })
}

pub(super) fn validation(listed: Option<&Listed>) -> Value {
    let validation = listed.map_or(&[][..], |listed| listed.validation);
    let entries = validation
        .iter()
        .map(|(source, message, name)| json!({"source": source, "message": message, "name": name}));
    entries.collect()
}

pub(super) fn false_positive(listed: Option<&Listed>, now: Timestamp) -> Value {
    if listed.is_some_and(|listed| listed.is_false_positive) {
        json!([{"assessment": "accepted", "assessment_date": ago(2, now), "report_date": ago(4, now)}])
    } else {
        json!([])
    }
}

fn related(pulses: &[&Pulse]) -> Value {
    let adversaries = pulses.iter().map(|pulse| pulse.adversary).filter(|name| !name.is_empty());
    let families = pulses.iter().flat_map(|pulse| pulse.malware_families);
    json!({
        "adversary": adversaries.collect::<Vec<_>>(),
        "malware_families": families.collect::<Vec<_>>(),
        "industries": [],
    })
}

impl Pulse {
    fn show(&self, indicator_type: &str, now: Timestamp) -> Value {
        let is_vendor = self.author == VENDOR;
        // Both forms are about: objects in newer pulses, plain names in older ones.
        let families = self.malware_families.iter().map(|name| {
            if is_vendor { json!({"id": name, "display_name": name, "target": null}) } else { json!(name) }
        });
        let attack_ids = self
            .attack_ids
            .iter()
            .map(|(id, name)| json!({"id": id, "name": name, "display_name": format!("{id} - {name}")}));
        json!({
            "id": self.id,
            "name": self.name,
            "description": format!("{}: made up for tests.", self.name),
            "created": ago(self.age_days + 1, now),
            "modified": ago(self.age_days, now),
            "modified_text": format!("{} days ago ", self.age_days),
            "is_modified": true,
            "TLP": self.tlp,
            "adversary": self.adversary,
            "malware_families": families.collect::<Value>(),
            "attack_ids": attack_ids.collect::<Value>(),
            "tags": self.tags,
            "author": {
                "username": self.author,
                "id": if is_vendor { "2" } else { "90001" },
                "avatar_url": "https://otx.example.com/avatar.png",
                "is_subscribed": is_vendor,
                "is_following": false,
            },
            "indicator_count": self.indicators,
            "indicator_type_counts": {"IPv4": self.indicators - 1, "domain": 1},
            "subscriber_count": self.subscribers,
            "follower_count": 0,
            "related_indicator_type": indicator_type,
            "related_indicator_is_active": u8::from(self.is_active),
            "is_subscribing": if is_vendor { json!(true) } else { Value::Null },
            "is_author": false,
            "in_group": false,
            "groups": [],
            "locked": false,
            "public": 1,
            "pulse_source": if is_vendor { "web" } else { "api" },
            "references": [self.reference()],
            "targeted_countries": [],
            "industries": [],
            "cloned_from": null,
            "export_count": 3,
            "comment_count": 0,
            "upvotes_count": 0,
            "downvotes_count": 0,
            "votes_count": 0,
            "vote": 0,
            "validator_count": 0,
            "threat_hunter_scannable": true,
            "threat_hunter_has_agents": 1,
        })
    }

    fn reference(&self) -> String {
        format!("https://reports.example.org/{}", self.id)
    }
}

/// OTX writes UTC without saying so.
fn ago(days: i64, now: Timestamp) -> String {
    (now - (24 * days + 1).hours()).strftime("%Y-%m-%dT%H:%M:%S.039000").to_string()
}

/// What a pulse is unless its text says otherwise.
const USUAL: Pulse = Pulse {
    id: "",
    name: "",
    author: VENDOR,
    tlp: "white",
    adversary: "",
    age_days: 2,
    indicators: 50,
    subscribers: 250_000,
    is_active: true,
    tags: &[],
    malware_families: &[],
    attack_ids: &[],
};

static BRUTE_FORCE: Pulse = Pulse {
    id: "65f000000000000000000001",
    name: "Example SSH brute-force botnet",
    tlp: "green",
    adversary: "Example Spider",
    indicators: 52,
    tags: &["ssh", "brute force", "botnet"],
    malware_families: &["ExampleBot"],
    attack_ids: &[("T1110", "Brute Force"), ("T1021.004", "SSH")],
    ..USUAL
};

static HONEYPOT: Pulse = Pulse {
    id: "65f000000000000000000002",
    name: "Log-in attempts at an example honeypot",
    author: "example_honeypot",
    age_days: 1,
    indicators: 48,
    subscribers: 120,
    tags: &["honeypot", "ssh"],
    attack_ids: &[("T1110", "Brute Force")],
    ..USUAL
};

static BLOCKLIST: Pulse = Pulse {
    id: "65f000000000000000000003",
    name: "Example weekly block list",
    author: "example_analyst",
    age_days: 6,
    indicators: 61,
    subscribers: 15,
    malware_families: &["ExampleBot"],
    ..USUAL
};

static MEGA: Pulse = Pulse {
    id: "65f000000000000000000004",
    name: "Everything that an example sandbox ever saw",
    author: "example_collector",
    age_days: 700,
    indicators: 4000,
    subscribers: 137,
    is_active: false,
    tags: &["malware", "unknown", "search", "whitelisted"],
    ..USUAL
};

static DROPPER: Pulse = Pulse {
    id: "65f000000000000000000005",
    name: "Example dropper and its control servers",
    tlp: "amber",
    age_days: 5,
    indicators: 12,
    tags: &["dropper", "c2"],
    malware_families: &["ExampleDropper"],
    attack_ids: &[("T1105", "Ingress Tool Transfer"), ("T1071", "Application Layer Protocol")],
    ..USUAL
};

/// What an indicator is unless its line says otherwise.
const NOTHING: Listed = Listed { value: "", pulses: &[], validation: &[], is_false_positive: false };

/// Everything that anybody wrote about here.
#[rustfmt::skip]
static LISTED: [Listed; 10] = [
    Listed { value: "203.0.113.24", pulses: &[&BRUTE_FORCE, &HONEYPOT, &BLOCKLIST], ..NOTHING },
    Listed { value: "2001:db8::bad", pulses: &[&BRUTE_FORCE], ..NOTHING },
    Listed { value: "198.51.100.77", pulses: &[&MEGA], ..NOTHING },
    Listed {
        value: "192.0.2.10", pulses: &[&BLOCKLIST],
        validation: &[("whitelist", "contained in whitelisted prefix", "Whitelisted IP")], ..NOTHING
    },
    Listed { value: "192.0.2.20", pulses: &[&BLOCKLIST], is_false_positive: true, ..NOTHING },
    Listed { value: "malware.example.com", pulses: &[&DROPPER, &BLOCKLIST], ..NOTHING },
    Listed { value: "c2.example.net", pulses: &[&DROPPER], ..NOTHING },
    Listed {
        value: "login.example.org",
        validation: &[
            ("majestic", "Whitelisted domain example.org", "Whitelisted domain"),
            ("whitelist", "Whitelisted domain example.org", "Whitelisted domain"),
        ],
        ..NOTHING
    },
    Listed { value: "http://malware.example.com/dropper.bin", pulses: &[&DROPPER], ..NOTHING },
    Listed {
        value: DROPPER_SHA256,
        pulses: &[&DROPPER], ..NOTHING
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn pulses_are_as_old_as_the_clock_says() {
        let info = info(find("203.0.113.24"), "IPv4", noon());
        assert_eq!(info["count"], 3);
        assert_eq!(info["pulses"][0]["modified"], "2026-11-20T11:00:00.039000");
        assert_eq!(info["pulses"][0]["created"], "2026-11-19T11:00:00.039000");
        assert_eq!(info["related"]["alienvault"]["adversary"], json!(["Example Spider"]));
        assert_eq!(info["related"]["other"]["malware_families"], json!(["ExampleBot"]));
    }

    #[test]
    fn a_mega_pulse_is_stale_and_inactive() {
        let info = info(find("198.51.100.77"), "IPv4", noon());
        let pulse = &info["pulses"][0];
        assert_eq!(pulse["indicator_count"], 4000);
        assert_eq!(pulse["related_indicator_is_active"], 0);
        assert!(pulse["modified"].as_str().unwrap().starts_with("2024-"));
    }

    #[test]
    fn only_the_case_of_a_url_matters() {
        for (value, is_listed) in [
            ("MALWARE.example.com", true),
            ("http://malware.example.com/dropper.bin", true),
            ("http://malware.example.com/DROPPER.bin", false),
            ("192.0.2.1", false),
        ] {
            assert_eq!(find(value).is_some(), is_listed, "{value}");
        }
    }

    #[test]
    fn what_speaks_for_an_indicator_stands_beside_its_pulses() {
        assert_eq!(validation(find("192.0.2.10"))[0]["source"], "whitelist");
        assert_eq!(false_positive(find("192.0.2.20"), noon())[0]["assessment"], "accepted");
        assert_eq!((validation(None), false_positive(None, noon())), (json!([]), json!([])));
    }
}
