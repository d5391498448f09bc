//! What is remembered of a recipient whose mails had trouble, and how it is told.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::mail::{Bounce, BounceReason, MailAddress, Note};

/// Stands for an address where the address itself must not stand: in keys, logs and metrics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressHash(String);

impl AddressHash {
    /// SHA-256 of the address in lower case, without a name around it, in 64 hexadecimal digits.
    pub fn of(address: &str) -> Self {
        let inner = address.rsplit_once('<').map_or(address, |(_, inner)| inner);
        let plain = inner.trim().trim_end_matches('>').trim().to_ascii_lowercase();
        let nibbles = Sha256::digest(plain).into_iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
        Self(nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A trouble, and when it was first met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Troubled {
    pub trouble: Trouble,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "trouble")]
pub enum Trouble {
    Bounced {
        bounce: Bounce,
        reason: BounceReason,
    },
    /// SES has the address on its suppression list, and did not try.
    Suppressed,
    Complained,
}

impl Trouble {
    /// Whoever tells more is kept: why a mailbox is gone is more than that SES does not try it any more.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Bounced { bounce: Bounce::Transient, .. } => 1,
            Self::Suppressed => 2,
            Self::Complained => 3,
            Self::Bounced { bounce: Bounce::Permanent, .. } => 4,
        }
    }

    /// A full mailbox is news for some days.
    pub(super) fn retention(self) -> Duration {
        const DAY: Duration = Duration::from_hours(24);
        match self {
            Self::Bounced { bounce: Bounce::Transient, .. } => 3 * DAY,
            Self::Suppressed | Self::Complained | Self::Bounced { bounce: Bounce::Permanent, .. } => 30 * DAY,
        }
    }
}

impl Troubled {
    /// From then on it is not told any more, deleted or not.
    pub(super) fn expires_at(&self) -> Timestamp {
        self.at + self.trouble.retention()
    }

    pub(super) fn note(self, recipient: MailAddress) -> Note {
        let Self { trouble, at } = self;
        match trouble {
            Trouble::Bounced { bounce, reason } => Note::Bounced { recipient, at, bounce, reason },
            Trouble::Suppressed => Note::Suppressed { recipient, since: at },
            Trouble::Complained => Note::Complained { recipient, at },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_recognised_however_it_is_written() {
        let hash = AddressHash::of("duty@example.com");
        assert_eq!(hash.as_str(), "c0d211b76863b9f9b409cc98c0ef5a6d12c2ed5b61e6af2d89d5186709c74784");
        for same in ["Duty@Example.COM", " duty@example.com ", "On Duty <duty@example.com>"] {
            assert_eq!(AddressHash::of(same), hash, "{same}");
        }
        assert_ne!(AddressHash::of("duty2@example.com"), hash);
    }
}
