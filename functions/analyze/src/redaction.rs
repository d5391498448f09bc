//! What must not leave the account, taken out of a text before a model sees it.
//!
//! Secrets become typed markers such as `<REDACTED:password>`, for good. In strict mode names and inner addresses become
//! [`Pseudonyms`], which the answer is read back through. Hand-written scanners over ASCII: no regular expressions.

mod cards;
mod commands;
mod credentials;
mod guesses;
mod keys;
mod people;
mod pseudonyms;
mod runs;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

pub use commands::arguments;
pub use credentials::credential;
pub use guesses::Guesses;
pub use pseudonyms::{Nonce, Pseudonyms};

/// Raised whenever the same text would come out differently.
pub const REDACTION_VERSION: u16 = 1;

/// How much is taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redaction {
    /// Nothing: for a model in the own network.
    Off,
    #[default]
    Secrets,
    /// Secrets, and pseudonyms for names and inner addresses.
    Strict,
}

impl FromStr for Redaction {
    type Err = UnknownRedaction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            "secrets" => Ok(Self::Secrets),
            "strict" => Ok(Self::Strict),
            _ => Err(UnknownRedaction),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("redaction is off, secrets or strict")]
pub struct UnknownRedaction;

/// What a secret is; the word in its marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    PrivateKey,
    Jwt,
    AwsKey,
    VendorKey,
    Authorization,
    Cookie,
    Password,
    Token,
    ApiKey,
    Other,
    Card,
}

impl Secret {
    fn name(self) -> &'static str {
        match self {
            Self::PrivateKey => "private_key",
            Self::Jwt => "jwt",
            Self::AwsKey => "aws_access_key",
            Self::VendorKey => "vendor_key",
            Self::Authorization => "authorization",
            Self::Cookie => "cookie",
            Self::Password => "password",
            Self::Token => "token",
            Self::ApiKey => "api_key",
            Self::Other => "secret",
            Self::Card => "card_number",
        }
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<REDACTED:{}>", self.name())
    }
}

/// A secret in a text: byte offsets on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
    secret: Secret,
}

/// The text without the secrets that can be told by their shape or by what stands before them.
pub fn secrets(text: &str) -> Cow<'_, str> {
    let mut spans = Vec::new();
    keys::find(text, &mut spans);
    credentials::find(text, &mut spans);
    commands::find(text, &mut spans);
    cards::find(text, &mut spans);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    // Where two overlap the wider one wins, so that no rest of a secret stays.
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut redacted = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        if span.start >= done {
            redacted.push_str(text.get(done..span.start).unwrap_or_default());
            redacted.push_str(&span.secret.to_string());
        }
        done = done.max(span.end);
    }
    redacted.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(redacted)
}

#[cfg(test)]
mod tests;
