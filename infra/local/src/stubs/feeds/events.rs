//! A MISP feed: a manifest that names events, and a file for each.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::midnight;

struct Event {
    uuid: &'static str,
    info: &'static str,
    age_days: i64,
    /// Type and value, with the object it is in, if it is in one.
    attributes: &'static [(&'static str, &'static str, Option<&'static str>)],
}

const EVENTS: [Event; 2] = [
    Event {
        uuid: "00000000-0000-4000-8000-000000000601",
        info: "Example servers of a feed",
        age_days: 1,
        attributes: &[
            ("ip-dst", "192.0.2.205", None),
            ("domain", "feed.example.edu", None),
            ("sha256", "7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d7d", Some("file")),
            ("url", "http://feed.example.edu/loader", Some("url")),
        ],
    },
    Event {
        uuid: "00000000-0000-4000-8000-000000000602",
        info: "Example log-in attempts of a feed",
        age_days: 9,
        attributes: &[("ip-src", "192.0.2.206", None), ("ip-src", "10.1.2.3", None)],
    },
];

pub(super) fn manifest(now: Timestamp) -> Value {
    let members = EVENTS.iter().map(|event| (event.uuid.to_owned(), event.head(now)));
    Value::Object(members.collect())
}

/// The file of an event; nothing for any other.
pub(super) fn event(file: &str, now: Timestamp) -> Option<Value> {
    let uuid = file.strip_suffix(".json")?;
    let event = EVENTS.iter().find(|event| event.uuid == uuid)?;
    Some(json!({ "Event": event.whole(now) }))
}

impl Event {
    /// What the manifest says of it.
    fn head(&self, now: Timestamp) -> Value {
        let changed = self.changed(now);
        json!({
            "info": self.info,
            "Orgc": {"name": "Example CERT", "uuid": "00000000-0000-4000-a000-000000000007"},
            "Tag": [{"colour": "#ffffff", "name": "tlp:clear"}],
            "analysis": "2",
            "date": changed.strftime("%Y-%m-%d").to_string(),
            "threat_level_id": "1",
            "timestamp": changed.as_second().to_string(),
        })
    }

    fn whole(&self, now: Timestamp) -> Value {
        let shown = |number: usize, kind: &str, value: &str| {
            json!({
                "uuid": format!("00000000-0000-4000-8{number:03}-{}", self.uuid.get(24..).unwrap_or_default()),
                "category": "Network activity", "type": kind, "value": value, "to_ids": true, "comment": "",
                "timestamp": self.changed(now).as_second().to_string(), "disable_correlation": false,
                "deleted": false, "object_relation": null,
            })
        };
        let numbered = || (1..).zip(self.attributes);
        let plain = numbered().filter(|(_, (.., object))| object.is_none());
        let plain = plain.map(|(number, (kind, value, _))| shown(number, kind, value));
        let objects = numbered().filter_map(|(number, (kind, value, object))| {
            let name = (*object)?;
            Some(json!({"name": name, "meta-category": "file", "Attribute": [shown(number, kind, value)]}))
        });
        let mut whole = self.head(now);
        if let Some(members) = whole.as_object_mut() {
            members.insert("uuid".to_owned(), json!(self.uuid));
            members.insert("published".to_owned(), json!(true));
            members.insert("publish_timestamp".to_owned(), json!(self.changed(now).as_second().to_string()));
            members.insert("Attribute".to_owned(), plain.collect());
            members.insert("Object".to_owned(), objects.collect());
        }
        whole
    }

    fn changed(&self, now: Timestamp) -> Timestamp {
        midnight(now) - (24 * self.age_days).hours()
    }
}
