//! Answers of providers, kept in the `intel` table: one question per address and day, not one per alert.

use std::net::IpAddr;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::verdict::{Answer, Provider};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Key `ip#<address>`, sort key the provider, TTL attribute `expires_at`.
#[derive(Clone, Debug)]
pub struct AnswerCache {
    client: Client,
    table: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    answer: Answer,
    asked_at: Timestamp,
}

impl AnswerCache {
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// The answer and when it was given, if it still holds at `now`. A cache that fails is a cache that is empty.
    pub async fn get(
        &self,
        provider: Provider,
        address: IpAddr,
        now: Timestamp,
    ) -> Option<(Answer, Timestamp)> {
        let asked = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("key", key(address))
            .key("source", AttributeValue::S(provider.name().to_owned()))
            .send()
            .await;
        let item = match asked {
            Ok(output) => output.item?,
            Err(error) => {
                tracing::warn!(error = lambda::logs::chain(&error), "the answer cache could not be read");
                return None;
            }
        };
        // DynamoDB deletes expired items late, so the expiry is compared here.
        let expires_at: i64 = item.get("expires_at")?.as_n().ok()?.parse().ok()?;
        let kept: Kept = serde_json::from_str(item.get("answer")?.as_s().ok()?).ok()?;
        (expires_at > now.as_second()).then_some((kept.answer, kept.asked_at))
    }

    /// Keeps an answer for as long as it is worth keeping.
    pub async fn put(&self, provider: Provider, address: IpAddr, answer: &Answer, now: Timestamp) {
        let kept = Kept { answer: answer.clone(), asked_at: now };
        let Ok(text) = serde_json::to_string(&kept) else { return };
        let expires_at = (now + time_to_live(answer)).as_second();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("key", key(address))
            .item("source", AttributeValue::S(provider.name().to_owned()))
            .item("answer", AttributeValue::S(text))
            .item("expires_at", AttributeValue::N(expires_at.to_string()))
            .send()
            .await;
        if let Err(error) = put {
            tracing::warn!(error = lambda::logs::chain(&error), "the answer cache could not be written");
        }
    }
}

/// Scores that are still moving are asked for sooner; a failure is tried again after a few minutes.
fn time_to_live(answer: &Answer) -> Duration {
    match answer {
        Answer::Known(known) if (1..100).contains(&known.score) => Duration::from_hours(6),
        Answer::Known(_) => Duration::from_hours(24),
        Answer::Unknown { .. } => Duration::from_mins(5),
    }
}

fn key(address: IpAddr) -> AttributeValue {
    AttributeValue::S(format!("ip#{address}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::verdict::{Reputation, Unanswered};

    #[test]
    fn an_answer_is_kept_by_what_it_says() {
        let known = |score| Answer::Known(Reputation { score, ..Reputation::default() });
        for (answer, hours) in [(known(0), 24), (known(1), 6), (known(99), 6), (known(100), 24)] {
            assert_eq!(time_to_live(&answer), Duration::from_hours(hours), "{answer:?}");
        }
        let failed = Answer::Unknown { reason: Unanswered::Timeout };
        assert_eq!(time_to_live(&failed), Duration::from_mins(5));
    }
}
