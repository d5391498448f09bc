use insta::assert_snapshot;

use crate::bench::{Bench, Said, said};

fn check(stage: &str, content: &str) -> Said {
    let bench = Bench::new();
    bench.file("variables", content);
    said(&bench.command("config", &format!("check {stage} variables")).output().unwrap())
}

const ENRICH: &str = "\
LEASE_SECONDS=30
CLAIMS_TABLE=wazuh-triage-claims
DEAD_LETTER_QUEUE_URL=https://sqs.eu-central-1.amazonaws.com/1/wazuh-triage-alerts-dlq
INTEL_TABLE=wazuh-triage-intel
SIGHTINGS_TABLE=wazuh-triage-sightings
ENRICHED_QUEUE_URL=https://sqs.eu-central-1.amazonaws.com/1/wazuh-triage-enriched
FEEDBACK_QUEUE_URL=https://sqs.eu-central-1.amazonaws.com/1/wazuh-triage-feedback
ABUSEIPDB_KEY_PARAMETER=/wazuh-triage/abuseipdb-key
MISP_KEY_PARAMETER=/wazuh-triage/misp-key
OTX_KEY_PARAMETER=/wazuh-triage/otx-key
";

#[test]
fn a_function_that_would_start_is_said_to() {
    let said = check("enrich", ENRICH);
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert_snapshot!(said.out, @"enrich would start with these variables");
}

#[test]
fn every_problem_is_printed_at_once() {
    let said = check("enrich", &ENRICH.replace("LEASE_SECONDS=30", "MIN_LEVEL=high\nFORWARD_LEVEL=300"));
    assert_eq!(said.code, 78);
    assert_snapshot!(said.out, @r#"
    LEASE_SECONDS is not set, for example LEASE_SECONDS=30
    MIN_LEVEL is "high": invalid digit found in string; an example is MIN_LEVEL=6
    FORWARD_LEVEL is "300": number too large to fit in target type; an example is FORWARD_LEVEL=7
    "#);
    assert_snapshot!(said.err, @"triage: enrich would not start: 3 problems");
}

#[test]
fn what_is_wrong_with_traces_is_printed_with_the_rest() {
    let collector = "OTEL_EXPORTER_OTLP_ENDPOINT=https://collector.example:4318\n";
    assert_eq!(check("enrich", &format!("{ENRICH}{collector}OTEL_TRACES_SAMPLER_ARG=0.1")).code, 0);
    let wrong = "OTEL_TRACES_SAMPLER_ARG=10%\nOTEL_EXPORTER_OTLP_PROTOCOL=grpc\nOTEL_EXPORTER_OTLP_HEADERS=key=hunter2";
    let said = check("enrich", &format!("{}{collector}{wrong}", ENRICH.replace("INTEL_TABLE", "INTEL")));
    assert_eq!(said.code, 78);
    assert_snapshot!(said.out, @r#"
    INTEL_TABLE is not set, for example INTEL_TABLE=wazuh-triage-intel
    OTEL_EXPORTER_OTLP_HEADERS holds a secret, which everybody who may look at the function can read; put it into an SSM parameter and name that in OTEL_EXPORTER_OTLP_HEADERS_PARAMETER
    OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"; only http/json is spoken here
    OTEL_TRACES_SAMPLER_ARG is "10%": it is not a number from 0 to 1; an example is OTEL_TRACES_SAMPLER_ARG=1.0
    "#);
    assert_snapshot!(said.err, @"triage: enrich would not start: 4 problems");
}

#[test]
fn each_stage_is_read_by_its_own_reader() {
    for (stage, name) in [
        ("analyze", "NOTICES_QUEUE_URL"),
        ("notify", "MAIL_FROM"),
        ("ingest", "FEEDS_BUCKET"),
        ("hunt", "ENRICHED_QUEUE_URL"),
    ] {
        let said = check(stage, "{}");
        assert_eq!(said.code, 78);
        assert!(said.out.contains(&format!("{name} is not set")), "{}", said.out);
    }
    let said = check("ingest", r#"{"FEEDS": "otter=3600"}"#);
    assert!(said.out.contains("there is no such feed; there are otx"), "{}", said.out);
    assert_eq!(check("everything", "{}").code, 64);
    let said = check("enrich", "what is this");
    assert_eq!(said.code, 65);
    assert_snapshot!(said.err, @"triage: could not read variables from variables: line 1 is not NAME=VALUE");
}
