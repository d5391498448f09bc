//! How fast the service carries a backlog to SQS, and how fast an SQS takes messages from a client that does nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use lambda::config::Environment;
use local::alone::EmulatorAlone;

use crate::alert::alert;
use crate::fake_aws::FakeAws;
use crate::release::Release;
use crate::table::{Aim, Quantity, Row};
use crate::tell;
use crate::wazuh::Wazuh;

const INTO_THE_FAKE: usize = 20_000;
const INTO_THE_EMULATOR: usize = 5_000;

/// As many requests at once, with as many messages, as the publisher has at most.
const REQUESTS: usize = 16;
const BATCH: usize = 10;

const AIM: f64 = 2_000.0;
/// Of what the emulator takes from the bare client: runs side by side differ by so much.
const AS_FAST_AS: f64 = 0.9;

const LIMIT: Duration = Duration::from_mins(2);

/// An SQS that alerts go to.
struct Target<'a> {
    name: &'static str,
    alerts: usize,
    environment: BTreeMap<&'static str, String>,
    client: Client,
    fake: Option<&'a FakeAws>,
}

pub(crate) fn measure(release: &Release, aws: &FakeAws) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tell("a backlog into the fake SQS and into the emulator's, by the service and by a bare client");
        let mut rows =
            rows(&Target::new("the fake SQS", aws.environment(), INTO_THE_FAKE, Some(aws))?, release).await?;
        let emulator = EmulatorAlone::start().await?;
        let mut environment = aws.environment();
        for (_, value) in environment.iter_mut().filter(|(name, _)| *name == "AWS_ENDPOINT_URL") {
            emulator.endpoint().clone_into(value);
        }
        let target = Target::new("MiniStack's SQS", environment, INTO_THE_EMULATOR, None)?;
        rows.extend(self::rows(&target, release).await?);
        emulator.stop().await;
        Ok(rows)
    })
}

async fn rows(target: &Target<'_>, release: &Release) -> Result<Vec<Row>> {
    let bare = target.bare().await?;
    let publisher = target.publisher(release).await?;
    let row = |who: &str, per_second, aim| {
        let what = format!("alerts into {}: {who}", target.name);
        Row::new(what, Quantity::Rate(per_second)).with_aim(aim)
    };
    let is_met = publisher >= AIM || publisher >= bare * AS_FAST_AS;
    let aim = Aim::informs(format!("≥ {}, or what it takes", Quantity::Rate(AIM)), is_met);
    Ok(vec![row("the service", publisher, Some(aim)), row("a bare client", bare, None)])
}

impl<'a> Target<'a> {
    fn new(
        name: &'static str,
        environment: impl IntoIterator<Item = (&'static str, String)>,
        alerts: usize,
        fake: Option<&'a FakeAws>,
    ) -> Result<Self> {
        let environment: BTreeMap<_, _> = environment.into_iter().collect();
        let of_client: Environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let client = Client::new(&lambda::aws::config(&of_client)?);
        Ok(Self { name, alerts, environment, client, fake })
    }

    async fn queue(&self, name: &str) -> Result<String> {
        match self.fake {
            Some(fake) => Ok(fake.queue_url(name)),
            None => self.client.create_queue().queue_name(name).send().await?.queue_url.context("no URL"),
        }
    }

    /// Alerts per second from a file of them, from the start of the service until all are in the queue.
    async fn publisher(&self, release: &Release) -> Result<f64> {
        let folder = tempfile::tempdir()?;
        let wazuh = Wazuh::install(folder.path(), release)?;
        let file = folder.path().join("alerts.json");
        fs::write(&file, self.bodies().join("\n") + "\n")?;
        let queue_url = self.queue("shipped").await?;
        let settings = [
            ("WAZUH_TRIAGE_INTAKE", "follow".to_owned()),
            ("WAZUH_TRIAGE_FOLLOW_FILE", file.display().to_string()),
            ("WAZUH_TRIAGE_FOLLOW_FROM", "beginning".to_owned()),
            ("WAZUH_TRIAGE_QUEUE_URL", queue_url.clone()),
        ];
        let began = Instant::now();
        let _service = wazuh.serve(self.environment.clone().into_iter().chain(settings))?;
        self.until_all_are_there(&queue_url, began).await
    }

    /// The same by nothing but batches, as many at once as the service sends.
    async fn bare(&self) -> Result<f64> {
        let queue_url = self.queue("bare").await?;
        let bodies = self.bodies();
        let began = Instant::now();
        let requests = bodies.chunks(BATCH).map(|bodies| {
            let entries = bodies.iter().enumerate().map(|(index, body)| {
                SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build()
            });
            let entries = entries.collect::<Result<Vec<_>, _>>();
            let request = self.client.send_message_batch().queue_url(&queue_url);
            async move { anyhow::Ok(request.set_entries(Some(entries?)).send().await?) }
        });
        stream::iter(requests).buffer_unordered(REQUESTS).try_for_each(|_| async { Ok(()) }).await?;
        self.until_all_are_there(&queue_url, began).await
    }

    async fn until_all_are_there(&self, queue_url: &str, began: Instant) -> Result<f64> {
        loop {
            let arrived = self.arrived(queue_url).await?;
            let took = began.elapsed();
            if arrived >= self.alerts {
                ensure!(arrived == self.alerts, "{arrived} alerts arrived of {}", self.alerts);
                return Ok(f64::from(u32::try_from(arrived)?) / took.as_secs_f64());
            }
            ensure!(took < LIMIT, "{arrived} of {} alerts arrived in {} s", self.alerts, LIMIT.as_secs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn arrived(&self, queue_url: &str) -> Result<usize> {
        if let Some(fake) = self.fake {
            return Ok(fake.count(queue_url));
        }
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let request = self.client.get_queue_attributes().queue_url(queue_url).attribute_names(name.clone());
        let answer = request.send().await?;
        let count = answer.attributes().and_then(|attributes| attributes.get(&name));
        Ok(count.context("the emulator does not count")?.parse()?)
    }

    fn bodies(&self) -> Vec<String> {
        (0..self.alerts).map(|number| alert(&format!("1791030127.{number}")).to_string()).collect()
    }
}
