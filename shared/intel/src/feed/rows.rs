//! Rows as JSON objects: `{"indicator":"203.0.113.9","type":"IPv4","source":"OTX"}`, and the indicators of OTX pulses.

use domain::lenient;
use domain::verdict::Listing;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::entry::{Entry, Kind};
use super::json::Members;
use super::sink::Sink;
use crate::providers::visible;

/// What the document around a row says about all its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    pub source: Option<&'static str>,
    pub listing: Listing,
}

/// Members under which feeds keep the indicator; `cidr` is Spamhaus, `ip_address` abuse.ch.
const INDICATOR: [&str; 3] = ["indicator", "cidr", "ip_address"];

/// What is left of an entry that OTX itself has let expire, which it does to every address after about a month.
const EXPIRED_CONFIDENCE: u8 = 25;

pub(super) fn row(members: &Members<'_>, around: &Around, sink: &mut Sink<'_>) {
    let value = |name: &str| -> Option<Value> { serde_json::from_str(members.get(name)?.get()).ok() };
    let text = |name: &str| value(name).as_ref().and_then(lenient::text);
    let Some(indicator) = INDICATOR.iter().find_map(|name| text(name)) else {
        // The last line of Spamhaus lists is about the list.
        if text("type").as_deref() == Some("metadata") {
            return;
        }
        return sink.bad("it has no indicator; give one as \"indicator\"");
    };
    let kind = match text("type") {
        None => Kind::Any,
        Some(name) => match Kind::of_type(&name) {
            Some(kind) => kind,
            None => return sink.other_type(),
        },
    };
    let mut listing = around.listing.clone();
    if let Some(confidence) = value("confidence").filter(|value| !value.is_null()) {
        let percent = lenient::integer(&confidence).and_then(|percent| u8::try_from(percent).ok());
        let Some(percent) = percent.filter(|percent| *percent <= 100) else {
            return sink.bad("its confidence is not a whole number from 0 to 100");
        };
        listing.confidence = Some(percent);
    }
    if let Some(expires) = value("expires").filter(|value| !value.is_null()) {
        match time(&expires) {
            Some(expires) if expires <= sink.now => return sink.expired(),
            Some(_) => {}
            None => return sink.bad("its expires is not a time; write it as 2026-10-03T12:00:00Z"),
        }
    }
    let now = sink.now;
    let over = value("expiration").as_ref().and_then(time).is_some_and(|expiration| expiration <= now);
    if over || text("is_active").is_some_and(|active| active == "0" || active == "false") {
        listing.confidence = Some(EXPIRED_CONFIDENCE);
    }
    let given = |name: &str| value(name).as_ref().and_then(time);
    listing.listed_at =
        given("listed_at").or_else(|| given("created")).or_else(|| given("first_seen")).or(listing.listed_at);
    // The title of a pulse tells more than that of one of its indicators.
    listing.title = listing.title.or_else(|| title(&text("title")?));
    listing.tags.extend(value("tags").as_ref().map(lenient::texts).unwrap_or_default());
    listing.tags = tags(&listing.tags);
    match Entry::read(&indicator, kind) {
        Ok(entry) => sink.row(entry, text("source").as_deref().or(around.source), listing),
        Err(problem) => sink.bad(problem),
    }
}

/// A title fit to be shown, if it says anything.
pub(super) fn title(text: &str) -> Option<String> {
    const CHARS: usize = 200;
    Some(visible(text, CHARS)).filter(|title| !title.is_empty())
}

/// The first tags, each fit to be shown.
pub(super) fn tags(tags: &[String]) -> Vec<String> {
    const MOST: usize = 16;
    const CHARS: usize = 60;
    let tags = tags.iter().map(|tag| visible(tag, CHARS));
    tags.filter(|tag| !tag.is_empty()).take(MOST).collect()
}

/// A time in ISO 8601, UTC where it names no zone, or in seconds since 1970.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    if let Some(seconds) = lenient::integer(value) {
        return Timestamp::from_second(seconds).ok();
    }
    let text = value.as_str()?.trim();
    let utc = |time: DateTime| Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp());
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| utc(text.parse::<DateTime>().ok()?))
        .or_else(|| utc(text.parse::<Date>().ok()?.at(0, 0, 0, 0)))
}
