//! One line per indicator: what it is taken for, and by whom.

use domain::indicator::{Direction, Host, Indicator, scope};
use domain::verdict::{Answer, Class, Examined, Judged, Judgement, Skipped, Unanswered};
use intel::Policy;

use crate::desk::Findings;

/// `203.0.113.24: Malicious (AbuseIPDB, MISP)`
pub(crate) fn line(judged: &Judged, examined: &Examined, policy: &Policy) -> String {
    let indicator = &judged.found.indicator;
    let because = match judged.judgement {
        Judgement::Malicious | Judgement::Suspicious | Judgement::Observed => accusers(judged),
        Judgement::NoEvidence => answered(examined),
        Judgement::BenignInfrastructure => benign(examined),
        Judgement::Unknown if policy.exempts(indicator) == Some(Skipped::Private) => {
            return format!("{indicator}: Not looked up ({})", scope_name(indicator));
        }
        Judgement::Unknown => unanswered(examined),
    };
    format!("{indicator}: {} ({})", capitalised(&judged.judgement.to_string()), because.join(", "))
}

/// What is said about an alert without any line.
pub(crate) fn nothing(findings: &Findings) -> String {
    match findings.never_reported {
        0 => "No indicator found, so there is nothing to look up".to_owned(),
        number => format!("No indicator to report: {number} on the list of those that never are"),
    }
}

/// Those whose evidence counts, and who condemns without evidence.
fn accusers(judged: &Judged) -> Vec<String> {
    let condemns = |class: Class| match class {
        Class::Denied => true,
        Class::Sinkhole => judged.found.direction == Direction::Destination,
        Class::Allowed
        | Class::BenignAnchor
        | Class::SharedInfrastructure
        | Class::ResearchScanner
        | Class::Anonymity => false,
    };
    let others = judged.modifiers.iter().filter(|modifier| condemns(modifier.class));
    let witnesses = judged.accusers().map(ToString::to_string);
    witnesses.chain(others.map(|modifier| modifier.class.to_string())).collect()
}

fn answered(examined: &Examined) -> Vec<String> {
    let answered = examined.reports.iter().filter(|report| report.answer.evidence().is_some());
    answered.map(|report| report.witness.to_string()).collect()
}

/// The service or list; where it comes from an answer, whoever gave that.
fn benign(examined: &Examined) -> Vec<String> {
    let named = examined.standings.iter().filter_map(|standing| match standing.class {
        Class::BenignAnchor => Some(standing.by.clone()),
        Class::Allowed => Some(format!("allow list, {}", standing.by)),
        Class::Denied
        | Class::SharedInfrastructure
        | Class::ResearchScanner
        | Class::Anonymity
        | Class::Sinkhole => None,
    });
    let named: Vec<String> = named.collect();
    if named.is_empty() { answered(examined) } else { named }
}

/// Who gave no answer, and why.
fn unanswered(examined: &Examined) -> Vec<String> {
    let gaps = examined.reports.iter().filter_map(|report| match &report.answer {
        Answer::Known { .. } | Answer::Unknown { reason: Unanswered::Disabled } => None,
        Answer::Unknown { reason } => Some(format!("{}: {reason}", report.witness)),
        Answer::Skipped { reason } => Some(format!("{}: {reason}", report.witness)),
    });
    let gaps: Vec<String> = gaps.collect();
    if gaps.is_empty() { vec!["nobody to ask".to_owned()] } else { gaps }
}

/// What kind of address it is that nobody outside knows.
fn scope_name(indicator: &Indicator) -> &'static str {
    match indicator.host() {
        Some(Host::Ip(address)) => scope(address).name(),
        Some(Host::Domain(_)) | None => "private",
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::indicator::Found;
    use domain::verdict::{
        Evidence, Formula, Listing, OtxPulses, Provider, Report, Reputation, Standing, Verdict, Witness,
    };
    use jiff::Timestamp;

    fn report(witness: Witness, answer: impl Into<Answer>, found: &Found) -> Report {
        let (found, asked_at) = (found.clone(), Timestamp::UNIX_EPOCH);
        Report { witness, found, answer: answer.into(), asked_at, cached: false }
    }

    fn check(
        indicator: &str,
        direction: Direction,
        answers: Vec<(Witness, Answer)>,
        standings: Vec<Standing>,
        expected: &str,
    ) {
        let found = Found { indicator: indicator.parse().unwrap(), path: "data.srcip".to_owned(), direction };
        let reports = answers.into_iter().map(|(witness, answer)| report(witness, answer, &found)).collect();
        let examined = Examined { found, reports, standings };
        let verdict =
            Verdict::over(std::slice::from_ref(&examined), &Formula::default(), Timestamp::UNIX_EPOCH);
        let policy = Policy { documentation_is_public: true, ..Policy::default() };
        assert_eq!(line(&verdict.indicators[0], &examined, &policy), expected);
    }

    #[test]
    fn a_line_names_those_who_matter() {
        let (abuseipdb, otx) = (Witness::Provider(Provider::AbuseIpDb), Witness::Provider(Provider::Otx));
        let feed = || Witness::Feed("OTX".to_owned());
        let score = |score| Answer::from(Evidence::AbuseIpDb(Reputation { score, ..Reputation::default() }));
        let pulses = |pulses| Answer::from(Evidence::Otx(pulses));
        let listed = || Answer::from(Evidence::Listed(Listing::default()));
        let failed = |reason| Answer::Unknown { reason };
        let silent = || pulses(OtxPulses::default());
        let false_positive = || pulses(OtxPulses { count: 1, false_positive: true, ..OtxPulses::default() });
        let skipped = || Answer::Skipped { reason: Skipped::Private };
        let standing = |class, by: &str| vec![Standing::new(class, by)];
        let source = Direction::Source;
        let cases = [
            ("192.168.1.100", source, vec![(feed(), listed())], vec![], "Malicious (OTX)"),
            (
                "203.0.113.9",
                source,
                vec![(abuseipdb.clone(), score(100)), (feed(), listed()), (otx.clone(), silent())],
                vec![],
                "Malicious (OTX, AbuseIPDB)",
            ),
            (
                "203.0.113.9",
                source,
                vec![(abuseipdb.clone(), score(50)), (otx.clone(), silent())],
                vec![],
                "Suspicious (AbuseIPDB)",
            ),
            (
                "203.0.113.9",
                source,
                vec![(abuseipdb.clone(), score(0)), (otx.clone(), silent())],
                vec![],
                "No evidence (AbuseIPDB, OTX)",
            ),
            (
                "203.0.113.9",
                source,
                vec![
                    (abuseipdb.clone(), failed(Unanswered::Unauthorized)),
                    (otx.clone(), failed(Unanswered::Unreachable)),
                ],
                vec![],
                "Unknown (AbuseIPDB: key refused, OTX: not reachable)",
            ),
            ("203.0.113.9", source, vec![], vec![], "Unknown (nobody to ask)"),
            ("10.0.0.5", source, vec![(otx.clone(), skipped())], vec![], "Not looked up (private)"),
            ("127.0.0.1", source, vec![], vec![], "Not looked up (loopback)"),
            (
                "8.8.8.8",
                source,
                vec![],
                standing(Class::BenignAnchor, "Google Public DNS"),
                "Benign infrastructure (Google Public DNS)",
            ),
            ("203.0.113.9", source, vec![(otx, false_positive())], vec![], "Benign infrastructure (OTX)"),
            (
                "203.0.113.9",
                source,
                vec![(abuseipdb, score(10))],
                standing(Class::Denied, "entry 203.0.113.0/24"),
                "Malicious (AbuseIPDB, deny list)",
            ),
            (
                "203.0.113.9",
                Direction::Destination,
                vec![],
                standing(Class::Sinkhole, "List of known sinkholes"),
                "Malicious (sinkhole)",
            ),
        ];
        for (indicator, direction, answers, standings, expected) in cases {
            check(indicator, direction, answers, standings, &format!("{indicator}: {expected}"));
        }
    }
}
