//! What operators write: routes that always tell somebody, notes that never speak for every host.

use std::sync::LazyLock;

use analyze::assessment::SiteNotes;
use domain::{Alert, Notice};
use notify::probing;
use notify::routing::Routes;

use crate::Kept;

static NOTICE: LazyLock<Notice> = LazyLock::new(|| {
    let alert = r#"{"id":"1.1","rule":{"id":"5763","level":10,"groups":["sshd"]},"agent":{"id":"001","name":"web-01"}}"#;
    probing::notice_about(Alert::parse(alert).expect("an alert of ours"))
});

pub fn check(bytes: &[u8]) -> Kept {
    let text = &*super::text(bytes);
    let is_routes = match Routes::read(text, &probing::settings()) {
        Ok(routes) => {
            let told = routes.of(&NOTICE);
            assert!(!told.is_empty());
            for group in told {
                assert_eq!(routes.group(&group.name).name, group.name);
                assert!((1..=50).contains(&group.mail.to.iter().count()));
            }
            assert_eq!(routes.group("no group is called so").name, "default");
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    };
    let is_notes = match text.parse::<SiteNotes>() {
        Ok(notes) => {
            assert!(notes.environment().len() <= text.len());
            let context = notes.context(&NOTICE.alert);
            assert!(context.len() <= 6, "{context:?}");
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    };
    if is_routes || is_notes { Kept::Read } else { Kept::Refused }
}
