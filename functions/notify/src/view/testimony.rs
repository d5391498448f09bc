//! What one witness says about one indicator, with the names that others gave to their events, pulses and lists.

use domain::indicator::Indicator;
use domain::verdict::{Evidence, Listing, MispAttribute, MispMatches, OtxPulse, OtxPulses, Reputation};
use jiff::Timestamp;

use super::Shown;
use crate::clock;
use crate::count::counted;

#[derive(Clone, Debug)]
pub struct Testimony {
    pub says: Shown,
    /// The strongest first.
    pub findings: Vec<Finding>,
}

/// An event, a pulse or a list that names the indicator, or what several of them have in common.
#[derive(Clone, Debug)]
pub struct Finding {
    pub title: Option<Shown>,
    pub about: Shown,
}

/// How much of one witness is shown; more is counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    pub findings: usize,
    /// Tags, ids or names of one kind.
    pub names: usize,
}

pub(super) fn testimony(evidence: &Evidence, indicator: &Indicator, most: Most) -> Testimony {
    match evidence {
        Evidence::AbuseIpDb(reputation) => abuseipdb(reputation),
        Evidence::Misp(matches) => misp(matches, indicator, most),
        Evidence::Otx(pulses) => otx(pulses, most),
        Evidence::Listed(listing) => feed(listing, most),
    }
}

fn abuseipdb(reputation: &Reputation) -> Testimony {
    let network = match (&reputation.isp, &reputation.domain) {
        (Some(isp), Some(domain)) => Some(format!("{isp} ({domain})")),
        (isp, domain) => isp.clone().or_else(|| domain.clone()),
    };
    let mut says = Parts::default();
    says.add(format!("{}% confidence of abuse", reputation.score));
    says.maybe(reputation.total_reports.map(|count| counted(count, "report")));
    says.maybe(reputation.distinct_reporters.map(|count| counted(count, "reporter")));
    says.maybe(reputation.last_reported_at.map(|time| format!("last reported {}", clock::utc(time))));
    says.maybe(reputation.is_tor.then_some("Tor exit"));
    says.quote(network.as_deref(), 100);
    says.quote(reputation.usage_type.as_deref(), 60);
    says.quote(reputation.country_code.as_deref(), 20);
    Testimony { says: says.joined(), findings: Vec::new() }
}

fn misp(matches: &MispMatches, indicator: &Indicator, most: Most) -> Testimony {
    let shown = matches.attributes.iter().take(most.findings);
    let findings: Vec<Finding> = shown.map(|shown| attribute(shown, indicator, most)).collect();
    Testimony { says: number(matches.total, "attribute", findings.len()), findings }
}

fn attribute(attribute: &MispAttribute, indicator: &Indicator, most: Most) -> Finding {
    let MispAttribute { event, kind, .. } = attribute;
    let mut about = Parts::default();
    about.quote(Some(&format!("event {}", event.id)), 30);
    about.quote(Some(&event.organisation), 50);
    about.add(format!("threat level {}", event.threat_level.name()));
    about.quote(Some(kind), 40);
    about.quote(other_half(&attribute.value, indicator).as_deref(), 60);
    about.maybe(attribute.decay_score.map(|score| format!("decay score {score}")));
    let changed = attribute.timestamp.map(|time| format!("changed {}", day(time)));
    about.maybe(attribute.last_seen.map(|time| format!("last seen {}", day(time))).or(changed));
    about.maybe((!attribute.to_ids).then_some("context only"));
    about.maybe(sightings(attribute));
    about.list("", &tlp_first(&attribute.tags), most.names);
    about.list("on warninglist ", &attribute.warninglists, most.names);
    Finding { title: title(&event.info), about: about.joined() }
}

/// The port or the file name of a composite, as in `ip-dst|port`.
fn other_half(value: &str, indicator: &Indicator) -> Option<String> {
    let indicator = indicator.to_string();
    let (left, right) = value.split_once('|')?;
    [left, right].into_iter().find(|half| !half.eq_ignore_ascii_case(&indicator)).map(str::to_owned)
}

fn sightings(attribute: &MispAttribute) -> Option<String> {
    match (attribute.true_positives, attribute.false_positives) {
        (_, 0) => None,
        (agreed, denied) => Some(format!("seen {agreed}\u{d7}, a false positive {denied}\u{d7}")),
    }
}

/// Who may read it comes before what it is about.
fn tlp_first(tags: &[String]) -> Vec<String> {
    let mut tags = tags.to_vec();
    tags.sort_by_key(|tag| !tag.to_ascii_lowercase().starts_with("tlp:"));
    tags
}

fn otx(pulses: &OtxPulses, most: Most) -> Testimony {
    let mut findings: Vec<Finding> = pulses.pulses.iter().take(most.findings).map(pulse).collect();
    let mut says = Parts(vec![number(pulses.count, "pulse", findings.len())]);
    says.maybe(pulses.false_positive.then_some("a false positive, as OTX has accepted"));
    says.list("listed as harmless: ", &pulses.validations, most.names);
    says.quote(pulses.asn.as_deref(), 60);
    says.quote(pulses.country_code.as_deref(), 20);
    findings.extend(in_common(&pulses.pulses, most));
    Testimony { says: says.joined(), findings }
}

fn pulse(pulse: &OtxPulse) -> Finding {
    let mut about = Parts::default();
    about.quote(Some(&format!("by {}", pulse.author)), 50);
    about.maybe(pulse.subscribed.then_some("followed"));
    about.add(if pulse.active { "active" } else { "expired" });
    about.maybe(pulse.modified_at.map(|time| format!("changed {}", day(time))));
    about.add(counted(pulse.indicator_count, "indicator"));
    let tlp = pulse.tlp.as_deref().map(|tlp| format!("TLP:{}", tlp.to_ascii_uppercase()));
    about.quote(tlp.as_deref(), 30);
    Finding { title: title(&pulse.name), about: about.joined() }
}

/// What the pulses say of malware, adversaries and techniques, each once.
fn in_common(pulses: &[OtxPulse], most: Most) -> Option<Finding> {
    let mut about = Parts::default();
    about.list("malware ", &once(pulses.iter().flat_map(|pulse| &pulse.malware_families)), most.names);
    about.list("adversary ", &once(pulses.iter().filter_map(|pulse| pulse.adversary.as_ref())), most.names);
    about.list("ATT&CK ", &once(pulses.iter().flat_map(|pulse| &pulse.attack_ids)), most.names);
    (!about.is_empty()).then(|| Finding { title: None, about: about.joined() })
}

fn feed(listing: &Listing, most: Most) -> Testimony {
    let mut says = Parts::default();
    says.add(
        listing.listed_at.map_or_else(|| "listed".to_owned(), |time| format!("listed since {}", day(time))),
    );
    says.maybe(listing.confidence.map(|confidence| format!("{confidence}% sure")));
    let mut about = Parts::default();
    about.list("", &tlp_first(&listing.tags), most.names);
    let finding = Finding { title: listing.title.as_deref().and_then(title), about: about.joined() };
    let is_empty = finding.title.is_none() && about.is_empty();
    Testimony { says: says.joined(), findings: if is_empty { Vec::new() } else { vec![finding] } }
}

fn title(text: &str) -> Option<Shown> {
    (!text.trim().is_empty()).then(|| Shown::title(text, 120))
}

/// `no pulse`, `1 pulse`, `14 pulses, the strongest 3 shown`.
fn number(total: u64, what: &str, shown: usize) -> Shown {
    let count = usize::try_from(total).unwrap_or(usize::MAX);
    let text = match (count, shown) {
        (0, 0) => format!("no {what}"),
        (_, 0) => counted(total, what),
        (count, shown) if count <= shown => counted(shown as u64, what),
        (_, 1) => format!("{}, the strongest shown", counted(total, what)),
        (_, shown) => format!("{}, the strongest {shown} shown", counted(total, what)),
    };
    Shown::line(&text, 80)
}

fn once<'texts>(texts: impl Iterator<Item = &'texts String>) -> Vec<String> {
    let mut different: Vec<String> = Vec::new();
    for text in texts {
        if !different.contains(text) {
            different.push(text.clone());
        }
    }
    different
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// Parts of one line. Each has its own limit, so that a long one never hides its neighbours.
#[derive(Default)]
struct Parts(Vec<Shown>);

impl Parts {
    /// Our own words.
    fn add(&mut self, text: impl AsRef<str>) {
        self.0.push(Shown::line(text.as_ref(), 80));
    }

    fn maybe(&mut self, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.add(text);
        }
    }

    /// Somebody's words.
    fn quote(&mut self, text: Option<&str>, max_bytes: usize) {
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            self.0.push(Shown::title(text, max_bytes));
        }
    }

    fn list(&mut self, label: &'static str, texts: &[String], most: usize) {
        self.0.extend(Shown::list(label, texts, most));
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn joined(&self) -> Shown {
        Shown::joined(&self.0, " · ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goldens::witnesses::{attribute, pulse, texts};

    fn lines(evidence: &Evidence) -> Vec<String> {
        let Testimony { says, findings } =
            testimony(evidence, &"203.0.113.9".parse().unwrap(), Most { findings: 2, names: 3 });
        let finding = |Finding { title, about }: Finding| match title {
            Some(title) => format!("“{title}” {about}"),
            None => about.to_string(),
        };
        std::iter::once(says.to_string()).chain(findings.into_iter().map(finding)).collect()
    }

    #[test]
    fn an_attribute_is_told_with_its_event_and_its_limits() {
        let mut listed = attribute("ip-dst|port", ("7", "Phish at login.evil.example", "CIRCL"), &[]);
        listed.value = "203.0.113.9|4444".into();
        listed.tags = texts(&["a", "b", "c", "d", "tlp:red", "e", "f"]);
        (listed.to_ids, listed.true_positives, listed.false_positives) = (false, 1, 2);
        listed.warninglists = texts(&["one", "two", "three", "four"]);
        let matches = MispMatches { attributes: vec![listed.clone(), listed.clone(), listed], total: 8 };
        let lines = lines(&Evidence::Misp(matches));
        assert_eq!(lines[0], "8 attributes, the strongest 2 shown");
        assert_eq!(
            lines[1],
            "“Phish at login[.]evil[.]example” event 7 · CIRCL · threat level high · ip-dst|port · 4444 · decay score 72 · \
             changed 2026-09-21 · context only · seen 1\u{d7}, a false positive 2\u{d7} · \
             tlp:red, a, b and 4 more · on warninglist one, two, three and 1 more"
        );
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn pulses_are_told_by_author_and_activity_and_share_their_malware() {
        let mut first = pulse("Loader", "AlienVault", true, "2026-10-01T00:00:00Z");
        first.malware_families = texts(&["Mirai", "Mirai"]);
        let mut second = pulse(" ", "someone · active", false, "2026-01-01T00:00:00Z");
        (second.adversary, second.attack_ids) = (Some("TA1".into()), texts(&["T1110"]));
        let pulses = OtxPulses {
            count: 2,
            pulses: vec![first, second],
            validations: texts(&["whitelist"]),
            false_positive: true,
            ..OtxPulses::default()
        };
        assert_eq!(
            lines(&Evidence::Otx(pulses)),
            [
                "2 pulses · a false positive, as OTX has accepted · listed as harmless: whitelist",
                "“Loader” by AlienVault · active · changed 2026-10-01 · 186 indicators · TLP:WHITE",
                "by someone - active · expired · changed 2026-01-01 · 186 indicators · TLP:WHITE",
                "malware Mirai · adversary TA1 · ATT&CK T1110",
            ]
        );
    }

    #[test]
    fn a_listing_says_no_more_than_it_has() {
        let full = Listing {
            confidence: Some(90),
            title: Some("C2".into()),
            tags: texts(&["x"]),
            listed_at: Some("2026-09-30T00:00:00Z".parse().unwrap()),
        };
        assert_eq!(lines(&Evidence::Listed(full)), ["listed since 2026-09-30 · 90% sure", "“C2” x"]);
        assert_eq!(lines(&Evidence::Listed(Listing::default())), ["listed"]);
        assert_eq!(lines(&Evidence::Misp(MispMatches::default())), ["no attribute"]);
        assert_eq!(lines(&Evidence::Otx(OtxPulses::default())), ["no pulse"]);
    }
}
