//! What OTX says around its indicators: the pulse they stand in. `GET /api/v1/pulses/subscribed` and its items.

use domain::lenient;
use domain::verdict::Listing;
use serde_json::Value;

use super::json::Members;
use super::rows::{Around, tags, time, title};

const SOURCE: &str = "OTX";

/// A pulse, or whatever else holds a list of indicators.
pub(super) fn around(pulse: &Members<'_>) -> Around {
    let value = |name: &str| -> Option<Value> { serde_json::from_str(pulse.get(name)?.get()).ok() };
    let name = value("name").as_ref().and_then(lenient::text);
    let listing = Listing {
        confidence: None,
        title: name.and_then(|name| title(&name)),
        tags: tags(&value("tags").as_ref().map(lenient::texts).unwrap_or_default()),
        listed_at: value("modified").or_else(|| value("created")).as_ref().and_then(time),
    };
    Around { source: Some(SOURCE), listing }
}

/// A page of results, of pulses or of indicators.
pub(super) fn page() -> Around {
    Around { source: Some(SOURCE), listing: Listing::default() }
}
