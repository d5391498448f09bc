//! The right to ask: a key, a signature, or nothing.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use domain::analysis::NoAnalysis;
use lambda::secrets::{Secret, Secrets};
use reqwest::Request;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::address::Bedrock;
use super::settings::Auth;

/// Where the right to ask comes from.
#[derive(Debug)]
pub(super) struct Access {
    auth: Auth,
    secrets: Secrets,
    credentials: Option<SharedCredentialsProvider>,
}

/// The right to ask, for one question. `Debug` hides what is secret in it.
#[derive(Clone, Debug)]
pub(super) enum Pass {
    Bearer(Secret),
    ApiKey(Secret),
    Signature(Box<Credentials>, Bedrock),
    Open,
}

impl Access {
    pub(super) fn new(auth: Auth, secrets: Secrets, credentials: Option<SharedCredentialsProvider>) -> Self {
        Self { auth, secrets, credentials }
    }

    pub(super) async fn pass(&self) -> Result<Pass, NoAnalysis> {
        match &self.auth {
            Auth::Bearer { parameter } => Ok(Pass::Bearer(self.key(parameter).await?)),
            Auth::ApiKey { parameter } => Ok(Pass::ApiKey(self.key(parameter).await?)),
            Auth::SigV4(bedrock) => Ok(Pass::Signature(Box::new(self.credentials().await?), bedrock.clone())),
            Auth::Open => Ok(Pass::Open),
        }
    }

    /// After a pass was turned away: the one that has taken its place since, if one has.
    pub(super) async fn another(&self, refused: &Pass) -> Option<Pass> {
        let (Auth::Bearer { parameter } | Auth::ApiKey { parameter }) = &self.auth else { return None };
        let (Pass::Bearer(old) | Pass::ApiKey(old)) = refused else { return None };
        self.secrets.forget(parameter);
        let new = self.pass().await.ok()?;
        let (Pass::Bearer(key) | Pass::ApiKey(key)) = &new else { return None };
        (key != old).then_some(new)
    }

    async fn key(&self, parameter: &str) -> Result<Secret, NoAnalysis> {
        match self.secrets.get(parameter).await {
            Ok(Some(key)) => Ok(key),
            Ok(None) => Err(NoAnalysis::Disabled),
            Err(error) => {
                tracing::error!(error = lambda::logs::chain(&error), "the model's key could not be read");
                Err(NoAnalysis::Configuration)
            }
        }
    }

    async fn credentials(&self) -> Result<Credentials, NoAnalysis> {
        let provider = self.credentials.as_ref().ok_or(NoAnalysis::Configuration)?;
        provider.provide_credentials().await.map_err(|error| {
            tracing::error!(error = lambda::logs::chain(&error), "there are no credentials to sign with");
            NoAnalysis::Configuration
        })
    }
}

impl Pass {
    /// Shown to the server that the request is for; nothing else may happen to the request after this.
    pub(super) fn show(&self, request: &mut Request, now: SystemTime) -> Result<(), NoAnalysis> {
        match self {
            Self::Bearer(key) => insert(request, AUTHORIZATION, &format!("Bearer {}", key.reveal())),
            Self::ApiKey(key) => insert(request, HeaderName::from_static("api-key"), key.reveal()),
            Self::Signature(credentials, bedrock) => signed::sign(request, credentials, bedrock.scope(), now)
                .map_err(|error| {
                    tracing::error!(error = lambda::logs::chain(&error), "the request could not be signed");
                    NoAnalysis::Configuration
                }),
            Self::Open => Ok(()),
        }
    }
}

/// As a header that no log shows. What cannot be a header is no key.
fn insert(request: &mut Request, name: HeaderName, value: &str) -> Result<(), NoAnalysis> {
    let Ok(mut value) = HeaderValue::from_str(value) else {
        tracing::error!("the model's key holds characters that no key has");
        return Err(NoAnalysis::Configuration);
    };
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}
