//! Any text is scanned, and what is found is canonical: reading it again gives the same.

use domain::indicator::{Indicator, extract, scan};

use crate::Kept;

pub fn check(bytes: &[u8]) -> Kept {
    let text = &*super::text(bytes);
    let assert_canonical = |indicator: &Indicator| {
        assert_eq!(indicator.to_string().parse::<Indicator>().as_ref(), Ok(indicator));
    };
    scan(text, &mut |indicator| assert_canonical(&indicator));
    let alert =
        serde_json::json!({ "full_log": text, "data": { "url": text, "srcip": text, "sha256": text } });
    for found in extract(&alert.to_string()) {
        assert_canonical(&found.indicator);
    }
    extract(text);
    Kept::Read
}
