//! All stages in this process over an AWS in memory, as queues and schedules would drive them: what fails comes again.

mod deployment;
mod ledger;

use std::collections::BTreeMap;
use std::time::Duration;

use analyze::Analyze;
use anyhow::Result;
use enrich::Enrich;
use hunt::stage::HuntError;
use hunt::window::{Asked, Call};
use hunt::{Hunt, Tally};
use jiff::{SignedDuration, Timestamp};
use lambda::batch::{Deadline, MessageId, Record};
use lambda::{Settled, Stage, Sweep, logs};
use notify::Notify;

pub use ledger::Ledger;

use crate::memory_aws::{MemoryAws, Message};

/// How long a function may run, and hold a claim.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The deployment, and the time in it.
#[derive(Debug)]
pub struct Pipeline {
    pub aws: MemoryAws,
    pub enrich: Enrich,
    pub analyze: Analyze,
    pub notify: Notify,
    pub hunt: Hunt,
    pub now: Timestamp,
    pub ledger: Ledger,
    /// Why records and sweeps failed, in their order.
    pub failures: Vec<String>,
    /// Functions that died.
    pub deaths: usize,
    rounds: u32,
    /// By how much a stage's clock differs.
    clocks: BTreeMap<&'static str, SignedDuration>,
}

impl Pipeline {
    /// Six times the functions' timeout, as Terraform sets it: what failed comes again after this.
    pub const VISIBILITY: Duration = Duration::from_mins(3);

    /// A lease is over after this.
    pub const AFTER_LEASE: Duration = Duration::from_secs(33);

    /// SQS gives up on a message that was handed out so often.
    const MOST_RECEIVES: u32 = 5;

    /// The schedule is 15 minutes.
    const ROUNDS_PER_HUNT: u32 = 5;

    pub async fn new() -> Result<Self> {
        let aws = deployment::account();
        let config = aws.config()?;
        let [enrich, analyze, notify, hunt] = deployment::environments(&aws);
        Ok(Self {
            enrich: Enrich::new(enrich::Config::read(&enrich)?, &config).await?,
            analyze: Analyze::new(analyze::Config::read(&analyze)?, &config)?,
            notify: Notify::new(notify::Config::read(&notify)?, &config),
            hunt: Hunt::new(hunt::Config::read(&hunt)?, &config),
            aws,
            now: "2026-10-03T12:30:00Z".parse()?,
            ledger: Ledger::default(),
            failures: Vec::new(),
            deaths: 0,
            rounds: 0,
            clocks: BTreeMap::new(),
        })
    }

    /// Sets a stage's clock before or after the others'.
    pub fn set_clock(&mut self, stage: &'static str, differs: SignedDuration) {
        self.clocks.insert(stage, differs);
    }

    /// Hands every message out once, sweeps, hunts if it is time for that, and lets the visibility timeout pass.
    pub async fn round(&mut self) -> Result<()> {
        self.enrich_waiting().await?;
        if self.rounds.is_multiple_of(Self::ROUNDS_PER_HUNT) {
            self.hunt().await;
        }
        self.analyze_waiting().await?;
        self.notify_waiting().await?;
        self.sweep().await;
        self.rounds += 1;
        self.now += Self::VISIBILITY;
        Ok(())
    }

    pub async fn rounds(&mut self, rounds: u32) -> Result<()> {
        for _ in 0..rounds {
            self.round().await?;
        }
        Ok(())
    }

    /// As many rounds as a message is tried, and one for what a sweep has sent.
    pub async fn settle(&mut self) -> Result<()> {
        self.rounds(Self::MOST_RECEIVES + 1).await
    }

    /// Sends everything in a dead-letter queue back, as a person does.
    pub fn replay(&self, queue: &str) {
        let mut letters = Vec::new();
        self.aws.change_queue(&format!("{queue}-dlq"), |waiting| letters.append(waiting));
        for letter in &mut letters {
            letter.receives = 0;
        }
        self.aws.change_queue(queue, |messages| messages.append(&mut letters));
    }

    pub async fn enrich_waiting(&mut self) -> Result<()> {
        for message in self.receive("alerts") {
            let ended = one(&self.aws, ("enrich", &self.enrich), &message, self.at("enrich")).await?;
            self.book("alerts", &message, ended);
        }
        Ok(())
    }

    pub async fn analyze_waiting(&mut self) -> Result<()> {
        for message in self.receive("enriched") {
            let ended = one(&self.aws, ("analyze", &self.analyze), &message, self.at("analyze")).await?;
            self.book("enriched", &message, ended);
        }
        Ok(())
    }

    pub async fn notify_waiting(&mut self) -> Result<()> {
        for message in self.receive("notices") {
            let ended = one(&self.aws, ("notify", &self.notify), &message, self.at("notify")).await?;
            self.book("notices", &message, ended);
        }
        Ok(())
    }

    pub async fn sweep(&mut self) {
        let swept = sweep(&self.aws, ("analyze", &self.analyze), self.at("analyze")).await;
        self.note(swept);
        let swept = sweep(&self.aws, ("notify", &self.notify), self.at("notify")).await;
        self.note(swept);
    }

    pub async fn hunt(&mut self) {
        self.aws.caller("hunt");
        let call = self.hunt.call(Call { hunt: Asked::default() }, self.at("hunt"));
        let hunted: Option<Result<Tally, HuntError>> = self.aws.until_death(Box::pin(call)).await;
        self.note(hunted.map(|hunted| hunted.map(drop).map_err(|error| logs::chain(&error))));
    }

    /// What time it is for a stage.
    pub fn at(&self, stage: &str) -> Timestamp {
        self.now + self.clocks.get(stage).copied().unwrap_or_default()
    }

    fn receive(&self, queue: &str) -> Vec<Message> {
        self.aws
            .change_queue(queue, |messages| messages.iter_mut().for_each(|message| message.receives += 1));
        self.aws.messages(queue)
    }

    /// What was dealt with leaves its queue; what was not stays until SQS gives up on it.
    fn book(&mut self, queue: &str, message: &Message, ended: Option<Result<Settled, String>>) {
        let is_done = matches!(ended, Some(Ok(_)));
        let is_dead = !is_done && message.receives >= Self::MOST_RECEIVES;
        if is_done || is_dead {
            self.aws.change_queue(queue, |messages| messages.retain(|other| other.id != message.id));
        }
        if is_dead {
            self.aws.change_queue(&format!("{queue}-dlq"), |letters| letters.push(message.clone()));
        }
        if let Some(Ok(Settled::Ended(end))) = &ended {
            self.ledger.enter(end, &message.id);
        }
        self.note(ended.map(|ended| ended.map(drop)));
    }

    fn note(&mut self, ended: Option<Result<(), String>>) {
        match ended {
            Some(Ok(())) => {}
            Some(Err(failure)) => self.failures.push(failure),
            None => self.deaths += 1,
        }
    }
}

/// One delivery of a message; nothing if the function died.
pub async fn one<S: Stage>(
    aws: &MemoryAws,
    (name, stage): (&'static str, &S),
    message: &Message,
    now: Timestamp,
) -> Result<Option<Result<Settled, String>>> {
    aws.caller(name);
    let Message { id, body, attributes, receives: _ } = message.clone();
    let record = Record { message_id: MessageId::try_from(id)?, body, attributes };
    let deadline = Deadline::within(TIMEOUT, S::ONE_RECORD);
    let ended = aws.until_death(Box::pin(stage.handle(&record, deadline, now))).await;
    Ok(ended.map(|ended| ended.map_err(|error| logs::chain(&error))))
}

async fn sweep<S: Sweep>(
    aws: &MemoryAws,
    (name, stage): (&'static str, &S),
    now: Timestamp,
) -> Option<Result<(), String>> {
    aws.caller(name);
    let deadline = Deadline::within(TIMEOUT, S::ONE_RECORD);
    let swept = aws.until_death(Box::pin(stage.sweep(deadline, now))).await;
    swept.map(|swept| swept.map_err(|error| logs::chain(&error)))
}
