//! What makes two alerts ask the model the same question: everything that decides its text, without what only
//! tells one event from its twin.

use domain::EnrichedAlert;
use domain::assessment::Priority;
use domain::history::History;
use domain::incident::USER_FIELDS;
use domain::lenient;
use domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::mask::mask;

/// The question an alert asks: its fingerprint, and the values in which it differs from its twins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub fingerprint: Fingerprint,
    /// Times, ports, addresses, counts: as many as any twin has, in the same order.
    pub values: Vec<String>,
}

/// Equal for alerts that deserve the same text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Members of the alert that Wazuh writes: kept as they are. The agent is one of them, since a text names its host.
const KEPT_MEMBERS: [&str; 6] = ["rule", "agent", "manager", "cluster", "decoder", "location"];

/// Numbers that decide, whatever they look like.
const KEPT_FIELDS: [&str; 8] =
    ["dstport", "dst_port", "dest_port", "destinationPort", "status", "subStatus", "eventID", "logonType"];

/// Members that say which alert it is, and when the indexer got it. No model sees them.
const DROPPED_MEMBERS: [&str; 3] = ["id", "_id", "@timestamp"];

/// Counters of the manager: different for every alert.
const DROPPED_FIELDS: [&str; 1] = ["firedtimes"];

impl Question {
    /// `versions`: of the prompt, the redaction, the models, the site's notes; any of them makes new texts.
    pub fn of(enriched: &EnrichedAlert, priority: Priority, history: &History, versions: &[&str]) -> Self {
        let mut hash = Hash::default();
        for version in versions {
            hash.part("version", version);
        }
        hash.part("priority", priority.name());
        let mut values = Vec::new();
        judged(&mut hash, &mut values, &enriched.verdict);
        remembered(&mut hash, &mut values, history);
        // In our own form as well: that is what the model sees.
        changing(&mut hash, &mut values, "time", &written(enriched.alert.timestamp()));
        let members = enriched.alert.document().as_object().into_iter().flatten();
        for (name, member) in members.filter(|(name, _)| !DROPPED_MEMBERS.contains(&name.as_str())) {
            let kept = KEPT_MEMBERS.contains(&name.as_str());
            walk(&mut hash, &mut values, name, member, kept);
        }
        Self { fingerprint: Fingerprint(hash.finish()), values }
    }
}

/// The judgement and who is behind it; the score only by tens, since it drifts with every report.
fn judged(hash: &mut Hash, values: &mut Vec<String>, verdict: &Verdict) {
    hash.part("judgement", verdict.judgement.name());
    hash.part("score", &(verdict.score / 10).to_string());
    values.push(verdict.score.to_string());
    for judged in &verdict.indicators {
        for accuser in judged.accusers() {
            hash.part("accuser", &accuser.to_string());
        }
        for contribution in judged.contributions.iter().filter(|contribution| contribution.applicable) {
            let answered = if contribution.has_answered() { "answered" } else { "silent" };
            hash.part(&contribution.witness.to_string(), answered);
        }
    }
}

/// Counts by their order of magnitude: twelve failures read like fourteen, not like two hundred. A text that says
/// "twelve" is still not shown for fourteen.
fn remembered(hash: &mut Hash, values: &mut Vec<String>, history: &History) {
    let magnitude = |count: u64| (u64::BITS - count.leading_zeros()).to_string();
    hash.part("known before", if history.known_before { "yes" } else { "no" });
    for (name, count) in [
        ("alerts", history.alerts_before),
        ("recent", history.recent_alerts),
        ("hosts", history.hosts.into()),
        ("users", history.users.into()),
        ("addresses", history.addresses.into()),
        ("rules", history.rules.into()),
        ("failures", history.failures_before.into()),
    ] {
        hash.part(name, &magnitude(count));
        values.push(count.to_string());
    }
    for (name, time) in [("first seen", history.first_seen), ("last seen", history.last_seen)] {
        changing(hash, values, name, &written(time));
    }
}

fn written(time: Option<Timestamp>) -> String {
    // Without fractions: a time with some would not be the twin of one without.
    time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}

fn walk(hash: &mut Hash, values: &mut Vec<String>, name: &str, value: &Value, kept: bool) {
    if DROPPED_FIELDS.contains(&name) {
        return;
    }
    let kept = kept || KEPT_FIELDS.contains(&name) || is_user(name);
    match value {
        Value::Object(members) => {
            hash.part(name, "object");
            for (name, member) in members {
                walk(hash, values, name, member, kept);
            }
            hash.part(name, "end");
        }
        Value::Array(items) => {
            hash.part(name, "list");
            for item in items {
                walk(hash, values, name, item, kept);
            }
            hash.part(name, "end");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let text = lenient::text(value).unwrap_or_default();
            if kept {
                hash.part(name, &text);
                return;
            }
            changing(hash, values, name, &text);
        }
    }
}

fn changing(hash: &mut Hash, values: &mut Vec<String>, name: &str, text: &str) {
    let masked = mask(text);
    hash.part(name, &masked.template);
    // A marker that stands in the log itself must not shift the values of its twin.
    hash.part("values", &masked.values.len().to_string());
    values.extend(masked.values);
}

fn is_user(name: &str) -> bool {
    USER_FIELDS.iter().any(|path| path.last() == Some(&name))
}

#[derive(Default)]
struct Hash(Sha256);

impl Hash {
    /// Name and text with their lengths: no two lists of parts run together.
    fn part(&mut self, name: &str, text: &str) {
        for piece in [name, text] {
            self.0.update(piece.len().to_be_bytes());
            self.0.update(piece);
        }
    }

    fn finish(self) -> String {
        use std::fmt::Write as _;
        self.0.finalize().iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Alert;
    use domain::message::Schema;
    use domain::verdict::{Formula, Judgement};
    use proptest::prelude::*;
    use serde_json::json;

    fn alert() -> Value {
        json!({
            "id": "1791030127.4711", "timestamp": "2026-10-03T14:22:07.512+0200",
            "rule": {"id": "31103", "level": 7, "firedtimes": 3, "groups": ["web", "attack"]},
            "agent": {"id": "007", "name": "web-01"},
            "full_log": "203.0.113.24 - - [03/Oct/2026:14:22:06 +0200] \"GET /item?id=1%27+UNION HTTP/1.1\" 404 1287",
            "data": {"srcip": "203.0.113.24", "srcport": "50122", "url": "/item?id=1%27+UNION", "id": "404",
                     "command": "curl -o /tmp/a", "dstuser": "alice"},
        })
    }

    fn enriched(alert: &Value, judgement: Judgement) -> EnrichedAlert {
        let verdict = Verdict { judgement, ..Verdict::over(&[], &Formula::default(), Timestamp::UNIX_EPOCH) };
        let alert = Alert::parse(&alert.to_string()).unwrap();
        EnrichedAlert { schema: Schema, alert, reports: Vec::new(), verdict, repeat_of: None }
    }

    fn question(alert: &Value) -> Question {
        let enriched = enriched(alert, Judgement::Unknown);
        Question::of(&enriched, Priority::Medium, &History::default(), &["prompt 1", "small"])
    }

    fn with(pointer: &str, value: impl Into<Value>) -> Value {
        let mut alert = alert();
        *alert.pointer_mut(pointer).unwrap() = value.into();
        alert
    }

    #[test]
    fn what_decides_the_text_makes_another_question() {
        let first = question(&alert());
        for (pointer, value) in [
            ("/data/command", json!("curl -o /tmp/b")),
            ("/data/url", json!("/item?id=1%27+SELECT")),
            ("/data/dstuser", json!("bob")),
            ("/data/dstuser", json!("10014")),
            ("/data/id", json!("200")),
            ("/rule/id", json!("31104")),
            ("/rule/level", json!(12)),
            ("/agent/name", json!("web-02")),
            ("/data/srcip", json!("10.0.0.4")),
        ] {
            assert_ne!(question(&with(pointer, value)).fingerprint, first.fingerprint, "{pointer}");
        }
    }

    #[test]
    fn judgement_priority_history_and_versions_make_another_question() {
        let base = enriched(&alert(), Judgement::Unknown);
        let of = |enriched: &EnrichedAlert, priority, history: &History, versions: &[&str]| {
            Question::of(enriched, priority, history, versions).fingerprint
        };
        let quiet = History::default();
        let first = of(&base, Priority::Medium, &quiet, &["prompt 1"]);
        assert_ne!(
            of(&enriched(&alert(), Judgement::Malicious), Priority::Medium, &quiet, &["prompt 1"]),
            first
        );
        assert_ne!(of(&base, Priority::High, &quiet, &["prompt 1"]), first);
        assert_ne!(of(&base, Priority::Medium, &quiet, &["prompt 2"]), first);
        let failures = |failures_before| History { failures_before, ..History::default() };
        let twelve = of(&base, Priority::Medium, &failures(12), &["prompt 1"]);
        assert_eq!(of(&base, Priority::Medium, &failures(14), &["prompt 1"]), twelve);
        assert_ne!(of(&base, Priority::Medium, &failures(200), &["prompt 1"]), twelve);
    }

    #[test]
    fn a_marker_in_the_log_is_not_a_value() {
        let marked = question(&with("/data/url", "/item?id=<number>"));
        let number = question(&with("/data/url", "/item?id=48211"));
        assert_ne!(marked.fingerprint, number.fingerprint);
    }

    proptest! {
        #[test]
        fn twins_ask_the_same_question(
            time in 1_700_000_000_i64..1_900_000_000,
            port in 10_000_u16..,
            pid in 1_u32..4_000_000,
            source in any::<[u8; 3]>(),
            fired in 1_u32..5000,
        ) {
            let of = |time: i64, port: u16, pid: u32, source: [u8; 3], fired: u32| {
                let time = Timestamp::from_second(time).unwrap();
                let address = format!("198.{}.{}.{}", source[0], source[1], source[2]);
                let mut alert = alert();
                alert["id"] = format!("{}.{port}", time.as_second()).into();
                alert["timestamp"] = time.to_string().into();
                alert["rule"]["firedtimes"] = fired.into();
                alert["data"]["srcip"] = address.clone().into();
                alert["data"]["srcport"] = port.to_string().into();
                alert["full_log"] = format!("{time} web-01 sshd[{pid}]: Failed password for root from {address} port {port} ssh2").into();
                question(&alert)
            };
            let first = of(1_791_030_127, 50_122, 881, [51, 100, 7], 3);
            let twin = of(time, port, pid, source, fired);
            prop_assert_eq!(&twin.fingerprint, &first.fingerprint);
            prop_assert_eq!(twin.values.len(), first.values.len());
        }

        #[test]
        fn another_command_is_another_question(command in "[a-z]{1,12} -[a-z] /[a-z]{1,12}") {
            prop_assert_ne!(question(&with("/data/command", command)).fingerprint, question(&alert()).fingerprint);
        }
    }
}
