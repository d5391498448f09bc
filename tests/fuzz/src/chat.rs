//! Messages to a chat: whatever stands in an alert, Slack takes the message, and nothing in it calls or links.

use domain::Alert;
use notify::lint::chat;
use notify::probing;

use crate::Kept;

/// The bytes stand in every place of a notice and of a digest; if they are an alert, it becomes a message as well.
pub fn check(bytes: &[u8]) -> Kept {
    let text = &*super::text(bytes);
    probing::messages_with(text).iter().for_each(chat::check);
    if let Ok(alert) = Alert::parse(text) {
        chat::check(&probing::message_of(&probing::notice_about(alert)));
    }
    Kept::Read
}
