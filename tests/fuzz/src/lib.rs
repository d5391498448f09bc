//! What must hold for any bytes that somebody else wrote, one property a target.
//!
//! Each target is a plain function that panics where its promise is broken. `tests/corpus.rs` feeds it the seeds and
//! mutations of them on every test run; `make fuzz` lets libFuzzer look for more.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a broken promise has to be loud: that is how a fuzzer sees it"
)]

mod alert;
mod answer;
mod batch;
mod chat;
mod embedded;
mod event;
mod extract;
mod feed;
mod feedback;
mod figures;
mod follower;
mod http;
mod list;
mod mail;
mod message;
mod provider;
mod redaction;
mod reply;
mod settings;
mod snapshot;
mod spool;
mod variables;
mod warninglists;

use std::borrow::Cow;

use domain::unseen::is_unseen;
use jiff::Timestamp;

/// What became of bytes that break no promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// They were what they should be.
    Read,
    Refused,
}

/// A promise, and the name of the folder of its seeds.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub name: &'static str,
    /// Panics where the promise is broken.
    pub check: fn(&[u8]) -> Kept,
    /// How many mutations of the seeds a test run tries: a thousand where one takes microseconds,
    /// fewer where it renders mails or waits for a disk.
    pub mutations: u32,
}

/// Every target.
pub const TARGETS: [Target; 28] = [
    target_of("alert", alert::check, 3_000),
    target_of("extract", extract::check, 1_000),
    target_of("enriched", message::check_enriched, 2_000),
    target_of("notice", message::check_notice, 2_000),
    target_of("abuseipdb", provider::check_abuseipdb, 3_000),
    target_of("misp", provider::check_misp, 3_000),
    target_of("otx", provider::check_otx, 3_000),
    target_of("feed", feed::check, 3_000),
    target_of("snapshot", snapshot::check, 3_000),
    target_of("warninglist", warninglists::check_list, 2_000),
    target_of("warninglists", warninglists::check_file, 3_000),
    target_of("fetched", list::check_fetched, 3_000),
    target_of("confirmed", list::check_confirmed, 300),
    target_of("reply", reply::check, 3_000),
    target_of("answer", answer::check, 1_000),
    target_of("redaction", redaction::check, 1_000),
    target_of("embedded", embedded::check, 1_000),
    target_of("mail", mail::check_alert, 200),
    target_of("probe", mail::check_probe, 30),
    target_of("chat", chat::check, 20),
    target_of("event", event::check, 3_000),
    target_of("batch", batch::check, 2_000),
    target_of("follower", follower::check, 50),
    target_of("spool", spool::check, 300),
    target_of("feedback", feedback::check, 3_000),
    target_of("settings", settings::check, 2_000),
    target_of("variables", variables::check, 1_000),
    target_of("figures", figures::check, 500),
];

const fn target_of(name: &'static str, check: fn(&[u8]) -> Kept, mutations: u32) -> Target {
    Target { name, check, mutations }
}

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A fixed one: the same bytes must do the same thing every time.
fn now() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

/// Nothing in any text of the document is invisible, or reorders what stands around it.
fn assert_visible(document: &serde_json::Value) {
    match document {
        serde_json::Value::String(text) => assert!(!text.chars().any(is_unseen), "unseen in {text:?}"),
        serde_json::Value::Array(items) => items.iter().for_each(assert_visible),
        serde_json::Value::Object(members) => members.values().for_each(assert_visible),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}
