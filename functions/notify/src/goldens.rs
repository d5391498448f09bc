//! Mails as they go out, of every kind.

pub(crate) mod held;
pub(crate) mod later;
mod notices;
pub(crate) mod witnesses;

use domain::Notice;
use domain::analysis::ModelVerdict;
use jiff::Timestamp;

pub(crate) use notices::{
    fim, harmless, hostile, injected, long, malware, missing, scripts, sshd, success, web, windows,
};

use crate::mail::tests::mime::Part;
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

pub(crate) fn now() -> Timestamp {
    "2026-10-03T12:22:09Z".parse().unwrap()
}

/// A mail and its parts, decoded.
pub(crate) struct Golden {
    pub name: &'static str,
    pub mail: Mail,
    pub text: String,
    pub html: String,
}

impl Golden {
    pub(crate) fn of(name: &'static str, mail: Mail) -> Self {
        let message = Part::read(&mail.raw);
        let kind = message.header("Content-Type").unwrap();
        let alternative = if kind.starts_with("multipart/mixed") { &message.parts()[0] } else { &message };
        let [text, html] = alternative.parts() else { panic!("{name} has not two parts") };
        let page = |part: &Part| String::from_utf8(part.bytes().to_vec()).unwrap().replace("\r\n", "\n");
        Self { name, text: page(text), html: page(html), mail }
    }
}

/// Every kind of mail there is.
pub(crate) fn mails() -> Vec<Golden> {
    let settings = settings();
    let private = MailSettings { privacy: Privacy::Link, ..settings.clone() };
    let bounced = Note::Bounced {
        recipient: "duty@example.com".parse().unwrap(),
        at: "2026-10-03T09:10:00Z".parse().unwrap(),
        bounce: Bounce::Permanent,
        reason: BounceReason::Unstated,
    };
    let mut all: Vec<Golden> = all()
        .into_iter()
        .map(|(name, notice)| Golden::of(name, mail(&notice, &settings, &[], now()).unwrap()))
        .collect();
    let notes = [bounced];
    let told = |notice: &Notice, settings: &MailSettings| mail(notice, settings, &[], now()).unwrap();
    all.extend([
        Golden::of("update", told(&later::update(), &settings)),
        Golden::of("escalation", told(&later::escalation(), &settings)),
        Golden::of("private_update", told(&later::update(), &private)),
        Golden::of("private", mail(&sshd(), &private, &notes, now()).unwrap()),
        Golden::of("storm", storm(&held::storm(), &settings, &[], now()).unwrap()),
        Golden::of("storm_digest", digest(&held::of_storm(), &settings, &notes, now()).unwrap()),
        Golden::of("night_digest", digest(&held::quiet_hours(), &settings, &[], now()).unwrap()),
        Golden::of("private_digest", digest(&held::of_storm(), &private, &[], now()).unwrap()),
    ]);
    all
}

pub(crate) fn all() -> Vec<(&'static str, Notice)> {
    vec![
        ("sshd", sshd()),
        ("web", web()),
        ("windows", windows()),
        ("fim", fim()),
        ("malware", malware()),
        ("injected", injected()),
        ("benign", harmless(ModelVerdict::BenignTruePositive)),
        ("false_positive", harmless(ModelVerdict::FalsePositive)),
        ("missing", missing()),
        ("scripts", scripts()),
        ("long", long()),
        ("hostile", hostile("<b>x</b>")),
    ]
}
