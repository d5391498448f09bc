//! An endpoint with clients for it, and everything that tests make there, until it is removed again.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use aws_types::SdkConfig;
use lambda::config::Environment;
use local::stack::REGION;
use reqwest::{Method, StatusCode};
use signed::{BucketName, Place, Scope, sign};
use tempfile::TempDir;

use crate::service::Service;

/// How long a message may take to be seen.
const PATIENCE: Duration = Duration::from_secs(10);
/// What every emulator takes.
const KEY: &str = "test";

#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) address: String,
    /// Where mails are listed, if the endpoint does not do it itself.
    pub(crate) mails: Option<String>,
    /// Of a deployment that nobody else has; what is made is called so.
    pub(crate) name: String,
    pub(crate) aws: SdkConfig,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) ses: aws_sdk_ses::Client,
    pub(crate) ssm: aws_sdk_ssm::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) http: reqwest::Client,
    pub(crate) folder: TempDir,
    made: RefCell<Vec<Made>>,
}

/// Something that goes at the end.
#[derive(Debug)]
pub(crate) enum Made {
    Queue(String),
    Identity(String),
    Parameter(String),
    Schedule(String),
    Table(String),
    /// Below the endpoint's address: an object, or an empty bucket.
    Path(String),
}

/// An answer that no SDK has read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

impl Answer {
    /// Status and error code, in whichever format it came.
    pub(crate) fn refusal(&self) -> String {
        let json = serde_json::from_str::<serde_json::Value>(&self.body).ok();
        let named = json.and_then(|json| Some(json.get("__type")?.as_str()?.to_owned()));
        let in_xml = || {
            let (_, rest) = self.body.split_once("<Code>")?;
            rest.split_once("</Code>").map(|(code, _)| code.to_owned())
        };
        let code = named.or_else(in_xml).unwrap_or_default();
        format!("{} {code}", self.status.as_u16()).trim_end().to_owned()
    }
}

impl Endpoint {
    /// Talks to nobody yet.
    pub(crate) fn open(address: &str, mails: Option<String>) -> Result<Self> {
        let address = address.trim_end_matches('/').to_owned();
        let environment = Environment::from_iter([
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", KEY),
            ("AWS_ENDPOINT_URL", address.as_str()),
        ]);
        let aws = lambda::aws::config(&environment)?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        Ok(Self {
            name: format!("adapters-{}", id.get(..8).unwrap_or(&id)),
            sqs: aws_sdk_sqs::Client::new(&aws),
            ses: aws_sdk_ses::Client::new(&aws),
            ssm: aws_sdk_ssm::Client::new(&aws),
            dynamodb: aws_sdk_dynamodb::Client::new(&aws),
            http: reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build()?,
            folder: tempfile::tempdir()?,
            made: RefCell::default(),
            address,
            mails,
            aws,
        })
    }

    /// What a program of ours needs to find the endpoint, and nothing of the user's.
    pub(crate) fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("AWS_ENDPOINT_URL", self.address.clone()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", KEY.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("HOME", self.folder.path().display().to_string()),
        ]
    }

    /// The name of something of this run.
    pub(crate) fn full(&self, name: &str) -> String {
        format!("{}-{name}", self.name)
    }

    /// It goes at the end.
    pub(crate) fn made(&self, made: Made) {
        self.made.borrow_mut().push(made);
    }

    /// A queue of this run; its URL.
    pub(crate) async fn queue(
        &self,
        name: &str,
        attributes: &[(QueueAttributeName, String)],
    ) -> Result<String> {
        let attributes: HashMap<_, _> = attributes.iter().cloned().collect();
        let attributes = (!attributes.is_empty()).then_some(attributes);
        let request = self.sqs.create_queue().queue_name(self.full(name)).set_attributes(attributes);
        let created = request.send().await.context("could not make a queue")?;
        let url = created.queue_url.context("a queue without a URL")?;
        self.made(Made::Queue(url.clone()));
        Ok(url)
    }

    /// A queue whose messages go to a dead-letter queue after two tries; the URLs of both.
    pub(crate) async fn queue_with_dead_letters(&self, name: &str) -> Result<(String, String)> {
        let dead_letters = self.queue(&format!("{name}-dlq"), &[]).await?;
        let arn = QueueAttributeName::QueueArn;
        let request = self.sqs.get_queue_attributes().queue_url(&dead_letters).attribute_names(arn.clone());
        let attributes = request.send().await?.attributes.unwrap_or_default();
        let arn = attributes.get(&arn).context("a queue without an ARN")?;
        let policy = serde_json::json!({"deadLetterTargetArn": arn, "maxReceiveCount": 2}).to_string();
        let queue = self.queue(name, &[(QueueAttributeName::RedrivePolicy, policy)]).await?;
        Ok((queue, dead_letters))
    }

    /// Takes this many messages out of a queue, which must hold them.
    pub(crate) async fn take(&self, queue_url: &str, count: usize) -> Result<Vec<Message>> {
        let (mut taken, until) = (Vec::new(), Instant::now() + PATIENCE);
        while taken.len() < count {
            ensure!(Instant::now() < until, "{} of {count} messages within {PATIENCE:?}", taken.len());
            for message in self.receive(queue_url).await? {
                let receipt = message.receipt_handle.clone().unwrap_or_default();
                self.sqs.delete_message().queue_url(queue_url).receipt_handle(receipt).send().await?;
                taken.push(message);
            }
        }
        Ok(taken)
    }

    /// Whatever is visible now, for a while hidden from others.
    pub(crate) async fn receive(&self, queue_url: &str) -> Result<Vec<Message>> {
        let request = self.sqs.receive_message().queue_url(queue_url).max_number_of_messages(10);
        let request = request
            .wait_time_seconds(1)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All);
        Ok(request.send().await?.messages.unwrap_or_default())
    }

    pub(crate) fn bucket(&self, bucket: BucketName) -> Place {
        Place {
            bucket,
            region: REGION.to_owned(),
            endpoint: Some(self.address.clone()),
            credentials: SharedCredentialsProvider::new(credentials()),
        }
    }

    /// A request that is signed as the publisher and the operators' commands sign theirs.
    pub(crate) async fn signed(
        &self,
        service: Service,
        method: Method,
        path: &str,
        headers: &[(&'static str, &'static str)],
        body: String,
    ) -> Result<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body).build()?;
        let scope = Scope { service: service.name(), region: REGION };
        sign(&mut request, &credentials(), scope, SystemTime::now())?;
        let answer = self.http.execute(request).await?;
        Ok(Answer { status: answer.status(), body: answer.text().await? })
    }

    /// Removes everything that was made, the youngest first; says what stayed.
    pub(crate) async fn remove(&self) -> Vec<String> {
        let mut made = self.made.take();
        let mut stayed = Vec::new();
        while let Some(made) = made.pop() {
            if let Err(error) = self.remove_one(&made).await {
                stayed.push(format!("{made:?} stayed: {error:#}"));
            }
        }
        stayed
    }

    async fn remove_one(&self, made: &Made) -> Result<()> {
        match made {
            Made::Queue(url) => self.sqs.delete_queue().queue_url(url).send().await.map(drop)?,
            Made::Identity(address) => {
                self.ses.delete_identity().identity(address).send().await.map(drop)?;
            }
            Made::Parameter(name) => self.ssm.delete_parameter().name(name).send().await.map(drop)?,
            Made::Table(name) => self.dynamodb.delete_table().table_name(name).send().await.map(drop)?,
            Made::Schedule(name) => self.delete(Service::Scheduler, &format!("/schedules/{name}")).await?,
            Made::Path(path) => self.delete(Service::S3, path).await?,
        }
        Ok(())
    }

    async fn delete(&self, service: Service, path: &str) -> Result<()> {
        let path = match service {
            // AWS wants one, so that a call that is repeated is known again.
            Service::Scheduler => format!("{path}?clientToken={}", self.name),
            Service::Sqs | Service::Ses | Service::Ssm | Service::Dynamodb | Service::S3 => path.to_owned(),
        };
        let answer = self.signed(service, Method::DELETE, &path, &[], String::new()).await?;
        ensure!(answer.status.is_success(), "{}", answer.refusal());
        Ok(())
    }
}

fn credentials() -> Credentials {
    Credentials::new(KEY, KEY, None, None, "adapters")
}
