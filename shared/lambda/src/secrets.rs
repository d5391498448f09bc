//! Keys from SSM `SecureString` parameters, by name: never in the environment, in Terraform's state or in a log.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_ssm::Client;
use aws_sdk_ssm::operation::get_parameter::GetParameterError;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

/// A key. `Debug` hides it, and there is no `Display`.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(SecretString::from(value.into()))
    }

    /// The key itself: only for the line that sends it.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(***)")
    }
}

/// Reads parameters and remembers them for a while; a rotated key is picked up within [`Secrets::MAX_AGE`], or at
/// once by [`Secrets::forget`].
#[derive(Debug)]
pub struct Secrets {
    source: Source,
    known: Mutex<BTreeMap<String, (Instant, Option<Secret>)>>,
}

/// Where keys stand.
#[derive(Debug)]
enum Source {
    Parameters(Client),
    /// They were handed over; there is nobody to ask.
    Given(BTreeMap<String, Secret>),
}

impl Secrets {
    pub const MAX_AGE: Duration = Duration::from_mins(10);

    /// What Terraform writes into a new parameter: "no key yet", the provider is off.
    pub const UNSET: &str = "unset";

    pub fn new(client: Client) -> Self {
        Self { source: Source::Parameters(client), known: Mutex::default() }
    }

    /// These and no others, by name: for programs that run without an account.
    pub fn given(secrets: impl IntoIterator<Item = (String, Secret)>) -> Self {
        Self { source: Source::Given(secrets.into_iter().collect()), known: Mutex::default() }
    }

    /// The parameter's value; nothing when it does not exist or is still [`Secrets::UNSET`].
    pub async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let known = self.lock().get(name).cloned();
        if let Some((read_at, secret)) = known
            && read_at.elapsed() < Self::MAX_AGE
        {
            return Ok(secret);
        }
        let secret = self.read(name).await?;
        self.lock().insert(name.to_owned(), (Instant::now(), secret.clone()));
        Ok(secret)
    }

    /// The key was refused: the next `get` reads it again.
    pub fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    async fn read(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| SecretError { name: name.to_owned(), source };
        let client = match &self.source {
            Source::Parameters(client) => client,
            Source::Given(secrets) => return Ok(secrets.get(name).cloned()),
        };
        match client.get_parameter().name(name).with_decryption(true).send().await {
            Ok(answer) => Ok(answer
                .parameter
                .and_then(|parameter| parameter.value)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty() && value != Self::UNSET)
                .map(Secret::new)),
            Err(error) if error.as_service_error().is_some_and(GetParameterError::is_parameter_not_found) => {
                Ok(None)
            }
            Err(error) => Err(failed(error.into())),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (Instant, Option<Secret>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("could not read the SSM parameter {name}")]
pub struct SecretError {
    name: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(Secret(***))");
    }
}
