//! OTLP in JSON: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>. Ids are hexadecimal, enumerations
//! numbers, and 64-bit numbers texts.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::collector::Finished;
use super::fields::{Fields, Value};

/// The body of one export.
pub(crate) fn body(resource: &[(String, String)], spans: &[Finished]) -> String {
    let resource: Vec<Json> =
        resource.iter().map(|(name, text)| attribute(name, &json!({ "stringValue": text }))).collect();
    let spans: Vec<Json> = spans.iter().map(span).collect();
    let scope = json!({ "name": "wazuh-triage", "version": env!("CARGO_PKG_VERSION") });
    let scoped = json!([{ "scope": scope, "spans": spans }]);
    json!({ "resourceSpans": [{ "resource": { "attributes": resource }, "scopeSpans": scoped }] }).to_string()
}

fn span(finished: &Finished) -> Json {
    let Finished { context, fields, .. } = finished;
    let attributes = fields.attributes.iter().map(|(name, value)| attribute(name, &any(value)));
    let mut span = json!({
        "traceId": context.trace.to_string(),
        "spanId": context.span.to_string(),
        "name": finished.name,
        "kind": fields.kind as u8,
        "startTimeUnixNano": finished.start_nanos.to_string(),
        "endTimeUnixNano": finished.end_nanos.to_string(),
        "attributes": attributes.collect::<Vec<_>>(),
    });
    let failed = fields.attributes.get(&Fields::ERROR).is_some();
    let optional = [
        ("parentSpanId", finished.parent.map(|parent| json!(parent.to_string()))),
        (
            "links",
            finished
                .link
                .map(|link| json!([{ "traceId": link.trace.to_string(), "spanId": link.span.to_string() }])),
        ),
        ("status", failed.then(|| json!({ "code": 2 }))),
    ];
    if let Json::Object(members) = &mut span {
        members.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    span
}

fn attribute(name: &str, value: &Json) -> Json {
    json!({ "key": name, "value": value })
}

fn any(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!({ "stringValue": text }),
        Value::Whole(number) => json!({ "intValue": number.to_string() }),
        Value::Fraction(number) => json!({ "doubleValue": number }),
        Value::Flag(flag) => json!({ "boolValue": flag }),
    }
}

/// How many spans the collector did not take, from its answer to an export that it otherwise took.
pub(crate) fn rejected(answer: &[u8]) -> u32 {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        partial_success: Option<PartialSuccess>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct PartialSuccess {
        #[serde(default)]
        rejected_spans: Json,
    }
    let Ok(Answer { partial_success: Some(PartialSuccess { rejected_spans }) }) =
        serde_json::from_slice(answer)
    else {
        return 0;
    };
    // By the book a text, and often a number.
    let number = rejected_spans.as_u64().or_else(|| rejected_spans.as_str()?.parse().ok());
    number.map_or(0, |number| u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::context::Context;
    use super::*;

    #[test]
    fn a_span_reads_as_the_specification_says() {
        let context = Context::read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        let mut fields = Fields::default();
        fields.attributes.set("alert.key", Value::Text("node/1.2".into()));
        fields.attributes.set("http.response.status_code", Value::Whole(503));
        fields.attributes.set(Fields::ERROR, Value::Text("503".into()));
        let finished = Finished {
            context,
            parent: Some(context.span),
            link: Some(context),
            name: "enrich".into(),
            fields,
            start_nanos: 1_764_000_000_123_456_789,
            end_nanos: 1_764_000_001_000_000_000,
        };
        let resource = [("service.name".to_owned(), "wazuh-triage-enrich".to_owned())];
        let body: Json = serde_json::from_str(&body(&resource, &[finished])).unwrap();
        let expected = json!({"resourceSpans": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "wazuh-triage-enrich"}}]},
            "scopeSpans": [{
                "scope": {"name": "wazuh-triage", "version": env!("CARGO_PKG_VERSION")},
                "spans": [{
                    "traceId": "0af7651916cd43dd8448eb211c80319c",
                    "spanId": "b7ad6b7169203331",
                    "parentSpanId": "b7ad6b7169203331",
                    "name": "enrich",
                    "kind": 1,
                    "startTimeUnixNano": "1764000000123456789",
                    "endTimeUnixNano": "1764000001000000000",
                    "attributes": [
                        {"key": "alert.key", "value": {"stringValue": "node/1.2"}},
                        {"key": "http.response.status_code", "value": {"intValue": "503"}},
                        {"key": "error.type", "value": {"stringValue": "503"}},
                    ],
                    "links": [{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331"}],
                    "status": {"code": 2},
                }],
            }],
        }]});
        assert_eq!(body, expected);
    }

    #[test]
    fn what_was_not_taken_is_counted() {
        for (answer, expected) in [
            ("", 0),
            ("{}", 0),
            ("<html>", 0),
            (r#"{"partialSuccess":{}}"#, 0),
            (r#"{"partialSuccess":{"rejectedSpans":"7","errorMessage":"no"}}"#, 7),
            (r#"{"partialSuccess":{"rejectedSpans":3}}"#, 3),
            (r#"{"partialSuccess":{"rejectedSpans":"-3"}}"#, 0),
        ] {
            assert_eq!(rejected(answer.as_bytes()), expected, "{answer}");
        }
    }
}
