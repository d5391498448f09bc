//! What Terraform deploys, what was measured, and what had to be assumed.

use std::time::Duration;

use crate::arrivals::{Arrivals, Shape};
use crate::plan::{
    Content, Edge, Gates, Incidents, Latency, Limits, Mail, Model, PerStage, Plan, Scaling, StagePlan, Usage,
};
use crate::spread::Spread;
use crate::usage;

impl Plan {
    /// A day of the deployment that Terraform makes, with `alerts` in it.
    pub fn as_shipped(alerts: u64) -> Self {
        Self {
            seed: 1,
            length: Duration::from_hours(24),
            arrivals: Arrivals { per_day: alerts, shape: Shape::Daily { peak: 3.0 }, storm: None },
            edge: Edge {
                sent_share: 1.0,
                kept_share: 1.0,
                alerts_per_message: 1,
                linger: Duration::from_secs(1),
                request: Duration::from_millis(15),
                alert_bytes: 1_892.0,
            },
            content: Content {
                forward_share: 0.3,
                ask_share: 0.02,
                opening_share: 0.02,
                severe_share: 0.1,
                enriched_bytes: 4_000.0,
                notice_bytes: 8_000.0,
                forwarded_per_request: 1.0,
            },
            stages: stages(),
            latency: Latency {
                dynamodb: Spread::quantiles_ms(5, 9, 25),
                sqs: Spread::quantiles_ms(10, 15, 40),
                provider: Spread::quantiles_ms(300, 700, 2_500),
                model: Spread::quantiles_ms(5_000, 9_000, 18_000),
                ses: Spread::quantiles_ms(80, 150, 400),
                cold_start: Spread::quantiles_ms(115, 120, 150),
                hop: Duration::from_millis(20),
            },
            limits: Limits {
                account_concurrency: 1_000,
                starts_per_10s: 1_000,
                in_flight: 120_000,
                retention: Duration::from_hours(4 * 24),
                max_receive_count: 5,
                table_writes: 4_000.0,
                table_writes_quota: 40_000.0,
                item_writes: 1_000.0,
                provider_daily: 1_000,
                failure_rate: 0.0,
            },
            incidents: Incidents {
                silences: [5, 30, 4 * 60, 24 * 60].map(Duration::from_mins),
                lasting: Duration::from_mins(20),
                escalations: 0.25,
                spared_share: 0.0,
            },
            model: Model {
                requests_per_minute: 500.0,
                tokens_per_minute: 400_000.0,
                daily_tokens: 5_000_000.0,
                daily_usd: 5.0,
                tokens_in: 2_500.0,
                tokens_out: 900.0,
                usd_per_million_in: 0.75,
                usd_per_million_out: 4.5,
                timeout: Duration::from_secs(20),
                outage: None,
            },
            mail: Mail {
                groups: 1,
                gates: Gates::Limited {
                    per_hour: 20.0,
                    burst: 10.0,
                    severe_per_hour: 60.0,
                    severe_burst: 30.0,
                },
                per_second: 14.0,
                per_day: 50_000.0,
            },
            usage: Usage {
                enrich_claim_writes: usage::ENRICH_CLAIM_WRITES,
                enrich_intel_writes: usage::ENRICH_WRITES - usage::ENRICH_CLAIM_WRITES,
                enrich_reads: usage::ENRICH_READS,
                analyze_writes: usage::ANALYZE_WRITES,
                notify_writes: usage::NOTIFY_WRITES,
                stored_share: 1.0,
                log_bytes: usage::ALERT_LOG_BYTES,
            },
        }
    }
}

fn stages() -> PerStage<StagePlan> {
    let enrich = StagePlan {
        timeout: Duration::from_secs(30),
        memory_mb: 128,
        batch_size: 10,
        window: Duration::ZERO,
        scaling: Scaling::Standard { maximum_concurrency: 10 },
        crowd: 10,
        cpu_per_alert: Duration::from_micros(230),
        batch_time: None,
    };
    PerStage {
        enrich,
        analyze: StagePlan {
            timeout: Duration::from_mins(1),
            batch_size: 5,
            scaling: Scaling::Standard { maximum_concurrency: 5 },
            cpu_per_alert: Duration::from_micros(180),
            ..enrich
        },
        notify: StagePlan {
            scaling: Scaling::Standard { maximum_concurrency: 2 },
            crowd: 4,
            cpu_per_alert: Duration::from_micros(90),
            ..enrich
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Stage;

    const VARIABLES: &str = include_str!("../../../terraform/modules/pipeline/variables.tf");

    /// The default of a field, in the object that `opening` begins.
    fn terraform(opening: &str, field: &str) -> String {
        let object = VARIABLES.split_once(opening).unwrap_or_else(|| panic!("no {opening}")).1;
        let line = object.lines().find(|line| line.trim_start().starts_with(&format!("{field} "))).unwrap();
        let value = line.rsplit_once("optional(").unwrap().1.split_once(", ").unwrap().1;
        value.split_once(')').unwrap().0.trim_matches('"').to_owned()
    }

    #[test]
    fn the_defaults_are_those_of_terraform() {
        let plan = Plan::as_shipped(1);
        for stage in Stage::ALL {
            let StagePlan { timeout, memory_mb, batch_size, window, scaling, .. } = plan.stages.get(stage);
            let functions = VARIABLES.split_once("variable \"functions\"").unwrap().1;
            let opening = functions
                .lines()
                .find(|line| line.trim().starts_with(&format!("{} = optional(object", stage.name())));
            for (field, ours) in [
                ("timeout_seconds", timeout.as_secs()),
                ("memory_mb", u64::from(*memory_mb)),
                ("batch_size", *batch_size),
                ("batching_window_seconds", window.as_secs()),
                ("maximum_concurrency", scaling.most()),
            ] {
                assert_eq!(terraform(opening.unwrap(), field), ours.to_string(), "{} {field}", stage.name());
            }
        }
        let economy = "variable \"economy\"";
        assert_eq!(terraform(economy, "daily_usd"), plan.model.daily_usd.to_string());
        assert_eq!(terraform(economy, "daily_tokens"), plan.model.daily_tokens.to_string());
        assert_eq!(
            terraform("variable \"model\"", "timeout_seconds"),
            plan.model.timeout.as_secs().to_string()
        );
        assert_eq!(
            terraform("variable \"intelligence\"", "daily_limit"),
            plan.limits.provider_daily.to_string()
        );
        let tries = VARIABLES.split_once("variable \"max_receive_count\"").unwrap().1;
        assert!(
            tries
                .lines()
                .any(|line| line.trim() == format!("default     = {}", plan.limits.max_receive_count))
        );
        assert!(VARIABLES.contains(r#"update_after = optional(list(string), ["5m", "30m", "4h", "24h"])"#));
    }
}
