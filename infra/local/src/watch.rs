//! A running stack, as the demo looks at it: what its logs, queues and mails say since the demo began.

use std::time::{Duration, Instant};

use anyhow::Result;
use aws_config::SdkConfig;
use domain::Feedback;
use jiff::Timestamp;

use crate::demo_folder::DemoFolder;
use crate::ends::{self, End};
use crate::held_back::HeldBack;
use crate::imports::Imports;
use crate::listed::{self, Met};
use crate::mails::{Mail, MailSource};
use crate::notices::Notices;
use crate::progress::Step;
use crate::requests::{self, Asked};
use crate::stack::Stack;
use crate::start::Running;
use crate::trouble::Logs;
use crate::{aws, calls, feedback, log_group};

pub(crate) struct Watch<'a> {
    pub stack: &'a Stack,
    pub configuration: SdkConfig,
    pub began: Timestamp,
    mails: &'a MailSource,
    patience: Duration,
}

impl<'a> Watch<'a> {
    /// Begins now, and waits so long for the next alert to end.
    pub(crate) async fn new(running: &'a Running, patience: Duration) -> Self {
        Self {
            stack: &running.stack,
            configuration: aws::configuration(&running.stack.endpoint).await,
            began: Timestamp::now(),
            mails: &running.mails,
            patience,
        }
    }

    /// Waits until so many alerts have ended; false if for a long time no other one has.
    pub(crate) async fn see_ends(&self, published: usize, step: &Step) -> Result<bool> {
        let (mut seen, mut since) = (0, Instant::now());
        loop {
            let ended = self.ends().await?.len();
            step.detail(&format!("{ended} of {published} have ended"));
            if ended >= published {
                return Ok(true);
            }
            if ended > seen {
                (seen, since) = (ended, Instant::now());
            } else if since.elapsed() > self.patience {
                return Ok(false);
            }
            tokio::time::sleep(ends::LOOK_EVERY).await;
        }
    }

    /// Until everything that was held back is in a digest and, where one is expected, an incident has told how it goes
    /// on. Both are due some time after the alerts; the schedule would send them within the minute after that.
    pub(crate) async fn wait_for_the_schedule(&self, expects_update: bool, step: &Step) -> Result<()> {
        const AT_MOST: Duration = Duration::from_mins(3);
        const SWEEP_EVERY: Duration = Duration::from_secs(5);
        let began = Instant::now();
        loop {
            let (notices, held_back) = (self.notices().await?, self.held_back().await?);
            let HeldBack { notices: held, told, .. } = held_back;
            step.detail(&format!("{} updates, {told} of {held} notices told in digests", notices.update));
            let complete = !held_back.waits() && (notices.update > 0 || !expects_update);
            if complete || began.elapsed() > AT_MOST {
                return Ok(());
            }
            tokio::time::sleep(SWEEP_EVERY).await;
            calls::sweep(self.stack).await?;
        }
    }

    pub(crate) async fn ends(&self) -> Result<Vec<End>> {
        ends::since(self.began, &self.configuration, &self.stack.outputs.log_groups).await
    }

    pub(crate) async fn imports(&self) -> Result<Imports> {
        Ok(Imports::read(&self.log(&self.stack.outputs.log_groups.ingest).await?))
    }

    /// What is known so far of the address that feeds list.
    pub(crate) async fn met(&self) -> Result<Met> {
        listed::look(self.stack, &self.configuration).await
    }

    pub(crate) async fn notices(&self) -> Result<Notices> {
        Ok(Notices::sent(&self.log(&self.stack.outputs.log_groups.analyze).await?))
    }

    pub(crate) async fn held_back(&self) -> Result<HeldBack> {
        Ok(HeldBack::over(&self.log(&self.stack.outputs.log_groups.notify).await?))
    }

    /// The mails, once there are as many as this; the emulator delivers behind `SendRawEmail`'s back.
    pub(crate) async fn mails(&self, expected: usize) -> Result<Vec<Mail>> {
        const AT_MOST: Duration = Duration::from_secs(15);
        let began = Instant::now();
        loop {
            let mails = self.mails.all().await?;
            if mails.len() >= expected || began.elapsed() > AT_MOST {
                return Ok(mails);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What the providers were asked, once the metrics know of every request; a platform takes its time with logs.
    pub(crate) async fn requests(&self) -> Result<Vec<Asked>> {
        const AT_MOST: Duration = Duration::from_secs(5);
        let began = Instant::now();
        loop {
            let received = requests::received(&self.stack.stub_url).await?;
            let requests = requests::over(&self.log(&self.stack.outputs.log_groups.enrich).await?, &received);
            if began.elapsed() > AT_MOST || requests.iter().all(|asked| asked.problem().is_none()) {
                return Ok(requests);
            }
            tokio::time::sleep(ends::LOOK_EVERY).await;
        }
    }

    /// The events that Wazuh would get, and how many there are.
    pub(crate) async fn events(&self) -> Result<Vec<Feedback>> {
        feedback::read(&self.configuration, &self.stack.outputs.queues.feedback).await
    }

    pub(crate) async fn waiting_events(&self) -> Result<usize> {
        aws::messages_in(&aws_sdk_sqs::Client::new(&self.configuration), &self.stack.outputs.queues.feedback)
            .await
    }

    pub(crate) async fn logs(&self) -> Result<Logs> {
        let groups = &self.stack.outputs.log_groups;
        Ok(Logs { enrich: self.log(&groups.enrich).await?, analyze: self.log(&groups.analyze).await? })
    }

    pub(crate) async fn save_logs(&self, folder: &DemoFolder) -> Result<()> {
        for (function, group) in self.stack.outputs.log_groups.all() {
            folder.write_log(function, &self.log(group).await?)?;
        }
        Ok(())
    }

    pub(crate) async fn dead_letters(&self) -> Result<Vec<(&'static str, Vec<String>)>> {
        let mut found = Vec::new();
        for (queue, url) in self.stack.outputs.dead_letter_queues.all() {
            found.push((queue, aws::peek(&self.configuration, url).await?));
        }
        Ok(found)
    }

    async fn log(&self, group: &str) -> Result<Vec<String>> {
        log_group::lines(self.began, &self.configuration, group).await
    }
}
