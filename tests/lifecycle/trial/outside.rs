//! Providers, the model and the publishers of feeds, on a bad day.

use std::time::Duration;

use anyhow::Result;
use domain::AlertKey;
use serde_json::{Value, json};
use tests::alerts::{brute_force, key};
use tests::deployed::{ends, publish};
use tests::site;

use super::{Trial, unique};
use crate::alarms::Metric;

impl Trial<'_> {
    pub(super) async fn provider_key(&self, provider: &str, metric: &Metric) -> Result<()> {
        self.forget_gates().await?;
        self.switch(provider, "unauthorized").await?;
        self.moves(metric, self.ask_providers(1)).await?;
        self.switch(provider, "ok").await?;
        self.forget_gates().await
    }

    pub(super) async fn provider_quota(&self, provider: &str, metric: &Metric) -> Result<()> {
        self.forget_gates().await?;
        let limit = ("DAILY_LIMITS", format!("{provider}=1"));
        self.with_variable("enrich", limit, self.moves(metric, self.ask_providers(3))).await?;
        self.forget_gates().await
    }

    pub(super) async fn model_budget(&self, metric: &Metric) -> Result<()> {
        let limit = ("MODEL_DAILY_TOKENS", "1".to_owned());
        self.with_variable("analyze", limit, self.moves(metric, self.ask_model(1))).await
    }

    /// A fetch that works, and one that does not.
    pub(super) async fn feed_away(&self, feed: &str, metric: &Metric) -> Result<()> {
        let fetch = json!({"ingest": feed});
        // MISP is the provider and its feed, at one address.
        let publisher = if feed == "misp" { "misp" } else { "feeds" };
        self.succeeds("ingest", &fetch).await?;
        // Ages are told in whole seconds.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        self.switch(publisher, "error").await?;
        let call = async { self.call("ingest", &fetch).await.map(drop) };
        self.moves(metric, call).await?;
        self.switch(publisher, "ok").await
    }

    pub(super) async fn with_model(
        &self,
        mode: &str,
        metric: &Metric,
        asking: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        self.forget_breaker().await?;
        self.switch("model", mode).await?;
        self.moves(metric, asking).await?;
        self.switch("model", "ok").await?;
        self.forget_breaker().await
    }

    /// A model that was left alone is asked again.
    pub(super) async fn forget_breaker(&self) -> Result<()> {
        let analyses = &self.site.stack.outputs.tables.analyses;
        self.forget(analyses, ("id", "breaker#"), None).await
    }

    /// Alerts enough for the breaker to open, and one more that finds it open.
    pub(super) async fn ask_until_left_alone(&self) -> Result<()> {
        let alerts: Vec<Value> = (0..6).map(|_| brute_force("203.0.113.24")).collect();
        let keys = alerts.iter().map(key).collect::<Result<Vec<_>>>()?;
        publish(self.site, &alerts.iter().map(Value::to_string).collect::<Vec<_>>()).await?;
        let keys: Vec<&str> = keys.iter().map(AlertKey::as_str).collect();
        ends(self.site, &keys, keys.len()).await?;
        self.ask_model(1).await
    }

    /// Alerts that are enriched, analysed and mailed.
    pub(super) async fn ask_model(&self, alerts: usize) -> Result<()> {
        for _ in 0..alerts {
            publish(self.site, &[brute_force("203.0.113.24").to_string()]).await?;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        Ok(())
    }

    /// Alerts with addresses that no provider was asked about before.
    async fn ask_providers(&self, alerts: usize) -> Result<()> {
        for _ in 0..alerts {
            let address =
                format!("9.{}.{}.{}", fastrand::u8(1..250), fastrand::u8(1..250), fastrand::u8(1..250));
            publish(self.site, &[brute_force(&address).to_string()]).await?;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }

    pub(super) async fn switch(&self, provider: &str, mode: &str) -> Result<()> {
        site::switch(&self.site.stack.stub_url, provider, mode).await
    }

    /// A provider that was left alone is asked again: the table forgets, and so do the function's workers.
    pub(super) async fn forget_gates(&self) -> Result<()> {
        let intel = &self.site.stack.outputs.tables.intel;
        self.forget(intel, ("key", "provider#"), Some("source")).await?;
        let enrich = self.function("enrich")?;
        let mut variables = self.console.variables(enrich).await?;
        variables["BEGAN"] = unique().into();
        self.console.set_variables(enrich, &variables).await
    }
}
