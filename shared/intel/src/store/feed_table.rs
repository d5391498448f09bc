//! Rows of feeds in the `intel` table: written here, read by [`super::DynamoStore`]; and what others list there.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use domain::verdict::Listing;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::{StoreError, entry_of};
use crate::feed::Entry;

/// What becomes of one row. A row is known by key and feed; both may not be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As [`super::key_of`] writes it.
    pub key: String,
    /// Who lists it.
    pub feed: String,
    pub to: Becomes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// It stands there until then, whatever stood there before.
    Listed { listing: Listing, until: Timestamp },
    /// It stands there no longer.
    Gone,
}

/// Writes rows of feeds, many at a time, and reads those of others.
#[derive(Clone, Debug)]
pub struct FeedTable {
    client: Client,
    table: String,
    /// Before rows are offered again; twice as long each time.
    pause: Duration,
}

impl FeedTable {
    /// What `DynamoDB` takes in one request.
    const BATCH: usize = 25;
    /// Requests at once.
    const CROWD: usize = 8;
    /// Times that rows are offered again which the table had no room for.
    const OFFERS: u32 = 7;

    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), pause: Duration::from_millis(100) }
    }

    /// Makes all the changes, of which no two may be about the same row; repeating them changes nothing. After an
    /// error some of them are made.
    pub async fn write(&self, changes: &[Change]) -> Result<(), StoreError> {
        let batches = changes.chunks(Self::BATCH).map(|batch| self.write_batch(batch));
        stream::iter(batches).buffer_unordered(Self::CROWD).try_collect().await
    }

    /// What is listed by others than whoever writes here: by people, most of all. A snapshot that lacks it would have it
    /// overlooked. Reads the whole table, page by page: for whoever builds a snapshot, never for an alert.
    pub async fn listed_by_others(&self) -> Result<Vec<Entry>, StoreError> {
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .projection_expression("#key")
            .filter_expression("begins_with(#source, :list) OR begins_with(#source, :feed)")
            .expression_attribute_names("#key", "key")
            .expression_attribute_names("#source", "source")
            .expression_attribute_values(":list", AttributeValue::S("list#".to_owned()))
            .expression_attribute_values(":feed", AttributeValue::S("feed#".to_owned()));
        let mut pages = scan.into_paginator().send();
        let mut entries = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| StoreError::new("read", error))?;
            let keys = page.items().iter().filter_map(|item| item.get("key")?.as_s().ok());
            entries.extend(keys.filter_map(|key| entry_of(key)));
        }
        Ok(entries)
    }

    async fn write_batch(&self, batch: &[Change]) -> Result<(), StoreError> {
        let mut requests = batch.iter().map(request).collect::<Result<Vec<_>, _>>()?;
        for offer in 0..Self::OFFERS {
            if offer > 0 {
                tokio::time::sleep(self.pause * 2_u32.pow(offer - 1)).await;
            }
            let answer = self.client.batch_write_item().request_items(&self.table, requests).send().await;
            let mut unprocessed = answer.map_err(|error| StoreError::new("write", error))?.unprocessed_items;
            match unprocessed.as_mut().and_then(|tables| tables.remove(&self.table)) {
                Some(left) if !left.is_empty() => requests = left,
                _ => return Ok(()),
            }
        }
        Err(StoreError::new(
            "write",
            "it is throttled and did not take all rows; the rest follows with the next run",
        ))
    }
}

fn request(change: &Change) -> Result<WriteRequest, StoreError> {
    let key = HashMap::from([
        ("key".to_owned(), AttributeValue::S(change.key.clone())),
        // Not `feed#`, under which people list: neither ever takes the other's row for its own.
        ("source".to_owned(), AttributeValue::S(format!("import#{}", change.feed))),
    ]);
    let failed = |error| StoreError::new("write", error);
    let request = WriteRequest::builder();
    Ok(match &change.to {
        Becomes::Listed { listing, until } => {
            let put = PutRequest::builder().set_item(Some(item(key, listing, *until)));
            request.put_request(put.build().map_err(failed)?)
        }
        Becomes::Gone => {
            let delete = DeleteRequest::builder().set_key(Some(key));
            request.delete_request(delete.build().map_err(failed)?)
        }
    }
    .build())
}

fn item(
    mut item: HashMap<String, AttributeValue>,
    listing: &Listing,
    until: Timestamp,
) -> HashMap<String, AttributeValue> {
    let mut insert = |name: &str, value| item.insert(name.to_owned(), value);
    insert("expires_at", AttributeValue::N(until.as_second().to_string()));
    if let Some(confidence) = listing.confidence {
        insert("confidence", AttributeValue::N(confidence.to_string()));
    }
    if let Some(title) = &listing.title {
        insert("title", AttributeValue::S(title.clone()));
    }
    if !listing.tags.is_empty() {
        let tags = listing.tags.iter().cloned().map(AttributeValue::S).collect();
        insert("tags", AttributeValue::L(tags));
    }
    if let Some(listed_at) = listing.listed_at {
        insert("listed_at", AttributeValue::S(listed_at.to_string()));
    }
    item
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
    use axum::Json;
    use axum::body::Bytes;
    use axum::extract::State;
    use serde_json::{Value, json};

    use super::*;

    type Received = Arc<Mutex<Vec<Value>>>;

    /// Takes all rows but the last one of each first offer, or none at all.
    async fn answer(State((received, full)): State<(Received, bool)>, body: Bytes) -> Json<Value> {
        let body: Value = serde_json::from_slice(&body).unwrap();
        let requests = body["RequestItems"]["intel"].as_array().unwrap().clone();
        let mut received = received.lock().unwrap();
        received.push(body);
        let left: Vec<Value> = match (full, received.len()) {
            (true, _) => requests,
            (false, 1) => requests.into_iter().next_back().into_iter().collect(),
            (false, _) => vec![],
        };
        Json(if left.is_empty() {
            json!({"UnprocessedItems": {}})
        } else {
            json!({"UnprocessedItems": {"intel": left}})
        })
    }

    async fn table(full: bool) -> (FeedTable, Received) {
        let received = Received::default();
        let router = axum::Router::new().fallback(answer).with_state((received.clone(), full));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"))
            .endpoint_url(endpoint)
            .build();
        let table = FeedTable::new(Client::from_conf(config), "intel");
        (FeedTable { pause: Duration::from_millis(1), ..table }, received)
    }

    fn change(number: usize) -> Change {
        let listing = Listing { confidence: Some(90), tags: vec!["c2".into()], ..Listing::default() };
        let until = Timestamp::from_second(1_800_000_000).unwrap();
        Change {
            key: format!("ip#203.0.113.{number}"),
            feed: "feodo".into(),
            to: Becomes::Listed { listing, until },
        }
    }

    #[tokio::test]
    async fn rows_are_written_in_batches_and_those_that_were_not_taken_again() {
        let (table, received) = table(false).await;
        let changes: Vec<Change> = (0..25).map(change).collect();
        table.write(&changes).await.unwrap();
        let sizes = |received: &Received| -> Vec<usize> {
            let received = received.lock().unwrap();
            received.iter().map(|body| body["RequestItems"]["intel"].as_array().unwrap().len()).collect()
        };
        assert_eq!(sizes(&received), [25, 1]);
        let changes: Vec<Change> = (0..60).map(change).collect();
        table.write(&changes).await.unwrap();
        let mut sizes = sizes(&received).split_off(2);
        sizes.sort_unstable();
        assert_eq!(sizes, [10, 25, 25]);
    }

    #[tokio::test]
    async fn a_row_is_written_as_the_store_reads_it() {
        let (table, received) = table(false).await;
        let gone = Change { to: Becomes::Gone, ..change(2) };
        table.write(&[change(1), gone]).await.unwrap();
        assert_eq!(
            received.lock().unwrap()[0]["RequestItems"]["intel"],
            json!([
                {"PutRequest": {"Item": {
                    "key": {"S": "ip#203.0.113.1"},
                    "source": {"S": "import#feodo"},
                    "expires_at": {"N": "1800000000"},
                    "confidence": {"N": "90"},
                    "tags": {"L": [{"S": "c2"}]},
                }}},
                {"DeleteRequest": {"Key": {"key": {"S": "ip#203.0.113.2"}, "source": {"S": "import#feodo"}}}},
            ])
        );
    }

    #[tokio::test]
    async fn a_table_that_takes_nothing_is_an_error_in_the_end() {
        let (table, _) = table(true).await;
        let error = table.write(&[change(1)]).await.unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("throttled"));
    }
}
