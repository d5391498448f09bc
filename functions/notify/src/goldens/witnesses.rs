//! What witnesses say in the goldens.

use domain::indicator::{Direction, Found};
use domain::verdict::{
    Answer, Evidence, Examined, Listing, MispAttribute, MispEvent, MispMatches, OtxPulse, OtxPulses,
    Provider, Report, Reputation, Skipped, ThreatLevel, Unanswered, Witness,
};
use jiff::{SignedDuration, Timestamp};

pub(crate) fn asked_at() -> Timestamp {
    "2026-10-03T12:22:08Z".parse().unwrap()
}

/// An indicator with what each witness has answered, without context.
pub(crate) fn examined(
    indicator: &str,
    path: &str,
    direction: Direction,
    answers: impl IntoIterator<Item = (Witness, Answer)>,
) -> Examined {
    let found = Found { indicator: indicator.parse().unwrap(), path: path.into(), direction };
    let report = |(witness, answer)| Report {
        witness,
        found: found.clone(),
        answer,
        asked_at: asked_at(),
        cached: false,
    };
    let reports = answers.into_iter().map(report).collect();
    Examined { found, reports, standings: Vec::new() }
}

/// The answers of this witness come out of the cache.
pub(crate) fn remember(examined: &mut Examined, provider: Provider, age: SignedDuration) {
    let of_provider = |report: &&mut Report| report.witness == Witness::Provider(provider);
    for report in examined.reports.iter_mut().filter(of_provider) {
        (report.cached, report.asked_at) = (true, asked_at() - age);
    }
}

/// Nobody may be asked about it.
pub(crate) fn private(indicator: &str, path: &str, direction: Direction) -> Examined {
    let skipped = |provider| (Witness::Provider(provider), Answer::Skipped { reason: Skipped::Private });
    examined(indicator, path, direction, Provider::ALL.map(skipped))
}

pub(crate) fn says(provider: Provider, evidence: Evidence) -> (Witness, Answer) {
    (Witness::Provider(provider), evidence.into())
}

pub(crate) fn silent(provider: Provider, reason: Unanswered) -> (Witness, Answer) {
    (Witness::Provider(provider), Answer::Unknown { reason })
}

pub(crate) fn feed(name: &str, listing: Listing) -> (Witness, Answer) {
    (Witness::Feed(name.into()), Evidence::Listed(listing).into())
}

pub(crate) fn reported() -> (Witness, Answer) {
    let reputation = Reputation {
        score: 100,
        country_code: Some("NL".into()),
        usage_type: Some("Data Center/Web Hosting/Transit".into()),
        isp: Some("Example Hosting B.V.".into()),
        domain: Some("hosting.example".into()),
        total_reports: Some(412),
        distinct_reporters: Some(96),
        last_reported_at: Some("2026-10-03T11:58:00Z".parse().unwrap()),
        is_tor: false,
    };
    says(Provider::AbuseIpDb, Evidence::AbuseIpDb(reputation))
}

pub(crate) fn misp(attributes: Vec<MispAttribute>, total: u64) -> (Witness, Answer) {
    says(Provider::Misp, Evidence::Misp(MispMatches { attributes, total }))
}

pub(crate) fn attribute(kind: &str, event: (&str, &str, &str), tags: &[&str]) -> MispAttribute {
    let (id, info, organisation) = event;
    MispAttribute {
        kind: kind.into(),
        to_ids: true,
        timestamp: Some("2026-09-21T08:00:00Z".parse().unwrap()),
        decay_score: Some(72),
        event: MispEvent {
            id: id.into(),
            info: info.into(),
            organisation: organisation.into(),
            threat_level: ThreatLevel::High,
            ..MispEvent::default()
        },
        tags: texts(tags),
        ..MispAttribute::default()
    }
}

pub(crate) fn otx(pulses: Vec<OtxPulse>, count: u64) -> (Witness, Answer) {
    says(Provider::Otx, Evidence::Otx(OtxPulses { count, pulses, ..OtxPulses::default() }))
}

pub(crate) fn pulse(name: &str, author: &str, active: bool, modified_at: &str) -> OtxPulse {
    OtxPulse {
        name: name.into(),
        author: author.into(),
        active,
        modified_at: Some(modified_at.parse().unwrap()),
        indicator_count: 186,
        tlp: Some("white".into()),
        ..OtxPulse::default()
    }
}

pub(crate) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The same words in every place where a witness can put any, for four indicators of four kinds.
pub(crate) fn hostile(attack: &str) -> Vec<Examined> {
    let long = || Some(attack.repeat(9));
    let many = || vec![attack.to_owned(); 7];
    let reputation = Reputation {
        score: 100,
        isp: long(),
        domain: long(),
        usage_type: long(),
        country_code: long(),
        ..Reputation::default()
    };
    let event = MispEvent {
        id: attack.into(),
        info: attack.repeat(9),
        organisation: attack.repeat(9),
        ..MispEvent::default()
    };
    let attribute = MispAttribute {
        id: attack.into(),
        kind: format!("{attack}|"),
        category: attack.into(),
        value: attack.repeat(9),
        decay_score: Some(80),
        event,
        tags: many(),
        warninglists: many(),
        true_positives: u32::MAX,
        false_positives: 1,
        ..MispAttribute::default()
    };
    let pulse = OtxPulse {
        id: attack.into(),
        name: attack.repeat(9),
        author: attack.repeat(9),
        active: true,
        modified_at: Some(asked_at()),
        indicator_count: u64::MAX,
        tlp: long(),
        adversary: long(),
        malware_families: many(),
        attack_ids: many(),
        ..OtxPulse::default()
    };
    let pulses = OtxPulses {
        count: u64::MAX,
        pulses: vec![pulse; 4],
        validations: many(),
        country_code: long(),
        asn: long(),
        ..OtxPulses::default()
    };
    let listing = Listing { title: long(), tags: many(), listed_at: Some(asked_at()), ..Listing::default() };
    let answers = vec![
        says(Provider::AbuseIpDb, Evidence::AbuseIpDb(reputation)),
        says(Provider::Misp, Evidence::Misp(MispMatches { attributes: vec![attribute; 4], total: u64::MAX })),
        says(Provider::Otx, Evidence::Otx(pulses)),
        feed(attack, listing.clone()),
        feed(&attack.repeat(2), listing.clone()),
        feed(&attack.repeat(3), listing),
    ];
    let standings = || {
        use domain::verdict::{Class, Standing};
        vec![Standing::new(Class::Anonymity, attack), Standing::new(Class::Denied, attack.repeat(9))]
    };
    let indicators = [
        ("203.0.113.24", "data.srcip"),
        ("2001:db8::24", attack),
        ("http://evil.example/a?<script>\"'", "data.url"),
        ("evil.example", "full_log"),
        ("9b74c9897bac770ffc029102a200c5de", "syscheck.md5_after"),
        ("www.evil.example", "full_log"),
        ("x.evil.example", "full_log"),
    ];
    let mut all: Vec<Examined> = indicators
        .into_iter()
        .map(|(indicator, path)| examined(indicator, path, Direction::Unknown, answers.clone()))
        .collect();
    for examined in &mut all {
        examined.standings = standings();
    }
    all.push(private("10.0.0.5", attack, Direction::Source));
    all
}
