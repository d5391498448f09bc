//! What is simulated: a day of alerts, a deployment, and the limits that AWS sets. Defaults are what Terraform deploys
//! and what was measured; [`crate::assumptions`] says where each comes from.

use std::time::Duration;

use crate::spread::Spread;

pub use crate::arrivals::{Arrivals, Shape, Storm};

/// One simulation. The same plan always comes to the same outcome.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub length: Duration,
    pub arrivals: Arrivals,
    pub edge: Edge,
    pub content: Content,
    pub stages: PerStage<StagePlan>,
    pub latency: Latency,
    pub limits: Limits,
    pub incidents: Incidents,
    pub model: Model,
    pub mail: Mail,
    pub usage: Usage,
}

/// A function and the queue that feeds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Enrich,
    Analyze,
    Notify,
}

impl Stage {
    pub const ALL: [Self; 3] = [Self::Enrich, Self::Analyze, Self::Notify];

    pub fn name(self) -> &'static str {
        match self {
            Self::Enrich => "enrich",
            Self::Analyze => "analyze",
            Self::Notify => "notify",
        }
    }

    /// The queue that it reads.
    pub fn queue(self) -> &'static str {
        match self {
            Self::Enrich => "alerts",
            Self::Analyze => "enriched",
            Self::Notify => "notices",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct PerStage<T> {
    pub enrich: T,
    pub analyze: T,
    pub notify: T,
}

impl<T> PerStage<T> {
    pub fn get(&self, stage: Stage) -> &T {
        match stage {
            Stage::Enrich => &self.enrich,
            Stage::Analyze => &self.analyze,
            Stage::Notify => &self.notify,
        }
    }

    pub fn get_mut(&mut self, stage: Stage) -> &mut T {
        match stage {
            Stage::Enrich => &mut self.enrich,
            Stage::Analyze => &mut self.analyze,
            Stage::Notify => &mut self.notify,
        }
    }
}

/// What happens on the manager before anything costs money.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// The part that the publisher sends, by level, group and rule.
    pub sent_share: f64,
    /// Of these, the part that is left when repeats are counted on the manager. 1: no such thing.
    pub kept_share: f64,
    /// Alerts in one message. 1: each is one of its own.
    pub alerts_per_message: u64,
    /// How long a message waits to be filled, if it holds more than one alert.
    pub linger: Duration,
    /// One `SendMessageBatch`; what comes meanwhile goes with the next.
    pub request: Duration,
    /// Bytes of an alert on its way, compressed or not.
    pub alert_bytes: f64,
}

/// What the alerts are about.
#[derive(Clone, Copy, Debug)]
pub struct Content {
    /// The part that enrich passes on to analyze.
    pub forward_share: f64,
    /// The part with an indicator that nobody has answered about lately, so that providers are asked.
    pub ask_share: f64,
    /// The part of forwarded alerts that opens an incident.
    pub opening_share: f64,
    /// The part of opening alerts that are severe: they have a gate of their own.
    pub severe_share: f64,
    /// Bytes of a message from enrich to analyze, and from analyze to notify.
    pub enriched_bytes: f64,
    pub notice_bytes: f64,
    /// Enriched alerts in one `SendMessageBatch`.
    pub forwarded_per_request: f64,
}

/// One function and its event source mapping.
#[derive(Clone, Copy, Debug)]
pub struct StagePlan {
    pub timeout: Duration,
    pub memory_mb: u32,
    pub batch_size: u64,
    pub window: Duration,
    pub scaling: Scaling,
    /// Messages of a batch that are worked on at the same time.
    pub crowd: u64,
    /// Time of a whole processor for one alert.
    pub cpu_per_alert: Duration,
    /// How long a batch takes, where it was measured or is given: then nothing is put together from latencies.
    pub batch_time: Option<Spread>,
}

/// How Lambda decides how many batches run at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// Starts with 5, and adds up to 300 a minute while messages wait.
    Standard { maximum_concurrency: u64 },
    /// Pollers of one's own: each takes 1 MB/s and runs 10 batches.
    Provisioned { minimum_pollers: u64, maximum_pollers: u64 },
    /// So many from the start: no scaling at all.
    Fixed(u64),
}

impl Scaling {
    /// The most batches at the same time.
    pub fn most(self) -> u64 {
        match self {
            Self::Standard { maximum_concurrency } => maximum_concurrency,
            Self::Provisioned { maximum_pollers, .. } => maximum_pollers * Self::BATCHES_PER_POLLER,
            Self::Fixed(batches) => batches,
        }
    }

    pub const BATCHES_PER_POLLER: u64 = 10;
    pub const BYTES_PER_POLLER: f64 = 1e6;
}

/// How long others take.
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    pub dynamodb: Spread,
    pub sqs: Spread,
    pub provider: Spread,
    pub model: Spread,
    pub ses: Spread,
    pub cold_start: Spread,
    /// From a message's arrival in SQS to its arrival in the function.
    pub hop: Duration,
}

/// What AWS and the providers allow.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub account_concurrency: u64,
    /// New environments of a function in ten seconds.
    pub starts_per_10s: u64,
    pub in_flight: u64,
    pub retention: Duration,
    pub max_receive_count: u32,
    /// Write units a second that a table can take when the day begins.
    pub table_writes: f64,
    /// The quota: no table grows beyond it.
    pub table_writes_quota: f64,
    /// Write units a second into one item.
    pub item_writes: f64,
    /// Requests a day to the provider with the smallest plan.
    pub provider_daily: u64,
    /// The part of messages that fail for a passing reason at each try.
    pub failure_rate: f64,
}

/// When an incident tells of itself.
#[derive(Clone, Copy, Debug)]
pub struct Incidents {
    /// Silences after the first mail, the first update and so on; the last one stays.
    pub silences: [Duration; 4],
    /// How long alerts go on coming, on average.
    pub lasting: Duration,
    /// Escalations of one incident, on average.
    pub escalations: f64,
    /// The part of first notices and escalations that asks no model: low priority, or the same question again.
    pub spared_share: f64,
}

#[derive(Clone, Copy, Debug)]
pub struct Model {
    pub requests_per_minute: f64,
    pub tokens_per_minute: f64,
    pub daily_tokens: f64,
    pub daily_usd: f64,
    pub tokens_in: f64,
    pub tokens_out: f64,
    pub usd_per_million_in: f64,
    pub usd_per_million_out: f64,
    /// How long a call that gets no answer holds its function up.
    pub timeout: Duration,
    /// From when until when it gives no answer.
    pub outage: Option<(Duration, Duration)>,
}

impl Model {
    pub fn tokens(&self) -> f64 {
        self.tokens_in + self.tokens_out
    }

    pub fn question_usd(&self) -> f64 {
        (self.tokens_in * self.usd_per_million_in + self.tokens_out * self.usd_per_million_out) / 1e6
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Mail {
    /// Groups that are told of every incident.
    pub groups: u64,
    pub gates: Gates,
    /// SES's sending rate, and its quota for a day.
    pub per_second: f64,
    pub per_day: f64,
}

/// Whether mails are held back for a digest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gates {
    Limited {
        per_hour: f64,
        burst: f64,
        severe_per_hour: f64,
        severe_burst: f64,
    },
    /// Every notice is a mail: no digests. The product does not do this.
    Open,
}

/// What an alert takes of what is paid for by use.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    pub enrich_claim_writes: f64,
    pub enrich_intel_writes: f64,
    pub enrich_reads: f64,
    pub analyze_writes: f64,
    pub notify_writes: f64,
    /// The part of alerts that touch the tables at all: others are decided from what the function has in memory.
    pub stored_share: f64,
    pub log_bytes: f64,
}
