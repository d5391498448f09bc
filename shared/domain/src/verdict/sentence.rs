//! One sentence per answer that a person can check at the source. No outside text: it may be hostile, or not to be
//! passed on; the titles of events and pulses stand in the evidence.

use jiff::Timestamp;

use super::{Answer, Evidence, Listing, MispMatches, OtxPulses, Report, Reputation, Witness};

pub(super) fn sentence(report: &Report, now: Timestamp) -> String {
    let (witness, indicator) = (&report.witness, &report.found.indicator);
    match &report.answer {
        Answer::Skipped { reason } => format!("{witness} was not asked about {indicator}: {reason}"),
        Answer::Unknown { reason } => format!("{witness} gave no answer about {indicator}: {reason}"),
        Answer::Known { evidence } => match evidence {
            Evidence::AbuseIpDb(reputation) => reputation_sentence(reputation, &indicator.to_string()),
            Evidence::Misp(matches) => misp_sentence(matches, &indicator.to_string()),
            Evidence::Otx(pulses) => otx_sentence(pulses, &indicator.to_string(), now),
            Evidence::Listed(listing) => listing_sentence(listing, witness, &indicator.to_string()),
        },
    }
}

fn reputation_sentence(reputation: &Reputation, indicator: &str) -> String {
    match reputation {
        Reputation { score: 0, total_reports: Some(0) | None, .. } => {
            format!("AbuseIPDB has no reports about {indicator}")
        }
        Reputation { score, total_reports, .. } => {
            let reports =
                total_reports.map_or_else(String::new, |count| format!(", {}", counted(count, "report")));
            format!("AbuseIPDB is {score}% confident that {indicator} is abusive{reports}")
        }
    }
}

fn misp_sentence(matches: &MispMatches, indicator: &str) -> String {
    let Some(strongest) = matches.attributes.first() else {
        return format!("MISP has no attribute for {indicator}");
    };
    let more = match matches.total.saturating_sub(1) {
        0 => String::new(),
        more => format!(", and {} more", counted(more, "attribute")),
    };
    let decay = strongest.decay_score.map_or_else(String::new, |score| format!(", decay score {score}"));
    let context = if strongest.to_ids { "" } else { ", as context only" };
    let doubted = match strongest.false_positives {
        0 => String::new(),
        count => format!(", {}", counted(count.into(), "false-positive sighting")),
    };
    format!(
        "MISP lists {indicator} as {} in event {}, threat level {}{decay}{context}{doubted}{more}",
        word(&strongest.kind),
        word(&strongest.event.id),
        strongest.event.threat_level.name(),
    )
}

fn otx_sentence(pulses: &OtxPulses, indicator: &str, now: Timestamp) -> String {
    let doubt = if pulses.false_positive {
        ", which OTX has accepted as a false positive"
    } else if pulses.validations.iter().any(|source| source == "whitelist") {
        ", which OTX itself has on its whitelist"
    } else {
        ""
    };
    if pulses.count == 0 {
        return format!("No OTX pulse names {indicator}{doubt}");
    }
    let verb = if pulses.count == 1 { "names" } else { "name" };
    let strongest = pulses.pulses.first().map_or_else(String::new, |pulse| {
        let activity = if pulse.active { "active" } else { "expired" };
        let age = pulse.modified_at.map_or_else(String::new, |modified| {
            let days = now.duration_since(modified).as_hours() / 24;
            format!(", changed {} ago", counted(u64::try_from(days).unwrap_or(0), "day"))
        });
        let who = match (pulse.author.as_str(), pulse.subscribed) {
            ("AlienVault", _) => "by AlienVault",
            (_, true) => "by an author you follow",
            (_, false) => "by a community member",
        };
        format!(
            "; the strongest is {who}, {activity}, with {}{age}",
            counted(pulse.indicator_count, "indicator")
        )
    });
    format!("{} {verb} {indicator}{doubt}{strongest}", counted(pulses.count, "OTX pulse"))
}

fn listing_sentence(listing: &Listing, witness: &Witness, indicator: &str) -> String {
    let sure = listing.confidence.map_or_else(String::new, |confidence| format!(", {confidence}% sure"));
    let since =
        listing.listed_at.map_or_else(String::new, |time| format!(", since {}", time.strftime("%Y-%m-%d")));
    format!("The feed {witness} lists {indicator}{sure}{since}")
}

/// `1 report`, `2 reports`.
fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A type or id of MISP's, if that is what it is.
fn word(text: &str) -> &str {
    let fits = !text.is_empty()
        && text.len() <= 40
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'|' | b'_'));
    if fits { text } else { "?" }
}
