use super::*;
use crate::indicator::Direction;
use crate::verdict::{
    Evidence, Listing, MispAttribute, MispEvent, MispMatches, OtxPulse, OtxPulses, Provider, Reputation,
    ThreatLevel,
};

fn now() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

fn found(direction: Direction) -> Found {
    Found { indicator: "203.0.113.9".parse().unwrap(), path: "data.srcip".into(), direction }
}

fn report(witness: Witness, answer: impl Into<Answer>) -> Report {
    let (found, asked_at) = (found(Direction::Source), now());
    Report { witness, found, answer: answer.into(), asked_at, cached: false }
}

fn abuseipdb(score: u8) -> Report {
    let reputation = Reputation { score, total_reports: Some(score.into()), ..Reputation::default() };
    report(Witness::Provider(Provider::AbuseIpDb), Evidence::AbuseIpDb(reputation))
}

fn misp(decay: u8, organisation: &str) -> Report {
    let event = MispEvent {
        id: "145".into(),
        organisation: organisation.into(),
        threat_level: ThreatLevel::High,
        ..MispEvent::default()
    };
    let attribute = MispAttribute {
        kind: "ip-src".into(),
        to_ids: true,
        decay_score: Some(decay),
        event,
        ..MispAttribute::default()
    };
    let matches = MispMatches { attributes: vec![attribute], total: 1 };
    report(Witness::Provider(Provider::Misp), Evidence::Misp(matches))
}

fn otx(pulses: usize) -> Report {
    let pulse = OtxPulse {
        author: "AlienVault".into(),
        active: true,
        modified_at: Some(now()),
        indicator_count: 50,
        ..OtxPulse::default()
    };
    let pulses = OtxPulses { count: pulses as u64, pulses: vec![pulse; pulses], ..OtxPulses::default() };
    report(Witness::Provider(Provider::Otx), Evidence::Otx(pulses))
}

/// The attribute stands on this warninglist, by MISP's word.
fn on_warninglist(mut report: Report, name: &str) -> Report {
    if let Answer::Known { evidence: Evidence::Misp(matches) } = &mut report.answer {
        matches.attributes[0].warninglists = vec![name.into()];
    }
    report
}

fn silent(provider: Provider, reason: Unanswered) -> Report {
    report(Witness::Provider(provider), Answer::Unknown { reason })
}

fn feed(name: &str) -> Report {
    report(Witness::Feed(name.into()), Evidence::Listed(Listing::default()))
}

fn verdict_of(reports: Vec<Report>, direction: Direction, standings: Vec<Standing>) -> Verdict {
    let formula = Formula::default().trusting(vec!["Our CERT".into()]);
    Verdict::over(&[Examined { found: found(direction), reports, standings }], &formula, now())
}

fn verdict(reports: Vec<Report>) -> Verdict {
    verdict_of(reports, Direction::Source, Vec::new())
}

#[test]
fn witnesses_add_up_and_silence_is_no_innocence() {
    for (name, reports, judgement, score, coverage, agreement) in [
        ("nobody to ask", vec![], Judgement::Unknown, 0, 0, 0),
        ("AbuseIPDB is certain", vec![abuseipdb(100)], Judgement::Malicious, 75, 100, 100),
        ("AbuseIPDB leans to it", vec![abuseipdb(60)], Judgement::Suspicious, 45, 100, 100),
        ("a trace", vec![abuseipdb(1)], Judgement::Observed, 1, 100, 100),
        ("a fresh attribute", vec![misp(80, "CIRCL")], Judgement::Suspicious, 64, 100, 100),
        ("of a trusted organisation", vec![misp(80, "our cert")], Judgement::Malicious, 76, 100, 100),
        ("two fresh pulses", vec![otx(2)], Judgement::Suspicious, 45, 100, 100),
        ("all three", vec![abuseipdb(100), misp(80, "CIRCL"), otx(2)], Judgement::Malicious, 95, 100, 100),
        (
            "two against one",
            vec![abuseipdb(100), misp(80, "CIRCL"), otx(0)],
            Judgement::Malicious,
            91,
            100,
            76,
        ),
        ("nobody knows anything", vec![abuseipdb(0), otx(0)], Judgement::NoEvidence, 0, 100, 100),
        (
            "one was silent",
            vec![abuseipdb(0), silent(Provider::Otx, Unanswered::Timeout)],
            Judgement::Unknown,
            0,
            60,
            100,
        ),
        (
            "one is not configured",
            vec![abuseipdb(0), silent(Provider::Otx, Unanswered::Disabled)],
            Judgement::NoEvidence,
            0,
            100,
            100,
        ),
        (
            "nobody is configured",
            vec![silent(Provider::Otx, Unanswered::Disabled)],
            Judgement::Unknown,
            0,
            0,
            0,
        ),
        ("a feed", vec![feed("OTX")], Judgement::Malicious, 80, 100, 100),
        ("a feed and its provider are one", vec![feed("otx"), otx(2)], Judgement::Malicious, 80, 100, 100),
        ("two feeds are two", vec![feed("otx"), feed("ours")], Judgement::Malicious, 96, 100, 100),
    ] {
        let verdict = verdict(reports);
        assert_eq!((verdict.judgement, verdict.score), (judgement, score), "{name}");
        assert_eq!((verdict.coverage, verdict.agreement), (coverage, agreement), "{name}");
    }
}

#[test]
fn context_bounds_a_score_and_a_person_decides() {
    let standing = |class| Standing::new(class, "list");
    let (inbound, outbound) = (Direction::Source, Direction::Destination);
    for (reports, direction, classes, judgement, score) in [
        (vec![abuseipdb(100)], inbound, vec![Class::BenignAnchor], Judgement::BenignInfrastructure, 20),
        (vec![abuseipdb(100)], inbound, vec![Class::SharedInfrastructure], Judgement::Suspicious, 74),
        (
            vec![abuseipdb(100), misp(80, "CIRCL")],
            inbound,
            vec![Class::SharedInfrastructure],
            Judgement::Malicious,
            91,
        ),
        (vec![abuseipdb(100)], inbound, vec![Class::ResearchScanner], Judgement::Suspicious, 60),
        (vec![abuseipdb(100)], outbound, vec![Class::ResearchScanner], Judgement::Malicious, 75),
        (vec![abuseipdb(100)], inbound, vec![Class::Anonymity], Judgement::Malicious, 75),
        (vec![], outbound, vec![Class::Sinkhole], Judgement::Malicious, 75),
        (vec![abuseipdb(0)], inbound, vec![Class::Sinkhole], Judgement::NoEvidence, 0),
        (vec![abuseipdb(100)], inbound, vec![Class::Allowed], Judgement::BenignInfrastructure, 0),
        (vec![], inbound, vec![Class::Denied], Judgement::Malicious, 100),
        (vec![], inbound, vec![Class::Denied, Class::Allowed], Judgement::Malicious, 100),
    ] {
        let standings = classes.iter().copied().map(standing).collect();
        let verdict = verdict_of(reports, direction, standings);
        assert_eq!((verdict.judgement, verdict.score), (judgement, score), "{classes:?}");
        assert_eq!(verdict.indicators[0].modifiers.len(), classes.len());
    }
}

#[test]
fn the_worst_indicator_decides_and_stands_first() {
    let of = |reports| Examined { found: found(Direction::Source), reports, standings: Vec::new() };
    let private = Skipped::Private;
    let unasked = report(Witness::Provider(Provider::Otx), Answer::Skipped { reason: private });
    let verdict = Verdict::over(
        &[of(vec![unasked]), of(vec![abuseipdb(0)]), of(vec![abuseipdb(100)]), of(vec![])],
        &Formula::default(),
        now(),
    );
    assert_eq!((verdict.judgement, verdict.score), (Judgement::Malicious, 75));
    let judgements: Vec<Judgement> = verdict.indicators.iter().map(|judged| judged.judgement).collect();
    assert_eq!(
        judgements,
        [Judgement::Malicious, Judgement::NoEvidence, Judgement::Unknown, Judgement::Unknown]
    );
}

#[test]
fn each_reason_is_a_sentence_a_person_can_check() {
    let mut listed = feed("OTX");
    listed.answer = Evidence::Listed(Listing {
        confidence: Some(90),
        listed_at: Some(now()),
        title: Some("<b>Ignore all rules</b>".into()),
        ..Listing::default()
    })
    .into();
    let reports = vec![
        abuseipdb(100),
        misp(80, "CIRCL"),
        otx(2),
        listed,
        silent(Provider::Misp, Unanswered::Unauthorized),
        report(Witness::Provider(Provider::Otx), Answer::Skipped { reason: Skipped::TooMany }),
    ];
    assert_eq!(
        verdict(reports).reasons,
        [
            "AbuseIPDB is 100% confident that 203.0.113.9 is abusive, 100 reports",
            "The feed OTX lists 203.0.113.9, 90% sure, since 2026-10-03",
            "MISP lists 203.0.113.9 as ip-src in event 145, threat level high, decay score 80",
            "2 OTX pulses name 203.0.113.9; the strongest is by AlienVault, active, with 50 indicators, changed 0 days ago",
            "MISP gave no answer about 203.0.113.9: key refused",
            "OTX was not asked about 203.0.113.9: more indicators than are looked up",
        ]
    );
}

#[test]
fn shares_say_whose_evidence_it_is() {
    let judged = verdict(vec![otx(2), abuseipdb(100), feed("otx")]).indicators.remove(0);
    let shares: Vec<(String, u8)> =
        judged.contributions.iter().map(|it| (it.witness.to_string(), it.share)).collect();
    assert_eq!(shares, [("OTX".into(), 54), ("AbuseIPDB".into(), 46), ("OTX".into(), 0)]);
    let accusers: Vec<String> = judged.accusers().map(ToString::to_string).collect();
    assert_eq!(accusers, ["OTX", "AbuseIPDB"]);
}

#[test]
fn what_a_list_says_is_told_once_whoever_names_the_list() {
    let name = "List of known Cloudflare IP ranges";
    let examined = Examined {
        found: found(Direction::Source),
        reports: vec![on_warninglist(misp(80, "CIRCL"), name)],
        standings: vec![Standing::new(Class::SharedInfrastructure, name)],
    };
    let verdict = Verdict::over(&[examined], &Formula::default(), now());
    assert_eq!(verdict.indicators[0].modifiers.len(), 1);
}
