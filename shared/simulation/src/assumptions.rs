//! Everything that the outcome rests on, with where it comes from.

use crate::plan::{Plan, Stage};
use crate::spread::Spread;

/// One figure of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    pub what: &'static str,
    pub value: String,
    pub basis: Basis,
    pub source: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// What Terraform deploys.
    Deployed,
    Measured,
    /// What AWS or others state.
    Stated,
    /// Nobody has measured it for this product.
    Assumed,
}

impl Basis {
    pub fn words(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::Measured => "measured",
            Self::Stated => "stated",
            Self::Assumed => "assumed",
        }
    }
}

pub fn of(plan: &Plan) -> Vec<Assumption> {
    use Basis::{Assumed, Deployed, Measured, Stated};
    let row = |what, value: String, basis, source| Assumption { what, value, basis, source };
    let functions = Stage::ALL.map(|stage| {
        let settings = plan.stages.get(stage);
        let value = format!(
            "batches of {}, {} at once, {} s, {} MB",
            settings.batch_size,
            settings.scaling.most(),
            settings.timeout.as_secs(),
            settings.memory_mb
        );
        row(stage.name(), value, Deployed, "terraform/modules/pipeline/variables.tf, `functions`")
    });
    let (latency, content, limits, model) = (&plan.latency, &plan.content, &plan.limits, &plan.model);
    let cpu = Stage::ALL.map(|stage| plan.stages.get(stage).cpu_per_alert.as_micros().to_string());
    let mut rows = Vec::from(functions);
    rows.extend([
        row("tries, visibility", format!("{} tries, 6 × the timeout apart", limits.max_receive_count), Deployed, "`max_receive_count`, modules/pipeline/main.tf"),
        row("model: budget of a day", format!("${}, {:.0} tokens", model.daily_usd, model.daily_tokens), Deployed, "`economy`"),
        row("AbuseIPDB: requests a day", limits.provider_daily.to_string(), Deployed, "`intelligence.abuseipdb.daily_limit`, the free plan"),
        row("processor for one alert: enrich, analyze, notify", format!("{} µs", cpu.join(", ")), Measured, "docs/benchmarks.md (answers in the cache, unoptimised build), docs/analysis.md, docs/mail.md; divided by the memory's part of a vCPU (1,769 MB)"),
        row("start of an environment", spread(latency.cold_start), Stated, "14, 16 and 44 ms: maxday/lambda-perf, Rust on arm64; and 100 ms for connections and keys, assumed"),
        row("one call to DynamoDB", spread(latency.dynamodb), Assumed, "AWS says single-digit milliseconds"),
        row("SendMessage", spread(latency.sqs), Assumed, "no recent figure is published"),
        row("a provider's answer", spread(latency.provider), Assumed, "the time-out is 2.5 s"),
        row("a model's answer", spread(latency.model), Assumed, "as in `triage cost`; the time-out is 20 s"),
        row("SendRawEmail", spread(latency.ses), Assumed, ""),
        row("from SQS into the function", format!("{} ms", latency.hop.as_millis()), Assumed, "added to the time until the mail, three times"),
        row("alerts that go on to analyze", format!("{}", content.forward_share), Assumed, "as in `triage cost`; a scanner's were 0.08 (docs/incidents.md)"),
        row("alerts that ask a provider", format!("{}", content.ask_share), Measured, "41 addresses of 2,000 alerts in the storm of docs/benchmarks.md"),
        row("forwarded alerts that open an incident", format!("{}", content.opening_share), Measured, "4 of 192, the scanner of docs/incidents.md; grows with the alerts, which a real site's does not"),
        row("how long an incident lasts, escalations", format!("{} min on average, {}", plan.incidents.lasting.as_secs() / 60, plan.incidents.escalations), Assumed, "mails then follow `incidents.update_after`"),
        row("bytes: alert, enriched, notice", format!("{:.0}, {:.0}, {:.0}", plan.edge.alert_bytes, content.enriched_bytes, content.notice_bytes), Assumed, "the first is the mean of a mix of 10,000 alerts"),
        row("write units: alert, forwarded, notice, question", format!("{}, {}, {}, {}", plan.usage.enrich_claim_writes + plan.usage.enrich_intel_writes, plan.usage.analyze_writes, plan.usage.notify_writes, crate::usage::QUESTION_WRITES), Stated, "counted in the stages' code, as in `triage cost`"),
        row("log of an alert", format!("{:.0} bytes", plan.usage.log_bytes), Assumed, "as in `triage cost`: a line of the ledger and metrics"),
        row("Lambda: scaling of a mapping", "5 at once, up to 300 more a minute".to_owned(), Stated, "AWS, Lambda with SQS; pollers of one's own: 1,000 a minute, 1 MB/s and 10 batches each"),
        row("Lambda: concurrency of the account", limits.account_concurrency.to_string(), Stated, "AWS's default; new accounts may have 10"),
        row("SQS: in flight, retention", format!("{} messages, {} days", limits.in_flight, limits.retention.as_secs() / 86_400), Stated, "AWS; modules/queue"),
        row("DynamoDB: new table, quota, one item", format!("{}, {}, {} write units/s", limits.table_writes, limits.table_writes_quota, limits.item_writes), Stated, "AWS, on demand: twice the earlier peak, more after 30 minutes; 5 minutes of unused capacity are kept"),
        row("SES: rate and quota of a day", format!("{}/s, {}", plan.mail.per_second, plan.mail.per_day), Assumed, "what production access used to begin with; AWS states none today"),
        row("model: requests and tokens a minute", format!("{}, {}", model.requests_per_minute, model.tokens_per_minute), Assumed, "differs with every account"),
    ]);
    rows
}

fn spread(spread: Spread) -> String {
    match spread {
        Spread::Constant(time) => format!("{} ms", time.as_millis()),
        Spread::Exponential(time) => format!("{} ms on average, exponential", time.as_millis()),
        Spread::Quantiles { p50, p90, p99 } => {
            format!("{}, {}, {} ms (p50, p90, p99)", p50.as_millis(), p90.as_millis(), p99.as_millis())
        }
    }
}
