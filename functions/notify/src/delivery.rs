//! What becomes of a notice for each group of recipients: sent, held back for a digest, recorded, or tried again.
//!
//! ```text
//!                gate lets it through        SES accepts it
//!  (no row) ───────────────────────► sending ──────────────► sent (message id)
//!     │                               ▲  │ SES is busy, or the account may not send
//!     │ gate holds it, or the group   │  ├──────────────────► pending ─┐
//!     │ is recorded only              │  │ SES rejects it              │ the next delivery
//!     ▼                               │  └──────────────────► failed ──┤
//!  suppressed (storm, quiet_hours,    └───────────────────────────────┘
//!  record, bounce)
//! ```
//!
//! A row changes hands only with the claim on its notice: whoever holds that is the only one at work.

mod account;
mod bucket;
mod dispatch;
mod error;
mod gate;
mod letter;
mod outside;
pub mod store;
mod sweep;
#[cfg(test)]
mod tests;
mod trouble;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use account::Account;
pub use bucket::{Bucket, Limit};
pub use dispatch::{Dispatch, Told};
pub use error::NotifyError;
pub use gate::{Gate, Heap, Passage, Policy, Weight};
pub use letter::Letter;
pub use outside::{Outside, Services};
pub use sweep::Swept;
pub use trouble::{AccountTrouble, Trouble};

use crate::mail::Held;

/// One group's way to be told: the part of every key that says whom and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Post {
    pub group: String,
    pub channel: Channel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    Mail,
}

impl Channel {
    fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
        }
    }
}

impl Post {
    pub fn mail(group: &str) -> Self {
        Self { group: group.to_owned(), channel: Channel::Mail }
    }
}

impl fmt::Display for Post {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#{}", self.group, self.channel.name())
    }
}

/// A key that this version does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a group and a channel")]
pub struct PostError;

impl FromStr for Post {
    type Err = PostError;

    fn from_str(text: &str) -> Result<Self, PostError> {
        match text.split_once('#') {
            Some((group, "mail")) => Ok(Self::mail(group)),
            Some(_) | None => Err(PostError),
        }
    }
}

/// How far a notice has come on its way to one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// It was let through, and could not be sent yet.
    Pending,
    /// Somebody is at it, or died over it.
    Sending,
    Sent {
        message_id: String,
    },
    /// SES does not want it; a person must see to that.
    Failed {
        reason: String,
    },
    /// It is not sent by itself.
    Suppressed(Suppression),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Suppression {
    Storm {
        digest: String,
    },
    QuietHours {
        digest: String,
    },
    /// The group is recorded only.
    Record,
    /// Nobody of the group can be reached.
    Bounce,
}

impl State {
    /// Whether nothing is left to do.
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Sent { .. } | Self::Suppressed(_) => true,
            Self::Pending | Self::Sending | Self::Failed { .. } => false,
        }
    }
}

impl Suppression {
    pub fn held(why: Held, digest: String) -> Self {
        match why {
            Held::Storm => Self::Storm { digest },
            Held::QuietHours => Self::QuietHours { digest },
        }
    }

    /// Name in metrics and in the ledger.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Storm { .. } => "storm",
            Self::QuietHours { .. } => "quiet_hours",
            Self::Record => "record",
            Self::Bounce => "bounce",
        }
    }
}
