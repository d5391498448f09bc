//! Redaction: a planted secret never stays, and a pseudonym comes back as the name that it hid.

use analyze::redaction::{Guesses, Nonce, Pseudonyms, secrets};
use domain::Alert;
use serde_json::json;

use crate::Kept;

const SECRET: &str = "Zq7xK2wPv9Lm";

pub fn check(bytes: &[u8]) -> Kept {
    let text = &*super::text(bytes);
    let redacted = secrets(text);
    assert!(text == redacted || redacted.contains("<REDACTED:"), "{redacted}");
    for form in ["--password=", "\"password\":\"", "PGPASSWORD=", "secret: ", " mysql -p"] {
        let planted = format!("{text} {form}{SECRET} {text}");
        assert!(!secrets(&planted).contains(SECRET), "{planted}");
    }
    let document = json!({"data": {"srcuser": text, "dstuser": "alice"}, "full_log": text});
    let pseudonyms = Pseudonyms::of(&[&document], Nonce::new(7));
    assert_eq!(pseudonyms.restore(&pseudonyms.hide(text)), text);
    if let Ok(alert) = Alert::parse(text) {
        let _ = Guesses::of(&alert).hide(text);
    }
    Kept::Read
}
