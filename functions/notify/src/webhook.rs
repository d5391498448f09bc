//! The same notice as a message to a chat: Slack, or whoever takes Slack's messages.

mod client;
mod digest;
mod message;
mod mrkdwn;
mod notice;
mod url;

pub use client::{WebhookError, Webhooks};
pub use digest::{digest, storm};
pub use message::Message;
pub use notice::message;
pub use url::{UrlParameter, UrlParameterError, WebhookUrl, WebhookUrlError};
