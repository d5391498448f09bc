//! What was held back: a digest with one line for each incident, and the notice that a storm has begun.

use domain::assessment::Priority;
use jiff::Timestamp;

use super::{Fact, Link, Page, Shown, shown_notes};
use crate::clock::Clock;
use crate::count::counted;
use crate::held::{Digest, Held, HeldIncident, Storm, alerts};
use crate::mail::{MailSettings, Note, Privacy};

#[derive(Clone, Debug)]
pub struct DigestView {
    pub page: Page,
    pub subject: String,
    pub priority: Priority,
    pub headline: Shown,
    /// Why the mails were held back, and since when.
    pub reason: Shown,
    /// Most severe first.
    pub rows: Vec<HeldRow>,
    pub more: Option<MoreHeld>,
    pub notes: Vec<Shown>,
}

/// One incident.
#[derive(Clone, Debug)]
pub struct HeldRow {
    pub priority: Priority,
    pub title: Shown,
    /// Host and address.
    pub place: Option<Shown>,
    pub rule: Shown,
    pub incident: Shown,
    pub alerts: Shown,
    pub times: Shown,
    pub link: Option<Link>,
}

/// What did not fit, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoreHeld {
    pub incidents: usize,
    pub alerts: u64,
    pub at_worst: Priority,
}

/// More rows would make a mail that Gmail cuts.
const MAX_ROWS: usize = 40;

pub(crate) fn digest(digest: &Digest, settings: &MailSettings, notes: &[Note]) -> DigestView {
    let ordered = digest.ordered();
    let (shown, rest) = ordered.split_at(ordered.len().min(MAX_ROWS));
    let count = format!(
        "{} in {}",
        counted(alerts(ordered.iter().copied()), "alert"),
        counted(ordered.len() as u64, "incident")
    );
    let (since, until) = (digest.since, digest.until);
    let why = match digest.why {
        Held::Storm => "storm",
        Held::QuietHours => "quiet hours",
    };
    let reason = format!(
        "Held back because of {}, from {} to {}. Each alert is counted here once; the mails of single incidents \
         go on as before.",
        match digest.why {
            Held::Storm => "a storm: more mails than the limit of this group allows",
            Held::QuietHours => "this group's quiet hours",
        },
        settings.clock.time(since),
        settings.clock.time(until),
    );
    let worst = digest.worst();
    DigestView {
        page: Page {
            title: Shown::line(&format!("{worst}: digest of {count}"), 120),
            preheader: Shown::line(&preheader(shown, settings), 140),
        },
        subject: format!("[{worst}] Wazuh digest: {count} ({why})"),
        priority: worst,
        headline: Shown::line(&format!("{count} held back"), 120),
        reason: Shown::line(&reason, 400),
        rows: shown.iter().map(|held| row(held, since, settings)).collect(),
        more: rest.iter().map(|held| held.priority).max().map(|at_worst| MoreHeld {
            incidents: rest.len(),
            alerts: alerts(rest.iter().copied()),
            at_worst,
        }),
        notes: shown_notes(notes, settings),
    }
}

/// The first of them, which are the worst.
fn preheader(shown: &[&HeldIncident], settings: &MailSettings) -> String {
    let title = |held: &&HeldIncident| match settings.privacy {
        Privacy::Full => format!("{} on {}", held.opening.title(), held.opening.agent),
        Privacy::Link => format!("rule {}", held.opening.rule_id),
    };
    shown.iter().take(2).map(title).collect::<Vec<_>>().join("; ")
}

fn row(held: &HeldIncident, since: Timestamp, settings: &MailSettings) -> HeldRow {
    let HeldIncident { opening, target, .. } = held;
    let rule = Shown::line(&format!("rule {}, level {}", opening.rule_id, opening.level), 80);
    let (title, place) = match settings.privacy {
        Privacy::Full => (Shown::line(opening.title(), 120), Some(place(held))),
        Privacy::Link => (Shown::line("Incident", 20), None),
    };
    HeldRow {
        priority: held.priority,
        title,
        place,
        rule,
        incident: Shown::line(held.incident.as_str(), 40),
        alerts: Shown::line(&counted(held.alerts, "alert"), 40),
        times: Shown::line(&times(held, since, &settings.clock), 120),
        link: settings.dashboard.as_ref().and_then(|dashboard| dashboard.alert_link(target)),
    }
}

fn place(held: &HeldIncident) -> Shown {
    let agent = Shown::title(&held.opening.agent, 60);
    match held.opening.source {
        Some(source) => Shown::joined(&[agent, Shown::line(&source.to_string(), 60)], " ← "),
        None => agent,
    }
}

/// `14:22:07 CEST to 14:29:40 CEST`, with the day where it is not the one that the digest begins with.
fn times(held: &HeldIncident, since: Timestamp, clock: &Clock) -> String {
    let time = |at| if clock.same_day(at, since) { clock.hour(at) } else { clock.time(at) };
    match (time(held.first_at), time(held.last_at)) {
        (first, last) if first == last => first,
        (first, last) => format!("{first} to {last}"),
    }
}

#[derive(Clone, Debug)]
pub struct StormView {
    pub page: Page,
    pub subject: String,
    pub priority: Priority,
    pub headline: Shown,
    pub reason: Shown,
    pub facts: Vec<Fact>,
    pub notes: Vec<Shown>,
}

pub(crate) fn storm(storm: &Storm, settings: &MailSettings, notes: &[Note]) -> StormView {
    let clock = &settings.clock;
    let count = format!("{} in {}", counted(storm.alerts, "alert"), counted(storm.incidents, "incident"));
    let facts = [
        ("Held back", format!("{count} so far")),
        ("Since", clock.time(storm.began_at)),
        ("At worst", storm.worst.to_string()),
        (
            "Limit",
            format!(
                "{} at once, {} an hour",
                counted(storm.mails_at_once.into(), "mail"),
                storm.mails_per_hour
            ),
        ),
        ("Digest", clock.time(storm.digest_at)),
    ];
    let reason = "More incidents have news than this group's limit lets through. Their mails are held back, nothing \
                  is dropped: the digest names every incident with its exact count, the most severe first.";
    StormView {
        page: Page {
            title: Shown::line(&format!("{}: alert storm", storm.worst), 120),
            preheader: Shown::line(
                &format!("{count} held back, digest {}", clock.hour(storm.digest_at)),
                140,
            ),
        },
        subject: format!(
            "[{}] Wazuh alert storm: mails are held back until {}",
            storm.worst,
            clock.hour(storm.digest_at)
        ),
        priority: storm.worst,
        headline: Shown::line("Alert storm: mails are held back", 120),
        reason: Shown::line(reason, 400),
        facts: facts.map(|(label, value)| Fact { label, value: Shown::line(&value, 120) }).into(),
        notes: shown_notes(notes, settings),
    }
}
