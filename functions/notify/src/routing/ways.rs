//! How a group is told: by mail, in a chat, or both.

use crate::delivery::Channel;
use crate::webhook::UrlParameter;

/// One way at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ways {
    Mail,
    Webhook(UrlParameter),
    Both(UrlParameter),
}

/// One way, with what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means<'a> {
    Mail,
    Webhook(&'a UrlParameter),
}

impl Ways {
    /// Mail first: a chat that does not answer never holds it up.
    pub(crate) fn all(&self) -> Vec<Means<'_>> {
        match self {
            Self::Mail => vec![Means::Mail],
            Self::Webhook(parameter) => vec![Means::Webhook(parameter)],
            Self::Both(parameter) => vec![Means::Mail, Means::Webhook(parameter)],
        }
    }

    /// The way by this channel; where the operator has taken it away, the other one.
    pub(crate) fn by(&self, channel: Channel) -> Means<'_> {
        match (self, channel) {
            (Self::Mail, _) | (Self::Both(_), Channel::Mail) => Means::Mail,
            (Self::Webhook(parameter), _) | (Self::Both(parameter), Channel::Webhook) => {
                Means::Webhook(parameter)
            }
        }
    }

    pub(crate) fn has_mail(&self) -> bool {
        match self {
            Self::Mail | Self::Both(_) => true,
            Self::Webhook(_) => false,
        }
    }
}

impl Means<'_> {
    pub(crate) fn channel(self) -> Channel {
        match self {
            Self::Mail => Channel::Mail,
            Self::Webhook(_) => Channel::Webhook,
        }
    }
}
