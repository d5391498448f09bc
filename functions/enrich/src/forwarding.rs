//! Which enriched alerts go on to analysis: rule 100015's "score is not zero", or a level that asks for it anyway.

use std::net::IpAddr;

use domain::indicator::{Direction, Found, Indicator};
use domain::verdict::{
    Answer, Evidence, Examined, Judgement, Provider, Report, Reputation, Unanswered, Verdict, Witness,
};
use domain::{Alert, Rule};

/// Alerts of this level or above go on whatever intelligence says.
#[derive(Clone, Copy, Debug)]
pub struct ForwardLevel(pub u8);

impl ForwardLevel {
    /// Whether the alert goes on to analysis.
    pub fn forwards(self, rule: &Rule, reports: &[Report], verdict: &Verdict) -> bool {
        let asked_for = rule.level.get() >= self.0;
        let known = verdict.judgement >= Judgement::Observed;
        // The first system's rule 100015 asks for no more, however little the verdict makes of it.
        let reported =
            reports.iter().filter_map(|report| report.answer.reputation()).any(|known| known.score > 0);
        // A provider that failed has not cleared the alert.
        let unanswered = reports.iter().any(|report| match report.answer {
            Answer::Known { .. }
            | Answer::Skipped { .. }
            | Answer::Unknown { reason: Unanswered::Disabled } => false,
            Answer::Unknown { .. } => true,
        });
        asked_for || known || reported || unanswered
    }
}

/// What a returned intelligence event already carries: nobody is asked again.
pub fn examined_of_returned(alert: &Alert, asked_at: jiff::Timestamp) -> Vec<Examined> {
    let field = |name: &str| alert.text_at(&["data", "abuseipdb", name]);
    let source = |name: &str| alert.text_at(&["data", "abuseipdb", "source", name]);
    let read = || {
        let address: IpAddr = source("srcip").or_else(|| source("ip"))?.parse().ok()?;
        let score: u8 = field("abuse_confidence_score")?.parse().ok().filter(|score| *score <= 100)?;
        let reputation = Reputation {
            score,
            country_code: field("country_code"),
            usage_type: field("usage_type"),
            isp: field("isp"),
            domain: field("domain"),
            total_reports: field("total_reports").and_then(|count| count.parse().ok()),
            ..Reputation::default()
        };
        let path = "data.abuseipdb.source.srcip".to_owned();
        let found = Found { indicator: Indicator::address(address), path, direction: Direction::Source };
        let witness = Witness::Provider(Provider::AbuseIpDb);
        let answer = Evidence::AbuseIpDb(reputation).into();
        let report = Report { witness, found: found.clone(), answer, asked_at, cached: true };
        Some(Examined { found, reports: vec![report], standings: Vec::new() })
    };
    read().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::verdict::{Formula, Skipped};
    use jiff::Timestamp;

    fn alert(level: u8) -> Alert {
        Alert::parse(&format!(r#"{{"id":"1.1","rule":{{"id":"1","level":{level}}}}}"#)).unwrap()
    }

    fn report(answer: Answer) -> Report {
        let indicator = "203.0.113.9".parse().unwrap();
        let found = Found { indicator, path: "data.srcip".into(), direction: Direction::Source };
        let witness = Witness::Provider(Provider::AbuseIpDb);
        Report { witness, found, answer, asked_at: Timestamp::UNIX_EPOCH, cached: false }
    }

    #[test]
    fn a_level_a_score_or_a_failed_look_up_sends_an_alert_on() {
        let known = |score| report(Evidence::AbuseIpDb(Reputation { score, ..Reputation::default() }).into());
        let unknown = |reason| report(Answer::Unknown { reason });
        for (level, reports, expected) in [
            (7, vec![], true),
            (6, vec![], false),
            (6, vec![known(0)], false),
            (6, vec![known(1)], true),
            (6, vec![unknown(Unanswered::Disabled)], false),
            (6, vec![unknown(Unanswered::Timeout)], true),
            (6, vec![unknown(Unanswered::QuotaExhausted)], true),
            (6, vec![report(Answer::Skipped { reason: Skipped::Private })], false),
        ] {
            let examined = reports.first().map(|report: &Report| {
                let (found, reports) = (report.found.clone(), reports.clone());
                Examined { found, reports, standings: Vec::new() }
            });
            let verdict = Verdict::over(examined.as_slice(), &Formula::default(), Timestamp::UNIX_EPOCH);
            let forwards = ForwardLevel(7).forwards(alert(level).rule(), &reports, &verdict);
            assert_eq!(forwards, expected, "level {level}, {reports:?}");
        }
    }

    #[test]
    fn a_returned_event_brings_its_own_report() {
        let alert = Alert::parse(
            r#"{"id":"1.1","rule":{"id":"100015","level":12},"data":{"integration":"custom-abuseipdb",
                "abuseipdb":{"abuse_confidence_score":"87","country_code":"NL","total_reports":"152",
                "source":{"srcip":"203.0.113.9","rule":"5763"}}}}"#,
        )
        .unwrap();
        let examined = examined_of_returned(&alert, Timestamp::UNIX_EPOCH);
        assert_eq!(examined[0].reports[0].answer.reputation().unwrap().score, 87);
        assert!(examined_of_returned(&self::alert(3), Timestamp::UNIX_EPOCH).is_empty());
    }
}
