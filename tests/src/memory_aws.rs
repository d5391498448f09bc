//! An AWS in this process: tables, queues, parameters and mail behind the SDK's own clients, without a socket, so that time
//! may be paused. It fails as it is told to, at any call; and a function may die at any of them.

mod connector;
mod dynamodb;
mod expression;
mod services;
mod trouble;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use aws_types::SdkConfig;
use lambda::config::Environment;
use tokio::sync::Notify;

pub use expression::Item;
pub use services::{Mail, Message};
pub use trouble::{Call, Service, Trouble};

use dynamodb::Tables;
use trouble::Plan;

/// Clones are the same account.
#[derive(Clone, Default)]
pub struct MemoryAws {
    world: Arc<Mutex<World>>,
    signals: Arc<Signals>,
}

#[derive(Default)]
struct World {
    tables: Tables,
    queues: BTreeMap<String, Vec<Message>>,
    parameters: BTreeMap<String, String>,
    mails: Vec<Mail>,
    /// Messages and mails so far: what the next one is called.
    sent: usize,
    calls: Vec<Call>,
    /// Who calls now: a stage's name.
    caller: &'static str,
    plan: Option<Plan>,
}

#[derive(Default)]
struct Signals {
    /// Somebody has died.
    died: Notify,
    /// Somebody hangs.
    hangs: Notify,
    /// Whoever hangs may go on.
    resumed: Notify,
}

impl MemoryAws {
    pub const REGION: &str = "eu-central-1";

    /// What every client is built from: this account and no other.
    pub fn config(&self) -> Result<SdkConfig> {
        let environment = Environment::from_iter([
            ("AWS_REGION", Self::REGION),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]);
        Ok(lambda::aws::config(&environment)?.into_builder().http_client(connector::client(self)).build())
    }

    /// Makes a table with these key attributes.
    pub fn table(&self, name: &str, keys: Vec<&'static str>) {
        self.world().tables.add(name, keys);
    }

    /// Rows of a table, expired or not.
    pub fn rows(&self, table: &str) -> Vec<Item> {
        self.world().tables.rows(table)
    }

    /// Writes a row that somebody else has written.
    pub fn put_row(&self, table: &str, item: &serde_json::Value) {
        let request = serde_json::json!({"TableName": table, "Item": item});
        // A table that is not there would show in every read.
        let _answer = self.world().tables.answer("PutItem", &request);
    }

    /// Removes the rows that `is_gone` names; nothing is ever removed otherwise, as `DynamoDB` may take its time.
    pub fn remove_rows(&self, is_gone: impl Fn(&str, &Item) -> bool) {
        self.world().tables.remove(is_gone);
    }

    /// Makes a queue; answers with its URL.
    pub fn queue(&self, name: &str) -> String {
        self.world().queues.entry(name.to_owned()).or_default();
        format!("https://sqs.{}.amazonaws.com/000000000000/{name}", Self::REGION)
    }

    /// What waits in a queue.
    pub fn messages(&self, queue: &str) -> Vec<Message> {
        self.world().queues.get(queue).cloned().unwrap_or_default()
    }

    /// Changes what waits in a queue.
    pub fn change_queue(&self, queue: &str, change: impl FnOnce(&mut Vec<Message>)) {
        change(self.world().queues.entry(queue.to_owned()).or_default());
    }

    /// Puts a message into a queue as a publisher does; answers with its id.
    pub fn publish(&self, queue: &str, body: &str) -> String {
        self.world().enqueue(queue, body.to_owned(), BTreeMap::new())
    }

    pub fn set_parameter(&self, name: &str, value: &str) {
        self.world().parameters.insert(name.to_owned(), value.to_owned());
    }

    /// Mails that SES took, in their order.
    pub fn mails(&self) -> Vec<Mail> {
        self.world().mails.clone()
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.world().calls.clone()
    }

    /// Every call so far, which are not known afterwards.
    pub fn forget_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.world().calls)
    }

    /// From now on it is this stage that calls.
    pub fn caller(&self, stage: &'static str) {
        self.world().caller = stage;
    }

    /// Asks `plan` at each call what is to go wrong with it.
    pub fn trouble(&self, plan: impl FnMut(&Call) -> Option<Trouble> + Send + 'static) {
        self.world().plan = Some(Box::new(plan));
    }

    /// Nothing goes wrong any more.
    pub fn recover(&self) {
        self.world().plan = None;
    }

    /// Runs a function until it ends, or dies at a call; then nothing of it goes on.
    pub async fn until_death<F: Future>(&self, function: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            () = self.signals.died.notified() => None,
            output = function => Some(output),
        }
    }

    /// Waits until somebody hangs in a call.
    pub async fn somebody_hangs(&self) {
        self.signals.hangs.notified().await;
    }

    /// Whoever hangs gets his answer.
    pub fn resume(&self) {
        self.signals.resumed.notify_one();
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryAws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryAws").finish_non_exhaustive()
    }
}
