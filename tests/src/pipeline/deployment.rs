//! What Terraform makes of it: tables, queues, parameters, and the functions' variables.

use lambda::config::Environment;
use lambda::metrics::Metrics;
use serde_json::json;

use crate::MemoryAws;
use crate::alerts::LISTED;

/// What Terraform makes, and one address that a feed lists.
pub(super) fn account() -> MemoryAws {
    let aws = MemoryAws::default();
    for (table, keys) in [
        ("claims", vec!["id"]),
        ("incidents", vec!["id"]),
        ("analyses", vec!["id"]),
        ("deliveries", vec!["id", "part"]),
        ("intel", vec!["key", "source"]),
        ("sightings", vec!["subject", "seen"]),
    ] {
        aws.table(table, keys);
    }
    for queue in ["alerts", "enriched", "notices", "feedback"] {
        aws.queue(queue);
    }
    for key in ["abuseipdb", "misp", "otx", "model"] {
        aws.set_parameter(&format!("/t/{key}-key"), "unset");
    }
    let listed = format!("ip#{LISTED}");
    aws.put_row("intel", &json!({"key": {"S": listed}, "source": {"S": "feed#urlhaus"}}));
    aws
}

/// The variables of enrich, analyze, notify and hunt.
pub(super) fn environments(aws: &MemoryAws) -> [Environment; 4] {
    let url = |name: &str| aws.queue(name);
    let of = |name: &str, settings: &[(&str, &str)]| {
        let dead_letters = url(&format!("{name}-dlq"));
        let common = [
            ("LEASE_SECONDS", "30"),
            // Whoever runs this program reads its output.
            ("METRICS_NAMESPACE", Metrics::OFF),
            ("CLAIMS_TABLE", "claims"),
            ("SIGHTINGS_TABLE", "sightings"),
            ("DEAD_LETTER_QUEUE_URL", &dead_letters),
        ];
        let all = common.iter().chain(settings);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Environment>()
    };
    let (enriched, notices, feedback) = (url("enriched"), url("notices"), url("feedback"));
    [
        of(
            "alerts",
            &[
                ("INTEL_TABLE", "intel"),
                ("ENRICHED_QUEUE_URL", &enriched),
                ("FEEDBACK_QUEUE_URL", &feedback),
                ("ABUSEIPDB_KEY_PARAMETER", "/t/abuseipdb-key"),
                ("MISP_KEY_PARAMETER", "/t/misp-key"),
                ("OTX_KEY_PARAMETER", "/t/otx-key"),
                ("DOCUMENTATION_ADDRESSES", "public"),
                ("LOOK_UP_LOGINS", "off"),
            ],
        ),
        of(
            "enriched",
            &[
                ("INCIDENTS_TABLE", "incidents"),
                ("ANALYSES_TABLE", "analyses"),
                ("NOTICES_QUEUE_URL", &notices),
                ("MODEL_KEY_PARAMETER", "/t/model-key"),
            ],
        ),
        of(
            "notices",
            &[
                ("DELIVERIES_TABLE", "deliveries"),
                ("NOTICES_QUEUE_URL", &notices),
                ("MAIL_FROM", "triage@example.com"),
                ("MAIL_TO", "soc@example.com"),
            ],
        ),
        of("hunt", &[("ENRICHED_QUEUE_URL", &enriched), ("FEEDBACK_QUEUE_URL", &feedback)]),
    ]
}
