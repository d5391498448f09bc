//! SES and the notices queue, on a bad day.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::alerts::{brute_force, with};
use tests::deployed::{log_lines, publish};

use super::{LOOK_EVERY, PATIENCE, Trial, unique};
use crate::alarms::Metric;
use crate::border::Refusal;

pub(super) const PAUSED: Refusal = Refusal {
    action: "ses:SendRawEmail",
    code: "AccountSendingPausedException",
    message: "Email sending is disabled for this account.",
};
pub(super) const DAILY_QUOTA: Refusal =
    Refusal { action: "ses:SendRawEmail", code: "Throttling", message: "Daily message quota exceeded." };
const REJECTED: Refusal =
    Refusal { action: "ses:SendRawEmail", code: "MessageRejected", message: "The message is refused." };
const FORBIDDEN: Refusal =
    Refusal { action: "sqs:SendMessage", code: "AccessDeniedException", message: "Not authorized." };

impl Trial<'_> {
    pub(super) async fn bounces(&self, metric: &Metric) -> Result<()> {
        let bounce = json!({"bounceType": "Permanent", "bounceSubType": "NoEmail",
            "bouncedRecipients": [{"emailAddress": "gone@example.com"}], "feedbackId": unique()});
        self.moves(metric, self.ses_tells("Bounce", ("bounce", bounce))).await
    }

    pub(super) async fn complaint(&self, metric: &Metric) -> Result<()> {
        let complaint = json!({"complainedRecipients": [{"emailAddress": "angry@example.com"}],
            "complaintFeedbackType": "abuse", "feedbackId": unique()});
        self.moves(metric, self.ses_tells("Complaint", ("complaint", complaint))).await
    }

    pub(super) async fn notices_refused(&self, metric: &Metric) -> Result<()> {
        self.refuse("analyze", FORBIDDEN)?;
        self.moves(metric, self.ask_model(1)).await?;
        self.border.let_through();
        Ok(())
    }

    /// The account may not send; then it may again, and what waited goes back into its queue.
    pub(super) async fn with_account(&self, refusal: Refusal, metric: &Metric) -> Result<()> {
        self.refuse("notify", refusal)?;
        self.moves(metric, self.ask_model(1)).await?;
        self.border.let_through();
        // The stage tries again after five minutes; this test does not wait for them.
        let deliveries = &self.site.stack.outputs.tables.deliveries;
        self.forget(deliveries, ("id", "account"), Some("part")).await?;
        self.sweeps("notify").await
    }

    /// Six incidents of a store are a storm to people who get three mails at once; SES refuses the mail about it.
    pub(super) async fn storm(&self, metric: &Metric) -> Result<()> {
        let incidents = (1..=6).map(|number| {
            let alert =
                with(brute_force(&format!("198.51.100.{number}")), "/agent/name", format!("store-{number}"));
            with(alert, "/agent/id", format!("10{number}")).to_string()
        });
        let until = Instant::now() + PATIENCE;
        publish(self.site, &incidents.collect::<Vec<_>>()).await?;
        let is_held = |line: &String| line.contains("\"MailsSuppressed\"");
        while !log_lines(self.site).await?.iter().any(is_held) {
            ensure!(Instant::now() < until, "no notice is held back");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.refuse("notify", REJECTED)?;
        let sweep = async { self.call("notify", &json!({"sweep": true})).await.map(drop) };
        self.moves(metric, sweep).await?;
        self.border.let_through();
        self.sweeps("notify").await
    }

    async fn ses_tells(&self, kind: &str, (name, content): (&str, Value)) -> Result<()> {
        let mut event = json!({"eventType": kind, "mail": {"messageId": "m1"}});
        event[name] = content;
        self.console.publish(&self.deployed.mail_events_topic, &event.to_string()).await
    }
}
