//! What can be said about the day, the deployment and the limits.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use simulation::designs::{self, Design};
use simulation::plan::{Plan, Scaling, Shape, Stage, StagePlan, Storm};

use super::trace;
use crate::failure::Failure;

pub(crate) const AFTER_SIMULATE: &str = "\
Defaults are what Terraform deploys and what was measured; --assumptions lists them with their sources. A day of 10^9
alerts takes seconds. The same arguments always print the same.

Exit codes:
   0  done
   1  --calibrate: the model is further off than --tolerance; the figures were printed
  64  wrong arguments
  65  the file of alerts, or of a measured run, is not readable as such
  66  a file cannot be opened or read
  73  a picture cannot be written
  74  the output cannot be written";

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct SimulateOptions {
    /// Alerts that Wazuh writes; with --trace the number of the file, unless it is said here.
    #[arg(long, value_name = "NUMBER")]
    pub alerts_per_day: Option<u64>,
    /// 10^6, 10^7, 10^8 and 10^9 alerts a day: as shipped, with what they need, and by design.
    #[arg(long, conflicts_with_all = ["trace", "design", "calibrate"])]
    pub scale: bool,
    /// A measured run, which the model must reproduce: a JSON document as docs/scale.md describes it.
    #[arg(long, value_name = "FILE")]
    pub calibrate: Option<PathBuf>,
    /// With --calibrate: how far off a figure may be.
    #[arg(long, value_name = "PART", default_value = "0.3")]
    pub tolerance: f64,
    /// Whatever is left to chance follows from it.
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub seed: u64,
    /// How long.
    #[arg(long, value_name = "HOURS", default_value = "24", value_parser = clap::value_parser!(u16).range(1..=24 * 30))]
    pub hours: u16,

    /// How alerts come.
    #[arg(long, value_name = "HOW", default_value = "daily")]
    pub arrivals: Pattern,
    /// How many times the average the busiest time of day has, or a burst.
    #[arg(long, value_name = "TIMES", default_value = "3")]
    pub peak: Times,
    /// Alerts whose times are replayed, gzipped or not; - is standard input.
    #[arg(long, value_name = "ALERTS.json|-")]
    pub trace: Option<PathBuf>,
    /// Alerts of one rule about one thing, on top of the others.
    #[arg(long, value_name = "NUMBER", default_value = "0")]
    pub storm: u64,
    /// How long the storm lasts.
    #[arg(long, value_name = "MINUTES", default_value = "10")]
    pub storm_minutes: u32,
    /// When it begins.
    #[arg(long, value_name = "HOUR", default_value = "2")]
    pub storm_at: u32,

    /// The settings and quotas that the load needs, instead of Terraform's defaults.
    #[arg(long)]
    pub sized: bool,
    /// One of the designs that --scale compares, by its name there, such as "+ packing".
    #[arg(long, value_name = "NAME")]
    pub design: Option<String>,
    /// Copies of enrich at the same time: `functions.enrich.maximum_concurrency`.
    #[arg(long, value_name = "NUMBER")]
    pub enrich_concurrency: Option<u64>,
    /// Copies of analyze at the same time.
    #[arg(long, value_name = "NUMBER")]
    pub analyze_concurrency: Option<u64>,
    /// Copies of notify at the same time.
    #[arg(long, value_name = "NUMBER")]
    pub notify_concurrency: Option<u64>,
    /// Provisioned pollers for enrich, at most so many.
    #[arg(long, value_name = "NUMBER", conflicts_with = "enrich_concurrency")]
    pub enrich_pollers: Option<u64>,
    /// Alerts in one call of enrich: `functions.enrich.batch_size`.
    #[arg(long, value_name = "NUMBER")]
    pub enrich_batch: Option<u64>,
    /// How long a batch of enrich is waited for: `functions.enrich.batching_window_seconds`.
    #[arg(long, value_name = "SECONDS")]
    pub enrich_window: Option<u64>,

    /// The part of alerts that the publisher sends.
    #[arg(long, value_name = "0..1")]
    pub sent_share: Option<Share>,
    /// Of these, the part that is left if the manager counted repeats. Not built.
    #[arg(long, value_name = "0..1")]
    pub kept_share: Option<Share>,
    /// If one message held several alerts. Not built.
    #[arg(long, value_name = "NUMBER")]
    pub alerts_per_message: Option<u64>,
    /// Bytes of log for each alert.
    #[arg(long, value_name = "BYTES")]
    pub log_bytes: Option<u32>,
    /// The part of alerts that goes on to analyze.
    #[arg(long, value_name = "0..1")]
    pub forward_share: Option<Share>,
    /// The part of alerts that asks a provider.
    #[arg(long, value_name = "0..1")]
    pub ask_share: Option<Share>,
    /// The part of forwarded alerts that opens an incident.
    #[arg(long, value_name = "0..1")]
    pub opening_share: Option<Share>,

    /// The account's quota of concurrent executions.
    #[arg(long, value_name = "NUMBER")]
    pub account_concurrency: Option<u64>,
    /// Write units a second that a table takes when the day begins: 4000 if new, more if warmed.
    #[arg(long, value_name = "NUMBER")]
    pub table_writes: Option<u32>,
    /// The part of messages that fail at each try for a passing reason.
    #[arg(long, value_name = "0..1")]
    pub failure_share: Option<Share>,
    /// Requests a minute that the model takes.
    #[arg(long, value_name = "NUMBER")]
    pub model_requests: Option<u32>,
    /// Tokens a minute that the model takes.
    #[arg(long, value_name = "NUMBER")]
    pub model_tokens: Option<u32>,
    /// `economy.daily_usd`.
    #[arg(long, value_name = "USD")]
    pub model_daily_usd: Option<f64>,
    /// The model gives no answer for so long, from noon on.
    #[arg(long, value_name = "MINUTES")]
    pub model_outage: Option<u32>,
    /// Mails a second that SES takes.
    #[arg(long, value_name = "NUMBER")]
    pub ses_per_second: Option<u32>,
    /// Mails a day that SES takes.
    #[arg(long, value_name = "NUMBER")]
    pub ses_per_day: Option<u32>,
    /// Groups that are told of every incident.
    #[arg(long, value_name = "NUMBER")]
    pub groups: Option<u32>,

    /// Also everything that the outcome rests on.
    #[arg(long)]
    pub assumptions: bool,
    /// Pictures (SVG) of age and depth over the day, and with --scale of the costs, into this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "calibrate")]
    pub plot: Option<PathBuf>,
    /// Markdown; with --scale the page docs/scale.md.
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
    /// One JSON document.
    #[arg(long)]
    pub json: bool,
    /// With --json: each queue at the end of each minute, too.
    #[arg(long, requires = "json")]
    pub samples: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Pattern {
    Steady,
    /// By the time of day, most at two in the afternoon.
    Daily,
    /// Bursts of two minutes, 20 minutes apart on average.
    Bursts,
}

/// A part of a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Share(f64);

impl FromStr for Share {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        share.map(Self).ok_or("a share is a number from 0 to 1")
    }
}

/// A factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Times(f64);

impl FromStr for Times {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let times = text.parse().ok().filter(|times| (1.0..=1_000.0).contains(times));
        times.map(Self).ok_or("it is a number from 1 to 1000")
    }
}

impl SimulateOptions {
    const ALERTS: u64 = 1_000_000;
    /// A hundred times what the largest sites are known to have.
    const MOST_ALERTS: u64 = 100_000_000_000;

    pub fn plan(&self) -> Result<Plan, Failure> {
        let trace = self.trace.clone().map(trace::of).transpose()?;
        let in_trace = trace.iter().flatten().map(|(_, alerts)| alerts).sum();
        let default = if trace.is_some() { in_trace } else { Self::ALERTS };
        let alerts = self.alerts_per_day.unwrap_or(default).min(Self::MOST_ALERTS);
        let mut plan = self.base(alerts)?;
        plan.seed = self.seed;
        plan.length = Duration::from_hours(u64::from(self.hours));
        plan.arrivals.shape = match (trace, self.arrivals) {
            (Some(seconds), _) => Shape::Trace(seconds),
            (None, Pattern::Steady) => Shape::Steady,
            (None, Pattern::Daily) => Shape::Daily { peak: self.peak.0 },
            (None, Pattern::Bursts) => Shape::Bursts {
                factor: self.peak.0,
                calm: Duration::from_mins(20),
                burst: Duration::from_mins(2),
            },
        };
        if self.storm > 0 {
            plan.arrivals.storm = Some(Storm {
                at: Duration::from_hours(u64::from(self.storm_at)),
                lasting: Duration::from_mins(u64::from(self.storm_minutes.max(1))),
                alerts: self.storm.min(Self::MOST_ALERTS),
            });
        }
        self.shares(&mut plan);
        self.limits(&mut plan);
        if self.sized {
            plan = plan.sized();
        }
        self.functions(&mut plan);
        Ok(plan)
    }

    fn base(&self, alerts: u64) -> Result<Plan, Failure> {
        let Some(wanted) = &self.design else { return Ok(Plan::as_shipped(alerts)) };
        let known: Vec<Design> =
            designs::sketches(alerts).into_iter().chain(designs::levers(alerts)).collect();
        let names = known.iter().map(|design| design.key).collect::<Vec<_>>().join(", ");
        let found = known.into_iter().find(|design| design.key == wanted);
        found
            .map(|design| design.plan)
            .ok_or_else(|| Failure::UnknownDesign { design: wanted.clone(), known: names })
    }

    fn shares(&self, plan: &mut Plan) {
        let set = |field: &mut f64, share: Option<Share>| *field = share.map_or(*field, |share| share.0);
        set(&mut plan.edge.sent_share, self.sent_share);
        set(&mut plan.edge.kept_share, self.kept_share);
        set(&mut plan.content.forward_share, self.forward_share);
        set(&mut plan.content.ask_share, self.ask_share);
        set(&mut plan.content.opening_share, self.opening_share);
        set(&mut plan.limits.failure_rate, self.failure_share);
        let most = self.alerts_per_message.unwrap_or(plan.edge.alerts_per_message);
        plan.edge.alerts_per_message = most.clamp(1, 1_000);
        plan.usage.log_bytes = self.log_bytes.map_or(plan.usage.log_bytes, f64::from);
    }

    fn limits(&self, plan: &mut Plan) {
        let set = |field: &mut f64, number: Option<u32>| *field = number.map_or(*field, f64::from);
        set(&mut plan.limits.table_writes, self.table_writes);
        plan.limits.table_writes_quota = plan.limits.table_writes_quota.max(plan.limits.table_writes);
        set(&mut plan.model.requests_per_minute, self.model_requests);
        set(&mut plan.model.tokens_per_minute, self.model_tokens);
        set(&mut plan.mail.per_second, self.ses_per_second);
        set(&mut plan.mail.per_day, self.ses_per_day);
        plan.model.daily_usd = self.model_daily_usd.unwrap_or(plan.model.daily_usd);
        plan.limits.account_concurrency = self.account_concurrency.unwrap_or(plan.limits.account_concurrency);
        plan.mail.groups = self.groups.map_or(plan.mail.groups, u64::from);
        plan.model.outage = self.model_outage.map(|minutes| {
            let noon = Duration::from_hours(12);
            (noon, noon + Duration::from_mins(u64::from(minutes)))
        });
    }

    fn functions(&self, plan: &mut Plan) {
        for (stage, wanted) in [
            (Stage::Enrich, self.enrich_concurrency),
            (Stage::Analyze, self.analyze_concurrency),
            (Stage::Notify, self.notify_concurrency),
        ] {
            if let Some(maximum_concurrency) = wanted {
                let maximum_concurrency = maximum_concurrency.clamp(1, 1_000);
                plan.stages.get_mut(stage).scaling = Scaling::Standard { maximum_concurrency };
            }
        }
        let enrich = &mut plan.stages.enrich;
        if let Some(pollers) = self.enrich_pollers {
            enrich.scaling =
                Scaling::Provisioned { minimum_pollers: 2, maximum_pollers: pollers.clamp(2, 2_000) };
        }
        *enrich = StagePlan {
            batch_size: self.enrich_batch.unwrap_or(enrich.batch_size).clamp(1, 10_000),
            window: self.enrich_window.map_or(enrich.window, Duration::from_secs),
            ..*enrich
        };
    }
}
