//! What MISP is asked for.

use std::collections::BTreeSet;

use domain::indicator::{Direction, Found, HashKind, Indicator};
use serde_json::{Value, json};

use super::MispOptions;

/// Attributes that one answer has at most.
pub(super) const LIMIT: usize = 200;

/// The body of a search: `to_ids` and `published` are sent, as JSON is not filtered by itself; without the number of
/// a page the limit is a default, and without limit MISP reads its whole table.
pub(super) fn search(asked: &[&Found], options: MispOptions) -> Value {
    let mut query = filters(asked, options);
    let values: Vec<String> = asked.iter().flat_map(|found| spellings(&found.indicator)).collect();
    let rest = json!({
        "returnFormat": "json",
        "value": values,
        "deleted": 0,
        "includeContext": 1,
        "includeEventTags": 1,
        "includeWarninglistHits": 1,
        "includeDecayScore": 1,
        "limit": LIMIT,
        "page": 1,
    });
    if let (Value::Object(query), Value::Object(rest)) = (&mut query, rest) {
        query.extend(rest);
    }
    query
}

/// Which attributes count: their types, and the options. Left out means both in MISP.
pub(super) fn filters(asked: &[&Found], options: MispOptions) -> Value {
    let types: BTreeSet<&str> = asked.iter().flat_map(|found| types(found)).copied().collect();
    let mut filters = json!({ "type": types });
    if let Value::Object(filters) = &mut filters {
        if options.only_to_ids {
            filters.insert("to_ids".into(), 1.into());
        }
        if options.only_published {
            filters.insert("published".into(), 1.into());
        }
    }
    filters
}

/// The types of attribute that speak of this indicator, on its side of the connection. MISP has no type `ip`.
pub(super) fn types(found: &Found) -> &'static [&'static str] {
    match &found.indicator {
        Indicator::Ip(_) => match found.direction {
            Direction::Source => &["ip-src", "ip-src|port", "domain|ip"],
            Direction::Destination => &["ip-dst", "ip-dst|port", "domain|ip"],
            Direction::Unknown => &["ip-src", "ip-dst", "ip-src|port", "ip-dst|port", "domain|ip"],
        },
        Indicator::Domain(_) => &["domain", "hostname", "hostname|port", "domain|ip"],
        Indicator::Url(_) => &["url", "uri", "link"],
        Indicator::Hash(hash) => match hash.kind() {
            HashKind::Md5 => &["md5", "filename|md5"],
            HashKind::Sha1 => &["sha1", "filename|sha1"],
            HashKind::Sha256 => &["sha256", "filename|sha256"],
        },
    }
}

/// How MISP may have written it. Only URLs have more than one spelling: their owners leave the last slash out.
pub(super) fn spellings(indicator: &Indicator) -> Vec<String> {
    let canonical = indicator.to_string();
    match (indicator, canonical.strip_suffix('/')) {
        (Indicator::Url(_), Some(bare)) if bare.matches('/').count() == 2 => vec![bare.to_owned(), canonical],
        _ => vec![canonical],
    }
}

/// Whether MISP would take the value for a pattern: `!` negates, and `%` at an end stands for anything. There is no
/// way to write them otherwise, so such a value is not asked about; the address or name in it still is.
pub(super) fn is_pattern(indicator: &Indicator) -> bool {
    spellings(indicator).iter().any(|value| value.starts_with(['!', '%']) || value.ends_with('%'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::hostile::{found, found_from};

    #[test]
    fn a_search_is_as_documented() {
        let asked = [
            &found_from("203.0.113.9", Direction::Destination),
            &found("2001:db8::5"),
            &found("http://evil.example"),
        ];
        assert_eq!(
            search(&asked, MispOptions::default()),
            json!({
                "type": ["domain|ip", "ip-dst", "ip-dst|port", "ip-src", "ip-src|port", "link", "uri", "url"],
                "to_ids": 1,
                "published": 1,
                "returnFormat": "json",
                "value": ["203.0.113.9", "2001:db8::5", "http://evil.example", "http://evil.example/"],
                "deleted": 0,
                "includeContext": 1,
                "includeEventTags": 1,
                "includeWarninglistHits": 1,
                "includeDecayScore": 1,
                "limit": 200,
                "page": 1,
            })
        );
    }

    #[test]
    fn drafts_and_context_are_included_by_leaving_the_filters_out() {
        let all = MispOptions { only_to_ids: false, only_published: false };
        let query = search(&[&found("evil.example")], all);
        assert!(query.get("to_ids").is_none() && query.get("published").is_none());
        assert_eq!(query["type"], json!(["domain", "domain|ip", "hostname", "hostname|port"]));
    }

    #[test]
    fn patterns_are_recognised() {
        for (text, expected) in [
            ("http://evil.example/100%", true),
            ("http://evil.example/?q=%", true),
            ("http://evil.example/a%20b", false),
            ("http://evil.example/!", false),
            ("evil.example", false),
            ("203.0.113.9", false),
        ] {
            assert_eq!(is_pattern(&found(text).indicator), expected, "{text}");
        }
    }
}
