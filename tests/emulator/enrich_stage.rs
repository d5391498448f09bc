//! The enrich stage in this process, against the emulator and stubs of its own.

use anyhow::Result;
use domain::message;
use domain::verdict::{Answer, Judgement, Unanswered};
use domain::{EnrichedAlert, Feedback};
use enrich::{Config, Enrich};
use lambda::batch::BatchError;
use serde_json::{Value, json};
use tests::Site;
use tests::alerts::{brute_force, key, with};
use tests::site::{attributes, requests, run, switch};

struct Run {
    site: Site,
    stub_url: String,
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
        Ok(Self { site, stub_url, enriched, feedback, dead_letters })
    }

    /// The stage as it is deployed.
    fn deployed(&self) -> Result<Enrich> {
        let outputs = &self.site.stack.outputs;
        self.stage(&outputs.tables.claims, &outputs.parameters.abuseipdb_key)
    }

    fn stage(&self, claims_table: &str, key_parameter: &str) -> Result<Enrich> {
        let tables = &self.site.stack.outputs.tables;
        let environment = self.site.environment(&[
            ("LEASE_SECONDS", "30"),
            ("CLAIMS_TABLE", claims_table),
            ("INTEL_TABLE", &tables.intel),
            ("SIGHTINGS_TABLE", &tables.sightings),
            ("ENRICHED_QUEUE_URL", &self.enriched),
            ("FEEDBACK_QUEUE_URL", &self.feedback),
            ("DEAD_LETTER_QUEUE_URL", &self.dead_letters),
            ("ABUSEIPDB_URL", &self.stub_url),
            ("ABUSEIPDB_KEY_PARAMETER", key_parameter),
            ("DOCUMENTATION_ADDRESSES", "public"),
        ]);
        Ok(Enrich::new(Config::read(&environment)?, &self.site.aws)?)
    }

    /// Runs one batch that must not fail.
    async fn pass(&self, stage: &Enrich, bodies: &[Value]) -> Result<()> {
        let bodies: Vec<String> = bodies.iter().map(Value::to_string).collect();
        assert!(run(stage, &bodies).await??.failures.is_empty());
        Ok(())
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
async fn a_listed_address_goes_on_and_back_to_wazuh() -> Result<()> {
    let run = Run::new().await?;
    let alert = brute_force("203.0.113.24");
    run.pass(&run.deployed()?, std::slice::from_ref(&alert)).await?;
    let enriched = run.enriched().await?;
    assert_eq!(enriched.len(), 1);
    assert_eq!(enriched[0].verdict.judgement, Judgement::Malicious);
    assert_eq!(enriched[0].alert.raw(), alert.to_string());
    let feedback = run.site.drain(&run.feedback).await?;
    let feedback: Feedback = message::decode(feedback[0].body().unwrap_or_default())?;
    assert_eq!(feedback.event["integration"], "custom-abuseipdb");
    assert_eq!(feedback.event["abuseipdb"]["abuse_confidence_score"], 100);
    assert_eq!(feedback.event["abuseipdb"]["source"]["srcip"], "203.0.113.24");
    Ok(())
}

#[tokio::test]
async fn one_address_in_many_alerts_costs_one_request() -> Result<()> {
    let run = Run::new().await?;
    let address = fresh_address();
    for _ in 0..5 {
        run.pass(&run.deployed()?, &[brute_force(&address)]).await?;
    }
    assert_eq!(run.enriched().await?.len(), 5);
    assert_eq!(requests(&run.stub_url, "abuseipdb").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_provider_in_trouble_is_unknown_and_costs_no_alert() -> Result<()> {
    for (mode, reason) in [
        ("unauthorized", Unanswered::Unauthorized),
        ("rate_limit", Unanswered::QuotaExhausted),
        ("error", Unanswered::Unreachable),
        ("html", Unanswered::InvalidResponse),
        ("broken", Unanswered::InvalidResponse),
        ("empty", Unanswered::InvalidResponse),
        ("slow", Unanswered::Timeout),
    ] {
        let run = Run::new().await?;
        switch(&run.stub_url, "abuseipdb", mode).await?;
        // Level 6 is below the forwarding level: only the failed look-up sends the alert on.
        run.pass(&run.deployed()?, &[with(brute_force(&fresh_address()), "/rule/level", 6)]).await?;
        let enriched = run.enriched().await?;
        assert_eq!(enriched.len(), 1, "{mode}");
        assert_eq!(enriched[0].reports[0].answer, Answer::Unknown { reason }, "{mode}");
        assert_eq!(enriched[0].verdict.judgement, Judgement::Unknown, "{mode}");
        assert!(run.site.drain(&run.feedback).await?.is_empty(), "{mode}");
    }
    Ok(())
}

#[tokio::test]
async fn a_rotated_key_is_used_as_soon_as_the_old_one_is_refused() -> Result<()> {
    let run = Run::new().await?;
    let parameter = format!("/test/{}", uuid::Uuid::new_v4());
    let stage = run.stage(&run.site.stack.outputs.tables.claims, &parameter)?;
    // The stub refuses keys that begin with "wrong".
    for (key, expected) in [("wrong-key", Judgement::Unknown), ("right-key", Judgement::NoEvidence)] {
        let kind = aws_sdk_ssm::types::ParameterType::SecureString;
        let put = aws_sdk_ssm::Client::new(&run.site.aws).put_parameter().name(&parameter).value(key);
        put.r#type(kind).overwrite(true).send().await?;
        let answer = tests::site::run(&stage, &[brute_force(&fresh_address()).to_string()]).await??;
        assert!(answer.failures.is_empty());
        assert_eq!(run.enriched().await?[0].verdict.judgement, expected, "{key}");
    }
    Ok(())
}

#[tokio::test]
async fn a_spent_quota_stops_all_questions() -> Result<()> {
    let run = Run::new().await?;
    switch(&run.stub_url, "abuseipdb", "rate_limit").await?;
    let stage = run.deployed()?;
    for _ in 0..4 {
        run.pass(&stage, &[brute_force(&fresh_address())]).await?;
    }
    assert_eq!(run.enriched().await?.len(), 4);
    assert_eq!(requests(&run.stub_url, "abuseipdb").await?, 1);
    Ok(())
}

#[tokio::test]
async fn nothing_is_asked_about_private_addresses_and_ignored_alerts() -> Result<()> {
    let run = Run::new().await?;
    run.pass(
        &run.deployed()?,
        &[
            brute_force("192.168.1.100"),
            with(brute_force(&fresh_address()), "/rule/id", "31530"),
            with(with(brute_force(&fresh_address()), "/rule/level", 3), "/rule/groups", json!(["pam"])),
        ],
    )
    .await?;
    assert_eq!(run.enriched().await?.len(), 1, "the first has level 10");
    assert_eq!(requests(&run.stub_url, "abuseipdb").await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_low_login_is_observed_by_user_and_address() -> Result<()> {
    let run = Run::new().await?;
    let user = format!("user-{}", uuid::Uuid::new_v4().simple());
    let login = with(with(brute_force("10.0.2.2"), "/rule/level", 3), "/data/dstuser", user.as_str());
    run.pass(&run.deployed()?, &[login.clone(), login]).await?;
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
    run.pass(&run.deployed()?, &[alert]).await?;
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
    assert!(run(&run_.deployed()?, &bodies).await??.failures.is_empty());
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
    let stage = run_.stage("no-such-table", &run_.site.stack.outputs.parameters.abuseipdb_key)?;
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
    run.pass(&run.deployed()?, std::slice::from_ref(&alert)).await?;
    run.pass(&run.deployed()?, &[alert.clone(), alert]).await?;
    assert_eq!(run.enriched().await?.len(), 1);
    Ok(())
}
