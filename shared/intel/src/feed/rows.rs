//! Rows as JSON objects: `{"indicator":"203.0.113.9","type":"IPv4","source":"OTX"}`, and the indicators of OTX pulses.

use domain::lenient;
use domain::verdict::Listing;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::entry::{Entry, Kind};
use super::sink::{Found, Said, Sink};
use crate::providers::visible;

/// What the document around a row says about all its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    pub source: Option<&'static str>,
    pub listing: Listing,
}

/// What feeds call the parts of a row. `cidr` is Spamhaus, `ipAddress` and what looks like it `AbuseIPDB`, the others
/// abuse.ch.
const INDICATOR: [&str; 8] =
    ["indicator", "cidr", "ip_address", "ipAddress", "ioc_value", "ioc", "dst_ip", "url"];
const TYPE: [&str; 2] = ["type", "ioc_type"];
const CONFIDENCE: [&str; 3] = ["confidence", "confidence_level", "abuseConfidenceScore"];
const LISTED_AT: [&str; 5] = ["listed_at", "created", "first_seen", "first_seen_utc", "dateadded"];
const SEEN_AT: [&str; 4] = ["last_seen", "last_seen_utc", "last_online", "lastReportedAt"];
const TITLE: [&str; 4] = ["title", "malware_printable", "malware", "threat"];

/// What is left of an entry that OTX itself has let expire, which it does to every address after about a month.
const EXPIRED_CONFIDENCE: u8 = 25;

/// Whether rows have their indicator under this name.
pub(super) fn is_indicator(name: &str) -> bool {
    INDICATOR.contains(&name)
}

/// Reads a row whose members `value` knows by their names.
pub(super) fn row(value: &dyn Fn(&str) -> Option<Value>, around: &Around, sink: &mut Sink<'_>) {
    let text_of = |names: &[&str]| names.iter().find_map(|name| lenient::text(&value(name)?));
    let time_of = |names: &[&str]| names.iter().find_map(|name| time(&value(name)?));
    let given = |name: &str| value(name).filter(|value| !value.is_null());
    let Some(indicator) = text_of(&INDICATOR) else {
        // The last line of Spamhaus lists is about the list.
        if text_of(&TYPE).as_deref() == Some("metadata") {
            return;
        }
        return sink.bad("it has no indicator; give one as \"indicator\"");
    };
    let kind = match text_of(&TYPE) {
        None => Kind::Any,
        Some(name) => match Kind::of_type(&name) {
            Some(kind) => kind,
            None => return sink.other_type(),
        },
    };
    let mut listing = around.listing.clone();
    if let Some(confidence) = CONFIDENCE.iter().find_map(|name| given(name)) {
        let percent = lenient::integer(&confidence).and_then(|percent| u8::try_from(percent).ok());
        let Some(percent) = percent.filter(|percent| *percent <= 100) else {
            return sink.bad("its confidence is not a whole number from 0 to 100");
        };
        listing.confidence = Some(percent);
    }
    let mut expires = None;
    if let Some(given) = given("expires") {
        match time(&given) {
            Some(end) if end <= sink.now => return sink.expired(),
            Some(end) => expires = Some(end),
            None => return sink.bad("its expires is not a time; write it as 2026-10-03T12:00:00Z"),
        }
    }
    let now = sink.now;
    let expiration = time_of(&["expiration"]);
    let is_off = text_of(&["is_active"]).is_some_and(|active| active == "0" || active == "false");
    if is_off || expiration.is_some_and(|expiration| expiration <= now) {
        listing.confidence = Some(EXPIRED_CONFIDENCE);
        expires = Some(expiration.unwrap_or(now).min(now));
    }
    listing.listed_at = time_of(&LISTED_AT).or(listing.listed_at);
    let seen_at = time_of(&SEEN_AT).or(listing.listed_at);
    // The title of a pulse tells more than that of one of its indicators.
    listing.title = listing.title.or_else(|| title(&text_of(&TITLE)?));
    listing.tags.extend(value("tags").as_ref().map(lenient::texts).unwrap_or_default());
    listing.tags = tags(&listing.tags);
    let found = Found { listing, expires: expires.or(expiration), said: Said { seen_at, ..Said::default() } };
    match Entry::read(&indicator, kind) {
        Ok(entry) => sink.row(entry, text_of(&["source"]).as_deref().or(around.source), found),
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
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    let utc = |time: DateTime| Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp());
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| utc(text.parse::<DateTime>().ok()?))
        .or_else(|| utc(text.parse::<Date>().ok()?.at(0, 0, 0, 0)))
}
