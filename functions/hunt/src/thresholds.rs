//! From where on something is a sign: the site's choice.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use domain::Sighting;
use ipnet::IpNet;
use lambda::config::Reader;

/// What a site calls unusual. The defaults are for an office of some hundred people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Failed attempts for one account from one place before a success.
    pub failures: u32,
    /// Accounts that fail from one place.
    pub sprayed_accounts: u32,
    /// Within which failures count together.
    pub window: Duration,
    /// Nobody is faster.
    pub travel_kmh: u32,
    /// How long an account is watched before something new about it means something.
    pub learning_days: u16,
    /// Without a login for so long an account sleeps.
    pub dormant_days: u16,
    /// Networks from which an account logs in within [`Self::AT_ONCE`].
    pub networks_at_once: u32,
    /// Of a finding; what is below is not told.
    pub min_score: u8,
    /// Accounts that are never looked at.
    pub ignored_accounts: Vec<Pattern>,
    /// Accounts that belong to nobody: each host's is one of its own.
    pub shared_accounts: Vec<Pattern>,
    /// The site's own networks and the exits of its VPN: nobody is anywhere else when he comes from there.
    pub trusted_networks: Vec<IpNet>,
}

impl Thresholds {
    /// Given to every traveller: for clocks that differ, and for those who were under way before.
    pub const HEAD_START: Duration = Duration::from_hours(1);
    /// A distance that an error in an address's country does not make up.
    pub const LEAST_KM: f64 = 500.0;
    pub const AT_ONCE: Duration = Duration::from_mins(15);
    /// Hours around a known one that are no other.
    pub const HOURS_AROUND: u8 = 2;

    /// Nothing where a value is wrong; the reader has noted which.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let failures: Option<Number<2, 1000>> = reader.or_default("HUNT_FAILURES", "5");
        let sprayed_accounts: Option<Number<3, 200>> = reader.or_default("HUNT_SPRAYED_ACCOUNTS", "8");
        let window: Option<Number<5, 720>> = reader.or_default("HUNT_WINDOW_MINUTES", "60");
        let travel_kmh: Option<Number<100, 10_000>> = reader.or_default("HUNT_TRAVEL_KMH", "900");
        let learning_days: Option<Number<1, 365>> = reader.or_default("HUNT_LEARNING_DAYS", "14");
        let dormant_days: Option<Number<7, 365>> = reader.or_default("HUNT_DORMANT_DAYS", "45");
        let networks: Option<Number<2, 50>> = reader.or_default("HUNT_NETWORKS_AT_ONCE", "3");
        let min_score: Option<Number<0, 100>> = reader.or_default("HUNT_MIN_SCORE", "40");
        let ignored = reader.list("HUNT_IGNORED_ACCOUNTS", "");
        let shared = reader.list("HUNT_SHARED_ACCOUNTS", Self::SHARED);
        let trusted = reader.list::<Network>("HUNT_TRUSTED_NETWORKS", "");
        Some(Self {
            failures: failures?.0,
            sprayed_accounts: sprayed_accounts?.0,
            window: Duration::from_secs(u64::from(window?.0) * 60),
            travel_kmh: travel_kmh?.0,
            learning_days: u16::try_from(learning_days?.0).ok()?,
            dormant_days: u16::try_from(dormant_days?.0).ok()?,
            networks_at_once: networks?.0,
            min_score: u8::try_from(min_score?.0).ok()?,
            ignored_accounts: ignored?,
            shared_accounts: shared?,
            trusted_networks: trusted?.into_iter().map(|network| network.0).collect(),
        })
    }

    const SHARED: &str = "root,administrator,admin,ubuntu,ec2-user,debian,centos";

    /// Whose login it is; nothing if it is nobody's, or that of an account that is not looked at.
    pub fn whose(&self, sighting: &Sighting) -> Option<String> {
        let account = sighting.account.as_ref()?;
        let any = |patterns: &[Pattern]| {
            patterns.iter().any(|pattern| pattern.fits(account.as_str()) || pattern.fits(account.name()))
        };
        if any(&self.ignored_accounts) {
            return None;
        }
        let shared = any(&self.shared_accounts);
        Some(if shared { format!("{account} on {}", sighting.host) } else { account.to_string() })
    }

    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_networks.iter().any(|network| network.contains(&address))
    }

    pub(crate) fn window_minutes(&self) -> u64 {
        self.window.as_secs() / 60
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        let shared = Self::SHARED.split(',').filter_map(|name| name.parse().ok());
        Self {
            failures: 5,
            sprayed_accounts: 8,
            window: Duration::from_hours(1),
            travel_kmh: 900,
            learning_days: 14,
            dormant_days: 45,
            networks_at_once: 3,
            min_score: 40,
            ignored_accounts: Vec::new(),
            shared_accounts: shared.collect(),
            trusted_networks: Vec::new(),
        }
    }
}

/// The name of an account, or its beginning and `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    stem: String,
    open: bool,
}

impl Pattern {
    fn fits(&self, account: &str) -> bool {
        if self.open { account.starts_with(&self.stem) } else { account == self.stem }
    }
}

impl FromStr for Pattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().to_lowercase();
        let stem = text.strip_suffix('*');
        let (stem, open) = (stem.unwrap_or(&text).to_owned(), stem.is_some());
        if stem.is_empty() || stem.contains('*') {
            return Err("an account is a name such as svc-backup, or a beginning such as svc-*");
        }
        Ok(Self { stem, open })
    }
}

/// A whole number within its limits.
struct Number<const LEAST: u32, const MOST: u32>(u32);

impl<const LEAST: u32, const MOST: u32> FromStr for Number<LEAST, MOST> {
    type Err = OutOfRange<LEAST, MOST>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().ok().filter(|number| (LEAST..=MOST).contains(number));
        number.map(Self).ok_or(OutOfRange)
    }
}

#[derive(Debug)]
struct OutOfRange<const LEAST: u32, const MOST: u32>;

impl<const LEAST: u32, const MOST: u32> fmt::Display for OutOfRange<LEAST, MOST> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "it is a whole number from {LEAST} to {MOST}")
    }
}

/// A network, or one address.
struct Network(IpNet);

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
        let network = text.parse().ok().or_else(address);
        network.map(Self).ok_or("a network is an address, or one such as 198.51.100.0/24")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda::config::{ConfigError, Environment};

    fn read(variables: &[(&str, &str)]) -> Result<Thresholds, ConfigError> {
        let environment = variables.iter().copied().collect::<Environment>();
        let mut reader = Reader::new(&environment);
        let thresholds = Thresholds::read(&mut reader);
        reader.finish(thresholds)
    }

    #[test]
    fn without_variables_the_defaults_hold() {
        assert_eq!(read(&[]).unwrap(), Thresholds::default());
    }

    #[test]
    fn a_wrong_value_is_named_with_what_it_may_be() {
        for (name, value, expected) in [
            ("HUNT_FAILURES", "0", "it is a whole number from 2 to 1000; an example is HUNT_FAILURES=5"),
            ("HUNT_FAILURES", "many", "HUNT_FAILURES is \"many\""),
            ("HUNT_MIN_SCORE", "101", "from 0 to 100"),
            ("HUNT_IGNORED_ACCOUNTS", "*", "an account is a name such as"),
            ("HUNT_TRUSTED_NETWORKS", "10.0.0.0/33", "a network is an address"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let own =
            read(&[("HUNT_TRUSTED_NETWORKS", "203.0.113.9"), ("HUNT_IGNORED_ACCOUNTS", "SVC-*")]).unwrap();
        assert!(own.trusts("203.0.113.9".parse().unwrap()) && !own.trusts("203.0.113.8".parse().unwrap()));
        assert!(own.ignored_accounts[0].fits("svc-backup"));
    }
}
