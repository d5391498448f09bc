//! What was held back, as a message.

use super::Message;
use super::mrkdwn::Mrkdwn;
use super::notice::headline;
use crate::count::counted;
use crate::held::{Digest, Storm, alerts};
use crate::mail::{MailSettings, Note};
use crate::view::{self, HeldRow};

/// Rows that are read in a chat; the mail has forty.
const MAX_ROWS: usize = 12;

/// The message for everything that was held back: a line for each incident, most severe first, the rest counted exactly.
pub fn digest(digest: &Digest, settings: &MailSettings, notes: &[Note]) -> Message {
    let view = view::digest(digest, settings, notes);
    let mut message = Message::new(&headline(view.priority, view.headline.as_str()))
        .section(&[Mrkdwn::text(view.reason.as_str(), 600)]);
    let mut shown = 0;
    for line in view.rows.iter().take(MAX_ROWS).map(line) {
        if !message.has_room_for(&line) {
            break;
        }
        (message, shown) = (message.section(&[line]), shown + 1);
    }
    let ordered = digest.ordered();
    let rest = ordered.get(shown..).unwrap_or_default();
    if !rest.is_empty() {
        let (incidents, alerts) = (rest.len() as u64, alerts(rest.iter().copied()));
        let (incidents, alerts) = (counted(incidents, "more incident"), counted(alerts, "alert"));
        message = message.context(&format!("… and {incidents} with {alerts}."));
    }
    message.notes(&view.notes)
}

fn line(row: &HeldRow) -> Mrkdwn {
    let title = Mrkdwn::bold(&headline(row.priority, row.title.as_str()), 220);
    let place = row.place.as_ref().map(|place| format!(" · {place}")).unwrap_or_default();
    let rest = format!("{place} · {} · {} · {}", row.alerts, row.rule, row.times);
    let told = title.then(&Mrkdwn::text(&rest, 360));
    match &row.link {
        Some(link) => told.then(&Mrkdwn::text(" · ", 8)).then(&Mrkdwn::link(&link.to_string(), "Open")),
        None => told,
    }
}

/// The message when a storm begins.
pub fn storm(storm: &Storm, settings: &MailSettings, notes: &[Note]) -> Message {
    let view = view::storm(storm, settings, notes);
    Message::new(&headline(view.priority, view.headline.as_str()))
        .section(&[Mrkdwn::text(view.reason.as_str(), 600)])
        .fields(view.facts.iter().map(|fact| (fact.label, fact.value.as_str())))
        .notes(&view.notes)
}
