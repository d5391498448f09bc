//! Any bytes are read as an alert, or refused, without a panic.

#![no_main]

use domain::Alert;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(alert) = Alert::parse(text) {
        for found in alert.indicators() {
            assert!(!found.indicator.key().is_empty());
        }
        assert_eq!(Alert::parse(alert.raw()).map(|again| again.key().clone()), Ok(alert.key().clone()));
    }
});
