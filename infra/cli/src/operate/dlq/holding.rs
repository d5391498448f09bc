//! Going through a queue without taking its messages away: each is hidden from others until it is given back or
//! deleted.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, MessageSystemAttributeName};
use jiff::Timestamp;

use super::{Account, AccountError, Letter, Queue, Stop};
use crate::terminal::tell;

/// Messages of one dead-letter queue, in the order in which SQS hands them out.
pub(super) struct Holding {
    sqs: Client,
    url: String,
    stop: Stop,
    /// What came later is none of this run's business: it may be what this run has sent back.
    began_at: Timestamp,
    /// Receipts by message id: what nobody else can see at present.
    held: BTreeMap<String, String>,
    next: VecDeque<Letter>,
    newer: usize,
    /// How many were there at the beginning, more or less.
    pub waiting: u64,
}

impl Holding {
    /// Longer than one batch takes at the lowest rate. Whoever dies with messages in hand gives them back by it.
    const HIDDEN: Duration = Duration::from_mins(5);
    const WAIT_SECONDS: i32 = 1;
    /// An answer without anything new may be chance: SQS asks only some of its servers.
    const SILENCES: u32 = 3;
    const BATCH: usize = 10;

    pub async fn begin(account: &Account, queue: Queue, stop: Stop) -> Result<Self, AccountError> {
        let standing = account.dead_letters(queue).await?;
        Ok(Self {
            sqs: account.sqs(),
            url: standing.url,
            stop,
            began_at: account.clock().last().unwrap_or_else(Timestamp::now),
            held: BTreeMap::new(),
            next: VecDeque::new(),
            newer: 0,
            waiting: standing.waiting,
        })
    }

    /// The next message that was there at the beginning; nothing at the end, or when the person wants to stop.
    pub async fn next(&mut self) -> Result<Option<Letter>, AccountError> {
        let mut silences = 0;
        while !self.stop.is_asked_for() {
            if let Some(letter) = self.next.pop_front() {
                return Ok(Some(letter));
            }
            if silences == Self::SILENCES {
                return Ok(None);
            }
            self.receive().await?;
            silences += 1;
        }
        Ok(None)
    }

    /// Messages that came after the beginning, and were left alone.
    pub fn newer(&self) -> usize {
        self.newer
    }

    async fn receive(&mut self) -> Result<(), AccountError> {
        let answer = self
            .sqs
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(10)
            .visibility_timeout(i32::try_from(Self::HIDDEN.as_secs()).unwrap_or(i32::MAX))
            .wait_time_seconds(Self::WAIT_SECONDS)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .send()
            .await
            .map_err(|error| AccountError::of("take messages from the dead-letter queue", &error))?;
        for message in answer.messages.unwrap_or_default() {
            let letter = Letter::of(message);
            // One that was hidden for too long comes again, with a new receipt.
            if self.held.insert(letter.id.clone(), letter.receipt.clone()).is_some() {
                continue;
            }
            if letter.sent_at.is_some_and(|sent_at| sent_at > self.began_at) {
                self.newer += 1;
            } else {
                self.next.push_back(letter);
            }
        }
        Ok(())
    }

    /// Takes the message out of the queue for good.
    pub async fn delete(&mut self, letter: &Letter) -> Result<(), AccountError> {
        let receipt = self.held.get(&letter.id).unwrap_or(&letter.receipt);
        let request = self.sqs.delete_message().queue_url(&self.url).receipt_handle(receipt);
        request
            .send()
            .await
            .map_err(|error| AccountError::of("delete a message from the dead-letter queue", &error))?;
        self.held.remove(&letter.id);
        Ok(())
    }

    /// Shows everybody again what is still there. What cannot be given back comes back by itself.
    pub async fn give_back(mut self) {
        let held: Vec<(String, String)> = std::mem::take(&mut self.held).into_iter().collect();
        for batch in held.chunks(Self::BATCH) {
            let entry = |(number, (_, receipt)): (usize, &(String, String))| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(number.to_string())
                    .receipt_handle(receipt)
                    .visibility_timeout(0)
                    .build()
                    .ok()
            };
            let entries: Vec<_> = batch.iter().enumerate().filter_map(entry).collect();
            let request = self.sqs.change_message_visibility_batch().queue_url(&self.url);
            if let Err(error) = request.set_entries(Some(entries)).send().await {
                let error = AccountError::of("give messages back", &error);
                tell(&format!(
                    "{error}; those it took are hidden for {} minutes",
                    Self::HIDDEN.as_secs() / 60
                ));
                return;
            }
        }
    }
}
