//! Breaks one thing after the other in a deployment that runs, looks at what its alarm watches, and mends it.

mod functions;
mod mail;
mod outside;
mod queues;

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use tests::Site;

use crate::alarms::{Alarm, Gauges, Metric};
use crate::border::{Border, Refusal};
use crate::breaks::Break;
use crate::console::Console;
use crate::deployment::Deployed;

/// Long enough for a lease to end and for the sweep after it.
const PATIENCE: Duration = Duration::from_secs(150);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A deployment on the bench.
#[derive(Clone, Copy)]
pub struct Trial<'a> {
    pub site: &'a Site,
    pub console: &'a Console,
    pub border: &'a Border,
    pub deployed: &'a Deployed,
}

impl Trial<'_> {
    /// Breaks it, sees the metric move, mends it.
    pub async fn run(&self, broken: &Break, metric: &Metric, alarm: &Alarm) -> Result<()> {
        match broken {
            Break::Poison { queue } => self.poison(queue, metric).await,
            Break::DyingReader { queue } => self.dying_reader(queue, metric).await,
            Break::NoReader { queue } => self.no_reader(queue, metric).await,
            Break::NoStart { function } => self.no_start(function, metric).await,
            Break::NoConcurrency { function } => self.no_concurrency(function, metric).await,
            Break::NoSweep { stage } => self.no_sweep(stage, metric).await,
            Break::ProviderKey { provider } => self.provider_key(provider, metric).await,
            Break::ProviderQuota { provider } => self.provider_quota(provider, metric).await,
            Break::ModelKey => self.with_model("unauthorized", metric, self.ask_model(1)).await,
            Break::ModelQuota => self.with_model("quota", metric, self.ask_model(1)).await,
            Break::ModelFails => self.with_model("error", metric, self.ask_until_left_alone()).await,
            Break::ModelBudget => self.model_budget(metric).await,
            Break::MailPaused => self.with_account(mail::PAUSED, metric).await,
            Break::MailDailyQuota => self.with_account(mail::DAILY_QUOTA, metric).await,
            Break::MailBounces => self.bounces(metric).await,
            Break::MailComplained => self.complaint(metric).await,
            Break::NoticesRefused => self.notices_refused(metric).await,
            Break::StormRefused => self.storm(metric).await,
            Break::FeedAway { feed } => self.feed_away(feed, metric).await,
            Break::Stolen => self.steal(alarm).await,
            Break::NoCanary => self.no_canary(metric).await,
        }
    }

    /// After a trial that failed: the next one should not suffer from it.
    pub async fn mend(&self) -> Result<()> {
        self.border.let_through();
        for queue in ["alerts", "enriched", "notices", "mail-events"] {
            self.let_read(queue, true).await?;
        }
        for provider in ["abuseipdb", "misp", "otx", "model", "feeds"] {
            self.switch(provider, "ok").await?;
        }
        self.forget_breaker().await?;
        self.forget_gates().await
    }

    /// Does it and waits until the metric is above what it was.
    async fn moves(&self, metric: &Metric, breaking: impl Future<Output = Result<()>>) -> Result<()> {
        let gauges = Gauges { site: self.site, console: self.console };
        let before = gauges.read(metric).await?;
        breaking.await?;
        let until = Instant::now() + PATIENCE;
        loop {
            let now = gauges.read(metric).await?;
            if now > before {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("{metric:?} is {now} as before after {PATIENCE:?}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Does it and sees that the metric stays what it was.
    async fn rests(&self, metric: &Metric, breaking: impl Future<Output = Result<()>>) -> Result<()> {
        let gauges = Gauges { site: self.site, console: self.console };
        let before = gauges.read(metric).await?;
        breaking.await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let now = gauges.read(metric).await?;
        ensure!((now - before).abs() < f64::EPSILON, "{metric:?} moved from {before} to {now}");
        Ok(())
    }

    pub fn refuse(&self, stage: &str, refusal: Refusal) -> Result<()> {
        self.border.refuse(self.deployed.key_of(self.function(stage)?)?, refusal);
        Ok(())
    }

    /// Deletes every row whose key begins so.
    async fn forget(&self, table: &str, (key, begins): (&str, &str), part: Option<&str>) -> Result<()> {
        let rows = self.site.dynamodb.scan().table_name(table).send().await?.items.unwrap_or_default();
        for row in rows {
            let ours = row
                .get(key)
                .and_then(|value| value.as_s().ok())
                .is_some_and(|value| value.starts_with(begins));
            if ours {
                let named = std::iter::once(key)
                    .chain(part)
                    .filter_map(|name| Some((name.to_owned(), row.get(name)?.clone())));
                self.site
                    .dynamodb
                    .delete_item()
                    .table_name(table)
                    .set_key(Some(named.collect()))
                    .send()
                    .await?;
            }
        }
        Ok(())
    }
}

fn unique() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
