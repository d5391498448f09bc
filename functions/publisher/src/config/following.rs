//! The part of the configuration that says how alerts come.

use std::path::Path;

use super::{Reader, Setting};
use crate::follow::{Filter, FollowOptions, Start};
use crate::home::Home;

/// Where the service's alerts come from. What lies in the spool is sent in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Intake {
    /// The service reads alerts.json, and takes what integratord hands over beside it.
    #[default]
    Follow,
    /// Only what wazuh-integratord hands over.
    Integration,
}

impl TryFrom<String> for Intake {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "follow" => Ok(Self::Follow),
            "integration" => Ok(Self::Integration),
            _ => Err("it is neither follow nor integration"),
        }
    }
}

impl Intake {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Follow => "follow",
            Self::Integration => "integration",
        }
    }
}

struct Beginning(Start);

impl TryFrom<String> for Beginning {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "end" => Ok(Self(Start::End)),
            "beginning" => Ok(Self(Start::Beginning)),
            time => {
                let time = time
                    .parse()
                    .map_err(|_| "it is neither end, beginning, nor a time like 2026-10-03T14:00:00Z")?;
                Ok(Self(Start::At(time)))
            }
        }
    }
}

/// The lowest level that is sent.
struct Lowest(u8);

impl Lowest {
    /// As enrich routes by default: what is below is ignored there, but for logins.
    const DEFAULT: Self = Self(6);
}

impl TryFrom<String> for Lowest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // A higher one would mean that nothing is sent, and nobody would know why.
        let level = text.parse().ok().filter(|level| (1..=16).contains(level));
        level.map(Self).ok_or("it is not a level from 1 to 16")
    }
}

impl Reader<'_> {
    /// Nothing where `alerts.json` is left to others; what is wrong is named all the same.
    pub(super) fn follow(&mut self, home: &Home, spool: &Path) -> Option<FollowOptions> {
        let Lowest(min_level) = self.parsed(Setting::FollowLevel).unwrap_or(Lowest::DEFAULT);
        let filter = Filter {
            min_level,
            groups: self.list(Setting::FollowGroups),
            rule_ids: self.list(Setting::FollowRuleIds),
            excluded_rule_ids: self.list(Setting::FollowExcludedRuleIds),
            ..Filter::default()
        };
        let Beginning(start) = self.parsed(Setting::FollowFrom).unwrap_or(Beginning(Start::End));
        let alerts = self.path(Setting::FollowFile).unwrap_or_else(|| home.alerts());
        let options =
            FollowOptions { alerts, start, filter, ..FollowOptions::new(&spool.join("follow.json")) };
        match self.parsed(Setting::Intake).unwrap_or_default() {
            Intake::Follow => Some(options),
            Intake::Integration => None,
        }
    }

    fn list(&self, setting: Setting) -> Vec<String> {
        let text = self.pick(setting).and_then(|(_, value)| value.into_string().ok()).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }
}
