//! The kinds of events that enrich sends back, and their fields.

use domain::Feedback;
use serde_json::Value;

/// One kind of event.
pub struct Kind {
    pub integration: &'static str,
    pub location: &'static str,
    /// Prefix, and the names that may follow it.
    fields: &'static [(&'static str, &'static str)],
}

pub const KINDS: [Kind; 4] = [
    Kind {
        integration: "custom-abuseipdb",
        location: "abuseipdb",
        fields: &[
            ("", "integration"),
            ("abuseipdb.", "found abuse_confidence_score country_code usage_type isp domain total_reports"),
            ("abuseipdb.", "last_reported_at permalink"),
            ("abuseipdb.source.", "alert_id rule description level full_log srcip ip"),
        ],
    },
    Kind {
        integration: "misp",
        location: "misp",
        fields: &[
            ("", "integration threat"),
            ("misp.", "event_id category value type event_info permalink tags threat_level to_ids"),
            ("misp.", "attribute_count related_events"),
            ("misp.source.", "alert_id rule description level"),
            ("ioc.", "ip_src ip_dst domain url md5 sha1 sha256"),
            ("result_flags.", "ip_src_misp ip_dst_misp domain_misp url_misp md5_misp sha1_misp sha256_misp"),
            ("misp_response.", ANY),
            ("original_alert.", ANY),
        ],
    },
    Kind {
        integration: "alienvault_otx",
        location: "alienvault_otx",
        fields: &[
            ("", "integration overall_malicious overall_verdict original_rule input_alert original_full_log"),
            ("otx.", "pulse_count active"),
            ("indicators.src_ip.", OTX_INDICATOR),
            ("indicators.dst_ip.", OTX_INDICATOR),
            ("indicators.domain.", OTX_INDICATOR),
            ("indicators.file_hash.", OTX_INDICATOR),
            ("indicators.url.", OTX_INDICATOR),
            ("original_rule.", ANY),
            ("input_alert.", ANY),
        ],
    },
    Kind {
        integration: "wazuh-triage",
        location: "wazuh-triage",
        fields: &[
            ("", "integration srcip"),
            ("triage.", "kind judgement score indicator indicator_type direction coverage agreement"),
            ("triage.", "witnesses reasons formula_version"),
            ("triage.", "finding_id severity subject title kinds technique_ids sentences evidence"),
            ("triage.source.", "alert_id alert_key rule description level"),
        ],
    },
];

/// The rest of the name is the alert's or MISP's business: no rule may lean on it.
const ANY: &str = "*";

const OTX_INDICATOR: &str =
    "value malicious verdict confidence pulse_count pulse_names adversaries malware_families reason";

/// Names that are Wazuh's own at the top of an event: `<field>` refuses them, `$(name)` takes them.
pub const STATIC: &str = "srcip dstip srcport dstport protocol action srcuser dstuser user id status url data \
                          extra_data systemname system_name";

impl Kind {
    pub fn of(integration: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.integration == integration)
    }

    /// A rule may ask for this field.
    pub fn carries(&self, field: &str) -> bool {
        self.fields
            .iter()
            .any(|(prefix, names)| field.strip_prefix(prefix).is_some_and(|rest| listed(names, rest)))
    }

    /// An event of this kind may have this field.
    pub fn allows(&self, field: &str) -> bool {
        let any = |(prefix, names): &(&str, &str)| *names == ANY && field.starts_with(prefix);
        self.carries(field) || self.fields.iter().any(any)
    }
}

/// `names` are words.
pub fn listed(names: &str, name: &str) -> bool {
    names.split(' ').any(|one| one == name)
}

/// The location as a rule sees it.
pub fn location(feedback: &Feedback) -> String {
    let agent = &feedback.agent;
    if agent.id == "000" {
        return feedback.location.clone();
    }
    format!("({}) {}->{}", agent.name, agent.ip.as_deref().unwrap_or("any"), feedback.location)
}

/// Fields as Wazuh's JSON decoder makes them: dotted names, and everything is text.
pub fn flattened(event: &Value) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    flatten("", event, &mut fields);
    fields
}

fn flatten(name: &str, value: &Value, fields: &mut Vec<(String, String)>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, fields);
            }
        }
        Value::String(text) => fields.push((name.to_owned(), text.clone())),
        Value::Number(number) if number.is_f64() => {
            fields.push((name.to_owned(), format!("{:.6}", number.as_f64().unwrap_or_default())));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            fields.push((name.to_owned(), value.to_string()));
        }
    }
}

#[test]
fn every_scalar_becomes_text_under_a_dotted_name() {
    let event = serde_json::json!({"a": {"b": 87, "c": null, "d": true}, "e": ["x", "y"], "f": 0.5});
    let fields = flattened(&event);
    let text: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(text, ["a.b=87", "a.c=null", "a.d=true", r#"e=["x","y"]"#, "f=0.500000"]);
}
