//! Why AWS did not do what it was asked to, and what to do about it.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use signed::BucketError;

/// Holds neither bodies nor secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AccountError {
    #[error("no AWS region is set; give --region, set AWS_REGION, or region in the profile")]
    NoRegion,
    #[error("the deployment's name {name:?} cannot be one: {problem}")]
    Name { name: String, problem: &'static str },
    #[error(
        "no AWS credentials ({problem}); log in (IAM Identity Center: aws sso login), set AWS_PROFILE or give --profile"
    )]
    NoCredentials { problem: String },
    #[error("could not {action}: the credentials have expired; log in again")]
    Expired { action: String },
    #[error(
        "could not {action}: AWS refuses it ({code}); docs/triage.md says which rights an operator needs"
    )]
    Denied { action: String, code: String },
    #[error("there is no {what} {name} in {region}; is it the right --name, --region and account?")]
    Missing { what: &'static str, name: String, region: String },
    #[error("could not {action}: AWS does not know that request ({code})")]
    Unsupported { action: String, code: String },
    #[error("could not {action}: AWS does not take it ({code})")]
    Rejected { action: String, code: String },
    #[error("could not {action}: AWS is busy ({code}); try again in a while")]
    Busy { action: String, code: String },
    #[error("could not {action}: AWS does not answer ({problem}); check network, proxy and region")]
    Unreachable { action: String, problem: String },
}

impl AccountError {
    pub fn of<E>(action: impl Into<String>, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let action = action.into();
        if let SdkError::ServiceError(context) = error {
            let code = context.err().code().unwrap_or("no error code");
            return Self::of_code(action, code, context.raw().status().as_u16());
        }
        if is_about_credentials(error) {
            return Self::NoCredentials { problem: root(error) };
        }
        match error {
            SdkError::ConstructionFailure(_) => Self::Rejected { action, code: root(error) },
            _ => Self::Unreachable { action, problem: root(error) },
        }
    }

    /// The same of an object, which is not read by an SDK.
    pub fn of_bucket(error: BucketError) -> Self {
        match error {
            BucketError::Refused { object, status, code } => {
                Self::of_code(format!("read {object}"), &code, status)
            }
            BucketError::Credentials { source, .. } => Self::NoCredentials { problem: root(&*source) },
            BucketError::Unreachable { object, source } => {
                Self::Unreachable { action: format!("read {object}"), problem: root(&source) }
            }
            error @ (BucketError::Address { .. }
            | BucketError::Key { .. }
            | BucketError::Sign { .. }
            | BucketError::TooLarge { .. }
            | BucketError::NoETag { .. }) => {
                Self::Rejected { action: "read the bucket of the feeds".to_owned(), code: error.to_string() }
            }
        }
    }

    /// What an error code means, whichever service and protocol spelled it.
    pub fn of_code(action: String, code: &str, status: u16) -> Self {
        let code = code.rsplit('#').next().unwrap_or(code);
        let code = code.strip_prefix("AWS.SimpleQueueService.").unwrap_or(code).to_owned();
        match code.as_str() {
            "IncompleteSignature"
            | "InvalidAccessKeyId"
            | "InvalidClientTokenId"
            | "InvalidSecurity"
            | "InvalidSignatureException"
            | "MissingAuthenticationToken"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException" => Self::Denied { action, code },
            "UnsupportedOperation" | "InvalidAction" | "UnknownOperationException" | "UnknownOperation" => {
                Self::Unsupported { action, code }
            }
            _ if code.starts_with("ExpiredToken") => Self::Expired { action },
            _ if code.contains("AccessDenied") || code.contains("NotAuthorized") => {
                Self::Denied { action, code }
            }
            _ if code.contains("Throttl") || status == 429 || status >= 500 => Self::Busy { action, code },
            _ => Self::Rejected { action, code },
        }
    }

    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Missing { .. }
            | Self::Unsupported { .. }
            | Self::Rejected { .. }
            | Self::Busy { .. }
            | Self::Unreachable { .. } => 69,
            Self::NoCredentials { .. } | Self::Expired { .. } | Self::Denied { .. } => 77,
            Self::NoRegion | Self::Name { .. } => 78,
        }
    }
}

fn is_about_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut current = Some(error);
    while let Some(error) = current {
        if error.is::<CredentialsError>() {
            return true;
        }
        current = error.source();
    }
    false
}

/// The innermost cause: `SdkError` itself only says "dispatch failure".
pub(super) fn root(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_all_services_lead_to_what_helps() {
        for (code, status, exit_code, words) in [
            ("com.amazonaws.sqs#AccessDenied", 403, 77, "which rights"),
            ("AccessDeniedException", 400, 77, "which rights"),
            ("ExpiredTokenException", 400, 77, "log in again"),
            ("UnrecognizedClientException", 400, 77, "refuses"),
            ("ThrottlingException", 400, 69, "busy"),
            ("InternalError", 500, 69, "busy"),
            ("AWS.SimpleQueueService.UnsupportedOperation", 400, 69, "does not know that request"),
            ("InvalidMessageContents", 400, 69, "does not take it (InvalidMessageContents)"),
        ] {
            let error = AccountError::of_code("look".to_owned(), code, status);
            assert_eq!(error.exit_code(), exit_code, "{code}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
