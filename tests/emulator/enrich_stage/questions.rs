//! What providers are asked, how often, and what their troubles cost.

use anyhow::Result;
use domain::verdict::{Answer, Judgement, Provider, Unanswered, Witness};
use serde_json::{Value, json};
use tests::alerts::{brute_force, with};
use tests::site::{requests, switch};

use super::{Run, fresh_address};

#[tokio::test]
async fn a_storm_from_one_address_costs_one_request_of_each_provider() -> Result<()> {
    const ALERTS: usize = 10_000;
    let run = Run::new().await?;
    // Three functions at once, each with a memory of its own.
    let stages = [run.deployed().await?, run.deployed().await?, run.deployed().await?];
    // No logins: ten thousand of those would mostly be writes of sightings, to an emulator that takes its time.
    let first = with(brute_force(&fresh_address()), "/rule/groups", json!(["web", "accesslog", "attack"]));
    let bodies: Vec<Value> =
        (0..ALERTS).map(|index| with(first.clone(), "/id", format!("1791030127.{index}"))).collect();
    let share = |index: usize| bodies.iter().skip(index).step_by(3).cloned().collect::<Vec<_>>();
    let feed = async |index: usize| {
        for batch in share(index).chunks(10) {
            run.pass(&stages[index], batch).await?;
        }
        Ok::<(), anyhow::Error>(())
    };
    let (one, two, three) = tokio::join!(feed(0), feed(1), feed(2));
    one.and(two).and(three)?;
    for provider in ["abuseipdb", "misp", "otx"] {
        assert_eq!(requests(&run.stub_url, provider).await?, 1, "{provider}");
    }
    let enriched = run.enriched().await?;
    assert_eq!(enriched.len(), ALERTS);
    assert_eq!(enriched.iter().filter(|enriched| enriched.repeat_of.is_none()).count(), 1);
    Ok(())
}

#[tokio::test]
async fn one_address_in_many_alerts_costs_one_request() -> Result<()> {
    let run = Run::new().await?;
    let address = fresh_address();
    for _ in 0..5 {
        run.pass(&run.deployed().await?, &[brute_force(&address)]).await?;
    }
    assert_eq!(run.enriched().await?.len(), 5);
    assert_eq!(requests(&run.stub_url, "abuseipdb").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_provider_in_trouble_is_unknown_and_costs_no_alert() -> Result<()> {
    use Unanswered::{InvalidResponse, QuotaExhausted, RateLimited, Timeout, Unauthorized, Unreachable};
    for (provider, modes) in [
        (
            Provider::AbuseIpDb,
            &[
                ("unauthorized", Unauthorized),
                ("rate_limit", QuotaExhausted),
                ("error", Unreachable),
                ("html", InvalidResponse),
                ("broken", InvalidResponse),
                ("empty", InvalidResponse),
                ("out_of_range", InvalidResponse),
                ("huge", InvalidResponse),
                ("redirect", InvalidResponse),
                ("drip", Timeout),
                ("slow", Timeout),
            ][..],
        ),
        (
            Provider::Misp,
            &[
                ("unauthorized", Unauthorized),
                ("rate_limit", RateLimited),
                ("error", Unreachable),
                ("login_page", InvalidResponse),
                ("html", InvalidResponse),
                ("broken", InvalidResponse),
                ("empty", InvalidResponse),
                ("wrong_types", InvalidResponse),
                ("huge", InvalidResponse),
                ("drip", Timeout),
            ],
        ),
        (
            Provider::Otx,
            &[
                ("unauthorized", Unauthorized),
                ("rate_limit", RateLimited),
                ("gateway_timeout", Unreachable),
                ("html", InvalidResponse),
                ("broken", InvalidResponse),
                ("empty", InvalidResponse),
                ("wrong_types", InvalidResponse),
                ("huge", InvalidResponse),
                ("redirect", InvalidResponse),
                ("drip", Timeout),
            ],
        ),
    ] {
        for (mode, reason) in modes {
            let run = Run::new().await?;
            switch(&run.stub_url, provider.name(), mode).await?;
            // Level 6 is below the forwarding level: only the failed look-up sends the alert on.
            run.pass(&run.deployed().await?, &[with(brute_force(&fresh_address()), "/rule/level", 6)])
                .await?;
            let enriched = run.enriched().await?;
            assert_eq!(enriched.len(), 1, "{provider} {mode}");
            let report =
                enriched[0].reports.iter().find(|report| report.witness == Witness::Provider(provider));
            let answer = report.map(|report| &report.answer);
            assert_eq!(answer, Some(&Answer::Unknown { reason: *reason }), "{provider} {mode}");
            assert_eq!(enriched[0].verdict.judgement, Judgement::Unknown, "{provider} {mode}");
            assert!(enriched[0].verdict.coverage < 100, "{provider} {mode}");
            assert!(run.feedback().await?.is_empty(), "{provider} {mode}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_rotated_key_is_used_as_soon_as_the_old_one_is_refused() -> Result<()> {
    let run = Run::new().await?;
    let parameter = format!("/test/{}", uuid::Uuid::new_v4());
    let put = async |key: &str| -> Result<()> {
        let kind = aws_sdk_ssm::types::ParameterType::SecureString;
        let put = aws_sdk_ssm::Client::new(&run.site.aws).put_parameter().name(&parameter).value(key);
        put.r#type(kind).overwrite(true).send().await?;
        Ok(())
    };
    // The stub refuses keys that begin with "wrong". The stage reads the old key before it is replaced.
    put("wrong-key").await?;
    let stage = run.stage(&run.site.stack.outputs.tables.claims, &parameter, &[]).await?;
    stage.warm_up().await;
    put("right-key").await?;
    run.pass(&stage, &[brute_force(&fresh_address())]).await?;
    assert_eq!(run.enriched().await?[0].verdict.judgement, Judgement::NoEvidence);
    assert_eq!(requests(&run.stub_url, "abuseipdb").await?, 2, "the old one, then the new one");
    Ok(())
}

#[tokio::test]
async fn misp_is_told_once_a_day_of_what_it_was_right_about_if_the_site_wants_that() -> Result<()> {
    for (settings, told) in [(&[("MISP_SIGHTINGS", "on")][..], 1), (&[], 0)] {
        let run = Run::new().await?;
        let outputs = &run.site.stack.outputs;
        let stage = run.stage(&outputs.tables.claims, &outputs.parameters.abuseipdb_key, settings).await?;
        for address in ["203.0.113.24", "203.0.113.24", "203.0.113.200"] {
            run.pass(&stage, &[brute_force(address)]).await?;
        }
        let asked = requests(&run.stub_url, "misp").await?;
        assert_eq!(asked, 2 + told, "two searches, and what it was told");
    }
    Ok(())
}

#[tokio::test]
async fn a_spent_quota_stops_all_questions() -> Result<()> {
    let run = Run::new().await?;
    switch(&run.stub_url, "abuseipdb", "rate_limit").await?;
    let stage = run.deployed().await?;
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
        &run.deployed().await?,
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
