//! MISP events: `{"Event":{"Attribute":[…],"Object":[{"Attribute":[…]}]}}`, as feeds and exports hold them.

use domain::lenient;
use domain::verdict::Listing;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::entry::{Entry, Kind};
use super::rows::{tags, time, title};
use super::sink::Sink;

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
    #[serde(default, rename = "Tag")]
    tags: Vec<Tag>,
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
        read(attribute, &event, sink);
    }
    for object in &event.objects {
        for attribute in &object.attributes {
            if is_true(&object.deleted) {
                sink.next_item();
                sink.expired();
            } else {
                read(attribute, &event, sink);
            }
        }
    }
}

fn read(attribute: &RawValue, event: &Event<'_>, sink: &mut Sink<'_>) {
    sink.next_item();
    let Ok(attribute) = serde_json::from_str::<Attribute>(attribute.get()) else {
        return sink.bad("it is not an attribute of MISP; export the event again as JSON");
    };
    if is_true(&attribute.deleted) {
        return sink.expired();
    }
    let Some(value) = lenient::text(&attribute.value) else { return sink.bad("the attribute has no value") };
    let names = event.tags.iter().chain(&attribute.tags).map(|tag| tag.name.clone());
    let names: Vec<String> = names.collect();
    let listing = Listing {
        confidence: (!is_true(&attribute.to_ids)).then_some(CONTEXT_CONFIDENCE),
        title: lenient::text(&event.info).and_then(|info| title(&info)),
        tags: tags(&names),
        listed_at: time(&attribute.timestamp),
    };
    let halves = halves(&attribute.kind, &value);
    if halves.is_empty() {
        return sink.other_type();
    }
    for (kind, half) in halves {
        match Entry::read(half, kind) {
            Ok(entry) => sink.row(entry, Some(SOURCE), listing.clone()),
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
