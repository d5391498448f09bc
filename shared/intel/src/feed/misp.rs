//! MISP events: `{"Event":{"Attribute":[…],"Object":[{"Attribute":[…]}]}}`, as feeds and exports hold them.

use domain::lenient;
use domain::verdict::Listing;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::entry::{Entry, Kind};
use super::rows::{tags, time, title};
use super::sink::{Found, Said, Sink};

const SOURCE: &str = "MISP";

/// What is left of an attribute that is not meant for detection.
const CONTEXT_CONFIDENCE: u8 = 40;

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(default)]
    info: Value,
    #[serde(borrow, default, rename = "Attribute")]
    attributes: Vec<&'a RawValue>,
    #[serde(borrow, default, rename = "Object")]
    objects: Vec<Object<'a>>,
    #[serde(default, rename = "Tag")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(default)]
    deleted: Value,
    #[serde(borrow, default, rename = "Attribute")]
    attributes: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Attribute {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    to_ids: Value,
    #[serde(default)]
    deleted: Value,
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    last_seen: Value,
    #[serde(default, rename = "Tag")]
    tags: Vec<Tag>,
    /// Which event it is from, in answers to a search.
    #[serde(default, rename = "Event")]
    event: About,
}

#[derive(Default, Deserialize)]
struct About {
    #[serde(default)]
    info: Value,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(default)]
    name: String,
}

pub(super) fn event(text: &str, sink: &mut Sink<'_>) {
    let Ok(event) = serde_json::from_str::<Event<'_>>(text) else {
        return sink.bad("it is not an event of MISP; export it again as JSON");
    };
    for attribute in &event.attributes {
        read(attribute, &event, false, sink);
    }
    for object in &event.objects {
        for attribute in &object.attributes {
            read(attribute, &event, is_true(&object.deleted), sink);
        }
    }
}

fn read(attribute: &RawValue, event: &Event<'_>, is_deleted: bool, sink: &mut Sink<'_>) {
    sink.next_item();
    let Ok(attribute) = serde_json::from_str::<Attribute>(attribute.get()) else {
        return sink.bad("it is not an attribute of MISP; export the event again as JSON");
    };
    let Some(value) = lenient::text(&attribute.value) else { return sink.bad("the attribute has no value") };
    let halves = halves(&attribute.kind, &value);
    if is_deleted || is_true(&attribute.deleted) {
        if halves.is_empty() {
            sink.expired();
        }
        for entry in halves.iter().filter_map(|(kind, half)| Entry::read(half, *kind).ok()) {
            sink.withdrawn(entry, Some(SOURCE));
        }
        return;
    }
    if halves.is_empty() {
        return sink.other_type();
    }
    let names = event.tags.iter().chain(&attribute.tags).map(|tag| tag.name.clone());
    let names: Vec<String> = names.collect();
    let info = lenient::text(&event.info).or_else(|| lenient::text(&attribute.event.info));
    let is_context = !is_true(&attribute.to_ids);
    let listed_at = time(&attribute.timestamp);
    let found = || Found {
        listing: Listing {
            confidence: is_context.then_some(CONTEXT_CONFIDENCE),
            title: info.as_deref().and_then(title),
            tags: tags(&names),
            listed_at,
        },
        expires: None,
        said: Said { seen_at: time(&attribute.last_seen).max(listed_at), is_context },
    };
    for (kind, half) in halves {
        match Entry::read(half, kind) {
            Ok(entry) => sink.row(entry, Some(SOURCE), found()),
            Err(problem) => sink.bad(problem),
        }
    }
}

/// The indicators of an attribute: a composite such as `domain|ip` has two, `ip-dst|port` and `filename|md5` have one.
fn halves<'a>(kind: &str, value: &'a str) -> Vec<(Kind, &'a str)> {
    // A sample is listed by its name and its hash.
    let kind = if kind == "malware-sample" { "filename|md5" } else { kind };
    let values = value.split('|');
    kind.split('|').zip(values).filter_map(|(kind, value)| Some((Kind::of_type(kind)?, value))).collect()
}

fn is_true(value: &Value) -> bool {
    matches!(lenient::text(value).as_deref(), Some("true" | "1"))
}
