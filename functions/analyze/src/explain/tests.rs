//! From an alert to an explanation against a server that plays every kind of trouble, with a store in memory.

mod server;

use std::time::Duration;

use domain::analysis::{Analysis, Explanation, ModelVerdict, NoAnalysis, Spent};
use domain::assessment::{Assessment, Priority};
use domain::history::History;
use domain::incident::IncidentId;
use domain::message::{NoticeId, Schema};
use domain::verdict::{Formula, Judgement, Verdict};
use domain::{Alert, EnrichedAlert};
use jiff::Timestamp;
use lambda::config::{Environment, Reader};
use lambda::metrics::Metrics;
use lambda::secrets::Secrets;
use serde_json::{Value, json};

use self::server::{Server, answer, completion, refused};
use super::Explainer;
use crate::analyses::Analyses;
use crate::economy;
use crate::model::{self, Auth, Dialect, Ladder, Model};
use crate::prompt::{PromptSettings, Subject};

const PRICES: &str = r#"{"as_of":"2026-07-01","usd_per_million_tokens":{
    "small":{"input":0.75,"cached":0.075,"output":4.5},"large":{"input":5,"output":30}}}"#;
const AVAILABLE: Duration = Duration::from_secs(20);

fn noon() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

fn aws(endpoint: &str) -> aws_types::SdkConfig {
    lambda::aws::config(&Environment::from_iter([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret-of-the-role"),
        ("AWS_ENDPOINT_URL", endpoint),
    ]))
    .unwrap()
}

fn explainer(server: &Server, analyses: Analyses, variables: &[(&str, &str)]) -> Explainer {
    let aws = aws(&server.url);
    let settings = model::Settings {
        url: format!("{}/v1", server.url).parse().unwrap(),
        dialect: Dialect::Chat,
        auth: Auth::Open,
        ladder: Ladder::Down,
        name: "small".into(),
        large_name: Some("large".into()),
        timeout: AVAILABLE,
        temperature: None,
        effort: None,
    };
    let model = Model::new(settings, Secrets::new(aws_sdk_ssm::Client::new(&aws)), &aws).unwrap();
    let defaults = [("ANALYSES_TABLE", "analyses"), ("MODEL_PRICES", PRICES)];
    let environment: Environment = defaults.into_iter().chain(variables.iter().copied()).collect();
    let economy = economy::Settings::read(&mut Reader::new(&environment)).unwrap();
    let metrics = Metrics::new("Test", "analyze");
    Explainer::new(model, &server.url, analyses, economy, PromptSettings::default(), metrics)
}

/// One alert, as the stage has it.
struct Case {
    enriched: EnrichedAlert,
    assessment: Assessment,
    history: History,
}

impl Case {
    fn new(address: &str, port: u16) -> Self {
        Self::of(&json!({
            "id": format!("1791030127.{port}"), "timestamp": "2026-10-03T14:22:07.512+0200",
            "rule": {"id": "5763", "level": 10, "groups": ["sshd"], "description": "sshd: brute force"},
            "agent": {"id": "007", "name": "web-01"},
            "full_log": format!("Oct  3 14:22:06 web-01 sshd[881]: Failed password for root from {address} port {port} ssh2"),
            "data": {"srcip": address, "srcport": port.to_string(), "dstuser": "root"},
        }))
    }

    fn of(alert: &Value) -> Self {
        let alert = Alert::parse(&alert.to_string()).unwrap();
        let verdict = Verdict::over(&[], &Formula::default(), Timestamp::UNIX_EPOCH);
        let assessment = assessment(Priority::High);
        let enriched = EnrichedAlert { schema: Schema, alert, reports: Vec::new(), verdict, repeat_of: None };
        Self { enriched, assessment, history: History::default() }
    }

    fn judged(mut self, judgement: Judgement) -> Self {
        self.enriched.verdict.judgement = judgement;
        self
    }

    fn notice(&self) -> NoticeId {
        NoticeId::of(&IncidentId::of(&self.enriched.alert), noon(), 1)
    }

    async fn explained(&self, explainer: &Explainer, now: Timestamp) -> Analysis {
        let Self { enriched, assessment, history } = self;
        let subject = Subject { enriched, assessment, history, context: &[] };
        explainer.explain(&subject, &self.notice(), now, AVAILABLE).await
    }

    async fn record(&self, analyses: &Analyses) -> Value {
        let row = analyses.read(&format!("audit#{}", self.notice()), noon()).await.unwrap().unwrap();
        serde_json::from_str(&row.document).unwrap()
    }
}

fn assessment(priority: Priority) -> Assessment {
    serde_json::from_value(json!({
        "priority": priority, "reasons": ["Rule 5763 has level 10."], "signals": [],
        "next_steps": [], "open_questions": [], "techniques": [],
    }))
    .unwrap()
}

fn written(analysis: Analysis) -> Explanation {
    match analysis {
        Analysis::Written(explanation) => *explanation,
        Analysis::Unavailable { reason } => panic!("no explanation: {reason}"),
    }
}

fn reason(analysis: &Analysis) -> NoAnalysis {
    match analysis {
        Analysis::Unavailable { reason } => *reason,
        Analysis::Written(_) => panic!("an explanation"),
    }
}

#[tokio::test]
async fn an_alert_is_explained_once_and_its_twin_gets_the_same_text_with_its_own_values() {
    let server = Server::start([answer(
        "true_positive",
        "Root was tried from 203.0.113.24, port 50122.",
        "203.0.113.24",
    )])
    .await;
    let analyses = Analyses::memory();
    let explainer = explainer(&server, analyses.clone(), &[]);
    let (first, twin) = (Case::new("203.0.113.24", 50_122), Case::new("198.51.100.7", 40_001));

    let explanation = written(first.explained(&explainer, noon()).await);
    assert_eq!(explanation.what_happened, "Root was tried from 203.0.113.24, port 50122.");
    // 1,000 x 0.75 + 1,500 x 0.075 + 900 x 4.50 dollars for a million
    let spent = Spent { input_tokens: 2_500, output_tokens: 900, micro_usd: Some(4_913) };
    assert_eq!((explanation.usage, explanation.reused), (Some(spent), false));
    let record = first.record(&analyses).await;
    assert_eq!(record["calls"][0]["answered"], "small-2026-03-17");
    assert_eq!(record["calls"][0]["request_id"], "req_1");
    assert_eq!(record["result"]["written"], json!({"verdict": "true_positive", "verified": 1, "cited": 1}));
    assert!(!record.to_string().contains("Failed password"), "the question is not kept");

    let explanation = written(twin.explained(&explainer, noon()).await);
    assert_eq!(explanation.what_happened, "Root was tried from 198.51.100.7, port 40001.");
    assert_eq!(explanation.evidence[0].value, "198.51.100.7");
    assert_eq!((explanation.usage, explanation.reused), (None, true));
    assert_eq!(twin.record(&analyses).await["calls"], json!([]));
    assert_eq!(server.models(), ["small"]);
}

#[tokio::test]
async fn twins_at_the_same_time_ask_once() {
    let server = Server::start([answer("true_positive", "Root was tried.", "203.0.113.24")]).await;
    let explainer = explainer(&server, Analyses::memory(), &[]);
    let (first, twin) = (Case::new("203.0.113.24", 50_122), Case::new("198.51.100.7", 40_001));
    let (one, other) = tokio::join!(first.explained(&explainer, noon()), twin.explained(&explainer, noon()));
    assert!(!written(one).reused && written(other).reused);
    assert_eq!(server.models(), ["small"]);
}

#[tokio::test]
async fn a_text_that_cannot_be_said_of_the_twin_is_not_shown() {
    // The third of the month: the same number, perhaps not the same thing.
    let server = Server::start([answer("true_positive", "Root was tried 3 times.", "203.0.113.24")]).await;
    let explainer = explainer(&server, Analyses::memory(), &[]);
    Case::new("203.0.113.24", 50_122).explained(&explainer, noon()).await;
    let log = "Oct  4 14:22:06 web-01 sshd[881]: Failed password for root from 203.0.113.24 port 50122 ssh2";
    let mut alert: Value =
        serde_json::from_str(Case::new("203.0.113.24", 50_122).enriched.alert.raw()).unwrap();
    alert["full_log"] = log.into();
    let explanation = written(Case::of(&alert).explained(&explainer, noon()).await);
    assert!(!explanation.reused);
    assert_eq!(server.models().len(), 2);
}

#[tokio::test]
async fn each_kind_of_trouble_has_its_words_and_is_not_kept() {
    let quota = json!({"error": {"type": "insufficient_quota"}});
    let leak: server::Play = Box::new(|request| {
        let instructions = request["messages"][0]["content"].as_str().unwrap_or_default();
        completion("stop", &json!({"content": instructions}))
    });
    for (name, play, expected, words) in [
        ("refusal", refused("I cannot help with that"), NoAnalysis::Refused, "the model declined to answer"),
        (
            "cut",
            server::says(200, &completion("length", &json!({"content": "{\"what"})).1),
            NoAnalysis::Incomplete,
            "the model's answer was cut short",
        ),
        (
            "other schema",
            server::says(200, &completion("stop", &json!({"content": "{\"verdict\":\"bad\"}"})).1),
            NoAnalysis::Invalid,
            "the model's answer was not usable",
        ),
        (
            "html",
            server::says(200, "<html>down</html>"),
            NoAnalysis::Invalid,
            "the model's answer was not usable",
        ),
        (
            "empty choices",
            server::says(200, r#"{"choices":[]}"#),
            NoAnalysis::Invalid,
            "the model's answer was not usable",
        ),
        ("canary", leak, NoAnalysis::Invalid, "the model's answer was not usable"),
        (
            "policy",
            server::says(400, r#"{"error":{"code":"cyber_policy"}}"#),
            NoAnalysis::Policy,
            "the model's content policy turned the alert away",
        ),
        (
            "key",
            server::says(401, r#"{"error":{"code":"invalid_api_key"}}"#),
            NoAnalysis::Configuration,
            "the model's address, name or key was refused",
        ),
        (
            "quota",
            server::says(429, &quota.to_string()),
            NoAnalysis::QuotaExhausted,
            "the model's quota is used up",
        ),
        ("rate", server::says(429, "{}"), NoAnalysis::RateLimited, "the model is rate-limited"),
        ("overload", server::says(503, ""), NoAnalysis::Unreachable, "the model was not reachable"),
    ] {
        let server = Server::start([play]).await;
        let analyses = Analyses::memory();
        let explainer = explainer(&server, analyses.clone(), &[]);
        let case = Case::new("203.0.113.24", 50_122);
        let given = reason(&case.explained(&explainer, noon()).await);
        assert_eq!((given, given.to_string().as_str()), (expected, words), "{name}");
        assert_eq!(
            case.record(&analyses).await["result"]["unavailable"]["reason"],
            expected.name(),
            "{name}"
        );
        // Whether or not the model rests now: nobody was left waiting for an answer that did not come.
        let again = reason(&case.explained(&explainer, noon()).await);
        assert_ne!(again, NoAnalysis::InProgress, "{name}");
    }
}

#[tokio::test]
async fn a_model_without_quota_is_left_alone_and_the_mail_says_until_when() {
    let quota = r#"{"error":{"type":"insufficient_quota"}}"#;
    let server = Server::start([server::says(429, quota)]).await;
    let explainer = explainer(&server, Analyses::memory(), &[]);
    let case = Case::new("203.0.113.24", 50_122);
    case.explained(&explainer, noon()).await;
    let reason = reason(&case.explained(&explainer, noon() + Duration::from_secs(1)).await);
    assert_eq!(reason.name(), "circuit_open");
    assert_eq!(reason.to_string(), "the model is left alone until 13:00 UTC, since its quota is used up");
    assert_eq!(server.models(), ["small"], "asked once");
}

#[tokio::test]
async fn a_used_up_budget_does_not_use_up_the_try_that_ends_a_rest() {
    let quota = server::says(429, r#"{"error":{"type":"insufficient_quota"}}"#);
    let server = Server::start([quota, answer("true_positive", "w", "203.0.113.24")]).await;
    let analyses = Analyses::memory();
    let usual = explainer(&server, analyses.clone(), &[]);
    let spent = explainer(&server, analyses, &[("MODEL_DAILY_USD", "0")]);
    let case = Case::new("203.0.113.24", 50_122);
    case.explained(&usual, noon()).await;
    // Time goes on while the first is asked.
    let rested = noon() + Duration::from_mins(61);
    assert_eq!(reason(&case.explained(&spent, rested).await), NoAnalysis::BudgetExhausted);
    written(case.explained(&usual, rested + Duration::from_secs(30)).await);
    assert_eq!(server.models(), ["small", "small"]);
}

#[tokio::test]
async fn invented_evidence_supports_no_verdict() {
    let server = Server::start([answer("true_positive", "It came from 192.0.2.99.", "192.0.2.99")]).await;
    let explainer = explainer(&server, Analyses::memory(), &[]);
    let explanation = written(Case::new("203.0.113.24", 50_122).explained(&explainer, noon()).await);
    assert_eq!(explanation.verdict, ModelVerdict::Undetermined);
    assert_eq!((explanation.evidence.len(), explanation.cited), (0, 1));
}

#[tokio::test]
async fn the_large_model_is_asked_where_it_is_worth_it() {
    for (name, level, judgement, small, expected) in [
        ("clear", 10, Judgement::NoEvidence, "true_positive", vec!["small"]),
        ("doubtful", 10, Judgement::NoEvidence, "undetermined", vec!["small", "large"]),
        ("contradiction", 10, Judgement::BenignInfrastructure, "true_positive", vec!["small", "large"]),
        ("grave", 12, Judgement::NoEvidence, "true_positive", vec!["large"]),
        ("malicious", 10, Judgement::Malicious, "true_positive", vec!["large"]),
    ] {
        let server =
            Server::start([answer(small, "w", "203.0.113.24"), answer("true_positive", "w", "203.0.113.24")])
                .await;
        let explainer = explainer(&server, Analyses::memory(), &[]);
        let mut alert: Value =
            serde_json::from_str(Case::new("203.0.113.24", 50_122).enriched.alert.raw()).unwrap();
        alert["rule"]["level"] = level.into();
        let case = Case::of(&alert).judged(judgement);
        let explanation = written(case.explained(&explainer, noon()).await);
        assert_eq!(server.models(), expected, "{name}");
        assert_eq!(explanation.model.split('-').next(), expected.last().copied(), "{name}");
        let input = 2_500 * u64::try_from(expected.len()).unwrap();
        assert_eq!(explanation.usage.unwrap().input_tokens, input, "{name}: all calls count");
    }
}

#[tokio::test]
async fn a_large_model_that_fails_leaves_the_small_ones_word() {
    let doubtful = || answer("undetermined", "w", "203.0.113.24");
    let server = Server::start([doubtful(), server::says(401, "{}")]).await;
    let explainer = explainer(&server, Analyses::memory(), &[]);
    let explanation = written(Case::new("203.0.113.24", 50_122).explained(&explainer, noon()).await);
    assert_eq!(explanation.verdict, ModelVerdict::Undetermined);
    assert_eq!(server.models(), ["small", "large"]);
}

#[tokio::test]
async fn no_model_is_asked_where_code_is_sure_or_the_site_says_so() {
    let server = Server::start([answer("true_positive", "w", "203.0.113.24")]).await;
    let mut known = Case::new("203.0.113.24", 50_122);
    known.assessment = assessment(Priority::Low);
    known.history.known_before = true;
    let strict = explainer(&server, Analyses::memory(), &[("MODEL_MIN_PRIORITY", "critical")]);
    let usual = explainer(&server, Analyses::memory(), &[]);
    assert_eq!(reason(&known.explained(&usual, noon()).await), NoAnalysis::Certain);
    assert_eq!(reason(&known.explained(&strict, noon()).await), NoAnalysis::BelowPriority);
    let canary = Case::of(&json!({
        "id": "4711", "rule": {"id": "wazuh-triage-canary", "level": 12, "groups": ["wazuh_triage_canary"]},
    }));
    assert_eq!(reason(&canary.explained(&usual, noon()).await), NoAnalysis::Certain);
    assert!(server.models().is_empty());
}

#[tokio::test]
async fn a_used_up_budget_ends_in_words_and_not_in_a_call() {
    for variable in ["MODEL_DAILY_TOKENS", "MODEL_DAILY_USD"] {
        let server = Server::start([answer("true_positive", "w", "203.0.113.24")]).await;
        let explainer = explainer(&server, Analyses::memory(), &[(variable, "0")]);
        let reason = reason(&Case::new("203.0.113.24", 50_122).explained(&explainer, noon()).await);
        assert_eq!(reason.to_string(), "the model's budget for today is used up", "{variable}");
        assert!(server.models().is_empty(), "{variable}");
    }
}

#[tokio::test]
async fn a_table_that_does_not_answer_costs_the_prose_only_where_money_is_limited() {
    let server = Server::start([answer("true_positive", "w", "203.0.113.24")]).await;
    // The same server turns away whatever DynamoDB's client asks it.
    let broken = || Analyses::table(aws_sdk_dynamodb::Client::new(&aws(&server.url)), "analyses");
    let case = Case::new("203.0.113.24", 50_122);
    let limited = explainer(&server, broken(), &[]);
    assert_eq!(reason(&case.explained(&limited, noon()).await), NoAnalysis::BudgetUnknown);
    assert!(server.models().is_empty());
    let unlimited = [("MODEL_DAILY_TOKENS", "unlimited"), ("MODEL_DAILY_USD", "unlimited")];
    let unlimited = explainer(&server, broken(), &unlimited);
    assert_eq!(written(case.explained(&unlimited, noon()).await).verdict, ModelVerdict::TruePositive);
}
