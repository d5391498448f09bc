use std::str::FromStr;
use std::time::Duration;

use domain::assessment::Priority;
use lambda::config::Reader;

use super::audit::Audit;
use super::budget::Budget;
use super::price::Prices;
use super::reuse::Reuse;

/// What a site lets its model cost.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The table of answers, budgets, breakers and records.
    pub analyses_table: String,
    pub reuse: Reuse,
    /// From this priority on a model is asked.
    pub min_priority: Priority,
    pub budget: Budget,
    pub prices: Prices,
    pub audit: Audit,
}

impl Settings {
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let analyses_table = reader.required("ANALYSES_TABLE", "wazuh-triage-analyses");
        let reuse_hours: Option<u32> = reader.or_default("ANALYSIS_REUSE_HOURS", "24");
        let min_priority: Option<Named> = reader.or_default("MODEL_MIN_PRIORITY", "low");
        let tokens = reader.or_default("MODEL_DAILY_TOKENS", "5000000");
        let usd = reader.or_default("MODEL_DAILY_USD", "5");
        let prices = reader.or_default("MODEL_PRICES", "{}");
        let audit_days: Option<u32> = reader.or_default("ANALYSIS_AUDIT_DAYS", "90");
        let hours = |hours: u32| Duration::from_hours(hours.into());
        Some(Self {
            analyses_table: analyses_table?,
            reuse: Reuse { lifetime: Some(hours(reuse_hours?)).filter(|lifetime| !lifetime.is_zero()) },
            min_priority: min_priority?.0,
            budget: Budget { tokens: tokens?, usd: usd? },
            prices: prices?,
            audit: Audit { retention: hours(audit_days?.saturating_mul(24)) },
        })
    }
}

/// A priority by its name in metrics.
struct Named(Priority);

impl FromStr for Named {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Priority::Low, Priority::Medium, Priority::High, Priority::Critical];
        let named = all.into_iter().find(|priority| priority.name() == text);
        named.map(Self).ok_or("it is none of low, medium, high, critical")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda::config::{ConfigError, Environment};

    fn read(variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let table = ("ANALYSES_TABLE", "analyses");
        let environment: Environment = variables.iter().copied().chain([table]).collect();
        let mut reader = Reader::new(&environment);
        let settings = Settings::read(&mut reader);
        reader.finish(settings)
    }

    #[test]
    fn everything_but_the_table_has_a_default_and_can_be_switched_off() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.reuse.lifetime, Some(Duration::from_hours(24)));
        assert_eq!(settings.min_priority, Priority::Low);
        assert_eq!(settings.audit.retention, Duration::from_hours(90 * 24));
        assert_eq!(settings.prices, Prices::default());
        let off = read(&[("ANALYSIS_REUSE_HOURS", "0"), ("ANALYSIS_AUDIT_DAYS", "0")]).unwrap();
        assert_eq!((off.reuse.lifetime, off.audit.retention), (None, Duration::ZERO));
    }

    #[test]
    fn what_is_wrong_is_named_with_an_example() {
        for (name, value, problem) in [
            (
                "MODEL_MIN_PRIORITY",
                "urgent",
                "it is none of low, medium, high, critical; an example is MODEL_MIN_PRIORITY=low",
            ),
            (
                "MODEL_DAILY_TOKENS",
                "5k",
                "it is neither a number from 0 up nor unlimited; an example is MODEL_DAILY_TOKENS=5000000",
            ),
            (
                "MODEL_DAILY_USD",
                "-5",
                "it is neither a number from 0 up nor unlimited; an example is MODEL_DAILY_USD=5",
            ),
            ("MODEL_PRICES", r#"{"as_of":"now"}"#, "as_of is \"now\" and no day as in 2026-07-01"),
            ("ANALYSIS_REUSE_HOURS", "1.5", "invalid digit"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(problem), "{error}");
        }
    }
}
