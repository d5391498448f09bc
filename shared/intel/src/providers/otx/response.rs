//! What OTX answers in its section `general`.

use domain::verdict::{OtxPulse, OtxPulses, Unanswered, pulse_weight};
use jiff::Timestamp;
use serde::Deserialize;

use crate::providers::transport::Received;
use crate::providers::wire::{Field, distinct};

/// Pulses that are kept of one indicator.
const KEPT: usize = 10;
const MAX_NAMES: usize = 20;
const NAME_CHARS: usize = 120;
const TITLE_CHARS: usize = 200;

/// The pulses that name the indicator. Their number must be right; any other odd field becomes absent.
pub(super) fn pulses(received: &Received, now: Timestamp) -> Result<OtxPulses, Unanswered> {
    received.json::<General<'_>>()?.pulses(now).ok_or(Unanswered::InvalidResponse)
}

/// OTX knows nothing of the indicator. A wrong address is not found either, but is no JSON or blames the endpoint.
pub(super) fn unheard_of(received: &Received) -> Result<OtxPulses, Unanswered> {
    let detail = received.json::<NotFound<'_>>()?.detail.text(NAME_CHARS).unwrap_or_default();
    let is_answer = !detail.is_empty() && !detail.to_ascii_lowercase().contains("endpoint");
    is_answer.then(OtxPulses::default).ok_or(Unanswered::InvalidResponse)
}

#[derive(Deserialize)]
struct NotFound<'a> {
    #[serde(borrow, default)]
    detail: Field<'a>,
}

#[derive(Deserialize)]
struct General<'a> {
    #[serde(borrow)]
    pulse_info: Field<'a>,
    #[serde(borrow, default)]
    validation: Field<'a>,
    /// Both spellings are in use.
    #[serde(rename = "False_positive", borrow, default)]
    accusations: Field<'a>,
    #[serde(rename = "false_positive", borrow, default)]
    more_accusations: Field<'a>,
    #[serde(borrow, default)]
    country_code: Field<'a>,
    #[serde(borrow, default)]
    asn: Field<'a>,
}

#[derive(Deserialize)]
struct PulseInfo<'a> {
    #[serde(borrow)]
    count: Field<'a>,
    #[serde(borrow)]
    pulses: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pulse<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    #[serde(borrow)]
    name: Field<'a>,
    #[serde(borrow)]
    author: Field<'a>,
    #[serde(borrow)]
    is_subscribing: Field<'a>,
    #[serde(borrow)]
    related_indicator_is_active: Field<'a>,
    #[serde(borrow)]
    created: Field<'a>,
    #[serde(borrow)]
    modified: Field<'a>,
    #[serde(borrow)]
    indicator_count: Field<'a>,
    #[serde(rename = "TLP", borrow)]
    tlp: Field<'a>,
    #[serde(rename = "tlp", borrow)]
    small_tlp: Field<'a>,
    #[serde(borrow)]
    adversary: Field<'a>,
    #[serde(borrow)]
    malware_families: Field<'a>,
    #[serde(borrow)]
    attack_ids: Field<'a>,
}

/// The few fields of the small things around a pulse.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    #[serde(borrow)]
    display_name: Field<'a>,
    #[serde(borrow)]
    username: Field<'a>,
    #[serde(borrow)]
    is_subscribed: Field<'a>,
    #[serde(borrow)]
    is_following: Field<'a>,
    #[serde(borrow)]
    source: Field<'a>,
    #[serde(borrow)]
    assessment: Field<'a>,
}

impl General<'_> {
    fn pulses(&self, now: Timestamp) -> Option<OtxPulses> {
        let info: PulseInfo<'_> = self.pulse_info.object()?;
        let (count, rows) = (info.count.count()?, info.pulses.list()?);
        let mut pulses = Vec::new();
        for row in &rows {
            pulses.push(row.object::<Pulse<'_>>()?.known());
        }
        // A number without a single pulse behind it cannot be weighed.
        if count > 0 && pulses.is_empty() {
            return None;
        }
        pulses.sort_by(|left, right| pulse_weight(right, now).total_cmp(&pulse_weight(left, now)));
        pulses.truncate(KEPT);
        let validations: Vec<String> =
            distinct(details(self.validation).filter_map(|entry| entry.source.text(NAME_CHARS)))
                .take(MAX_NAMES)
                .collect();
        let is_accepted = details(self.accusations)
            .chain(details(self.more_accusations))
            .filter_map(|entry| entry.assessment.text(NAME_CHARS))
            .any(|assessment| assessment.eq_ignore_ascii_case("accepted"));
        Some(OtxPulses {
            count: count.max(u64::try_from(rows.len()).ok()?),
            pulses,
            false_positive: is_accepted || validations.iter().any(|source| source == "false_positive"),
            validations,
            country_code: self.country_code.text(NAME_CHARS),
            asn: self.asn.text(NAME_CHARS),
        })
    }
}

impl Pulse<'_> {
    fn known(&self) -> OtxPulse {
        let author: Detail<'_> = self.author.object().unwrap_or_default();
        let follows = [self.is_subscribing, author.is_subscribed, author.is_following];
        OtxPulse {
            id: self.id.identifier(),
            name: self.name.text(TITLE_CHARS).unwrap_or_default(),
            author: author.username.text(NAME_CHARS).unwrap_or_default(),
            subscribed: follows.iter().any(|follows| follows.flag() == Some(true)),
            // Only who says that it expired takes weight from it.
            active: self.related_indicator_is_active.flag().unwrap_or(true),
            modified_at: self.modified.time().or_else(|| self.created.time()),
            indicator_count: self.indicator_count.count().unwrap_or(0),
            tlp: self.tlp.text(NAME_CHARS).or_else(|| self.small_tlp.text(NAME_CHARS)),
            adversary: self.adversary.text(NAME_CHARS),
            malware_families: names(self.malware_families, |family| family.display_name),
            attack_ids: names(self.attack_ids, |technique| technique.id),
        }
    }
}

fn details(list: Field<'_>) -> impl Iterator<Item = Detail<'_>> {
    list.list().unwrap_or_default().into_iter().filter_map(Field::object)
}

/// The names in a list of texts, or of objects that have them in a field.
fn names<'a>(list: Field<'a>, field: impl Fn(Detail<'a>) -> Field<'a>) -> Vec<String> {
    let name = |entry: Field<'a>| {
        entry.text(NAME_CHARS).or_else(|| field(entry.object::<Detail<'a>>()?).text(NAME_CHARS))
    };
    distinct(list.list().unwrap_or_default().into_iter().filter_map(name)).take(MAX_NAMES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::hostile::now;
    use serde_json::{Value, json};

    fn read(body: &Value) -> OtxPulses {
        let body = body.to_string();
        serde_json::from_str::<General<'_>>(&body).unwrap().pulses(now()).unwrap()
    }

    /// The fields of a real answer that say anything, with other values.
    fn pulse(author: &str, active: u8, indicator_count: u64) -> Value {
        json!({
            "TLP": "green", "adversary": "", "id": "5fd402cf91a35497c2af3da8", "name": "Pulse", "public": 1,
            "attack_ids": [{"display_name": "T1140 - Deobfuscate", "id": "T1140", "name": "Deobfuscate"}, "T1040"],
            "author": {"id": "1", "username": author, "is_following": false, "is_subscribed": false},
            "created": "2026-01-01T00:00:00.039000", "modified": "2026-10-01T12:00:00.123000",
            "description": "free text", "indicator_count": indicator_count, "is_subscribing": null,
            "indicator_type_counts": {"URL": 3007}, "industries": [], "tags": ["pushdo"],
            "malware_families": [{"id": "Pushdo", "display_name": "Pushdo - S0001"}, "Cutwail", "Cutwail"],
            "related_indicator_is_active": active, "related_indicator_type": "IPv4", "subscriber_count": 137,
        })
    }

    fn answer(pulses: &[Value]) -> Value {
        json!({
            "indicator": "203.0.113.9", "type": "IPv4", "asn": "AS64500 EXAMPLE", "country_code": "NL",
            "base_indicator": {}, "reputation": 0, "False_positive": [], "validation": [],
            "pulse_info": {"count": pulses.len(), "pulses": pulses, "references": [], "related": {}},
        })
    }

    #[test]
    fn an_answer_is_read() {
        let pulses = read(&answer(&[pulse("someone", 0, 4323)]));
        let expected = OtxPulses {
            count: 1,
            pulses: vec![OtxPulse {
                id: "5fd402cf91a35497c2af3da8".into(),
                name: "Pulse".into(),
                author: "someone".into(),
                subscribed: false,
                active: false,
                modified_at: Some("2026-10-01T12:00:00.123Z".parse().unwrap()),
                indicator_count: 4323,
                tlp: Some("green".into()),
                adversary: None,
                malware_families: vec!["Pushdo - S0001".into(), "Cutwail".into()],
                attack_ids: vec!["T1140".into(), "T1040".into()],
            }],
            validations: Vec::new(),
            false_positive: false,
            country_code: Some("NL".into()),
            asn: Some("AS64500 EXAMPLE".into()),
        };
        assert_eq!(pulses, expected);
    }

    #[test]
    fn the_strongest_pulses_are_kept() {
        let mut all: Vec<Value> = (0..30).map(|_| pulse("someone", 0, 4323)).collect();
        all.push(pulse("AlienVault", 1, 50));
        let mut body = answer(&all);
        body["pulse_info"]["count"] = json!("1200");
        let pulses = read(&body);
        assert_eq!((pulses.count, pulses.pulses.len()), (1200, 10));
        assert_eq!(pulses.pulses[0].author, "AlienVault");
    }

    #[test]
    fn lists_of_harmless_things_and_false_positives_are_told() {
        let entry = |source: &str| json!({"source": source, "message": "", "name": ""});
        for (field, value, validations, expected) in [
            (
                "validation",
                json!([entry("whitelist"), entry("majestic"), entry("whitelist")]),
                vec!["whitelist", "majestic"],
                false,
            ),
            ("validation", json!([entry("false_positive")]), vec!["false_positive"], true),
            ("validation", json!("none"), vec![], false),
            ("validation", json!([1, null, {"source": {}}]), vec![], false),
            ("False_positive", json!([{"assessment": "accepted", "assessment_date": "2026"}]), vec![], true),
            ("false_positive", json!([{"assessment": "pending"}, {"assessment": "accepted"}]), vec![], true),
            ("false_positive", json!([{"assessment": "pending"}]), vec![], false),
        ] {
            let mut body = answer(&[]);
            body[field] = value.clone();
            let pulses = read(&body);
            assert_eq!(pulses.validations, validations, "{value}");
            assert_eq!(pulses.false_positive, expected, "{value}");
        }
    }

    #[test]
    fn odd_fields_of_a_pulse_become_absent() {
        let odd = json!({
            "id": "../../x", "name": "a\u{202e}b\n\u{7}c", "author": "someone", "is_subscribing": "1",
            "related_indicator_is_active": {}, "created": "2026-01-01T00:00:00", "modified": 5, "indicator_count": -1,
            "TLP": null, "tlp": "amber", "adversary": ["x"], "malware_families": "Pushdo", "attack_ids": [[], {}, null],
        });
        let expected = OtxPulse {
            name: "ab c".into(),
            subscribed: true,
            active: true,
            modified_at: Some("2026-01-01T00:00:00Z".parse().unwrap()),
            tlp: Some("amber".into()),
            ..OtxPulse::default()
        };
        assert_eq!(read(&answer(&[odd])).pulses, [expected]);
        let long = json!({"name": "x".repeat(70_000), "adversary": "y".repeat(5000), "author": {"username": "z".repeat(5000)}});
        let pulse = read(&answer(&[long])).pulses.remove(0);
        assert_eq!((pulse.name.len(), pulse.author.len()), (0, 120));
        assert_eq!(pulse.adversary.map(|text| text.len()), Some(120));
    }
}
