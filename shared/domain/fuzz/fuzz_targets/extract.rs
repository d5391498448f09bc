//! Any text is scanned without a panic, and what is found is canonical: reading it again gives the same.

#![no_main]

use domain::indicator::{Indicator, extract, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    scan(text, &mut |indicator| {
        assert_eq!(indicator.to_string().parse::<Indicator>().as_ref(), Ok(&indicator));
    });
    let alert = serde_json::json!({ "full_log": text, "data": { "url": text, "srcip": text, "sha256": text } });
    for found in extract(&alert.to_string()) {
        assert_eq!(found.indicator.to_string().parse::<Indicator>().as_ref(), Ok(&found.indicator));
    }
    extract(text);
});
