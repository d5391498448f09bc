//! What SES says of a mail: ids that may stand in keys and logs, people's addresses only as hashes.

use domain::Alert;
use notify::events::What;
use notify::probing;

use crate::Kept;

const ADDRESS: &str = "gone-by-4711@example.com";

pub fn check(bytes: &[u8]) -> Kept {
    let text = &*super::text(bytes);
    let event = match probing::event_of(text) {
        Ok(Some(event)) => event,
        Ok(None) => return Kept::Refused,
        Err(error) => {
            // It ends in a log, with its whole chain.
            let mut source = Some(&error as &dyn std::error::Error);
            while let Some(error) = source {
                assert!(error.to_string().len() < 160 && !error.to_string().contains(ADDRESS), "{error}");
                source = error.source();
            }
            return Kept::Refused;
        }
    };
    // An alert on the wrong queue is no event of SES, whatever stands in it.
    assert!(Alert::parse(text).is_err() || text.contains("eventType") || text.contains("notificationType"));
    let ids = [Some(&event.id), Some(&event.mail_id), event.notice.as_ref()];
    for id in ids.into_iter().flatten() {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        assert!(id.len() < 512 && id.bytes().all(is_plain), "{id:?}");
    }
    assert!(event.id.starts_with("event.") && event.id.len() > "event.".len());
    match &event.what {
        What::Bounced { recipients, .. } | What::Complained { recipients, .. } => {
            assert!(!recipients.is_empty());
            for (recipient, _) in recipients {
                let hash = recipient.as_str();
                assert!(hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
            }
        }
        What::Delayed | What::Rejected => {}
    }
    assert_eq!(probing::event_of(text).ok().flatten(), Some(event));
    Kept::Read
}
