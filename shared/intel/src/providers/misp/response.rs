//! What MISP answers. Without `includeContext`, as from old versions, events have fewer fields.

use std::borrow::Cow;
use std::net::IpAddr;

use domain::indicator::{DomainName, Found, Indicator, WebUrl};
use domain::verdict::{
    Answer, Evidence, MispAttribute, MispEvent, MispMatches, ThreatLevel, Unanswered, attribute_weight,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::request::{LIMIT, types};
use crate::providers::transport::Received;
use crate::providers::wire::{Field, distinct, visible};

/// Attributes that are kept of one indicator.
const KEPT: usize = 20;
const MAX_TAGS: usize = 30;
const NAME_CHARS: usize = 120;
const INFO_CHARS: usize = 200;

/// One answer for each indicator, in their order; none for those whose matches may stand on the next page.
pub(super) fn answers(
    received: &Received,
    asked: &[&Found],
    now: Timestamp,
) -> Result<Vec<Option<Answer>>, Unanswered> {
    let rows = received.json::<Searched<'_>>()?.rows().ok_or(Unanswered::InvalidResponse)?;
    let is_full = rows.len() >= LIMIT;
    let mut matches = vec![Vec::new(); asked.len()];
    for row in rows.into_iter().take(LIMIT) {
        let row: Row<'_> = row.object().ok_or(Unanswered::InvalidResponse)?;
        for (found, matches) in asked.iter().zip(&mut matches) {
            if row.speaks_of(found) {
                matches.push(row.attribute());
            }
        }
    }
    let answers = matches.into_iter().map(|matches| {
        let is_cut = is_full && matches.is_empty();
        (!is_cut).then(|| Evidence::Misp(strongest(matches, now)).into())
    });
    Ok(answers.collect())
}

/// In the order in which the verdict weighs them.
fn strongest(mut attributes: Vec<MispAttribute>, now: Timestamp) -> MispMatches {
    let total = u64::try_from(attributes.len()).unwrap_or(u64::MAX);
    attributes.sort_by(|one, other| attribute_weight(other, now).total_cmp(&attribute_weight(one, now)));
    attributes.truncate(KEPT);
    MispMatches { attributes, total }
}

#[derive(Deserialize)]
struct Searched<'a> {
    #[serde(borrow)]
    response: Field<'a>,
}

#[derive(Deserialize)]
struct Attributes<'a> {
    #[serde(rename = "Attribute", borrow)]
    rows: Field<'a>,
}

impl<'a> Searched<'a> {
    fn rows(&self) -> Option<Vec<Field<'a>>> {
        // Old versions write PHP's empty list where nothing was found.
        if self.response.list().is_some_and(|list| list.is_empty()) {
            return Some(Vec::new());
        }
        self.response.object::<Attributes<'a>>()?.rows.list()
    }
}

/// Without value or type it is no attribute; all else may be absent.
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    value: Cow<'a, str>,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Field<'a>,
    #[serde(borrow, default)]
    uuid: Field<'a>,
    #[serde(borrow, default)]
    category: Field<'a>,
    #[serde(borrow, default)]
    to_ids: Field<'a>,
    #[serde(borrow, default)]
    timestamp: Field<'a>,
    #[serde(borrow, default)]
    last_seen: Field<'a>,
    #[serde(borrow, default)]
    decay_score: Field<'a>,
    #[serde(borrow, default)]
    warnings: Field<'a>,
    #[serde(rename = "Event", borrow, default)]
    event: Field<'a>,
    #[serde(rename = "Tag", borrow, default)]
    tags: Field<'a>,
    #[serde(rename = "Sighting", borrow, default)]
    sightings: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    #[serde(borrow)]
    uuid: Field<'a>,
    #[serde(borrow)]
    info: Field<'a>,
    #[serde(borrow)]
    threat_level_id: Field<'a>,
    #[serde(rename = "Orgc", borrow)]
    creator: Field<'a>,
    #[serde(rename = "Tag", borrow)]
    tags: Field<'a>,
}

/// The few fields of the small things around an attribute.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail<'a> {
    #[serde(borrow)]
    name: Field<'a>,
    #[serde(borrow)]
    warninglist_name: Field<'a>,
    #[serde(borrow)]
    score: Field<'a>,
    #[serde(borrow)]
    decayed: Field<'a>,
    #[serde(rename = "type", borrow)]
    kind: Field<'a>,
}

fn details(list: Field<'_>) -> impl Iterator<Item = Detail<'_>> {
    list.list().unwrap_or_default().into_iter().filter_map(Field::object)
}

impl Row<'_> {
    /// Whether a search for this indicator alone would have found it.
    fn speaks_of(&self, found: &Found) -> bool {
        types(found).contains(&self.kind.as_ref()) && self.holds(&found.indicator)
    }

    /// Compares in canonical form; of a composite either half.
    fn holds(&self, indicator: &Indicator) -> bool {
        let mut halves = self.value.split('|').map(str::trim);
        match indicator {
            Indicator::Ip(address) => {
                halves.any(|half| half.parse().is_ok_and(|half: IpAddr| half.to_canonical() == *address))
            }
            Indicator::Domain(name) => halves.any(|half| DomainName::parse(half).as_ref() == Some(name)),
            Indicator::Hash(hash) => halves.any(|half| half.eq_ignore_ascii_case(&hash.to_string())),
            // No composite: a `|` belongs to the URL.
            Indicator::Url(url) => WebUrl::parse(self.value.trim()).as_ref() == Some(url),
        }
    }

    fn attribute(&self) -> MispAttribute {
        let event: Event<'_> = self.event.object().unwrap_or_default();
        let sightings = |wanted: u64| {
            let counted =
                details(self.sightings).filter(|sighting| sighting.kind.count() == Some(wanted)).count();
            u32::try_from(counted).unwrap_or(u32::MAX)
        };
        MispAttribute {
            id: self.id.identifier(),
            uuid: self.uuid.identifier(),
            kind: self.kind.clone().into_owned(),
            category: self.category.text(NAME_CHARS).unwrap_or_default(),
            value: visible(&self.value, INFO_CHARS),
            to_ids: self.to_ids.flag().unwrap_or(false),
            timestamp: self.timestamp.epoch(),
            last_seen: self.last_seen.time(),
            decay_score: decay_score(self.decay_score),
            tags: tags(self.tags, event.tags),
            warninglists: distinct(
                details(self.warnings).filter_map(|hit| hit.warninglist_name.text(NAME_CHARS)),
            )
            .collect(),
            true_positives: sightings(0),
            false_positives: sightings(1),
            event: event.known(),
        }
    }
}

impl Event<'_> {
    fn known(&self) -> MispEvent {
        let creator: Detail<'_> = self.creator.object().unwrap_or_default();
        MispEvent {
            id: self.id.identifier(),
            uuid: self.uuid.identifier(),
            info: self.info.text(INFO_CHARS).unwrap_or_default(),
            organisation: creator.name.text(NAME_CHARS).unwrap_or_default(),
            threat_level: match self.threat_level_id.count() {
                Some(1) => ThreatLevel::High,
                Some(2) => ThreatLevel::Medium,
                Some(3) => ThreatLevel::Low,
                _ => ThreatLevel::Undefined,
            },
            permalink: None,
        }
    }
}

/// The best score of the models that still count it, else the best of all.
fn decay_score(models: Field<'_>) -> Option<u8> {
    let scores = details(models).filter_map(|model| {
        let lives = model.decayed.flag() == Some(false);
        Some((lives, whole(model.score.number()?)))
    });
    scores.max().map(|(_, score)| score)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100 just before")]
fn whole(score: f64) -> u8 {
    score.clamp(0.0, 100.0).round() as u8
}

/// Of the attribute and of its event; those that say who may read it come first, so that none of them is cut.
fn tags(own: Field<'_>, inherited: Field<'_>) -> Vec<String> {
    let names = details(own).chain(details(inherited)).filter_map(|tag| tag.name.text(NAME_CHARS));
    let mut names: Vec<String> = distinct(names).collect();
    names.sort_by_key(|name| !name.to_ascii_lowercase().starts_with("tlp:"));
    names.truncate(MAX_TAGS);
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(row: &Value) -> MispAttribute {
        let row = row.to_string();
        serde_json::from_str::<Row<'_>>(&row).unwrap().attribute()
    }

    #[test]
    fn an_attribute_with_its_context_is_read() {
        let attribute = read(&json!({
            "id": "1", "event_id": "145", "object_id": "0", "object_relation": null, "category": "Network activity",
            "type": "ip-dst|port", "to_ids": true, "uuid": "00000000-0000-4000-8000-000000000001",
            "timestamp": "1791000000", "distribution": "5", "comment": "", "deleted": false, "first_seen": null,
            "last_seen": "2026-10-02T00:00:00.000000+00:00", "value": "203.0.113.9|443",
            "Event": {
                "id": "145", "orgc_id": "7", "org_id": "1", "date": "2026-10-01", "threat_level_id": "2",
                "info": "Command and control\n\u{202e}of Example", "published": true,
                "uuid": "00000000-0000-4000-8000-0000000000aa", "timestamp": "1791000100",
                "Tag": [{"local": 0, "id": "9", "name": "type:OSINT"}, {"id": "3", "name": "tlp:amber"}],
                "Orgc": {"id": "7", "name": "CIRCL", "uuid": "00000000-0000-4000-8000-0000000000bb"},
            },
            "Tag": [{"id": "4", "name": "kill-chain:c2"}, {"id": "3", "name": "tlp:amber", "inherited": 1}],
            "decay_score": [
                {"score": 90.0, "base_score": 90, "decayed": true, "DecayingModel": {"id": "2", "name": "Old"}},
                {"score": 61.6, "base_score": 80, "decayed": false, "DecayingModel": {"id": "1", "name": "NIDS"}},
                {"score": "12", "base_score": 80, "decayed": false, "DecayingModel": {"id": "3", "name": "Other"}},
            ],
            "Sighting": [{"id": "5", "type": "0"}, {"id": "6", "type": 0}, {"id": "7", "type": "1"}, {"type": "2"}],
            "warnings": [{"match": "203.0.113.9/32", "value": "203.0.113.9", "warninglist_id": "52",
                "warninglist_name": "List of known IPv4 public DNS resolvers", "warninglist_category": "false_positive"}],
        }));
        let expected = MispAttribute {
            id: "1".into(),
            uuid: "00000000-0000-4000-8000-000000000001".into(),
            kind: "ip-dst|port".into(),
            category: "Network activity".into(),
            value: "203.0.113.9|443".into(),
            to_ids: true,
            timestamp: Some("2026-10-03T04:00:00Z".parse().unwrap()),
            last_seen: Some("2026-10-02T00:00:00Z".parse().unwrap()),
            decay_score: Some(62),
            event: MispEvent {
                id: "145".into(),
                uuid: "00000000-0000-4000-8000-0000000000aa".into(),
                info: "Command and control of Example".into(),
                organisation: "CIRCL".into(),
                threat_level: ThreatLevel::Medium,
                permalink: None,
            },
            tags: vec!["tlp:amber".into(), "kill-chain:c2".into(), "type:OSINT".into()],
            warninglists: vec!["List of known IPv4 public DNS resolvers".into()],
            true_positives: 2,
            false_positives: 1,
        };
        assert_eq!(attribute, expected);
    }

    #[test]
    fn an_event_without_context_is_read() {
        let attribute = read(&json!({
            "id": "69583", "type": "md5", "category": "Payload delivery", "to_ids": true, "timestamp": "1456957949",
            "value": "71a868cdcc6b79b7d274e3b558cd4596",
            "Event": {"org_id": "1", "distribution": "1", "id": "145", "info": "Report", "orgc_id": "7", "uuid": "u"},
        }));
        assert_eq!((attribute.event.id.as_str(), attribute.event.info.as_str()), ("145", "Report"));
        assert_eq!(attribute.event.threat_level, ThreatLevel::Undefined);
        assert_eq!((attribute.decay_score, attribute.to_ids), (None, true));
    }

    #[test]
    fn odd_fields_become_absent() {
        let odd = json!({
            "value": "203.0.113.9", "type": "ip-src", "id": "1/../../users", "uuid": 7, "to_ids": "maybe",
            "timestamp": "-1", "last_seen": "yesterday", "decay_score": [{"score": true}, 5, {"score": "NaN"}],
            "Event": [], "Tag": "tlp:red", "Sighting": [1], "warnings": {"x": 1}, "category": ["x"],
        });
        let expected = MispAttribute {
            kind: "ip-src".into(),
            uuid: "7".into(),
            value: "203.0.113.9".into(),
            ..MispAttribute::default()
        };
        assert_eq!(read(&odd), expected);
        for (score, expected) in [(json!(900), Some(100)), (json!(-3), Some(0)), (json!("45.5"), Some(46))] {
            let row = json!({"value": "v", "type": "t", "decay_score": [{"score": score}]});
            assert_eq!(read(&row).decay_score, expected);
        }
    }

    #[test]
    fn the_strongest_attributes_are_kept_in_their_order() {
        let attribute = |id: &str, decay_score: Option<u8>, threat_level, to_ids| MispAttribute {
            id: id.into(),
            decay_score,
            to_ids,
            event: MispEvent { threat_level, ..MispEvent::default() },
            ..MispAttribute::default()
        };
        let mut attributes = vec![
            attribute("none", None, ThreatLevel::High, true),
            attribute("low", Some(80), ThreatLevel::Low, true),
            attribute("context", Some(80), ThreatLevel::High, false),
            attribute("first", Some(80), ThreatLevel::High, true),
            attribute("undefined", Some(80), ThreatLevel::Undefined, true),
        ];
        attributes.extend((0..30).map(|_| attribute("rest", Some(1), ThreatLevel::High, true)));
        let matches = strongest(attributes, Timestamp::UNIX_EPOCH);
        assert_eq!((matches.total, matches.attributes.len()), (35, 20));
        let first: Vec<&str> =
            matches.attributes.iter().map(|attribute| attribute.id.as_str()).take(5).collect();
        assert_eq!(first, ["first", "undefined", "low", "none", "context"]);
    }
}
