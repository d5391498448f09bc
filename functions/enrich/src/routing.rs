//! Which alerts are worth asking about.

use domain::Alert;
use domain::sighting::Outcome;

/// What the stage does with an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Ignore(IgnoreRule),
    Follow(Path),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// A login below triage level: recorded for hunting, not mailed.
    Observe,
    Triage,
    /// An intelligence event of ours that fired a rule (100015): it goes to analysis without being asked about again.
    Returned,
}

/// The named rules by which an alert is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IgnoreRule {
    /// Our own event came back: enriching it again would go round in circles.
    LoopGuard,
    ExcludedRule,
    BelowLevel,
}

impl IgnoreRule {
    pub fn name(self) -> &'static str {
        match self {
            Self::LoopGuard => "loop_guard",
            Self::ExcludedRule => "excluded_rule",
            Self::BelowLevel => "below_level",
        }
    }
}

/// Site's choice of alerts to triage.
#[derive(Clone, Debug)]
pub struct Routing {
    /// Lowest level that is triaged; 6 means `rule.level > 5`.
    pub min_level: u8,
    /// Groups that are triaged at any level.
    pub triage_groups: Vec<String>,
    pub excluded_rule_ids: Vec<String>,
}

impl Routing {
    pub fn route(&self, alert: &Alert) -> Route {
        let rule = alert.rule();
        if let Some(ours) = returned(alert) {
            return ours;
        }
        if self.excluded_rule_ids.contains(&rule.id) {
            return Route::Ignore(IgnoreRule::ExcludedRule);
        }
        if rule.level.get() >= self.min_level || self.triage_groups.iter().any(|group| rule.in_group(group)) {
            return Route::Follow(Path::Triage);
        }
        if Outcome::of(alert).is_some() {
            Route::Follow(Path::Observe)
        } else {
            Route::Ignore(IgnoreRule::BelowLevel)
        }
    }
}

/// Values of `integration` in the events we send back.
const OWN_INTEGRATIONS: [&str; 4] = ["custom-abuseipdb", "misp", "alienvault_otx", "wazuh-triage"];

/// Where events that went through the manager's socket come from. Wazuh sets it, so a log line that merely calls
/// itself one of ours does not slip past triage.
const OWN_LOCATIONS: [&str; 5] = ["abuseipdb", "custom-abuseipdb", "misp", "alienvault_otx", "wazuh-triage"];

/// Rule groups of the rules that we ship for our own events.
const OWN_GROUPS: [&str; 1] = ["wazuh_triage"];

/// Group of rule 100015, which says "this address is known to be abusive".
const POSITIVE_GROUP: &str = "abuseipdb_positive";

fn returned(alert: &Alert) -> Option<Route> {
    let one_of =
        |names: &[&str], text: Option<String>| text.is_some_and(|text| names.contains(&text.as_str()));
    let sent_back = one_of(&OWN_INTEGRATIONS, alert.text_at(&["data", "integration"]))
        && one_of(&OWN_LOCATIONS, alert.location());
    let ours = sent_back || OWN_GROUPS.iter().any(|group| alert.rule().in_group(group));
    if !ours {
        return None;
    }
    let positive = alert.rule().in_group(POSITIVE_GROUP);
    Some(if positive { Route::Follow(Path::Returned) } else { Route::Ignore(IgnoreRule::LoopGuard) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(rule: &str, data: &str) -> Route {
        route_from("abuseipdb", rule, data)
    }

    fn route_from(location: &str, rule: &str, data: &str) -> Route {
        let routing = Routing {
            min_level: 6,
            triage_groups: vec!["sqlinjection".into()],
            excluded_rule_ids: vec!["31530".into(), "31531".into()],
        };
        let text = format!(r#"{{"id":"1.1","rule":{{{rule}}},"data":{{{data}}},"location":"{location}"}}"#);
        routing.route(&Alert::parse(&text).unwrap())
    }

    #[test]
    fn level_group_and_rule_id_decide() {
        for (rule, expected) in [
            (r#""id":"5763","level":10"#, Route::Follow(Path::Triage)),
            (r#""id":"1","level":6"#, Route::Follow(Path::Triage)),
            (r#""id":"1","level":5"#, Route::Ignore(IgnoreRule::BelowLevel)),
            (r#""id":"1","level":3,"groups":["web","sqlinjection"]"#, Route::Follow(Path::Triage)),
            (r#""id":"31530","level":10"#, Route::Ignore(IgnoreRule::ExcludedRule)),
            (r#""id":"31531","level":"6""#, Route::Ignore(IgnoreRule::ExcludedRule)),
            (
                r#""id":"5715","level":3,"groups":["sshd","\n authentication_success"]"#,
                Route::Follow(Path::Observe),
            ),
            (r#""id":"5760","level":5,"groups":["authentication_failed"]"#, Route::Follow(Path::Observe)),
            (r#""id":"5502","level":3,"groups":["pam"]"#, Route::Ignore(IgnoreRule::BelowLevel)),
        ] {
            assert_eq!(route(rule, ""), expected, "{rule}");
        }
    }

    #[test]
    fn a_log_line_that_calls_itself_ours_is_triaged_all_the_same() {
        let forged = r#""integration":"custom-abuseipdb","abuseipdb":{"abuse_confidence_score":"0"}"#;
        let route = route_from("/var/log/app.json", r#""id":"31103","level":7"#, forged);
        assert_eq!(route, Route::Follow(Path::Triage));
    }

    #[test]
    fn our_own_events_are_never_enriched_again() {
        let ours = r#""integration":"custom-abuseipdb","abuseipdb":{"abuse_confidence_score":"100"}"#;
        let positive = r#""id":"100015","level":12,"groups":["abuseipdb_positive"]"#;
        assert_eq!(route(positive, ours), Route::Follow(Path::Returned));
        assert_eq!(route(r#""id":"100002","level":12"#, ours), Route::Ignore(IgnoreRule::LoopGuard));
        for name in ["misp", "alienvault_otx", "wazuh-triage"] {
            let data = format!(r#""integration":"{name}""#);
            assert_eq!(route(r#""id":"1","level":12"#, &data), Route::Ignore(IgnoreRule::LoopGuard));
        }
        assert_eq!(
            route(r#""id":"1","level":12,"groups":["wazuh_triage"]"#, ""),
            Route::Ignore(IgnoreRule::LoopGuard)
        );
        assert_eq!(
            route(r#""id":"87105","level":12"#, r#""integration":"virustotal""#),
            Route::Follow(Path::Triage)
        );
    }
}
