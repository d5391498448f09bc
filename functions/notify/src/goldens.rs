//! Mails as they go out, of every kind.

#[cfg(test)]
mod decoded;
pub(crate) mod held;
pub(crate) mod later;
mod notices;
pub(crate) mod witnesses;

use domain::Notice;
use domain::analysis::ModelVerdict;
use jiff::Timestamp;

pub(crate) use notices::{
    fim, finding, harmless, hostile, injected, long, malware, missing, scripts, sshd, success, web, windows,
};

use crate::mail::{
    AlertLink, Attachment, Bounce, BounceReason, DEFAULT_SUBJECT, Dashboard, HostLink, Mail, MailSettings,
    Note, Privacy, digest, mail, storm,
};

pub(crate) fn settings() -> MailSettings {
    MailSettings {
        from: "alerts@triage.example.com".parse().unwrap(),
        to: "soc@example.com, duty@example.com".parse().unwrap(),
        reply_to: None,
        subject: DEFAULT_SUBJECT.parse().unwrap(),
        clock: "Europe/Berlin".parse().unwrap(),
        dashboard: Some(Dashboard {
            url: "https://wazuh.example.com".parse().unwrap(),
            alert: AlertLink::DEFAULT.parse().unwrap(),
            host: HostLink::DEFAULT.parse().unwrap(),
        }),
        misp_url: Some("https://misp.example.com".parse().unwrap()),
        privacy: Privacy::Full,
        attachment: Attachment::Json,
    }
}

/// When they are written.
pub fn now() -> Timestamp {
    "2026-10-03T12:22:09Z".parse().unwrap()
}

/// One kind of mail: what it is called, what it shows, and the mail itself.
#[derive(Debug)]
pub struct Sample {
    pub name: &'static str,
    pub shows: &'static str,
    pub mail: Mail,
}

/// Every kind of mail there is; the same bytes every time.
pub fn samples() -> Vec<Sample> {
    let settings = settings();
    let private = MailSettings { privacy: Privacy::Link, ..settings.clone() };
    let bounced = Note::Bounced {
        recipient: "duty@example.com".parse().unwrap(),
        at: "2026-10-03T09:10:00Z".parse().unwrap(),
        bounce: Bounce::Permanent,
        reason: BounceReason::Unstated,
    };
    let notes = [bounced];
    let told = |notice: &Notice, settings: &MailSettings| mail(notice, settings, &[], now()).unwrap();
    let of_notice =
        |(name, shows, notice): (_, _, Notice)| Sample { name, shows, mail: told(&notice, &settings) };
    let mut samples: Vec<Sample> = notices().into_iter().map(of_notice).collect();
    let private_with_note = mail(&sshd(), &private, &notes, now()).unwrap();
    let beginning = storm(&held::storm(), &settings, &[], now()).unwrap();
    let of_storm = digest(&held::of_storm(), &settings, &notes, now()).unwrap();
    let of_night = digest(&held::quiet_hours(), &settings, &[], now()).unwrap();
    let private_digest = digest(&held::of_storm(), &private, &[], now()).unwrap();
    let rest = [
        ("update", "An incident goes on: what is new", told(&later::update(), &settings)),
        ("escalation", "An incident gets worse: told at once", told(&later::escalation(), &settings)),
        ("private_update", "An update for a mailbox outside the house", told(&later::update(), &private)),
        ("private", "A first notice for a mailbox outside the house", private_with_note),
        ("storm", "A storm begins: what is held back, and until when", beginning),
        ("storm_digest", "What a storm held back, by incident", of_storm),
        ("night_digest", "What quiet hours held back, by incident", of_night),
        ("private_digest", "A digest for a mailbox outside the house", private_digest),
    ];
    samples.extend(rest.map(|(name, shows, mail)| Sample { name, shows, mail }));
    samples
}

fn notices() -> Vec<(&'static str, &'static str, Notice)> {
    vec![
        ("sshd", "A brute force from a listed address, explained by a model", sshd()),
        ("web", "A web attack; neither the model nor any provider answered", web()),
        ("windows", "A Windows logon with names in other scripts", windows()),
        ("fim", "A watched file that changed", fim()),
        ("finding", "What hunting has found: an account in the wrong hands", finding()),
        ("malware", "A dropper and where it called: a file, a domain, an address", malware()),
        ("injected", "A command line that speaks to its reader; the model believed it", injected()),
        (
            "benign",
            "An alert that the model finds right and harmless",
            harmless(ModelVerdict::BenignTruePositive),
        ),
        ("false_positive", "An alert that the model finds mistaken", harmless(ModelVerdict::FalsePositive)),
        ("missing", "As little as an alert can hold", missing()),
        ("scripts", "Names that are written from right to left, or without blanks", scripts()),
        ("long", "A log line of 64 KB", long()),
        ("hostile", "HTML, header lines and forged text in every field", hostile("<b>x</b>")),
    ]
}

#[cfg(test)]
pub(crate) use decoded::{Golden, all, mails};
