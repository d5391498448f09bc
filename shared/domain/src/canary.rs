//! The synthetic alert that goes through the whole path every hour, so that silence is never mistaken for peace.

use crate::alert::Alert;

/// Rule group of the synthetic alert. Groups come from the manager's rules: nothing that an agent logs sets one.
pub const GROUP: &str = "wazuh_triage_canary";

/// Whether nobody has to be told of it, and no model asked.
pub fn is_canary(alert: &Alert) -> bool {
    alert.rule().in_group(GROUP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_rule_makes_a_canary() {
        for (text, expected) in [
            (r#"{"id":"1.1","rule":{"id":"1","level":12,"groups":["wazuh_triage_canary"]}}"#, true),
            (
                r#"{"id":"1.1","rule":{"id":"1","level":12,"groups":["sshd"]},"full_log":"wazuh_triage_canary",
                    "data":{"groups":["wazuh_triage_canary"]}}"#,
                false,
            ),
        ] {
            assert_eq!(is_canary(&Alert::parse(text).unwrap()), expected, "{text}");
        }
    }
}
