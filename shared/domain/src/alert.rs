//! A Wazuh 4.x alert, read tolerantly and kept as it was written.
//!
//! Shapes and quirks: <https://documentation.wazuh.com/current/user-manual/manager/event-logging.html> and
//! wazuh/wazuh `src/analysisd/format/to_json.c`. Everything under `data` and `full_log` is text that an
//! attacker may have chosen.

mod agent;
mod fields;
mod key;
mod rule;

use std::sync::OnceLock;

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

pub use agent::Agent;
pub use key::{AlertKey, AlertKeyError};
pub use rule::{Rule, RuleLevel};

use crate::indicator::{self, Found};
use fields::{Field, Fields};

/// One alert: its identity checked, its raw JSON kept byte for byte.
#[derive(Clone, Debug)]
pub struct Alert {
    raw: Box<str>,
    fields: Fields,
    /// Made for the first who asks: most stages never do.
    document: OnceLock<Value>,
    key: AlertKey,
    rule: Rule,
    agent: Agent,
    timestamp: Option<Timestamp>,
}

impl Alert {
    /// Reads one alert. Never panics, whatever the text; the error says which part of the shape is missing.
    pub fn parse(text: &str) -> Result<Self, AlertError> {
        Self::read(text.trim().into())
    }

    fn read(raw: Box<str>) -> Result<Self, AlertError> {
        if raw.is_empty() {
            return Err(AlertError::Empty);
        }
        let fields = Fields::read(&raw).map_err(|error| AlertError::in_text(&raw, &error))?;
        if let Some(whole) = fields.at(&[]).filter(|whole| !whole.is_object()) {
            return Err(AlertError::NotAnObject(whole.kind()));
        }
        let rule = Rule::read(fields.at(&["rule"]))?;
        let id = fields.at(&["id"]).and_then(Field::text).ok_or(AlertError::NoId)?;
        let key = AlertKey::new(&node(&fields), &id)?;
        let agent = Agent::read(fields.at(&["agent"]));
        let timestamp = fields.at(&["timestamp"]).and_then(Field::as_str).and_then(read_timestamp);
        Ok(Self { raw, fields, document: OnceLock::new(), key, rule, agent, timestamp })
    }

    /// The alert exactly as Wazuh wrote it.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The alert as a tree, for going through it; for a field that is known by its path see [`Self::text_at`].
    pub fn document(&self) -> &Value {
        self.document.get_or_init(|| self.fields.tree())
    }

    /// Identity across all managers: an alert id alone is unique on one node only.
    pub fn key(&self) -> &AlertKey {
        &self.key
    }

    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    pub fn agent(&self) -> &Agent {
        &self.agent
    }

    /// When the manager wrote the alert; nothing when the text is not a time.
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.timestamp
    }

    /// Where the event came from: a log file, `EventChannel`, `syscheck`, an integration's name.
    pub fn location(&self) -> Option<String> {
        self.text_at(&["location"])
    }

    /// The name of the manager that wrote the alert.
    pub fn manager(&self) -> Option<String> {
        self.text_at(&["manager", "name"])
    }

    /// The site an agent id is unique in: the cluster where there is one, else the manager.
    pub fn site(&self) -> String {
        self.text_at(&["cluster", "name"]).or_else(|| self.manager()).unwrap_or_else(|| UNKNOWN.to_owned())
    }

    /// Every indicator of the alert, each once; see [`indicator::extract`].
    pub fn indicators(&self) -> Vec<Found> {
        indicator::extract(self.raw())
    }

    /// The scalar at a path of keys, as text.
    pub fn text_at(&self, path: &[&str]) -> Option<String> {
        self.fields.at(path)?.text()
    }

    /// The integer at a path of keys, written as a number or as digits in a string.
    pub fn integer_at(&self, path: &[&str]) -> Option<i64> {
        self.fields.at(path)?.integer()
    }

    /// Whether anything stands at a path of keys, be it null.
    pub fn has(&self, path: &[&str]) -> bool {
        self.fields.at(path).is_some()
    }
}

impl Serialize for Alert {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.raw).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Alert {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::read(raw.into()).map_err(serde::de::Error::custom)
    }
}

/// Why a text is not an alert. Carries no alert data: it goes into logs and message attributes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlertError {
    #[error("the body is empty")]
    Empty,
    #[error("the body is not JSON (line {line}, column {column}: {problem})")]
    NotJson { line: usize, column: usize, problem: &'static str },
    #[error("the body is {0}, not a JSON object")]
    NotAnObject(&'static str),
    #[error("the alert has no rule object")]
    NoRule,
    #[error("the alert has no rule.id")]
    NoRuleId,
    #[error("the alert has no rule.level between 0 and {}", RuleLevel::MAX)]
    NoRuleLevel,
    #[error("the alert has no id")]
    NoId,
    #[error("the alert key is not usable: {0}")]
    Key(#[from] AlertKeyError),
}

impl AlertError {
    /// What is no JSON at all comes before what no reader can hold: numbers out of range, halves of characters.
    fn in_text(text: &str, error: &serde_json::Error) -> Self {
        Self::not_json(serde_json::from_str::<IgnoredAny>(text).err().as_ref().unwrap_or(error))
    }

    fn not_json(error: &serde_json::Error) -> Self {
        let problem = match error.classify() {
            serde_json::error::Category::Eof => "it ends too early",
            serde_json::error::Category::Syntax if error.to_string().starts_with("recursion limit") => {
                "it is nested deeper than 128 levels"
            }
            _ => "unexpected text",
        };
        Self::NotJson { line: error.line(), column: error.column(), problem }
    }
}

const UNKNOWN: &str = "unknown";

fn node(fields: &Fields) -> String {
    let text = |path: &[&str]| fields.at(path).and_then(Field::text);
    text(&["cluster", "node"]).or_else(|| text(&["manager", "name"])).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// Wazuh writes `2026-07-31T03:30:59.264+0000`: local time with an offset without a colon, which is not RFC 3339.
fn read_timestamp(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok().or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SSHD: &str = r#"{
        "timestamp":"2026-10-03T14:22:07.512+0200",
        "rule":{"level":10,"description":"sshd: brute force","id":"5763","mitre":{"id":["T1110"],"tactic":["Credential Access"],"technique":["Brute Force"]},"groups":["syslog","sshd","authentication_failures"]},
        "agent":{"id":"007","name":"web-01","ip":"10.20.0.7"},
        "manager":{"name":"wazuh-1"},
        "cluster":{"name":"soc","node":"worker-2"},
        "id":"1791030127.4711",
        "full_log":"Oct  3 14:22:06 web-01 sshd[881]: Failed password for root from 203.0.113.24 port 50122 ssh2",
        "data":{"srcip":"203.0.113.24","dstuser":"root"},
        "location":"journald"}"#;

    #[test]
    fn an_alert_gives_its_identity_and_keeps_its_text() {
        let alert = Alert::parse(SSHD).unwrap();
        assert_eq!(alert.key().as_str(), "worker-2/1791030127.4711");
        assert_eq!(alert.rule().id, "5763");
        assert_eq!(alert.rule().level.get(), 10);
        assert_eq!(alert.rule().technique_ids, ["T1110"]);
        assert_eq!(alert.agent().name, "web-01");
        assert_eq!(alert.site(), "soc");
        assert_eq!(alert.location().as_deref(), Some("journald"));
        assert_eq!(alert.timestamp().unwrap().to_string(), "2026-10-03T12:22:07.512Z");
        assert_eq!(alert.raw(), SSHD);
        assert_eq!(alert.text_at(&["data", "srcip"]).as_deref(), Some("203.0.113.24"));
    }

    #[test]
    fn strings_for_numbers_and_padded_groups_are_read() {
        let alert = Alert::parse(
            r#"{"id":1755072875.5,"rule":{"id":92657,"level":"6","groups":["windows","\n      authentication_success","\n    "]},"manager":{"name":"m"}}"#,
        )
        .unwrap();
        assert_eq!(alert.rule().id, "92657");
        assert_eq!(alert.rule().level.get(), 6);
        assert_eq!(alert.rule().groups, ["windows", "authentication_success"]);
        assert_eq!(alert.key().as_str(), "m/1755072875.5");
        assert_eq!(alert.agent().id, "000", "the manager itself");
    }

    #[test]
    fn keys_with_spaces_and_missing_parts_do_no_harm() {
        let alert =
            Alert::parse(r#"{"id":"1.2","rule":{"id":"1","level":3},"data":{"threat Name":"EICAR"}}"#)
                .unwrap();
        assert_eq!(alert.text_at(&["data", "threat Name"]).as_deref(), Some("EICAR"));
        assert_eq!(alert.key().as_str(), "unknown/1.2");
        assert_eq!(alert.timestamp(), None);
        assert_eq!(alert.location(), None);
    }

    #[test]
    fn what_is_not_an_alert_says_why() {
        // Cut off after a number that nobody can hold: that it is cut off comes first.
        let cut = r#"{"id":1e400,"rule""#;
        let nested = "[".repeat(1 << 20);
        let balanced = format!("{}{}", "[".repeat(1 << 19), "]".repeat(1 << 19));
        let long_id = format!(r#"{{"id":"{}","rule":{{"id":"1","level":3}}}}"#, "9".repeat(600));
        for (text, expected) in [
            ("", "the body is empty"),
            (" \n", "the body is empty"),
            ("Failed password", "the body is not JSON (line 1, column 1: unexpected text)"),
            (r#"{"id":"1""#, "the body is not JSON (line 1, column 9: it ends too early)"),
            (cut, "the body is not JSON (line 1, column 18: it ends too early)"),
            (nested.as_str(), "the body is not JSON (line 1, column 1048576: it ends too early)"),
            (
                balanced.as_str(),
                "the body is not JSON (line 1, column 128: it is nested deeper than 128 levels)",
            ),
            (r#""x""#, "the body is a string, not a JSON object"),
            ("[]", "the body is a list, not a JSON object"),
            (r#"{"id":"1"}"#, "the alert has no rule object"),
            (r#"{"id":"1","rule":{"level":3}}"#, "the alert has no rule.id"),
            (r#"{"id":"1","rule":{"id":"5"}}"#, "the alert has no rule.level between 0 and 16"),
            (r#"{"id":"1","rule":{"id":"5","level":17}}"#, "the alert has no rule.level between 0 and 16"),
            (r#"{"rule":{"id":"5","level":3}}"#, "the alert has no id"),
            (long_id.as_str(), "the alert key is not usable: a part is longer than 512 bytes"),
        ] {
            assert_eq!(Alert::parse(text).unwrap_err().to_string(), expected, "{text:.60}");
        }
    }

    #[test]
    fn an_alert_survives_a_message_unchanged() {
        let alert = Alert::parse(SSHD).unwrap();
        let copy: Alert = serde_json::from_str(&serde_json::to_string(&alert).unwrap()).unwrap();
        assert_eq!(copy.raw(), alert.raw());
        assert_eq!(copy.key(), alert.key());
    }

    pub(super) fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        let key = prop_oneof![
            "id|rule|level|groups|mitre|agent|name|manager|cluster|node|timestamp|data|description".boxed(),
            ".{0,4}".boxed(),
        ];
        leaf.prop_recursive(5, 64, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((key.clone(), inner), 0..8)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_json_panics(value in any_json()) {
            let _ = Alert::parse(&value.to_string());
        }

        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = Alert::parse(&text);
        }

        #[test]
        fn a_read_key_reads_back(node in "[a-z0-9.-]{1,20}", id in "[0-9]{1,10}\\.[0-9]{1,8}") {
            let key: AlertKey = format!("{node}/{id}").parse().unwrap();
            prop_assert_eq!(key.as_str().parse::<AlertKey>().unwrap(), key);
        }
    }
}
