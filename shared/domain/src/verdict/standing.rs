//! What an indicator is apart from what witnesses say of it: context that bounds a score, or an analyst's word.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Evidence, Report};
use crate::verdict::Answer;

/// One thing that is known about what an indicator is, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Standing {
    pub class: Class,
    /// Name of the list, service or analyst.
    pub by: String,
}

impl Standing {
    pub fn new(class: Class, by: impl Into<String>) -> Self {
        Self { class, by: by.into() }
    }
}

/// Classes of context. Only a person's word clears or condemns; all others bound a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// An analyst says it is bad.
    Denied,
    /// An analyst says it is fine.
    Allowed,
    /// Curated: a service that everybody uses, such as a public resolver.
    BenignAnchor,
    /// Many customers behind one address: address-only evidence is weak.
    SharedInfrastructure,
    /// Scans the whole internet and says so.
    ResearchScanner,
    /// VPN, relay or Tor: says nothing by itself.
    Anonymity,
    /// Taken over by defenders: who talks to it is infected.
    Sinkhole,
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Denied => "deny list",
            Self::Allowed => "allow list",
            Self::BenignAnchor => "well-known service",
            Self::SharedInfrastructure => "shared infrastructure",
            Self::ResearchScanner => "research scanner",
            Self::Anonymity => "anonymity network",
            Self::Sinkhole => "sinkhole",
        })
    }
}

impl Class {
    /// The class of a MISP warninglist, by its name or file name. Lists that only say "popular" or "reserved" have none.
    pub fn of_warninglist(name: &str) -> Option<Self> {
        const CLASSES: [(Class, &[&str]); 4] = [
            (Class::Sinkhole, &["sinkhole"]),
            (
                Class::ResearchScanner,
                &[
                    "scanning",
                    "scanner",
                    "shodan",
                    "censys",
                    "shadowserver",
                    "stretchoid",
                    "onyphe",
                    "rapid7",
                ],
            ),
            (Class::Anonymity, &["vpn", "private relay", "private-relay", "tor exit", "zscaler"]),
            (
                Class::SharedInfrastructure,
                &[
                    "akamai",
                    "amazon",
                    "apple",
                    "azure",
                    "bunny",
                    "cloudflare",
                    "fastly",
                    "gcp",
                    "github",
                    "google cloud",
                    "office365",
                    "office 365",
                    "oracle",
                    "ovh",
                    "stackpath",
                    "wikimedia",
                ],
            ),
        ];
        let name = name.to_ascii_lowercase();
        // Lists of popular sites carry the same names and say nothing about an address.
        if name.contains("top") {
            return None;
        }
        CLASSES
            .iter()
            .find(|(_, words)| words.iter().any(|word| name.contains(word)))
            .map(|(class, _)| *class)
    }
}

/// What the reports' evidence says about the indicator's standing.
pub(super) fn standings_of(reports: &[Report]) -> Vec<Standing> {
    let mut standings = Vec::new();
    let mut add = |class, by: &str| {
        let standing = Standing::new(class, by);
        if !standings.contains(&standing) {
            standings.push(standing);
        }
    };
    for report in reports {
        let Answer::Known { evidence } = &report.answer else { continue };
        match evidence {
            Evidence::AbuseIpDb(reputation) => {
                if reputation.is_tor {
                    add(Class::Anonymity, "Tor, by AbuseIPDB");
                }
                if reputation.usage_type.as_deref() == Some("Content Delivery Network") {
                    add(Class::SharedInfrastructure, "content delivery network, by AbuseIPDB");
                }
            }
            Evidence::Misp(matches) => {
                for name in matches.attributes.iter().flat_map(|attribute| &attribute.warninglists) {
                    if let Some(class) = Class::of_warninglist(name) {
                        add(class, name);
                    }
                }
            }
            Evidence::Otx(pulses) => {
                if pulses.false_positive {
                    add(Class::BenignAnchor, "accepted as a false positive by OTX");
                }
                if pulses.validations.iter().any(|source| source == "akamai") {
                    add(Class::SharedInfrastructure, "Akamai, by OTX");
                }
            }
            Evidence::Listed(_) => {}
        }
    }
    standings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warninglist_has_the_class_of_what_it_lists() {
        for (name, expected) in [
            ("List of known Cloudflare IP ranges", Some(Class::SharedInfrastructure)),
            ("amazon-aws", Some(Class::SharedInfrastructure)),
            ("shodan-scanning", Some(Class::ResearchScanner)),
            ("List of known sinkholes", Some(Class::Sinkhole)),
            ("vpn-ipv4", Some(Class::Anonymity)),
            ("cloudflare-top10k", None),
            ("List of IPv4 addresses of public DNS resolvers", None),
            ("rfc1918", None),
        ] {
            assert_eq!(Class::of_warninglist(name), expected, "{name}");
        }
    }
}
