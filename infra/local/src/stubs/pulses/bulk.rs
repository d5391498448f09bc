//! The same pulses as OTX gives them to subscribers: whole, page by page, with every indicator.
//!
//! The next page is named on another host, as behind a proxy: whoever follows it shows that host his key.

use std::collections::{HashMap, HashSet};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::{BLOCKLIST, BRUTE_FORCE, DROPPER, HONEYPOT, LISTED, MEGA, Pulse, ago};

/// Indicators that a page of pulses shows of each; the others have pages of their own.
const SHOWN: usize = 20;

/// Which part of the whole is asked for.
#[derive(Clone, Copy, Debug)]
pub(in crate::stubs) struct Page {
    number: usize,
    limit: usize,
    since: Option<Timestamp>,
    with_inactive: bool,
}

impl Page {
    pub(in crate::stubs) fn of(query: &HashMap<String, String>) -> Self {
        let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
        let since = query.get("modified_since").and_then(|text| time(text));
        Self {
            number: number("page").unwrap_or(1).max(1),
            limit: number("limit").unwrap_or(10).clamp(1, 1000),
            since,
            with_inactive: query.get("include_inactive").is_some_and(|flag| flag == "1"),
        }
    }

    /// The envelope around this page of the items.
    fn cut(self, path: &str, items: Vec<Value>) -> Value {
        let (count, from) = (items.len(), self.limit.saturating_mul(self.number - 1));
        let shown: Vec<Value> = items.into_iter().skip(from).take(self.limit).collect();
        let place = |number: usize| {
            json!(format!("https://otx.example.com{path}?limit={}&page={number}", self.limit))
        };
        json!({
            "next": if from + shown.len() < count { place(self.number + 1) } else { Value::Null },
            "previous": if self.number > 1 { place(self.number - 1) } else { Value::Null },
            "results": shown,
            "count": count,
            "prefetch_pulse_ids": false,
            "t": 0, "t2": 0.004, "t3": 0.01,
        })
    }
}

/// `GET /pulses/subscribed`.
pub(in crate::stubs) fn subscribed(page: &Page, now: Timestamp) -> Value {
    let pulses = changed(page, now).map(|pulse| pulse.subscribed(page, now));
    page.cut("/api/v1/pulses/subscribed", pulses.collect())
}

/// `GET /pulses/{id}/indicators`; nothing for a pulse that is not there.
pub(in crate::stubs) fn indicators(id: &str, page: &Page, now: Timestamp) -> Option<Value> {
    let pulse = PULSES.iter().find(|pulse| pulse.id == id)?;
    let path = format!("/api/v1/pulses/{id}/indicators");
    Some(page.cut(&path, pulse.indicators(page, now)))
}

/// `GET /indicators/export`: each once, without pulse and without end.
pub(in crate::stubs) fn export(types: &str, page: &Page, now: Timestamp) -> Value {
    let wanted = |kind: &Value| types.is_empty() || types.split(',').any(|name| *kind == name);
    let mut seen = HashSet::new();
    let all = changed(page, now).flat_map(|pulse| pulse.indicators(page, now));
    let wanted = all.filter(|indicator| indicator.get("type").is_some_and(wanted));
    let each_once = wanted.filter(|indicator| seen.insert(indicator.get("indicator").cloned()));
    let flat = each_once.map(|mut indicator| {
        if let Some(members) = indicator.as_object_mut() {
            members.retain(|name, _| {
                ["id", "indicator", "type", "title", "description", "content"].contains(&name.as_str())
            });
        }
        indicator
    });
    page.cut("/api/v1/indicators/export", flat.collect())
}

static PULSES: [&Pulse; 5] = [&BRUTE_FORCE, &HONEYPOT, &BLOCKLIST, &MEGA, &DROPPER];

/// What no look-up finds, and what an importer has to leave out: a private address, a well-known resolver, other kinds.
const JUNK: [(&str, &str); 5] = [
    ("IPv4", "192.168.113.98"),
    ("IPv4", "8.8.8.8"),
    ("CVE", "CVE-2024-00001"),
    ("email", "somebody@example.com"),
    ("YARA", "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"),
];

fn changed(page: &Page, now: Timestamp) -> impl Iterator<Item = &'static Pulse> {
    let since = page.since;
    PULSES.into_iter().filter(move |pulse| since.is_none_or(|since| pulse.modified(now) >= since))
}

impl Pulse {
    fn modified(&self, now: Timestamp) -> Timestamp {
        now - (24 * self.age_days + 1).hours()
    }

    /// A pulse has other names and shapes here than around a look-up.
    fn subscribed(&self, page: &Page, now: Timestamp) -> Value {
        let mut indicators = self.indicators(page, now);
        let more = indicators.len() > SHOWN;
        indicators.truncate(SHOWN);
        json!({
            "id": self.id,
            "name": self.name,
            "description": format!("{}: made up for tests.", self.name),
            "author_name": self.author,
            "created": ago(self.age_days + 1, now),
            "modified": ago(self.age_days, now),
            "revision": 2,
            "tlp": self.tlp,
            "public": 1,
            "adversary": self.adversary,
            "tags": self.tags,
            "targeted_countries": [],
            "malware_families": self.malware_families,
            "attack_ids": self.attack_ids.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
            "references": [self.reference()],
            "industries": [],
            "extract_source": [],
            "more_indicators": more,
            "indicators": indicators,
        })
    }

    /// Those that look-ups find, and some of which only the pulse knows.
    fn indicators(&self, page: &Page, now: Timestamp) -> Vec<Value> {
        let listed = LISTED.iter().filter(|listed| listed.pulses.iter().any(|pulse| pulse.id == self.id));
        let listed = listed.map(|listed| (kind(listed.value), listed.value.to_owned()));
        let junk = JUNK.iter().filter(|_| self.id == BLOCKLIST.id);
        let junk = junk.map(|(kind, value)| (*kind, (*value).to_owned()));
        let only_here = (1..=46).filter(|_| self.id == HONEYPOT.id);
        let only_here = only_here.map(|number| ("IPv6", format!("2001:db8:5ca::{number:x}")));
        let all = listed.chain(junk).chain(only_here).filter(|_| self.is_active || page.with_inactive);
        all.map(|(kind, value)| self.indicator(kind, &value, now)).collect()
    }

    /// An address counts for thirty days, everything else without end.
    fn indicator(&self, kind: &str, value: &str, now: Timestamp) -> Value {
        let end = kind.starts_with("IPv").then(|| ago(self.age_days - 30, now));
        json!({
            "id": number(value),
            "indicator": value,
            "type": kind,
            "created": ago(self.age_days, now),
            "content": "",
            "title": "",
            "description": "",
            "expiration": end,
            "is_active": u8::from(self.is_active),
            "role": null,
        })
    }
}

/// The same for the same value, whichever pulse it is in.
fn number(value: &str) -> u64 {
    3_000_000_000 + value.bytes().fold(7, |number, byte| (number * 31 + u64::from(byte)) % 999_983)
}

/// As OTX names the kind of a value.
fn kind(value: &str) -> &'static str {
    match value.parse::<std::net::IpAddr>() {
        Ok(address) if address.is_ipv4() => "IPv4",
        Ok(_) => "IPv6",
        Err(_) if value.contains("://") => "URL",
        Err(_) if value.len() == 64 && !value.contains('.') => "FileHash-SHA256",
        Err(_) if value.matches('.').count() > 1 => "hostname",
        Err(_) => "domain",
    }
}

/// With its zone, or in UTC without.
fn time(text: &str) -> Option<Timestamp> {
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| civil().map(|time| time.timestamp()))
}
