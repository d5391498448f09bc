//! Any bytes are an alert, or refused; an alert is the same when it is read again.

use domain::Alert;
use domain::trim;

use crate::Kept;

pub fn check(bytes: &[u8]) -> Kept {
    let text = super::text(bytes);
    let Ok(alert) = Alert::parse(&text) else { return Kept::Refused };
    assert!(!alert.key().as_str().is_empty());
    let again = Alert::parse(alert.raw()).expect("what was read once");
    assert_eq!((again.key(), again.raw()), (alert.key(), alert.raw()));
    assert_eq!(again.document(), alert.document());
    for found in alert.indicators() {
        assert!(!found.indicator.key().is_empty());
    }
    // Cut to any size it is still an alert, and the same one.
    let room = alert.raw().len() * 3 / 4;
    if let Some(trimmed) = trim::to_fit(alert.document(), room) {
        assert!(trimmed.text.len() <= room);
        Alert::parse(&trimmed.text).expect("what was trimmed by field");
    }
    Kept::Read
}
