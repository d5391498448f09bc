//! The spool: what was accepted lies there byte for byte, beside any file that somebody else has put there.
//!
//! The first line of the bytes is the name of such a file, the rest an alert.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use domain::message::MAX_BYTES;
use intake::destination::Destination;
use intake::spool::{Durability, Form, Spool};
use publisher::message::{Message, Origin};

use crate::Kept;

const QUEUE: &str = r#"{"queue_url":"https://sqs.eu-central-1.amazonaws.com/111122223333/alerts"}"#;

pub fn check(bytes: &[u8]) -> Kept {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let (name, alert) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let root = tempfile::tempdir().expect("a folder");
    let spool = Spool::open(root.path().join("spool"), Durability::Os).expect("a spool");
    let to: Destination = serde_json::from_str(QUEUE).expect("a destination");
    for form in [Form::Json, Form::AsIs] {
        let entry = spool.accept(&to, alert, form).expect("an entry");
        assert_eq!((entry.form(), entry.read().ok().as_deref()), (form, Some(alert)));
        assert!(entry.accepted_at().is_some());
    }
    let is_name = !name.is_empty() && name.len() < 200 && !name.contains(&0) && !name.contains(&b'/');
    let strange = spool.folder_of(&to);
    if is_name && name != b"." && name != b".." {
        let beside = strange.waiting().expect("entries");
        let folder = beside.first().and_then(|entry| entry.path().parent()).expect("their folder");
        fs::write(folder.join(OsStr::from_bytes(name)), alert).expect("a file of somebody else");
    }
    let waiting = strange.waiting().expect("entries");
    assert!((2..=3).contains(&waiting.len()), "{waiting:?}");
    assert_eq!(strange.oldest(9, |_| true).expect("entries"), waiting);
    for entry in waiting {
        let _ = (entry.accepted_at(), entry.form(), entry.name());
        check_message(Origin::Spool(entry), alert);
    }
    assert!(spool.rejected().expect("the rejected").is_empty());
    Kept::Read
}

/// What goes to SQS is what it takes: not too large, not empty, and without characters that it refuses.
fn check_message(origin: Origin, alert: &[u8]) {
    let form = origin.form();
    let Ok(message) = Message::prepare(origin, alert, "wazuh-01", super::now()) else { return };
    assert!(!message.body.is_empty() && message.size_bytes() <= MAX_BYTES);
    match form {
        Form::AsIs => assert_eq!(message.body.as_bytes(), alert),
        Form::Json => assert!(serde_json::from_str::<&serde_json::value::RawValue>(&message.body).is_ok()),
    }
}
