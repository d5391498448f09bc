//! The delivered mails: kept raw, read tolerantly.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use mail_parser::{Address, HeaderValue, MessageParser, PartType};
use serde::Deserialize;

use crate::page::DeliveredMail;

/// One delivered mail, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    /// From 1, in the order of arrival.
    pub id: usize,
    pub received_at: Timestamp,
    pub raw: Vec<u8>,
}

/// Where mails arrive.
#[derive(Debug, Default)]
pub(crate) struct Mailbox(Mutex<Vec<Mail>>);

impl Mailbox {
    pub(crate) fn add(&self, raw: Vec<u8>) {
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = mails.len() + 1;
        mails.push(Mail { id, received_at: Timestamp::now(), raw });
    }

    pub(crate) fn all(&self) -> Vec<Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Where the emulator leaves the mails that it was asked to send.
#[derive(Clone, Debug)]
pub(crate) enum MailSource {
    /// `MiniStack` hands each over to our mail server.
    Delivered(Arc<Mailbox>),
    /// `LocalStack` lists them under `/_aws/ses`.
    Listed { endpoint: String },
    /// Another of us has them delivered, and lists them on its page.
    Elsewhere { url: String },
}

impl MailSource {
    pub(crate) async fn all(&self) -> Result<Vec<Mail>> {
        match self {
            Self::Delivered(mailbox) => Ok(mailbox.all()),
            Self::Listed { endpoint } => listed(endpoint).await,
            Self::Elsewhere { url } => elsewhere(url).await,
        }
    }
}

/// What `LocalStack` says about the mails it holds.
#[derive(Deserialize)]
struct Listing {
    messages: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    /// Only mails sent by `SendRawEmail` have it.
    raw_data: Option<String>,
    timestamp: Option<String>,
}

async fn listed(endpoint: &str) -> Result<Vec<Mail>> {
    let answer = ask(&format!("{endpoint}/_aws/ses")).await;
    let answer = answer.context("this emulator lists no mails; --mails names who does")?;
    Ok(read_listing(answer.json().await.context("the mails are not readable")?))
}

async fn elsewhere(url: &str) -> Result<Vec<Mail>> {
    let answer = ask(url).await.context("could not ask for the mails")?;
    let mails: Vec<DeliveredMail> = answer.json().await.context("the mails are not readable")?;
    let read =
        |mail: DeliveredMail| Mail { id: mail.id, received_at: mail.received_at, raw: mail.raw.into_bytes() };
    Ok(mails.into_iter().map(read).collect())
}

async fn ask(url: &str) -> Result<reqwest::Response> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
    Ok(client.get(url).send().await?.error_for_status()?)
}

fn read_listing(listing: Listing) -> Vec<Mail> {
    let raw = listing.messages.into_iter().filter_map(|listed| Some((listed.raw_data?, listed.timestamp)));
    raw.enumerate()
        .map(|(index, (raw, time))| {
            // The time has no zone; it is UTC.
            let time = time.and_then(|time| format!("{}Z", time.trim_end_matches('Z')).parse().ok());
            Mail { id: index + 1, received_at: time.unwrap_or_default(), raw: raw.into_bytes() }
        })
        .collect()
}

/// What a mail says, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Letter {
    pub from: String,
    pub to: String,
    pub subject: String,
    /// `X-Triage-Kind`: `first`, `update`, `escalation`, `digest`, `storm`.
    pub kind: String,
    /// What all mails of a conversation answer.
    pub conversation: String,
    pub text: Option<String>,
    pub html: Option<String>,
}

impl Letter {
    /// Reads what can be read; a mail without headers gives empty ones.
    pub(crate) fn read(raw: &[u8]) -> Self {
        let Some(message) = MessageParser::default().parse(raw) else { return Self::default() };
        let text = message.text_bodies().find_map(|part| match &part.body {
            PartType::Text(text) => Some(text.clone().into_owned()),
            _ => None,
        });
        let html = message.html_bodies().find_map(|part| match &part.body {
            PartType::Html(html) => Some(html.clone().into_owned()),
            _ => None,
        });
        Self {
            from: addresses(message.from()),
            to: addresses(message.to()),
            subject: message.subject().unwrap_or_default().to_owned(),
            kind: text_of(message.header("X-Triage-Kind")),
            conversation: text_of(Some(message.references())),
            text,
            html,
        }
    }
}

/// The text of a header, or the first of its texts.
fn text_of(header: Option<&HeaderValue<'_>>) -> String {
    let Some(header) = header else { return String::new() };
    let first = header.as_text_list().and_then(|texts| texts.first().map(ToString::to_string));
    header.as_text().map(str::to_owned).or(first).unwrap_or_default()
}

fn addresses(field: Option<&Address<'_>>) -> String {
    let Some(field) = field else { return String::new() };
    let each: Vec<Cow<'_, str>> = field.iter().filter_map(|address| address.address.clone()).collect();
    each.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: Triage <a@soc.example>\r\nTo: b@soc.example, C <c@soc.example>\r\n\
        Subject: =?utf-8?q?[HIGH]_caf=C3=A9?=\r\nReferences: <root@soc.example>\r\nX-Triage-Kind: update\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n\
        --x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>hello</p>\r\n--x--\r\n";

    #[test]
    fn a_mail_is_taken_apart() {
        let letter = Letter::read(MAIL.as_bytes());
        assert_eq!(letter.from, "a@soc.example");
        assert_eq!(letter.to, "b@soc.example, c@soc.example");
        assert_eq!(letter.subject, "[HIGH] café");
        assert_eq!((letter.kind.as_str(), letter.conversation.as_str()), ("update", "root@soc.example"));
        assert_eq!(letter.text.unwrap().trim(), "hello");
        assert_eq!(letter.html.unwrap().trim(), "<p>hello</p>");
    }

    #[test]
    fn a_mail_without_html_has_none() {
        let letter = Letter::read(b"Subject: x\r\n\r\nonly text\r\n");
        assert_eq!((letter.subject.as_str(), letter.html), ("x", None));
        assert_eq!(Letter::read(b"").subject, "");
    }

    #[test]
    fn localstack_lists_raw_mails() {
        let listing = r#"{"messages":[
            {"Id":"a","Region":"us-east-1","Source":"x@y","RawData":"Subject: one\r\n\r\n1","Timestamp":"2026-11-22T04:00:00"},
            {"Id":"b","Region":"us-east-1","Source":"x@y","Subject":"not raw","Timestamp":"2026-11-22T04:00:01"}]}"#;
        let mails = read_listing(serde_json::from_str(listing).unwrap());
        assert_eq!(mails.len(), 1);
        assert_eq!((mails[0].id, mails[0].received_at.to_string().as_str()), (1, "2026-11-22T04:00:00Z"));
        assert_eq!(Letter::read(&mails[0].raw).subject, "one");
    }
}
