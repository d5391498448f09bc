//! A measured run, given to the model: what it would have said, beside what was measured.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::arrivals::{Arrivals, Shape};
use crate::outcome::{Outcome, run};
use crate::plan::{Plan, Scaling, Stage};
use crate::spread::Spread;

/// What a load test writes down. Only what is there is used; the rest stays as shipped.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    pub schema: u8,
    /// Where the figures come from, such as a commit and a machine.
    pub source: String,
    /// How long was watched, the emptying of the queues included.
    pub seconds: u32,
    /// Alerts sent in each second from the beginning.
    pub arrivals: Vec<u64>,
    #[serde(default)]
    pub seed: Option<u64>,
    #[serde(default)]
    pub forward_share: Option<f64>,
    #[serde(default)]
    pub ask_share: Option<f64>,
    #[serde(default)]
    pub opening_share: Option<f64>,
    #[serde(default)]
    pub escalations: Option<f64>,
    #[serde(default)]
    pub incident_seconds: Option<f64>,
    #[serde(default)]
    pub silences_seconds: Option<[f64; 4]>,
    /// A model's answer, where it is not part of the batches.
    #[serde(default)]
    pub model_ms: Option<Milliseconds>,
    #[serde(default)]
    pub stages: StageRuns,
    pub measured: Measured,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StageRuns {
    pub enrich: Option<StageRun>,
    pub analyze: Option<StageRun>,
    pub notify: Option<StageRun>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StageRun {
    #[serde(default)]
    pub batch_size: Option<u64>,
    #[serde(default)]
    pub maximum_concurrency: Option<u64>,
    /// One invocation, from beginning to end.
    pub batch_ms: Milliseconds,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Milliseconds {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
}

impl Milliseconds {
    fn are_possible(self) -> bool {
        let Self { p50, p90, p99 } = self;
        p50 > 0.0 && p50 <= p90 && p90 <= p99 && p99 <= 900_000.0
    }

    fn spread(self) -> Spread {
        let [p50, p90, p99] = [self.p50, self.p90, self.p99].map(|ms| crate::spread::seconds(ms / 1e3));
        Spread::Quantiles { p50, p90, p99 }
    }
}

/// What the same run showed; each figure that is there is compared.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Measured {
    pub forwarded: Option<f64>,
    pub incidents: Option<f64>,
    /// First mails, updates and escalations, before any gate.
    pub notices: Option<f64>,
    pub mails: Option<f64>,
    pub enrich_batches: Option<f64>,
    pub analyze_batches: Option<f64>,
    /// From the alert to the mail.
    pub to_mail_p50_seconds: Option<f64>,
    pub to_mail_p99_seconds: Option<f64>,
    pub enrich_age_p99_seconds: Option<f64>,
    pub enrich_most_waiting: Option<f64>,
    pub analyze_age_p99_seconds: Option<f64>,
    /// Alerts a second that the whole pipeline ended, while there was work.
    pub alerts_per_second: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub figure: &'static str,
    pub measured: f64,
    pub simulated: f64,
}

impl Comparison {
    /// How far the model is off, as a part of what was measured.
    pub fn off_by(&self) -> f64 {
        if self.measured == 0.0 { self.simulated } else { (self.simulated / self.measured - 1.0).abs() }
    }
}

/// Beyond a year nothing of a run of a week depends on it.
const LONGEST_SECONDS: f64 = 366.0 * 86_400.0;

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("it is not a measured run as docs/scale.md describes it")]
    Json(#[from] serde_json::Error),
    #[error("its schema is {0}, and this program knows 1")]
    Schema(u8),
    #[error("{field} must be {rule}")]
    Field { field: &'static str, rule: &'static str },
}

impl Run {
    pub fn read(json: &str) -> Result<Self, RunError> {
        let run: Self = serde_json::from_str(json)?;
        if run.schema != 1 {
            return Err(RunError::Schema(run.schema));
        }
        let wrong = |field, rule| Err(RunError::Field { field, rule });
        if !(1..=7 * 86_400).contains(&run.seconds) {
            return wrong("seconds", "from 1 to a week");
        }
        if run.arrivals.len() > run.seconds as usize {
            return wrong("arrivals", "no longer than seconds");
        }
        if run.arrivals.iter().any(|count| *count > 10_000_000) {
            return wrong("arrivals", "at most 10,000,000 in a second");
        }
        for share in [run.forward_share, run.ask_share, run.opening_share].into_iter().flatten() {
            if !(0.0..=1.0).contains(&share) {
                return wrong("a share", "from 0 to 1");
            }
        }
        let is_time = |seconds: &f64| (0.0..=LONGEST_SECONDS).contains(seconds);
        if !run.silences_seconds.iter().flatten().chain(&run.incident_seconds).all(is_time) {
            return wrong("silences_seconds and incident_seconds", "from 0 to a year");
        }
        if !run.escalations.is_none_or(|escalations| (0.0..=1_000.0).contains(&escalations)) {
            return wrong("escalations", "from 0 to 1,000 an incident");
        }
        let times = run.stages.each().map(|(stage, field)| (stage.batch_ms, field));
        for (times, field) in times.chain(run.model_ms.map(|times| (times, "model_ms"))) {
            if !times.are_possible() {
                return wrong(field, "times above 0, p50 <= p90 <= p99, none above 15 minutes");
            }
        }
        for (stage, field) in run.stages.each() {
            let is_of_lambda = |number: u64| (1..=10_000).contains(&number);
            if !(stage.batch_size.is_none_or(is_of_lambda)
                && stage.maximum_concurrency.is_none_or(is_of_lambda))
            {
                return wrong(field, "with a batch_size and a maximum_concurrency from 1 to 10,000");
            }
        }
        Ok(run)
    }

    pub fn plan(&self) -> Plan {
        let trace: Vec<(u32, u64)> = (0..)
            .zip(&self.arrivals)
            .filter(|(_, count)| **count > 0)
            .map(|(second, count)| (second, *count))
            .collect();
        let alerts = self.arrivals.iter().sum();
        let mut plan = Plan::as_shipped(alerts);
        plan.arrivals = Arrivals { per_day: alerts, shape: Shape::Trace(trace), storm: None };
        plan.length = Duration::from_secs(u64::from(self.seconds));
        plan.seed = self.seed.unwrap_or(plan.seed);
        let content = &mut plan.content;
        content.forward_share = self.forward_share.unwrap_or(content.forward_share);
        content.ask_share = self.ask_share.unwrap_or(content.ask_share);
        content.opening_share = self.opening_share.unwrap_or(content.opening_share);
        let incidents = &mut plan.incidents;
        incidents.escalations = self.escalations.unwrap_or(incidents.escalations);
        if let Some(silences) = self.silences_seconds {
            incidents.silences = silences.map(crate::spread::seconds);
        }
        incidents.lasting = self.incident_seconds.map_or(incidents.lasting, crate::spread::seconds);
        for stage in Stage::ALL {
            let Some(measured) = self.stages.get(stage) else { continue };
            let settings = plan.stages.get_mut(stage);
            settings.batch_size = measured.batch_size.unwrap_or(settings.batch_size);
            if let Some(maximum_concurrency) = measured.maximum_concurrency {
                settings.scaling = Scaling::Standard { maximum_concurrency };
            }
            settings.batch_time = Some(measured.batch_ms.spread());
        }
        plan.latency.model = self.model_ms.map_or(plan.latency.model, Milliseconds::spread);
        plan
    }

    /// Simulates the run, and puts both side by side.
    pub fn compare(&self) -> (Outcome, Vec<Comparison>) {
        let outcome = run(&self.plan());
        let [enrich, analyze, notify] = outcome.stages.as_slice() else { return (outcome, Vec::new()) };
        let measured = &self.measured;
        let busy = self.arrivals.len().max(1) as f64 + enrich.oldest_seconds;
        let rows = [
            ("forwarded alerts", measured.forwarded, analyze.messages as f64),
            ("incidents", measured.incidents, outcome.incidents as f64),
            ("notices", measured.notices, notify.messages as f64),
            ("mails", measured.mails, outcome.mails.sent() as f64),
            ("batches of enrich", measured.enrich_batches, enrich.batches as f64),
            ("batches of analyze", measured.analyze_batches, analyze.batches as f64),
            ("alert to mail, p50, s", measured.to_mail_p50_seconds, outcome.to_mail.p50_seconds),
            ("alert to mail, p99, s", measured.to_mail_p99_seconds, outcome.to_mail.p99_seconds),
            ("age in alerts, p99, s", measured.enrich_age_p99_seconds, enrich.age.p99_seconds),
            ("most waiting in alerts", measured.enrich_most_waiting, enrich.most_waiting as f64),
            ("age in enriched, p99, s", measured.analyze_age_p99_seconds, analyze.age.p99_seconds),
            ("alerts a second", measured.alerts_per_second, enrich.done as f64 / busy),
        ];
        let compared = rows
            .into_iter()
            .filter_map(|(figure, measured, simulated)| {
                Some(Comparison { figure, measured: measured?, simulated })
            })
            .collect();
        (outcome, compared)
    }
}

impl StageRuns {
    fn get(&self, stage: Stage) -> Option<StageRun> {
        match stage {
            Stage::Enrich => self.enrich,
            Stage::Analyze => self.analyze,
            Stage::Notify => self.notify,
        }
    }

    fn each(&self) -> impl Iterator<Item = (StageRun, &'static str)> {
        let named = [
            (self.enrich, "stages.enrich"),
            (self.analyze, "stages.analyze"),
            (self.notify, "stages.notify"),
        ];
        named.into_iter().filter_map(|(stage, name)| Some((stage?, name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The scanner of docs/incidents.md: 2,293 alerts in six minutes through `make demo`, with a silence of 10 s after a
    /// first mail; 192 went on to 4 incidents and 15 notices: 4 first, 5 escalations, 6 updates.
    const SCANNER: &str = r#"{
        "schema": 1, "source": "docs/incidents.md", "seconds": 600, "arrivals": [],
        "forward_share": 0.0837, "ask_share": 0.0, "opening_share": 0.0208, "escalations": 1.25,
        "incident_seconds": 300, "silences_seconds": [10, 300, 1800, 14400],
        "measured": {"forwarded": 192, "incidents": 4, "notices": 15}
    }"#;

    #[test]
    fn the_measured_scanner_comes_out_within_a_quarter() {
        const SEEDS: u64 = 40;
        let mut scanner = Run::read(SCANNER).unwrap();
        scanner.arrivals = (0..360).map(|second| 6 + u64::from(second % 27 < 10)).collect();
        let mut sums = [0.0; 3];
        for seed in 0..SEEDS {
            scanner.seed = Some(seed);
            for (sum, row) in sums.iter_mut().zip(scanner.compare().1) {
                *sum += row.simulated / SEEDS as f64;
            }
        }
        for (simulated, measured) in sums.into_iter().zip([192.0, 4.0, 15.0]) {
            let ratio: f64 = simulated / measured;
            assert!((0.75..1.25).contains(&ratio), "{sums:?}");
        }
    }

    #[test]
    fn a_run_that_cannot_be_is_refused_with_the_field() {
        for (from, to, expected) in [
            ("\"schema\": 1", "\"schema\": 2", "its schema is 2, and this program knows 1"),
            ("\"seconds\": 600", "\"seconds\": 0", "seconds must be from 1 to a week"),
            ("0.0837", "1.5", "a share must be from 0 to 1"),
            (
                "\"measured\"",
                r#""stages": {"enrich": {"batch_ms": {"p50": 9, "p90": 5, "p99": 9}}}, "measured""#,
                "stages.enrich must be times above 0, p50 <= p90 <= p99, none above 15 minutes",
            ),
            (
                "\"measured\"",
                r#""model_ms": {"p50": 0, "p90": 5, "p99": 9}, "measured""#,
                "model_ms must be times above 0, p50 <= p90 <= p99, none above 15 minutes",
            ),
            (
                "\"incident_seconds\": 300",
                "\"incident_seconds\": 1e19",
                "silences_seconds and incident_seconds must be from 0 to a year",
            ),
            ("[10, 300", "[-10, 300", "silences_seconds and incident_seconds must be from 0 to a year"),
            (
                "\"escalations\": 1.25",
                "\"escalations\": 1e9",
                "escalations must be from 0 to 1,000 an incident",
            ),
            ("\"ask_share\"", "\"asked\"", "it is not a measured run as docs/scale.md describes it"),
        ] {
            let error = Run::read(&SCANNER.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn measured_times_of_batches_take_the_place_of_what_is_put_together() {
        let stages = r#""stages": {"enrich": {"batch_size": 4, "maximum_concurrency": 3, "batch_ms": {"p50": 70, "p90": 90, "p99": 200}}}, "measured""#;
        let plan = Run::read(&SCANNER.replacen("\"measured\"", stages, 1)).unwrap().plan();
        assert_eq!((plan.stages.enrich.batch_size, plan.stages.enrich.scaling.most()), (4, 3));
        assert_eq!(plan.stages.enrich.batch_time, Some(Spread::quantiles_ms(70, 90, 200)));
        assert_eq!(plan.stages.analyze.batch_time, None);
    }
}
