//! A notice as a message: what the mail says first, from the same view.

use domain::Notice;
use domain::assessment::Priority;

use super::Message;
use super::mrkdwn::Mrkdwn;
use crate::count::counted;
use crate::mail::{MailSettings, Note, Privacy};
use crate::opening::Opening;
use crate::view::{Glance, Link, Opinion, Origin, Step, View, private, view};

/// The message for a notice: the same for the same arguments. It tells as much as the mail's privacy allows; `notes` are
/// about its delivery.
pub fn message(notice: &Notice, settings: &MailSettings, notes: &[Note]) -> Message {
    match settings.privacy {
        Privacy::Full => full(notice, &view(notice, &Opening::of(notice), settings, None, notes)),
        Privacy::Link => {
            let view = private(notice, settings, notes);
            Message::new(&headline(view.priority, &format!("Wazuh incident {}", notice.incident)))
                .section(&[Mrkdwn::bold(view.label.as_str(), 160)])
                .fields(view.facts.iter().map(|fact| (fact.label, fact.value.as_str())))
                .section(&link(view.link.as_ref()))
                .notes(&view.notes)
        }
    }
}

fn full(notice: &Notice, view: &View) -> Message {
    let cause = &view.cause;
    let context = format!("Rule {}, level {} · incident {}", cause.rule_id, cause.level, cause.incident);
    Message::new(&headline(view.priority, view.headline.as_str()))
        .section(&opening(notice, view))
        .fields(view.facts.iter().map(|fact| (fact.label, fact.value.as_str())))
        .section(&steps(&view.next_steps))
        .section(&link(view.links.alert.as_ref()))
        .notes(&view.notes)
        .context(&context)
}

/// Priority first: it decides on a phone.
pub(super) fn headline(priority: Priority, words: &str) -> String {
    format!("[{priority}] {words}")
}

/// Why there is a message, how many alerts, and what is known of them.
fn opening(notice: &Notice, view: &View) -> Vec<Mrkdwn> {
    let count = match &view.incident.changes {
        Some(changes) => changes.to_string(),
        None => counted(notice.summary.alerts, "alert"),
    };
    let label = Mrkdwn::bold(view.incident.label.as_str(), 160);
    let mut lines = vec![label.then(&Mrkdwn::text(&format!(" · {count}"), 400))];
    lines.push(Mrkdwn::text(&verdict(&view.glance), 300));
    lines
}

fn verdict(glance: &Glance) -> String {
    let score = glance.score.map(|score| format!(" ({score}/100)")).unwrap_or_default();
    let model = match (&glance.model, glance.silence) {
        (Some((verdict, confidence)), _) => format!(" · Model: {verdict}, confidence {confidence}"),
        (None, Some(reason)) => format!(" · No model analysis: {reason}"),
        (None, None) => String::new(),
    };
    let earlier =
        if glance.model.is_some() && glance.about_earlier { ", about an earlier alert" } else { "" };
    let opinion = match glance.opinion {
        Opinion::Judged(judgement) => format!("Intelligence: {judgement}"),
        Opinion::Hunted => "Found by hunting".to_owned(),
    };
    format!("{opinion}{score}{model}{earlier}")
}

/// What fits a phone.
const MAX_STEPS: usize = 3;

fn steps(steps: &[Step]) -> Vec<Mrkdwn> {
    if steps.is_empty() {
        return Vec::new();
    }
    let step = |(number, step): (usize, &Step)| {
        let origin = match step.origin {
            Origin::Rules => "",
            Origin::Model => " (model)",
        };
        Mrkdwn::text(&format!("{}. {}{origin}", number + 1, step.text), 400)
    };
    let steps = steps.iter().take(MAX_STEPS).enumerate().map(step);
    std::iter::once(Mrkdwn::bold("Next steps", 40)).chain(steps).collect()
}

fn link(link: Option<&Link>) -> Vec<Mrkdwn> {
    link.map(|link| Mrkdwn::link(&link.to_string(), "Open in Wazuh")).into_iter().collect()
}
