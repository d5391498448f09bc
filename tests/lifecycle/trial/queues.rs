//! Queues that nobody reads, or in which lies what nobody understands.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tests::alerts::brute_force;
use tests::deployed::publish;

use super::{LOOK_EVERY, PATIENCE, Trial};
use crate::alarms::{Alarm, Gauges, Metric};

const POISON: &str = "not JSON";

impl Trial<'_> {
    pub(super) async fn poison(&self, queue: &str, metric: &Metric) -> Result<()> {
        self.moves(metric, self.send(queue, POISON)).await?;
        self.empty_dead_letters(queue).await
    }

    pub(super) async fn dying_reader(&self, queue: &str, metric: &Metric) -> Result<()> {
        self.let_read(queue, false).await?;
        self.send(queue, POISON).await?;
        self.moves(metric, self.die_over(queue)).await?;
        self.let_read(queue, true).await?;
        self.empty_dead_letters(queue).await
    }

    pub(super) async fn no_reader(&self, queue: &str, metric: &Metric) -> Result<()> {
        self.let_read(queue, false).await?;
        self.moves(metric, self.send(queue, POISON)).await?;
        self.let_read(queue, true).await
    }

    pub(super) async fn no_canary(&self, metric: &Metric) -> Result<()> {
        self.let_read("alerts", false).await?;
        self.rests(metric, self.deployed.send_canary(self.site)).await?;
        self.moves(metric, self.let_read("alerts", true)).await
    }

    /// What came in, less what ended: one message that nobody counts makes a difference of one.
    pub(super) async fn steal(&self, alarm: &Alarm) -> Result<()> {
        let ends: Vec<&Metric> =
            alarm.metrics.values().filter(|metric| metric.name == "AlertsEnded").collect();
        let ended = async || -> Result<f64> {
            let gauges = Gauges { site: self.site, console: self.console };
            let mut sum = 0.0;
            for end in &ends {
                sum += gauges.read(end).await?;
            }
            Ok(sum)
        };
        let before = ended().await?;
        self.let_read("alerts", false).await?;
        publish(self.site, &[brute_force("198.51.100.7").to_string()]).await?;
        let stolen = self.site.drain(&self.site.stack.outputs.queues.alerts).await?;
        self.let_read("alerts", true).await?;
        publish(self.site, &[brute_force("198.51.100.7").to_string()]).await?;
        let until = Instant::now() + PATIENCE;
        while ended().await? <= before {
            ensure!(Instant::now() < until, "the alert that was not stolen has no end");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        let difference = 2.0 - (ended().await? - before);
        ensure!(stolen.len() == 1, "{} messages were stolen", stolen.len());
        ensure!((difference - 1.0).abs() < f64::EPSILON, "the difference is {difference}");
        Ok(())
    }

    /// The manager reads the feedback queue, not Lambda; there is none here.
    pub async fn let_read(&self, queue: &str, reads: bool) -> Result<()> {
        if queue == "feedback" {
            return Ok(());
        }
        self.console.let_read(self.deployed.queue_arn(queue)?, reads).await
    }

    async fn send(&self, queue: &str, body: &str) -> Result<()> {
        let url = self.deployed.queue_url(queue)?;
        self.site.sqs.send_message().queue_url(url).message_body(body).send().await?;
        Ok(())
    }

    async fn die_over(&self, queue: &str) -> Result<()> {
        let url = self.deployed.queue_url(queue)?;
        // One more than the five tries that the queue allows.
        for _ in 0..=self.deployed.max_receive_count {
            self.site
                .sqs
                .receive_message()
                .queue_url(url)
                .visibility_timeout(0)
                .max_number_of_messages(10)
                .send()
                .await?;
        }
        Ok(())
    }

    async fn empty_dead_letters(&self, queue: &str) -> Result<()> {
        let url = self.deployed.queue_url(&format!("{queue}-dlq"))?;
        self.site.drain(url).await?;
        Ok(())
    }
}
