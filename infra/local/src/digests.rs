//! What a digest and a storm notice tell, read from the mail's text as a reader would.

use serde::Serialize;

/// What one mail says was held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct HeldMail {
    /// `8 alerts in 8 incidents`, as the mail counts.
    pub count: String,
    /// In the mail's order; none in a storm notice.
    pub incidents: Vec<HeldIncident>,
}

/// One incident of a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct HeldIncident {
    pub priority: String,
    pub title: String,
    /// `412 alerts, 14:14:52 CEST to 14:20:52 CEST`.
    pub alerts: String,
    pub incident: String,
}

impl HeldMail {
    /// Nothing for the mail of a single incident.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let told = |line: &str| {
            let line = line.trim();
            let storm = line.strip_prefix("Held back ").and_then(|rest| rest.strip_suffix(" so far"));
            storm.or_else(|| line.strip_suffix(" held back")).map(|count| count.trim().to_owned())
        };
        let counts = |count: &String| count.contains(" alert") && count.contains(" in ");
        let count = text.lines().find_map(|line| told(line).filter(counts))?;
        Some(Self { count, incidents: blocks(text).filter_map(|block| HeldIncident::read(&block)).collect() })
    }
}

impl HeldIncident {
    /// `HIGH · title`, how it goes on, the place, the alerts, and `rule 5763, level 10, incident aade658377b29abc`.
    fn read(block: &[&str]) -> Option<Self> {
        let [first, between @ .., alerts, last] = block else { return None };
        let (priority, title) = first.split_once(" · ")?;
        let (_, incident) = last.strip_prefix("rule ")?.split_once(", incident ")?;
        let more = between.split_last().map_or(&[][..], |(_place, more)| more);
        let title: Vec<&str> = std::iter::once(&title).chain(more).copied().collect();
        Some(Self {
            priority: priority.to_owned(),
            title: title.join(" "),
            alerts: (*alerts).to_owned(),
            incident: incident.to_owned(),
        })
    }
}

/// What stands between empty lines, trimmed.
fn blocks(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let blocks: Vec<Vec<&str>> = lines.split(|line| line.is_empty()).map(<[&str]>::to_vec).collect();
    blocks.into_iter()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const STORM: &str = "CRITICAL · Storm\r\n\r\n  Alert storm: mails are held back\r\n\r\n\
        Held back    2 alerts in 2 incidents so far\r\nSince        2026-10-03 12:14:10 UTC\r\n";

    pub(crate) const DIGEST: &str = "HIGH · Digest\r\n\r\n  4 alerts in 2 incidents held back\r\n\r\n\
        Held back because of a storm: more mails than the limit of this group\r\nallows.\r\n\r\n\
        HIGH · sshd: brute force trying to get access to the system. Authentication\r\n  failed.\r\n\
        \x20 web-01 ← 198.51.100.77\r\n  3 alerts, 14:14:52 CEST to 14:20:52 CEST\r\n\
        \x20 rule 5763, level 10, incident aade658377b29abc\r\n\r\n\
        LOW · Incident\r\n  1 alert, 14:14:10 CEST\r\n  rule 5710, level 5, incident 0e5f8822e0160fd9\r\n\r\n-- \r\n";

    #[test]
    fn a_digest_names_its_incidents_in_the_order_of_the_mail() {
        let incident = |priority: &str, title: &str, alerts: &str, incident: &str| HeldIncident {
            priority: priority.to_owned(),
            title: title.to_owned(),
            alerts: alerts.to_owned(),
            incident: incident.to_owned(),
        };
        let expected = HeldMail {
            count: "4 alerts in 2 incidents".to_owned(),
            incidents: vec![
                incident(
                    "HIGH",
                    "sshd: brute force trying to get access to the system. Authentication failed.",
                    "3 alerts, 14:14:52 CEST to 14:20:52 CEST",
                    "aade658377b29abc",
                ),
                incident("LOW", "Incident", "1 alert, 14:14:10 CEST", "0e5f8822e0160fd9"),
            ],
        };
        assert_eq!(HeldMail::read(DIGEST), Some(expected));
    }

    #[test]
    fn a_storm_notice_counts_and_names_none() {
        let count = "2 alerts in 2 incidents".to_owned();
        assert_eq!(HeldMail::read(STORM), Some(HeldMail { count, incidents: Vec::new() }));
    }

    #[test]
    fn other_mails_hold_nothing_back() {
        for text in ["", "HIGH · x · New incident\n\nthe horses are held back\n", "HIGH · x\n a\n b\n"] {
            assert_eq!(HeldMail::read(text), None, "{text}");
        }
    }
}
