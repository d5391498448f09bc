//! What a mail that leaves the house may say: how urgent, which rule, which incident, how many, and where to look.

use domain::Notice;
use domain::assessment::Priority;

use super::{Cause, Fact, Link, Page, Shown, cause, incident, shown_notes};
use crate::count::grouped;
use crate::links::Target;
use crate::mail::{MailSettings, Note};
use crate::opening::highest_priority;

/// No host, user, address, log line or word of a model.
#[derive(Clone, Debug)]
pub struct PrivateView {
    pub page: Page,
    pub priority: Priority,
    pub label: Shown,
    pub facts: Vec<Fact>,
    pub link: Option<Link>,
    pub notes: Vec<Shown>,
    pub cause: Cause,
}

pub(crate) fn private(notice: &Notice, settings: &MailSettings, notes: &[Note]) -> PrivateView {
    let priority = highest_priority(notice);
    let cause = cause(notice);
    let target = Target::of(&notice.alert, notice.opened_at);
    let rule = format!("{}, level {}", cause.rule_id, cause.level);
    let facts = [
        ("Priority", priority.to_string()),
        ("Rule", rule),
        ("Incident", notice.incident.to_string()),
        ("Alerts", grouped(notice.summary.alerts)),
    ];
    PrivateView {
        page: Page {
            title: Shown::line(&format!("{priority}: Wazuh incident {}", notice.incident), 120),
            preheader: Shown::line("Details only in the Wazuh dashboard", 120),
        },
        priority,
        label: incident::label(notice),
        facts: facts.map(|(label, value)| Fact { label, value: Shown::line(&value, 120) }).into(),
        link: settings.dashboard.as_ref().and_then(|dashboard| dashboard.alert_link(&target)),
        notes: shown_notes(notes, settings),
        cause,
    }
}
