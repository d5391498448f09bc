//! Who may be asked about what, and what an indicator is before anybody is asked.

use domain::indicator::{Host, Indicator, scope};
use domain::verdict::{Class, Skipped, Standing};

use crate::anchors;
use crate::pattern::Pattern;

/// The site's word about indicators.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Never asked about and never reported.
    pub never_report: Vec<Pattern>,
    pub allow: Vec<Pattern>,
    pub deny: Vec<Pattern>,
    /// Whether documentation addresses count as public: for tests and demos only.
    pub documentation_is_public: bool,
}

impl Policy {
    /// Why providers are not asked about an indicator, if so.
    pub fn exempts(&self, indicator: &Indicator) -> Option<Skipped> {
        if let Some(Host::Ip(address)) = indicator.host()
            && !scope(address).is_global(self.documentation_is_public)
        {
            return Some(Skipped::Private);
        }
        let listed = |list: &[Pattern]| list.iter().any(|pattern| pattern.matches(indicator));
        let excepted =
            listed(&self.never_report) || listed(&self.allow) || anchors::name_of(indicator).is_some();
        excepted.then_some(Skipped::AllowList)
    }

    /// Whether nothing about the indicator is to be reported: it is as if the alert did not hold it.
    pub fn never_reports(&self, indicator: &Indicator) -> bool {
        self.never_report.iter().any(|pattern| pattern.matches(indicator))
    }

    /// What the site's lists and the curated services say.
    pub fn standings(&self, indicator: &Indicator) -> Vec<Standing> {
        let entry = |list: &[Pattern], class| {
            let pattern = list.iter().find(|pattern| pattern.matches(indicator))?;
            Some(Standing::new(class, format!("entry {pattern}")))
        };
        let anchor = anchors::name_of(indicator).map(|name| Standing::new(Class::BenignAnchor, name));
        [entry(&self.deny, Class::Denied), entry(&self.allow, Class::Allowed), anchor]
            .into_iter()
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(documentation_is_public: bool) -> Policy {
        let patterns = |text: &str| text.split(' ').map(|entry| entry.parse().unwrap()).collect();
        Policy {
            never_report: patterns("9.9.9.10 corp.example"),
            allow: patterns("198.51.100.0/24"),
            deny: patterns("10.66.0.0/16"),
            documentation_is_public,
        }
    }

    #[test]
    fn only_public_indicators_that_are_not_excepted_are_asked_about() {
        for (indicator, expected) in [
            ("10.0.0.1", Some(Skipped::Private)),
            ("fe80::1", Some(Skipped::Private)),
            ("100.64.0.1", Some(Skipped::Private)),
            ("http://192.168.1.10/x", Some(Skipped::Private)),
            ("1.1.1.1", Some(Skipped::AllowList)),
            ("9.9.9.10", Some(Skipped::AllowList)),
            ("198.51.100.9", Some(Skipped::AllowList)),
            ("https://wiki.corp.example/page", Some(Skipped::AllowList)),
            ("203.0.113.9", None),
            ("185.220.101.1", None),
            ("malware.example.com", None),
            ("d41d8cd98f00b204e9800998ecf8427e", None),
        ] {
            assert_eq!(policy(true).exempts(&indicator.parse().unwrap()), expected, "{indicator}");
        }
        let reserved = policy(false).exempts(&"203.0.113.9".parse().unwrap());
        assert_eq!(reserved, Some(Skipped::Private));
    }

    #[test]
    fn lists_and_curated_services_give_a_standing() {
        let classes = |indicator: &str| -> Vec<Class> {
            policy(true)
                .standings(&indicator.parse().unwrap())
                .iter()
                .map(|standing| standing.class)
                .collect()
        };
        assert_eq!(classes("10.66.1.1"), [Class::Denied]);
        assert_eq!(classes("198.51.100.9"), [Class::Allowed]);
        assert_eq!(classes("8.8.8.8"), [Class::BenignAnchor]);
        assert_eq!(classes("203.0.113.9"), []);
    }
}
