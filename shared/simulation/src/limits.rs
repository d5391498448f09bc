//! Which limit comes first, what to ask for, and where a design rule is broken.

use serde::Serialize;

use crate::bucket::Table;
use crate::engine::World;
use crate::ledger::Ledger;
use crate::outcome::StageOutcome;
use crate::plan::{Plan, Scaling, Stage};

/// One limit, and how much of it the day takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limit {
    pub name: String,
    pub allowed: f64,
    /// In the busiest minute, or over the day where it is a limit of a day.
    pub needed: f64,
    pub unit: &'static str,
    pub effect: Effect,
    /// Alerts a day at which it is reached, if everything grows alike.
    pub reached_at_alerts_per_day: f64,
    /// The variable or the quota to change.
    pub remedy: String,
}

/// What happens beyond a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Messages queue.
    Waits,
    /// Mails go without the model's words.
    LosesWords,
    /// Verdicts say that somebody could not be asked, and more alerts go on.
    LosesLookUps,
    /// Mails wait in the table.
    HoldsMails,
}

impl Effect {
    pub fn words(self) -> &'static str {
        match self {
            Self::Waits => "messages wait",
            Self::LosesWords => "mails without the model's words",
            Self::LosesLookUps => "verdicts with a gap",
            Self::HoldsMails => "mails wait",
        }
    }
}

impl Limit {
    pub fn used(&self) -> f64 {
        self.needed / self.allowed
    }
}

/// The design rule: what comes on average stays below this part of what can be done.
pub const RULE: f64 = 0.7;

/// The most used first.
pub(crate) fn of(world: &World<'_>, stages: &[StageOutcome]) -> Vec<Limit> {
    let plan = world.plan;
    let mut limits: Vec<Limit> = Stage::ALL
        .iter()
        .zip(stages)
        .map(|(stage, outcome)| concurrency(plan, *stage, outcome))
        .chain(tables(world))
        .chain([account(plan, stages), in_flight(plan, stages), provider(world)])
        .chain(model(world))
        .chain(mail(world))
        .filter(|limit| limit.allowed.is_finite() && limit.needed > 0.0)
        .collect();
    for limit in &mut limits {
        limit.reached_at_alerts_per_day = plan.arrivals.per_day as f64 / limit.used();
    }
    limits.sort_by(|one, other| other.used().total_cmp(&one.used()));
    limits
}

fn limit(
    name: impl Into<String>,
    needed: f64,
    allowed: f64,
    unit: &'static str,
    remedy: impl Into<String>,
) -> Limit {
    let (name, remedy) = (name.into(), remedy.into());
    Limit { name, allowed, needed, unit, effect: Effect::Waits, reached_at_alerts_per_day: 0.0, remedy }
}

fn concurrency(plan: &Plan, stage: Stage, outcome: &StageOutcome) -> Limit {
    let name = stage.name();
    let setting = match plan.stages.get(stage).scaling {
        Scaling::Standard { .. } => format!("functions.{name}.maximum_concurrency"),
        Scaling::Provisioned { .. } => format!("pollers of {name}"),
        Scaling::Fixed(_) => format!("workers of {name}"),
    };
    let (needed, allowed) = (outcome.arrivals_per_second, outcome.capacity_per_second);
    let remedy = format!("raise {setting} (Terraform), or functions.{name}.batch_size with a window");
    limit(setting, needed, allowed, "messages/s", remedy)
}

fn account(plan: &Plan, stages: &[StageOutcome]) -> Limit {
    // What the busiest minute would run, if every stage were allowed to.
    let needed = Stage::ALL.iter().zip(stages).map(|(stage, outcome)| {
        outcome.arrivals_per_second / outcome.capacity_per_second
            * plan.stages.get(*stage).scaling.most() as f64
    });
    let allowed = plan.limits.account_concurrency as f64;
    limit(
        "Lambda: Concurrent executions",
        needed.sum(),
        allowed,
        "batches at once",
        "Service Quotas, AWS Lambda, \"Concurrent executions\" (L-B99A9384)",
    )
}

fn in_flight(plan: &Plan, stages: &[StageOutcome]) -> Limit {
    let needed = stages.iter().map(|stage| stage.most_in_flight).max().unwrap_or_default() as f64;
    let remedy = "shorter batches, or AWS Support: SQS messages in flight per standard queue";
    limit("SQS: messages in flight", needed, plan.limits.in_flight as f64, "messages", remedy)
}

fn tables(world: &World<'_>) -> Vec<Limit> {
    let limits = &world.plan.limits;
    let tables = &world.tables;
    let table = |name: &str, table: &Table| {
        [
            limit(
                format!("DynamoDB: {name}, first half hour"),
                table.busiest_early,
                limits.table_writes,
                "write units/s",
                format!("warm throughput of {name} before the load comes (UpdateTable)"),
            ),
            limit(
                format!("DynamoDB: {name}, table-level write throughput"),
                table.busiest,
                limits.table_writes_quota,
                "write units/s",
                "Service Quotas, Amazon DynamoDB, \"Table-level write throughput limit\"",
            ),
        ]
    };
    let mut all: Vec<Limit> = [
        ("claims", &tables.claims),
        ("intel", &tables.intel),
        ("incidents", &tables.incidents),
        ("deliveries", &tables.deliveries),
    ]
    .into_iter()
    .flat_map(|(name, written)| table(name, written))
    .collect();
    if let Some(storm) = world.plan.arrivals.storm {
        let rate = storm.alerts as f64 / storm.lasting.as_secs_f64().max(1.0) * world.plan.edge.sent_share;
        all.push(limit(
            "DynamoDB: one incident of a storm",
            rate * world.plan.edge.kept_share * 6.0,
            limits.item_writes,
            "write units/s",
            "no quota: 1,000 units/s is what one item takes; count repeats on the manager",
        ));
    }
    all
}

fn provider(world: &World<'_>) -> Limit {
    let days = world.plan.length.as_secs_f64() / 86_400.0;
    let wanted = (world.provider_asked + world.provider_refused) as f64 / days;
    let allowed = world.plan.limits.provider_daily as f64;
    let remedy = "a larger plan of AbuseIPDB and intelligence.abuseipdb.daily_limit; its blacklist as a feed";
    let limit = limit("AbuseIPDB: requests a day", wanted, allowed, "requests/day", remedy);
    Limit { effect: Effect::LosesLookUps, ..limit }
}

fn model(world: &World<'_>) -> Vec<Limit> {
    let (model, counts) = (&world.plan.model, world.model.counts);
    let days = world.plan.length.as_secs_f64() / 86_400.0;
    let wanted =
        counts.answered + counts.over_budget + counts.rate_limited + counts.breaker_open + counts.unanswered;
    let a_day = wanted as f64 / days;
    // As busy, against its average, as the stage that asks.
    let analyze = world.stages.get(Stage::Analyze);
    let mean = analyze.count.came as f64 / world.plan.length.as_secs_f64();
    let busier = if mean > 0.0 { analyze.busiest_minute as f64 / 60.0 / mean } else { 1.0 };
    let a_minute = a_day / 1_440.0 * busier;
    let limits = [
        limit(
            "model: economy.daily_usd",
            a_day * model.question_usd(),
            model.daily_usd,
            "USD/day",
            "raise economy.daily_usd (Terraform), or economy.min_priority",
        ),
        limit(
            "model: economy.daily_tokens",
            a_day * model.tokens(),
            model.daily_tokens,
            "tokens/day",
            "raise economy.daily_tokens (Terraform)",
        ),
        limit(
            "model: requests a minute",
            a_minute,
            model.requests_per_minute,
            "requests/min",
            "the model's server: requests per minute of your organisation",
        ),
        limit(
            "model: tokens a minute",
            a_minute * model.tokens(),
            model.tokens_per_minute,
            "tokens/min",
            "the model's server: tokens per minute of your organisation",
        ),
    ];
    limits.into_iter().map(|limit| Limit { effect: Effect::LosesWords, ..limit }).collect()
}

fn mail(world: &World<'_>) -> Vec<Limit> {
    let mail = &world.plan.mail;
    let days = world.plan.length.as_secs_f64() / 86_400.0;
    let parked = world.ledger.parked as f64;
    let sent = (world.mail.counts.sent() as f64 + parked) / days;
    let per_second = world.mail.busiest_second.min(mail.per_second * 4.0);
    let limits = [
        limit(
            "SES: sending quota",
            sent,
            mail.per_day,
            "mails/day",
            "Service Quotas, Amazon SES, \"Sending quota\", or more digests",
        ),
        limit(
            "SES: sending rate",
            per_second,
            mail.per_second,
            "mails/s",
            "Service Quotas, Amazon SES, \"Sending rate\"",
        ),
    ];
    limits.into_iter().map(|limit| Limit { effect: Effect::HoldsMails, ..limit }).collect()
}

/// What a person should change, or know.
pub(crate) fn warnings(world: &World<'_>, stages: &[StageOutcome], ledger: &Ledger) -> Vec<String> {
    let mut warnings = Vec::new();
    let seconds = world.plan.length.as_secs_f64();
    for stage in stages {
        let (mean, capacity) = (stage.messages as f64 / seconds, stage.capacity_per_second);
        if mean > RULE * capacity {
            let what = if mean > capacity { "never catches up" } else { "has no room for bursts" };
            warnings.push(format!(
                "{} {what}: {mean:.1} messages/s come on average and {capacity:.1} can be done; the rule is {:.0} %",
                stage.stage,
                RULE * 100.0
            ));
        }
        if stage.left > 0 && stage.drains_in_seconds.is_none() {
            let rate = (mean - capacity).max(1e-9);
            let days = world.plan.limits.retention.as_secs_f64() / 86_400.0 * mean / rate;
            warnings.push(format!(
                "the queue {} grows by {rate:.0} messages/s: without a change SQS drops the oldest after its retention of {} days (about {days:.1} days of such load)",
                stage.queue,
                world.plan.limits.retention.as_secs() / 86_400
            ));
        }
    }
    let questions = world.model.counts;
    let wanted = questions.answered + questions.over_budget + questions.rate_limited + questions.breaker_open;
    let allowed = (world.plan.model.requests_per_minute)
        .min(world.plan.model.tokens_per_minute / world.plan.model.tokens());
    let a_minute = wanted as f64 / seconds * 60.0;
    if a_minute > RULE * allowed {
        warnings.push(format!(
            "the model is wanted {a_minute:.1} times a minute on average, and {allowed:.0} are allowed: g·λ < {RULE}·μ is broken; mails without its words: {}",
            wanted - questions.answered
        ));
    } else if questions.over_budget > 0 {
        warnings.push(format!(
            "the model's budget of the day ends it after {} questions; {} notices go without its words",
            questions.answered, questions.over_budget
        ));
    }
    if world.provider_refused > 0 {
        warnings.push(format!(
            "the provider's quota is used up after {} requests; {} alerts go on to analyze because nobody could be asked",
            world.provider_asked, world.provider_refused
        ));
    }
    if ledger.parked > 0 {
        warnings.push(format!(
            "SES's quota of the day is used up: {} alerts wait in the table for the next day",
            ledger.parked
        ));
    }
    if ledger.dead_lettered > 0 {
        warnings.push(format!(
            "{} alerts are in dead-letter queues, after {} tries: alarm and `triage dlq`",
            ledger.dead_lettered, world.plan.limits.max_receive_count
        ));
    }
    if ledger.expired > 0 {
        warnings
            .push(format!("{} alerts are lost: they waited longer than SQS keeps messages", ledger.expired));
    }
    warnings
}
