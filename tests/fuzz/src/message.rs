//! Messages between stages: what can be read can be written and read again, and an error quotes nothing of them.

use domain::message::{self, MAX_BYTES};
use domain::{EnrichedAlert, MessageError, Notice};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Kept;

pub fn check_enriched(bytes: &[u8]) -> Kept {
    check::<EnrichedAlert>(bytes)
}

pub fn check_notice(bytes: &[u8]) -> Kept {
    check::<Notice>(bytes)
}

fn check<M: Serialize + DeserializeOwned>(bytes: &[u8]) -> Kept {
    let text = &*super::text(bytes);
    match message::decode::<M>(text) {
        Ok(read) => {
            let Ok(written) = message::encode(&read) else { return Kept::Read };
            assert!(written.len() <= MAX_BYTES);
            let again = message::decode::<M>(&written).expect("what we have written");
            if text.len() <= MAX_BYTES {
                assert_eq!(message::encode(&again).as_deref(), Ok(&*written));
            }
            Kept::Read
        }
        Err(MessageError::Unreadable { problem, .. }) => {
            assert_is_ours(&problem);
            Kept::Refused
        }
        Err(MessageError::TooLarge(_)) => panic!("reading has no limit of its own"),
    }
}

/// An error ends in a log, where no alert may stand.
fn assert_is_ours(problem: &str) {
    let is_ours = problem == "unexpected shape"
        || (problem.starts_with("message schema ") && problem.len() < 64)
        || (problem.starts_with("missing field `") && problem.len() < 64);
    assert!(is_ours, "{problem}");
}
