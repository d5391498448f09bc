//! The enrich stage in this process, against the emulator and stubs of its own.

mod questions;

use anyhow::Result;
use domain::incident::IncidentId;
use domain::message;
use domain::verdict::Judgement;
use domain::{Alert, EnrichedAlert, Feedback};
use enrich::{Config, Enrich};
use intel::{Warninglist, Warninglists};
use lambda::batch::BatchError;
use serde_json::{Value, json};
use tests::Site;
use tests::alerts::{brute_force, key, with};
use tests::site::{attributes, requests, run};

/// The stage with stubs, queues and an intel table that no other test has: gates and answers are shared by table.
struct Run {
    site: Site,
    stub_url: String,
    intel_table: String,
    enriched: String,
    feedback: String,
    dead_letters: String,
}

impl Run {
    async fn new() -> Result<Self> {
        let site = Site::connect()?;
        let stub_url = Site::private_stubs().await?;
        let (enriched, feedback) = (site.private_queue().await?, site.private_queue().await?);
        let dead_letters = site.private_queue().await?;
        let intel_table = site.private_table("key", Some("source")).await?;
        Ok(Self { site, stub_url, intel_table, enriched, feedback, dead_letters })
    }

    /// The stage as it is deployed.
    async fn deployed(&self) -> Result<Enrich> {
        let outputs = &self.site.stack.outputs;
        self.stage(&outputs.tables.claims, &outputs.parameters.abuseipdb_key, &[]).await
    }

    async fn stage(&self, claims_table: &str, key_parameter: &str, more: &[(&str, &str)]) -> Result<Enrich> {
        let outputs = &self.site.stack.outputs;
        let settings = [
            ("LEASE_SECONDS", "30"),
            ("CLAIMS_TABLE", claims_table),
            ("INTEL_TABLE", &self.intel_table),
            ("SIGHTINGS_TABLE", &outputs.tables.sightings),
            ("ENRICHED_QUEUE_URL", &self.enriched),
            ("FEEDBACK_QUEUE_URL", &self.feedback),
            ("DEAD_LETTER_QUEUE_URL", &self.dead_letters),
            ("ABUSEIPDB_URL", &self.stub_url),
            ("ABUSEIPDB_KEY_PARAMETER", key_parameter),
            ("MISP_URL", &self.stub_url),
            ("MISP_KEY_PARAMETER", &outputs.parameters.misp_key),
            ("OTX_URL", &self.stub_url),
            ("OTX_KEY_PARAMETER", &outputs.parameters.otx_key),
            ("DOCUMENTATION_ADDRESSES", "public"),
        ];
        let environment = self.site.environment(&[&settings, more].concat());
        Ok(Enrich::new(Config::read(&environment)?, &self.site.aws).await?)
    }

    /// Runs one batch that must not fail.
    async fn pass(&self, stage: &Enrich, bodies: &[Value]) -> Result<()> {
        let bodies: Vec<String> = bodies.iter().map(Value::to_string).collect();
        assert!(run(stage, &bodies).await??.failures.is_empty());
        Ok(())
    }

    async fn feedback(&self) -> Result<Vec<Feedback>> {
        let messages = self.site.drain(&self.feedback).await?;
        let read = messages.iter().map(|message| Ok(message::decode(message.body().unwrap_or_default())?));
        read.collect()
    }

    async fn enriched(&self) -> Result<Vec<EnrichedAlert>> {
        let messages = self.site.drain(&self.enriched).await?;
        let read = messages.iter().map(|message| Ok(message::decode(message.body().unwrap_or_default())?));
        read.collect()
    }
}

/// An address that no other test asks about: the answer cache is shared.
fn fresh_address() -> String {
    let id = uuid::Uuid::new_v4().as_u128();
    format!("2001:db8:{:x}:{:x}::1", id & 0xffff, (id >> 16) & 0xffff)
}

#[tokio::test]
async fn a_listed_address_is_judged_by_all_and_goes_on_and_back_to_wazuh() -> Result<()> {
    let run = Run::new().await?;
    let alert = brute_force("203.0.113.24");
    run.pass(&run.deployed().await?, std::slice::from_ref(&alert)).await?;
    let enriched = run.enriched().await?;
    assert_eq!(enriched.len(), 1);
    let verdict = &enriched[0].verdict;
    assert_eq!((verdict.judgement, verdict.coverage), (Judgement::Malicious, 100));
    let accusers: Vec<String> = verdict.indicators[0].accusers().map(ToString::to_string).collect();
    assert_eq!(accusers, ["AbuseIPDB", "MISP", "OTX"], "{:?}", verdict.reasons);
    assert_eq!(enriched[0].alert.raw(), alert.to_string());
    let events = run.feedback().await?;
    let kinds: Vec<&str> =
        events.iter().filter_map(|feedback| feedback.event["integration"].as_str()).collect();
    assert_eq!(kinds, ["custom-abuseipdb", "misp", "alienvault_otx", "wazuh-triage"]);
    assert_eq!(events[0].event["abuseipdb"]["abuse_confidence_score"], 100);
    assert_eq!(events[0].event["abuseipdb"]["source"]["srcip"], "203.0.113.24");
    assert_eq!(events[1].event["misp"]["event_id"], "501");
    Ok(())
}

#[tokio::test]
async fn a_feed_in_the_table_condemns_a_private_address_and_analysts_win() -> Result<()> {
    let run = Run::new().await?;
    let row = async |key: &str, source: &str, title: &str| -> Result<()> {
        let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
        let put = run.site.dynamodb.put_item().table_name(&run.intel_table);
        put.item("key", text(key)).item("source", text(source)).item("title", text(title)).send().await?;
        Ok(())
    };
    row("ip#192.168.1.100", "feed#otx", "A pulse").await?;
    row("ip#203.0.113.24", "list#allow", "our own scanner").await?;
    row("ip#10.9.9.9", "list#deny", "ticket 4711").await?;
    let stage = run.deployed().await?;
    for (address, judgement, score) in [
        ("192.168.1.100", Judgement::Malicious, 80),
        ("203.0.113.24", Judgement::BenignInfrastructure, 0),
        ("10.9.9.9", Judgement::Malicious, 100),
        ("10.9.9.8", Judgement::Unknown, 0),
    ] {
        run.pass(&stage, &[brute_force(address)]).await?;
        let verdict = run.enriched().await?.remove(0).verdict;
        assert_eq!((verdict.judgement, verdict.score), (judgement, score), "{address} {:?}", verdict.reasons);
    }
    Ok(())
}

#[tokio::test]
async fn a_warninglist_that_ingest_publishes_bounds_what_a_feed_says() -> Result<()> {
    let run = Run::new().await?;
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let put = run.site.dynamodb.put_item().table_name(&run.intel_table);
    put.item("key", text("ip#192.168.1.100")).item("source", text("import#ours")).send().await?;
    let list = json!({"name": "Known scanners", "type": "cidr", "list": ["192.168.1.0/24"]}).to_string();
    let lists = Warninglists::of(&[Warninglist::read(list.as_bytes())?]).to_file()?;
    let bucket = run.site.private_bucket().await?;
    let object = format!("{}/{bucket}/{}", run.site.stack.endpoint, Warninglists::KEY);
    reqwest::Client::new().put(object).body(lists).send().await?.error_for_status()?;

    let outputs = &run.site.stack.outputs;
    let (claims, key) = (&outputs.tables.claims, &outputs.parameters.abuseipdb_key);
    let stage = run.stage(claims, key, &[("SNAPSHOT_BUCKET", &bucket)]).await?;
    stage.warm_up().await;
    run.pass(&stage, &[brute_force("192.168.1.100")]).await?;
    let verdict = run.enriched().await?.remove(0).verdict;
    assert_eq!((verdict.judgement, verdict.score), (Judgement::Suspicious, 60), "{:?}", verdict.reasons);
    let said = &verdict.indicators[0].modifiers[0].sentence;
    assert_eq!(said, "A research scanner (Known scanners) at the door: the score is at most 60");
    Ok(())
}

#[tokio::test]
async fn the_same_rule_about_the_same_address_is_a_repeat_on_whatever_agent() -> Result<()> {
    let run = Run::new().await?;
    let stage = run.deployed().await?;
    let first = brute_force("203.0.113.24");
    let elsewhere = with(with(first.clone(), "/agent/id", "008"), "/id", "1791030127.9");
    let other_rule = with(brute_force("203.0.113.24"), "/id", "1791030127.10");
    let and_another = with(
        with(first.clone(), "/full_log", format!("from 203.0.113.24 to {}", fresh_address())),
        "/id",
        "1791030127.11",
    );
    run.pass(&stage, std::slice::from_ref(&first)).await?;
    let told = run.feedback().await?.len();
    run.pass(&stage, &[elsewhere]).await?;
    assert!(run.feedback().await?.is_empty(), "Wazuh is told once");
    run.pass(&stage, &[other_rule, and_another]).await?;
    assert_eq!(run.feedback().await?.len(), told, "of the other rule's alert only");
    let enriched = run.enriched().await?;
    let first_incident = IncidentId::of(&Alert::parse(&first.to_string())?);
    let mut repeats: Vec<Option<&IncidentId>> =
        enriched.iter().map(|enriched| enriched.repeat_of.as_ref()).collect();
    repeats.sort_by_key(Option::is_none);
    assert_eq!(repeats, [Some(&first_incident), None, None, None]);
    assert!(enriched.iter().all(|enriched| enriched.verdict.judgement == Judgement::Malicious));
    Ok(())
}

#[tokio::test]
async fn a_low_login_is_observed_by_user_and_address() -> Result<()> {
    let run = Run::new().await?;
    let user = format!("user-{}", uuid::Uuid::new_v4().simple());
    let login = with(with(brute_force("10.0.2.2"), "/rule/level", 3), "/data/dstuser", user.as_str());
    run.pass(&run.deployed().await?, &[login.clone(), login]).await?;
    let table = &run.site.stack.outputs.tables.sightings;
    let query = run.site.dynamodb.query().table_name(table).key_condition_expression("subject = :subject");
    let value = aws_sdk_dynamodb::types::AttributeValue::S(format!("user#{user}"));
    let seen = query.expression_attribute_values(":subject", value).send().await?;
    assert_eq!(seen.count, 1);
    assert!(run.enriched().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_returned_intelligence_event_is_passed_on_without_a_question() -> Result<()> {
    let run = Run::new().await?;
    let mut alert = with(brute_force("203.0.113.24"), "/rule/groups", json!(["abuseipdb_positive"]));
    alert["rule"]["id"] = json!("100015");
    alert["location"] = json!("abuseipdb");
    alert["data"] = json!({"integration": "custom-abuseipdb", "abuseipdb": {
        "abuse_confidence_score": "100", "source": {"srcip": "203.0.113.24", "rule": "5763"}}});
    run.pass(&run.deployed().await?, &[alert]).await?;
    let enriched = run.enriched().await?;
    assert_eq!(enriched[0].verdict.judgement, Judgement::Malicious);
    assert_eq!(requests(&run.stub_url, "abuseipdb").await?, 0);
    assert!(run.site.drain(&run.feedback).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_is_not_an_alert_is_dead_lettered_at_once_with_its_reason() -> Result<()> {
    let run_ = Run::new().await?;
    let good = brute_force(&fresh_address());
    let bodies: Vec<String> = vec![
        String::new(),
        "Failed password for root".into(),
        "[1,2]".into(),
        format!("{}{}", "[".repeat(1 << 19), "]".repeat(1 << 19)),
        r#"{"id":"1.1"}"#.into(),
        r#"{"rule":{"id":"1","level":3}}"#.into(),
        r#"{"id":"1.1","rule":{"id":"1","level":3},"full_log":"\ud800"}"#.into(),
        good.to_string(),
    ];
    // A message in a queue has 256 KiB at most: the nested one is cut to what SQS can hold, and is as wrong.
    let bodies: Vec<String> = bodies.into_iter().map(|body| body.chars().take(200_000).collect()).collect();
    assert!(run(&run_.deployed().await?, &bodies).await??.failures.is_empty());
    assert_eq!(run_.enriched().await?.len(), 1, "the neighbour is unharmed");
    let mut reasons: Vec<String> = Vec::new();
    for message in run_.site.drain(&run_.dead_letters).await? {
        let attributes = attributes(&message);
        assert_eq!(attributes["stage"], "enrich");
        reasons.push(format!("{} {}", attributes["source_message_id"], attributes["reason"]));
    }
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "m0 the body is empty",
            "m1 the body is not JSON (line 1, column 1: unexpected text)",
            "m2 the body is a list, not a JSON object",
            "m3 the body is not JSON (line 1, column 200000: it ends too early)",
            "m4 the alert has no rule object",
            "m5 the alert has no id",
            "m6 the body is not JSON (line 1, column 59: unexpected text)",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn without_a_claim_nothing_is_done() -> Result<()> {
    let run_ = Run::new().await?;
    let stage = run_.stage("no-such-table", &run_.site.stack.outputs.parameters.abuseipdb_key, &[]).await?;
    let answer = run(&stage, &[brute_force("203.0.113.24").to_string()]).await?;
    assert_eq!(answer, Err(BatchError::AllFailed(1)));
    assert!(run_.enriched().await?.is_empty());
    assert_eq!(requests(&run_.stub_url, "abuseipdb").await?, 0);
    Ok(())
}

#[tokio::test]
async fn an_alert_that_is_delivered_again_is_not_enriched_again() -> Result<()> {
    let run = Run::new().await?;
    let alert = brute_force("203.0.113.24");
    assert_eq!(key(&alert)?, key(&alert.clone())?);
    run.pass(&run.deployed().await?, std::slice::from_ref(&alert)).await?;
    run.pass(&run.deployed().await?, &[alert.clone(), alert]).await?;
    assert_eq!(run.enriched().await?.len(), 1);
    Ok(())
}
