//! The JSON of an event as SES writes it, and the envelope in which SNS may put it.
//!
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>. Only what is used is
//! read, and everything may be missing: what an event cannot do without is said by [`super::event`].

use std::collections::BTreeMap;

use serde::Deserialize;

/// Without raw message delivery, SNS puts the event into a text of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    #[serde(rename = "Type")]
    pub kind: String,
    #[serde(rename = "Message")]
    pub message: Option<String>,
    #[serde(rename = "TopicArn")]
    _topic: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    /// `notificationType` where an identity, not a configuration set, was told to report.
    #[serde(rename = "eventType", alias = "notificationType")]
    pub kind: String,
    #[serde(default)]
    pub mail: Mail,
    pub bounce: Option<Bounce>,
    pub complaint: Option<Complaint>,
    pub delivery_delay: Option<Delay>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Mail {
    pub message_id: String,
    pub tags: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bounce {
    #[serde(rename = "bounceType", default)]
    pub kind: String,
    #[serde(rename = "bounceSubType", default)]
    pub reason: String,
    #[serde(default)]
    pub bounced_recipients: Vec<Recipient>,
    pub timestamp: Option<String>,
    pub feedback_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Complaint {
    #[serde(rename = "complaintSubType")]
    pub reason: Option<String>,
    #[serde(default)]
    pub complained_recipients: Vec<Recipient>,
    pub timestamp: Option<String>,
    pub feedback_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delay {
    pub timestamp: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Recipient {
    pub email_address: String,
    /// Enhanced status code of the receiving server, as in RFC 3463.
    pub status: Option<String>,
}
