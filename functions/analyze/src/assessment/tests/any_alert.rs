//! What holds for every alert, whatever speaks for it.

use domain::assessment::Signal;
use proptest::prelude::*;

use super::*;

const GROUPS: [&str; 11] = [
    "attack",
    "recon",
    "virus",
    "logs_cleared",
    "access_denied",
    "adduser",
    "authentication_failed",
    "authentication_success",
    "web",
    "ids",
    "syslog",
];

fn groups() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(GROUPS.to_vec(), 0..5)
}

proptest! {
    /// More of anything never makes less of the alert.
    #[test]
    fn raising_any_signal_never_lowers_the_priority(
        level in 0_i64..16,
        groups in groups(),
        judgement in prop::sample::select(vec![Judgement::Unknown, Judgement::Suspicious]),
        counts in prop::array::uniform5(0_u32..30),
        raised in 0_usize..9,
    ) {
        let [recent, hosts, users, rules, failures] = counts;
        let rule = |level: i64, groups: &[&str]| {
            format!(r#""level":{level},"groups":{}"#, serde_json::to_string(groups).unwrap())
        };
        let history = History {
            recent_alerts: recent.into(), hosts: hosts + 1, users, rules, failures_before: failures,
            known_before: true, ..History::default()
        };
        let before = assessed(&alert(&rule(level, &groups), SOURCE), judgement, &history);
        let mut more = history;
        let (mut level, mut judgement, mut groups) = (level, judgement, groups);
        match raised {
            0 => level += 1,
            1 => judgement = Judgement::Malicious,
            2 => more.recent_alerts += 7,
            3 => more.hosts += 7,
            4 => more.users += 7,
            5 => more.rules += 7,
            6 => more.failures_before += 7,
            7 => more.known_before = false,
            _ => groups.push("exploit_attempt"),
        }
        let after = assessed(&alert(&rule(level, &groups), SOURCE), judgement, &more);
        prop_assert!(after.priority >= before.priority, "{:?}\n{:?}", before.reasons, after.reasons);
        prop_assert!(after.score() >= before.score());
    }

    /// Every sentence belongs to a signal, and nothing ends below what the level alone makes.
    #[test]
    fn sentences_and_signals_go_together(level in 0_i64..=16, groups in groups(), hosts in 0_u32..20) {
        let rule = format!(r#""level":{level},"groups":{}"#, serde_json::to_string(&groups).unwrap());
        let history = History { hosts, ..recorded() };
        let assessment = assessed(&alert(&rule, SOURCE), Judgement::Unknown, &history);
        prop_assert_eq!(assessment.signals.len(), assessment.reasons.len());
        let base = alone(&format!(r#""level":{level}"#), "").priority;
        prop_assert!(assessment.priority >= base);
        let first: Signal = assessment.signals[0];
        prop_assert_eq!(first.name, SignalName::RuleLevel);
    }
}
