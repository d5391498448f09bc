//! What can go wrong with an object.

use aws_credential_types::provider::error::CredentialsError;

use crate::SignatureError;

/// Names bucket and key, never credentials or contents.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    #[error("{address} is no address of a bucket: check region and endpoint")]
    Address { address: String },
    #[error("{key:?} is no key of ours: letters, digits, and . _ - between slashes")]
    Key { key: String },
    #[error("there are no credentials for {object}")]
    Credentials {
        object: String,
        #[source]
        source: Box<CredentialsError>,
    },
    #[error("could not sign the request for {object}")]
    Sign {
        object: String,
        #[source]
        source: Box<SignatureError>,
    },
    #[error("could not reach S3 for {object}")]
    Unreachable {
        object: String,
        #[source]
        source: reqwest::Error,
    },
    #[error("S3 answered {status} ({code}) for {object}{}", advice(code))]
    Refused { object: String, status: u16, code: String },
    #[error("{object} is larger than {most_bytes} bytes, which is the most that is read")]
    TooLarge { object: String, most_bytes: usize },
    #[error("S3 gave no ETag for {object}")]
    NoETag { object: String },
}

impl BucketError {
    /// Whether the same request may succeed in a while.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Credentials { .. } => true,
            Self::Refused { status, code, .. } => is_passing(*status, code),
            Self::Address { .. }
            | Self::Key { .. }
            | Self::Sign { .. }
            | Self::TooLarge { .. }
            | Self::NoETag { .. } => false,
        }
    }
}

/// A bad moment of S3's own, or too many requests at once.
pub(super) fn is_passing(status: u16, code: &str) -> bool {
    status >= 500 || status == 429 || matches!(code, "SlowDown" | "RequestTimeout" | "OperationAborted")
}

fn advice(code: &str) -> &'static str {
    match code {
        "AccessDenied" | "AllAccessDisabled" => "; the role needs the right to it, and s3:ListBucket",
        "ExpiredToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" => {
            "; renew the credentials"
        }
        "NoSuchBucket" => "; there is no such bucket",
        "PermanentRedirect" | "AuthorizationHeaderMalformed" => "; the bucket is in another region",
        "RequestTimeTooSkewed" => "; set this machine's clock",
        _ => "",
    }
}
