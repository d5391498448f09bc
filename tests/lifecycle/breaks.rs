//! For every alarm, how the thing that it names is broken. An alarm without a row here fails the test.

use crate::alarms::Alarm;

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// What no stage understands comes into the queue that it reads.
    Poison {
        queue: String,
    },
    /// Whoever reads the queue dies over a message, again and again.
    DyingReader {
        queue: String,
    },
    /// Nobody reads the queue.
    NoReader {
        queue: String,
    },
    /// The function does not start: a variable is missing.
    NoStart {
        function: String,
    },
    /// The account has no room for another run of the function.
    NoConcurrency {
        function: String,
    },
    /// The function does not start, so nothing sweeps.
    NoSweep {
        stage: String,
    },
    /// The provider refuses the key.
    ProviderKey {
        provider: String,
    },
    /// The day's requests are used up.
    ProviderQuota {
        provider: String,
    },
    ModelKey,
    ModelQuota,
    ModelBudget,
    /// The model fails until it is left alone.
    ModelFails,
    MailPaused,
    MailDailyQuota,
    /// A recipient does not exist.
    MailBounces,
    /// A recipient marks a mail as spam.
    MailComplained,
    /// analyze may not write into the notices queue.
    NoticesRefused,
    /// SES refuses the mail that tells of a storm.
    StormRefused,
    /// The publisher of a feed is away.
    FeedAway {
        feed: String,
    },
    /// A message is taken out of the alerts queue by somebody who is no stage.
    Stolen,
    /// Nobody reads the alerts queue, so no canary arrives.
    NoCanary,
}

/// How the metrics of an alarm are moved, by their ids; nothing if no row is about this alarm.
pub fn rows(alarm: &Alarm) -> Vec<(String, Break)> {
    let rows = |breaks: Vec<Break>| {
        breaks.into_iter().zip(1..).map(|(broken, number)| (format!("m{number}"), broken)).collect()
    };
    match alarm.name.as_str() {
        "model-key" => rows(vec![Break::ModelKey, Break::ModelQuota]),
        "model-budget" => rows(vec![Break::ModelBudget]),
        "model-breaker" => rows(vec![Break::ModelFails]),
        "mail-account" => rows(vec![Break::MailPaused, Break::MailDailyQuota]),
        "mail-bounced" => rows(vec![Break::MailBounces, Break::MailComplained]),
        "notices-held" => rows(vec![Break::NoticesRefused, Break::StormRefused]),
        "ledger" => rows(vec![Break::Stolen]),
        "canary" => rows(vec![Break::NoCanary]),
        name => rows(about(name).into_iter().collect()),
    }
}

/// Alarms that are there once for each thing of a kind.
fn about(alarm: &str) -> Option<Break> {
    let (kind, name) = alarm.split_once('-')?;
    let named = name.to_owned();
    match kind {
        "dlq" if matches!(name, "feedback" | "mail-events") => Some(Break::DyingReader { queue: named }),
        "dlq" => Some(Break::Poison { queue: named }),
        "age" => Some(Break::NoReader { queue: named }),
        "errors" => Some(Break::NoStart { function: named }),
        "throttles" => Some(Break::NoConcurrency { function: named }),
        "sweep" => Some(Break::NoSweep { stage: named }),
        "feed" => Some(Break::FeedAway { feed: named }),
        "provider" => match name.split_once('-')? {
            ("key", provider) => Some(Break::ProviderKey { provider: provider.to_owned() }),
            ("quota", provider) => Some(Break::ProviderQuota { provider: provider.to_owned() }),
            _ => None,
        },
        _ => None,
    }
}
