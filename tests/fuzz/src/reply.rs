//! What a model's server sends back: a text or a named reason, and names for the log that can hold no text of others.

use analyze::model::Dialect;
use analyze::model::probing::heard;
use domain::analysis::NoAnalysis;

use crate::{Kept, http};

pub fn check(bytes: &[u8]) -> Kept {
    let Some(answer) = http::answer(bytes) else { return Kept::Refused };
    let mut kept = Kept::Refused;
    for dialect in [Dialect::Responses, Dialect::Chat] {
        let heard_now = heard(dialect, answer.clone(), super::now());
        let (status, _, body) = &answer;
        match &heard_now.said {
            Ok(said) => {
                assert!(status.is_success() && !said.is_empty(), "{status}: {said:?}");
                let document: serde_json::Value = serde_json::from_slice(body).expect("a reply is JSON");
                assert!(document.is_object());
                kept = Kept::Read;
            }
            Err(reason) => {
                assert!(
                    !status.is_server_error() || *reason == NoAnalysis::Unreachable,
                    "{status}: {reason:?}"
                );
            }
        }
        for name in heard_now.logged.into_iter().flatten() {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            assert!(name.len() <= 128 && name.bytes().all(is_plain), "{name:?}");
        }
    }
    kept
}
