//! The table of sightings as a hunt reads it, and the habits that it keeps there.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Sighting;
use domain::sighting::{Account, subjects_of_hours};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use lambda::item::Item;

use crate::profile::Profile;

/// Table with key `subject` and sort key `seen`; habits stand under `habit#…`.
#[derive(Clone, Debug)]
pub struct Sightings {
    client: Client,
    table: String,
}

/// A sighting, and when it was recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub at: Timestamp,
    pub sighting: Sighting,
}

const PROFILE: &str = "profile";

impl Sightings {
    /// More cannot be held in a function's memory; a hunt in parts can.
    pub const MOST: usize = 50_000;

    /// An account's newest logins that are read again.
    const MOST_OF_ACCOUNT: i32 = 300;

    /// An account that is not seen for so long is new again. Longer than any account may sleep.
    const REMEMBERED: Duration = Duration::from_hours(400 * 24);

    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Everything that was recorded in this time.
    pub async fn recorded(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Recorded>, StoreError> {
        let mut recorded = Vec::new();
        // A few hours at once: each has its shards.
        for subjects in subjects_of_hours(from, to).chunks(16) {
            let queries = subjects.iter().map(|subject| self.between(subject, from, to));
            for items in try_join_all(queries).await? {
                recorded.extend(items.iter().filter_map(read));
            }
            if recorded.len() > Self::MOST {
                return Err(StoreError::TooMany);
            }
        }
        Ok(recorded)
    }

    /// The account's newest logins since then.
    pub async fn of_account(&self, account: &Account, since: Timestamp) -> Result<Vec<Sighting>, StoreError> {
        let subject = Sighting::subject_of_account(account);
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("subject = :subject AND seen >= :since")
            .expression_attribute_values(":subject", AttributeValue::S(subject))
            .expression_attribute_values(":since", AttributeValue::S(format!("{since:.3}")))
            .scan_index_forward(false)
            .limit(Self::MOST_OF_ACCOUNT)
            .send()
            .await
            .map_err(|error| StoreError::Read(error.into()))?;
        Ok(answer.items().iter().filter_map(lambda::item::read).collect())
    }

    pub async fn profile(&self, whose: &str) -> Result<Option<Profile>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(whose)));
        let answer = get.send().await.map_err(|error| StoreError::Read(error.into()))?;
        let text = answer.item().and_then(|item| item.get("habits")?.as_s().ok());
        Ok(text.and_then(|text| serde_json::from_str(text).ok()))
    }

    pub async fn keep(&self, whose: &str, profile: &Profile, now: Timestamp) -> Result<(), StoreError> {
        // Texts and numbers always serialise.
        let habits = serde_json::to_string(profile).unwrap_or_default();
        let mut item = key(whose);
        let expires_at = (now + Self::REMEMBERED).as_second();
        item.insert("habits".to_owned(), AttributeValue::S(habits));
        item.insert("expires_at".to_owned(), AttributeValue::N(expires_at.to_string()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(|error| StoreError::Write(error.into()))
    }

    async fn between(&self, subject: &str, from: Timestamp, to: Timestamp) -> Result<Vec<Item>, StoreError> {
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("subject = :subject AND seen BETWEEN :from AND :to")
                .expression_attribute_values(":subject", AttributeValue::S(subject.to_owned()))
                .expression_attribute_values(":from", AttributeValue::S(format!("{from:.3}")))
                .expression_attribute_values(":to", AttributeValue::S(format!("{to:.3}~")))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::Read(error.into()))?;
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if items.len() > Self::MOST {
                return Err(StoreError::TooMany);
            }
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}

fn key(whose: &str) -> Item {
    let text = |text: String| AttributeValue::S(text);
    Item::from([
        ("subject".to_owned(), text(format!("habit#{whose}"))),
        ("seen".to_owned(), text(PROFILE.to_owned())),
    ])
}

/// A row that is not readable is left out: it is of another version.
fn read(item: &Item) -> Option<Recorded> {
    let (time, _) = item.get("seen")?.as_s().ok()?.split_once('#')?;
    Some(Recorded { at: time.parse().ok()?, sighting: lambda::item::read(item)? })
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("could not read the sightings")]
    Read(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("could not keep the habits of an account")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("more than {} logins in this time; hunt in a shorter one", Sightings::MOST)]
    TooMany,
}
