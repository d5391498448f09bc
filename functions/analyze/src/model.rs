//! The model's client: one question, one answer in JSON, whatever the server speaks and whatever goes wrong.
//!
//! Two [dialects](dialect), four ways to [be let in](access), three ways to [hold a model to JSON](decoding), and for
//! each [class of trouble](trouble) [one remedy](course). Plain `reqwest` below. Whatever goes wrong has a name;
//! nothing is thrown. Keys, documents and answers reach no log and no error.

mod access;
mod address;
mod answer;
mod chat;
mod completion;
mod course;
mod decoding;
mod dialect;
mod error_body;
mod exchange;
mod manners;
mod patience;
#[cfg(feature = "fuzz")]
pub mod probing;
mod responses;
mod settings;
#[cfg(test)]
mod tests;
mod trouble;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use domain::analysis::NoAnalysis;
use jiff::Timestamp;
use lambda::http::{self, ClientError};
use lambda::secrets::Secrets;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

pub use self::address::Bedrock;
pub use self::completion::{Completion, Failed, Unaccepted, Usage};
pub use self::decoding::{Decoding, Ladder};
pub use self::dialect::Dialect;
pub use self::settings::{Auth, Settings};

use self::access::{Access, Pass};
use self::course::{Course, Next};
use self::dialect::Reply;
use self::manners::Manners;
use self::trouble::{Mishap, Trouble};

/// One question. The same instructions, schema and cache key for every alert make the prompt cheap to repeat.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub instructions: &'a str,
    pub document: &'a str,
    /// Strict: closed objects, every property required.
    pub schema: &'a Value,
    /// Reasoning counts as well.
    pub max_output_tokens: u32,
    /// Groups questions with equal instructions, at most 64 characters.
    pub cache_key: &'a str,
}

/// The client of one server.
#[derive(Debug)]
pub struct Model {
    http: reqwest::Client,
    url: Url,
    settings: Settings,
    access: Access,
    /// What the server does not know, by model.
    manners: Mutex<BTreeMap<String, Manners>>,
}

impl Model {
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

    pub fn new(
        settings: Settings,
        secrets: Secrets,
        aws: &aws_types::SdkConfig,
    ) -> Result<Self, ClientError> {
        let mut url = settings.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(settings.dialect.path());
        }
        Ok(Self {
            http: http::client(Self::CONNECT_TIMEOUT)?.build()?,
            url,
            access: Access::new(settings.auth.clone(), secrets, aws.credentials_provider()),
            settings,
            manners: Mutex::default(),
        })
    }

    /// The client of a server that lets callers in without AWS.
    pub fn without_aws(settings: Settings, secrets: Secrets) -> Result<Self, ClientError> {
        Self::new(settings, secrets, &aws_types::SdkConfig::builder().build())
    }

    /// The model for every alert.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// The model for alerts that deserve a better one, if there is one.
    pub fn large_name(&self) -> Option<&str> {
        self.settings.large_name.as_deref()
    }

    /// Reads the key ahead of time.
    pub async fn warm_up(&self) {
        let _ = self.access.pass().await;
    }

    /// The first answer that `accept` takes, within `available`.
    ///
    /// At most one retry, of whatever kind: after a bad moment of the server, with another key, with `reduced` in
    /// place of a document that was too long or against the policy, with more tokens, or with what `accept` found
    /// wrong. That text goes back to the model, so it should quote nothing of the document.
    pub async fn ask<T>(
        &self,
        model_name: &str,
        request: &Request<'_>,
        reduced: Option<&str>,
        available: Duration,
        accept: impl FnMut(&str) -> Result<T, Unaccepted>,
    ) -> Result<(T, Completion), Failed> {
        let end = Instant::now() + available.min(self.settings.timeout);
        let mut account = Account::default();
        let course = Course::new(request, reduced, self.manners(model_name));
        let asked = self.follow(model_name, course, end, &mut account, accept);
        let (reason, retry_after) = match tokio::time::timeout_at(end, asked).await {
            Ok(Ok((answer, text))) => {
                let Account { model, request_id, usage, .. } = account;
                return Ok((answer, Completion { text, model, request_id, usage }));
            }
            Ok(Err(GivenUp { reason, retry_after })) => (reason, retry_after),
            Err(_elapsed) => (NoAnalysis::Timeout, None),
        };
        let Account { request_id, usage, status, .. } = account;
        Err(Failed { reason, request_id, usage, status, retry_after })
    }

    /// Try after try, as the course says.
    async fn follow<T>(
        &self,
        model_name: &str,
        mut course: Course<'_>,
        end: Instant,
        account: &mut Account,
        mut accept: impl FnMut(&str) -> Result<T, Unaccepted>,
    ) -> Result<(T, String), GivenUp> {
        let mut pass = self.access.pass().await?;
        loop {
            let accepted = match self.attempt(model_name, &course, &pass, account).await? {
                Ok(said) => accepted(&said, &mut accept),
                Err(mishap) => Err(mishap),
            };
            let mishap = match accepted {
                Ok(answer) => return Ok(answer),
                Err(mishap) => mishap,
            };
            match course.after(&mishap, end.saturating_duration_since(Instant::now())) {
                Next::Again { after } => tokio::time::sleep(after).await,
                Next::WithAnotherKey => match self.access.another(&pass).await {
                    Some(another) => pass = another,
                    None => return Err(mishap.into()),
                },
                Next::Stop => return Err(mishap.into()),
            }
            self.remember(model_name, &course.manners);
        }
    }

    /// One request. Its tokens are accounted for, whatever the answer is worth.
    async fn attempt(
        &self,
        model_name: &str,
        course: &Course<'_>,
        pass: &Pass,
        account: &mut Account,
    ) -> Result<Result<String, Mishap>, GivenUp> {
        let body = self.settings.dialect.body(&course.question(model_name, &self.settings));
        let built = self.http.post(self.url.clone()).json(&body).build();
        let mut request = built.map_err(|_| NoAnalysis::Configuration)?;
        pass.show(&mut request, SystemTime::now())?;
        let answer = match exchange::exchange(&self.http, request).await {
            Ok(answer) => answer,
            Err(trouble) => {
                tracing::warn!(reason = trouble.reason().name(), "the model gave no answer");
                return Ok(Err(trouble.into()));
            }
        };
        account.request_id = answer.request_id();
        account.status = Some(answer.status.as_u16());
        let (read, error) = answer.read(self.settings.dialect, Timestamp::now());
        let said = read.and_then(|Reply { model, usage, said }| {
            account.model = model;
            account.usage.add(usage);
            said.map_err(Mishap::from)
        });
        if let Err(mishap) = &said {
            tracing::warn!(
                model.status = answer.status.as_u16(),
                model.request_id = account.request_id,
                model.error_code = error.code(),
                reason = mishap.trouble.reason().name(),
                "the model did not answer as asked"
            );
        }
        Ok(said)
    }

    fn manners(&self, model_name: &str) -> Manners {
        let known = self.known().get(model_name).cloned();
        known.unwrap_or_else(|| Manners::new(self.settings.ladder))
    }

    fn remember(&self, model_name: &str, manners: &Manners) {
        self.known().insert(model_name.to_owned(), manners.clone());
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Manners>> {
        self.manners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the tries have brought and cost so far; kept outside of them, so that a time-out loses nothing.
#[derive(Debug, Default)]
struct Account {
    model: String,
    request_id: Option<String>,
    usage: Usage,
    status: Option<u16>,
}

/// The end of a question without an answer.
struct GivenUp {
    reason: NoAnalysis,
    retry_after: Option<Duration>,
}

impl From<NoAnalysis> for GivenUp {
    fn from(reason: NoAnalysis) -> Self {
        Self { reason, retry_after: None }
    }
}

impl From<Mishap> for GivenUp {
    fn from(mishap: Mishap) -> Self {
        Self { reason: mishap.trouble.reason(), retry_after: mishap.advice.wait }
    }
}

/// The JSON in the text, if `accept` takes it.
fn accepted<T>(
    said: &str,
    accept: &mut impl FnMut(&str) -> Result<T, Unaccepted>,
) -> Result<(T, String), Mishap> {
    let Some(object) = decoding::object(said) else {
        return Err(Trouble::Unaccepted("it holds no complete JSON object".to_owned()).into());
    };
    match accept(object) {
        Ok(answer) => Ok((answer, object.to_owned())),
        Err(Unaccepted::Repairable(problem)) => Err(Trouble::Unaccepted(problem).into()),
        Err(Unaccepted::Discarded) => Err(Trouble::Invalid.into()),
    }
}
