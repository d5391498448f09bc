//! What a hunt can find.

use serde::Serialize;

/// What speaks for an account in the wrong hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    SuccessAfterFailures,
    PasswordSpraying,
    ImpossibleTravel,
    MaliciousSource,
    NewCountry,
    NewNetwork,
    DormantAccount,
    OffHours,
    ConcurrentSessions,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::SuccessAfterFailures,
        Self::PasswordSpraying,
        Self::ImpossibleTravel,
        Self::MaliciousSource,
        Self::NewCountry,
        Self::NewNetwork,
        Self::DormantAccount,
        Self::OffHours,
        Self::ConcurrentSessions,
    ];

    /// The name in events, metrics and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::SuccessAfterFailures => "success_after_failures",
            Self::PasswordSpraying => "password_spraying",
            Self::ImpossibleTravel => "impossible_travel",
            Self::MaliciousSource => "malicious_source",
            Self::NewCountry => "new_country",
            Self::NewNetwork => "new_network",
            Self::DormantAccount => "dormant_account",
            Self::OffHours => "off_hours",
            Self::ConcurrentSessions => "concurrent_sessions",
        }
    }

    /// In lines for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::SuccessAfterFailures => "success after failures",
            Self::PasswordSpraying => "password spraying",
            Self::ImpossibleTravel => "impossible travel",
            Self::MaliciousSource => "login from a bad address",
            Self::NewCountry => "first login from a country",
            Self::NewNetwork => "first login from a network",
            Self::DormantAccount => "dormant account",
            Self::OffHours => "unusual hour",
            Self::ConcurrentSessions => "logins from several networks at once",
        }
    }

    /// ATT&CK techniques that it is a sign of.
    pub fn technique_ids(self) -> &'static [&'static str] {
        match self {
            Self::SuccessAfterFailures => &["T1110", "T1078"],
            Self::PasswordSpraying => &["T1110.003"],
            Self::ImpossibleTravel
            | Self::MaliciousSource
            | Self::NewCountry
            | Self::NewNetwork
            | Self::DormantAccount
            | Self::OffHours
            | Self::ConcurrentSessions => &["T1078"],
        }
    }

    /// What tells a false alarm from a true one.
    pub fn check_next(self) -> &'static str {
        match self {
            Self::SuccessAfterFailures => {
                "Ask the owner whether they mistyped the password at that time; if not, end the sessions and change it."
            }
            Self::PasswordSpraying => {
                "Look for a success from the same network on any host, and block the network if it is not your own."
            }
            Self::ImpossibleTravel => {
                "Ask whether a VPN, a proxy or a mobile network explains one of the two places."
            }
            Self::MaliciousSource => {
                "Read what the providers say about the address, and what the session did after the login."
            }
            Self::NewCountry => {
                "Ask the owner whether they travel, and compare device and client with earlier logins."
            }
            Self::NewNetwork => "Compare device and client with earlier logins of the account.",
            Self::DormantAccount => {
                "Find out who asked for the account to be used again; disable it if nobody did."
            }
            Self::OffHours => "Check for a change or an on-call duty at that time.",
            Self::ConcurrentSessions => {
                "Check whether the account is shared, or a session token was taken: compare the clients of the sessions."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::attack;

    #[test]
    fn every_technique_is_one_of_att_and_ck() {
        for kind in Kind::ALL {
            for id in kind.technique_ids() {
                assert!(attack::technique(id).is_some(), "{id}");
            }
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
