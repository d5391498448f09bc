//! What a group is told, whatever the way.

use domain::Notice;
use jiff::Timestamp;

use crate::held;
use crate::mail::{self, Digest, Mail, MailError, MailSettings, Note, Storm};
use crate::opening::untold;
use crate::webhook::{self, Message};

#[derive(Clone, Copy, Debug)]
pub enum Letter<'a> {
    Notice(&'a Notice),
    Digest(&'a Digest),
    Storm(&'a Storm),
}

impl Letter<'_> {
    pub fn mail(&self, settings: &MailSettings, notes: &[Note], now: Timestamp) -> Result<Mail, MailError> {
        match self {
            Self::Notice(notice) => mail::mail(notice, settings, notes, now),
            Self::Digest(digest) => mail::digest(digest, settings, notes, now),
            Self::Storm(storm) => mail::storm(storm, settings, notes, now),
        }
    }

    pub fn message(&self, settings: &MailSettings, notes: &[Note]) -> Message {
        match self {
            Self::Notice(notice) => webhook::message(notice, settings, notes),
            Self::Digest(digest) => webhook::digest(digest, settings, notes),
            Self::Storm(storm) => webhook::storm(storm, settings, notes),
        }
    }

    /// What comes back with every event that SES reports of it.
    pub fn tags(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Notice(notice) => vec![
                ("kind", notice.kind.name()),
                ("incident", notice.incident.as_str()),
                ("notice", notice.id.as_str()),
            ],
            Self::Digest(digest) => vec![("kind", "digest"), ("notice", &digest.id)],
            Self::Storm(storm) => vec![("kind", "storm"), ("notice", &storm.id)],
        }
    }

    /// Alerts that nothing else tells the group of: a storm notice leaves its own to the digest.
    pub fn alerts(&self) -> u64 {
        match self {
            Self::Notice(notice) => untold(notice),
            Self::Digest(digest) => held::alerts(&digest.incidents),
            Self::Storm(_) => 0,
        }
    }

    /// Name in metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Notice(_) => "notice",
            Self::Digest(_) => "digest",
            Self::Storm(_) => "storm",
        }
    }
}
