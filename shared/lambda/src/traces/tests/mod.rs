//! Records through the runner, their spans at a collector.

mod fake;

use std::time::{Duration, Instant};

use domain::AlertKey;
use jiff::Timestamp;
use serde_json::json;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::fake::{Arrived, Fake, Manners};
use super::*;
use crate::batch::{Batch, Deadline, Record};
use crate::ledger::{End, Outcome};
use crate::secrets::Secret;
use crate::stage::{Failure, Settled, Stage, handle_batch};

const PARAMETER: &str = "/wazuh-triage/otel-headers";
const LONG: Duration = Duration::from_secs(20);

/// Does what the body says: `KEY VERB`.
struct Obedient {
    metrics: Metrics,
    sqs: aws_sdk_sqs::Client,
    http: reqwest::Client,
    url: String,
}

#[derive(Debug, thiserror::Error)]
#[error("asked to fail")]
struct Disobedience;

impl Failure for Disobedience {
    fn kind(&self) -> &'static str {
        "disobedience"
    }
}

impl Obedient {
    fn new(fake: &Fake) -> Self {
        let environment = Environment::from_iter([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_ENDPOINT_URL", &fake.url),
        ]);
        Self {
            metrics: Metrics::unwritten("enrich"),
            sqs: aws_sdk_sqs::Client::new(&crate::aws::config(&environment).unwrap()),
            http: crate::http::client(Duration::from_secs(2)).unwrap().build().unwrap(),
            url: fake.url.clone(),
        }
    }

    async fn send(&self) {
        let queue = format!("{}/1/wazuh-triage-enriched", self.url);
        crate::queue::send(&self.sqs, &queue, "PASSWORD hunter2".to_owned()).await.unwrap();
    }
}

impl Stage for Obedient {
    type Error = Disobedience;

    const ONE_RECORD: Duration = Duration::from_millis(10);
    const CROWD: usize = 10;

    fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    async fn handle(&self, record: &Record, _: Deadline, _: Timestamp) -> Result<Settled, Disobedience> {
        let (key, verb) = record.body.split_once(' ').unwrap();
        let key: AlertKey = key.parse().unwrap();
        about(&key);
        match verb {
            "send" => self.send().await,
            "ask" => {
                let url = format!("{}/indicators/203.0.113.9?key=hunter2", self.url);
                let request = self.http.post(url).build().unwrap();
                crate::http::execute(&self.http, request).await.unwrap();
            }
            "end" => return Ok(Settled::Ended(End::new(&key, Outcome::Ignored, "below_level"))),
            "fail" => return Err(Disobedience),
            "hang" => std::future::pending().await,
            _ => panic!("{verb}"),
        }
        Ok(Settled::Passed)
    }
}

fn traces(variables: &[(&str, &str)], secret: &str) -> Traces {
    let settings = Settings::read(&variables.iter().copied().collect()).unwrap();
    let secrets = || Secrets::given([(PARAMETER.to_owned(), Secret::new(secret))]);
    Traces(settings.map(|settings| On::new(settings, secrets())))
}

fn to(url: &str) -> Traces {
    traces(&[("OTEL_EXPORTER_OTLP_ENDPOINT", url), ("AWS_LAMBDA_FUNCTION_NAME", "triage-enrich")], "")
}

/// Until it is dropped, this thread's spans are kept.
fn listen(traces: &Traces) -> DefaultGuard {
    let (collector, wanted) = traces.layer();
    tracing_subscriber::registry().with(collector.with_filter(wanted)).set_default()
}

fn batch(records: &[(&str, Option<&str>)]) -> Batch {
    let record = |(number, (body, traceparent)): (usize, &(&str, Option<&str>))| {
        let attributes = traceparent.map_or(
            json!({}),
            |text| json!({ "traceparent": { "stringValue": text, "dataType": "String" } }),
        );
        json!({ "messageId": format!("m{number}"), "body": body, "messageAttributes": attributes })
    };
    let records: Vec<_> = records.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// One invocation, as `serve` has it.
async fn invoke(stage: &Obedient, traces: &Traces, records: &[(&str, Option<&str>)]) {
    let deadline = Deadline::within(Duration::from_millis(1500), Obedient::ONE_RECORD);
    let _ = handle_batch(stage, &batch(records), deadline).await;
    traces.flush(&stage.metrics, LONG).await;
}

fn is_below(child: &Arrived, parent: &Arrived) -> bool {
    child.trace == parent.trace && child.parent.as_ref() == Some(&parent.id)
}

#[tokio::test]
async fn the_spans_of_a_record_reach_the_collector_and_the_next_stage_goes_on() {
    let fake = Fake::start(Manners::Fine).await;
    let (stage, traces) = (Obedient::new(&fake), to(&fake.url));
    let _listening = listen(&traces);
    invoke(&stage, &traces, &[("node/1.2 send", None)]).await;

    let (record, send, call) = (fake.span("enrich"), fake.span("send"), fake.span("SQS.SendMessage"));
    assert_eq!(fake.spans().len(), 3, "{:#?}", fake.spans());
    assert_eq!(record.trace, context::TraceId::of_alert("node/1.2").to_string());
    assert_eq!((record.parent.as_deref(), record.failed), (None, false));
    assert!(is_below(&send, &record) && is_below(&call, &send), "{:#?}", fake.spans());
    assert_eq!((record.kind, send.kind, call.kind), (5, 4, 3));
    assert_eq!(record.attributes["outcome"], "passed");
    assert_eq!(record.attributes["alert.key"], "node/1.2");
    assert_eq!(record.attributes["messaging.system"], "aws_sqs");
    assert_eq!(send.attributes["messaging.destination.name"], "wazuh-triage-enriched");
    assert_eq!(call.attributes["rpc.method"], "SendMessage");
    assert_eq!(fake.header("content-type").as_deref(), Some("application/json"));
    assert!(fake.exported().contains("triage-enrich"), "{}", fake.exported());
    assert!(!fake.exported().contains("hunter2"), "{}", fake.exported());

    let [Some(traceparent)] = &fake.traceparents()[..] else { panic!("{:?}", fake.traceparents()) };
    assert_eq!(*traceparent, format!("00-{}-{}-01", send.trace, send.id));
    invoke(&stage, &traces, &[("node/7.7 end", Some(traceparent))]).await;
    let next = fake.spans().pop().unwrap();
    assert!(is_below(&next, &send), "{next:?}");
    assert_eq!(next.attributes["outcome"], "ignored");
    assert_eq!(next.attributes["reason"], "below_level");
}

#[tokio::test]
async fn an_alert_has_the_trace_of_its_publisher_or_of_its_key_however_often_it_comes() {
    const STARTED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let fake = Fake::start(Manners::Fine).await;
    let (stage, traces) = (Obedient::new(&fake), to(&fake.url));
    let _listening = listen(&traces);
    invoke(&stage, &traces, &[("node/1.2 end", Some(STARTED)), ("node/1.3 end", Some("nonsense"))]).await;
    invoke(&stage, &traces, &[("node/1.3 end", None)]).await;
    let traces: Vec<String> = fake.spans().into_iter().map(|span| span.trace).collect();
    let of_key = context::TraceId::of_alert("node/1.3").to_string();
    assert_eq!(traces, ["0af7651916cd43dd8448eb211c80319c", of_key.as_str(), of_key.as_str()]);
}

#[tokio::test]
async fn a_failure_a_panic_and_a_hang_are_seen() {
    let fake = Fake::start(Manners::Fine).await;
    let (stage, traces) = (Obedient::new(&fake), to(&fake.url));
    let _listening = listen(&traces);
    invoke(
        &stage,
        &traces,
        &[("n/1 fail", None), ("n/2 panic", None), ("n/3 hang", None), ("n/4 end", None)],
    )
    .await;
    let mut ends: Vec<_> = fake
        .spans()
        .into_iter()
        .map(|span| {
            (span.attributes["alert.key"].clone(), span.failed, span.attributes.get("error.type").cloned())
        })
        .collect();
    ends.sort();
    let end = |key: &str, error: Option<&str>| (key.to_owned(), error.is_some(), error.map(str::to_owned));
    assert_eq!(
        ends,
        [
            end("n/1", Some("disobedience")),
            end("n/2", Some("interrupted")),
            end("n/3", Some("interrupted")),
            end("n/4", None),
        ]
    );
}

#[tokio::test]
async fn of_a_request_nothing_is_told_but_whom_it_asked_and_how_it_ended() {
    let fake = Fake::start(Manners::Forbidding).await;
    let (stage, traces) = (Obedient::new(&fake), to(&fake.url));
    let _listening = listen(&traces);
    invoke(&stage, &traces, &[("node/1.2 ask", None)]).await;
    let asked = fake.span("POST");
    assert!(is_below(&asked, &fake.span("enrich")));
    assert_eq!(asked.attributes["server.address"], "127.0.0.1");
    assert_eq!(asked.attributes["http.response.status_code"], "403");
    assert_eq!(asked.attributes["error.type"], "403");
    for secret in ["203.0.113.9", "hunter2", "indicators"] {
        assert!(!fake.exported().contains(secret), "{}", fake.exported());
    }
}

#[tokio::test]
async fn a_run_has_a_trace_of_its_own_and_what_it_finds_has_that_of_the_alert() {
    let fake = Fake::start(Manners::Fine).await;
    let (stage, traces) = (Obedient::new(&fake), to(&fake.url));
    let _listening = listen(&traces);
    let key: AlertKey = "hunt/1.2".parse().unwrap();
    let work = async {
        stage.send().await;
        found(&key, async {
            stage.send().await;
            Ok::<_, Disobedience>(())
        })
        .await?;
        Err::<(), _>(Disobedience)
    };
    run("hunt", work).await.unwrap_err();
    traces.flush(&stage.metrics, LONG).await;
    let (hunt, finding) = (fake.span("hunt"), fake.span("finding"));
    assert_eq!((hunt.failed, finding.failed), (true, false));
    assert_eq!(finding.trace, context::TraceId::of_alert("hunt/1.2").to_string());
    assert_eq!((&finding.parent, finding.link.as_ref()), (&None, Some(&hunt.trace)));
    let [None, Some(traceparent)] = &fake.traceparents()[..] else { panic!("{:?}", fake.traceparents()) };
    assert!(traceparent.contains(&finding.trace), "{traceparent}");
}

#[tokio::test]
async fn off_means_no_request_and_no_attribute() {
    let fake = Fake::start(Manners::Fine).await;
    let (stage, traces) = (Obedient::new(&fake), Traces::default());
    let _listening = listen(&traces);
    invoke(&stage, &traces, &[("node/1.2 send", None)]).await;
    assert_eq!((fake.exports(), fake.traceparents()), (0, vec![None]));
}

#[tokio::test]
async fn what_is_not_sampled_is_not_sent_and_the_next_stage_knows() {
    let fake = Fake::start(Manners::Fine).await;
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", fake.url.as_str()),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0"),
    ];
    let (stage, traces) = (Obedient::new(&fake), traces(&variables, ""));
    let _listening = listen(&traces);
    invoke(&stage, &traces, &[("node/1.2 send", None)]).await;
    assert_eq!(fake.exports(), 0);
    let [Some(traceparent)] = &fake.traceparents()[..] else { panic!("{:?}", fake.traceparents()) };
    assert!(traceparent.ends_with("-00"), "{traceparent}");
}

/// Spans of three invocations and a fourth, to a collector in trouble: none takes longer than it may, and the fourth
/// is not even tried.
#[tokio::test]
async fn a_collector_in_trouble_costs_a_moment_and_is_left_alone_after_three_failures() {
    for manners in [Manners::Broken, Manners::Forbidding, Manners::Slow] {
        let fake = Fake::start(manners).await;
        let (stage, traces) = (Obedient::new(&fake), to(&fake.url));
        let _listening = listen(&traces);
        for attempt in 1..=4 {
            let _ =
                handle_batch(&stage, &batch(&[("n/1 end", None)]), Deadline::within(LONG, LONG / 10)).await;
            let before = Instant::now();
            traces.flush(&stage.metrics, Traces::RESERVE + Duration::from_millis(200)).await;
            assert!(before.elapsed() < Duration::from_secs(1), "{manners:?}: {:?}", before.elapsed());
            assert_eq!(fake.exports(), attempt.min(3), "{manners:?}");
        }
    }
}

#[tokio::test]
async fn a_collector_that_is_not_there_and_one_that_talks_without_end_cost_a_moment() {
    let nowhere = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let talkative = Fake::start(Manners::Talkative).await;
    for url in [&nowhere, &talkative.url] {
        let traces = to(url);
        let _listening = listen(&traces);
        invoke(&Obedient::new(&talkative), &traces, &[("n/1 end", None)]).await;
        let Some(on) = &traces.0 else { panic!("traces are off") };
        assert!(on.collector.take().spans.is_empty());
    }
    assert_eq!(talkative.exports(), 1);
}

#[tokio::test]
async fn nothing_is_sent_when_no_time_is_left() {
    let fake = Fake::start(Manners::Slow).await;
    let (stage, traces) = (Obedient::new(&fake), to(&fake.url));
    let _listening = listen(&traces);
    let _ = handle_batch(&stage, &batch(&[("n/1 end", None)]), Deadline::within(LONG, LONG / 10)).await;
    let before = Instant::now();
    traces.flush(&stage.metrics, Duration::from_millis(100)).await;
    assert!(before.elapsed() < Duration::from_millis(100), "{:?}", before.elapsed());
}

#[tokio::test]
async fn the_collectors_key_is_sent_and_stands_nowhere_else() {
    let check = async |secret: &str, header: Option<&str>| {
        let fake = Fake::start(Manners::Fine).await;
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", fake.url.as_str()),
            ("OTEL_EXPORTER_OTLP_HEADERS_PARAMETER", PARAMETER),
        ];
        let (stage, traces) = (Obedient::new(&fake), traces(&variables, secret));
        let _listening = listen(&traces);
        invoke(&stage, &traces, &[("n/1 end", None)]).await;
        assert_eq!(fake.header("x-api-key").as_deref(), header);
        assert!(!fake.exported().contains("hunter2"));
        assert!(!format!("{traces:?}").contains("hunter2"));
        let Some(on) = &traces.0 else { panic!("traces are off") };
        on.exporter.send(&[], LONG).await.map_err(|lost| format!("{lost:?} {lost} {}", lost.name()))
    };
    assert_eq!(check("X-Api-Key=hunter2", Some("hunter2")).await, Ok(0));
    for bad in ["hunter2", "hunter2 =%", "x y=hunter2", "x=hunter2\n1"] {
        let error = check(bad, None).await.unwrap_err();
        assert!(error.starts_with("Headers") && !error.contains("hunter2"), "{error}");
    }
}
