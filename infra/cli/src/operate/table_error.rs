//! A table that was not read: the stages' own stores say what they did, AWS why it went wrong.

use std::error::Error;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::query::QueryError;

use super::AccountError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    #[error("{action}: {because}")]
    Aws { action: String, because: AccountError },
    /// Written by another version, or by somebody else.
    #[error("{0}")]
    Unreadable(String),
}

impl TableError {
    pub fn new(error: impl Error + 'static) -> Self {
        const ACTION: &str = "read the row";
        let action = error.to_string();
        let mut current: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = current {
            if let Some(error) = error.downcast_ref::<SdkError<GetItemError>>() {
                return Self::Aws { action, because: AccountError::of(ACTION, error) };
            }
            if let Some(error) = error.downcast_ref::<SdkError<QueryError>>() {
                return Self::Aws { action, because: AccountError::of(ACTION, error) };
            }
            current = error.source();
        }
        Self::Unreadable(lambda::logs::chain(&error))
    }

    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Aws { because, .. } => because.exit_code(),
            Self::Unreadable(_) => 65,
        }
    }
}
