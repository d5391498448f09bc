//! Into the Wazuh dashboard (4.8 and later): one alert, or all of a host around it.

use std::marker::PhantomData;
use std::str::FromStr;

use domain::Alert;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::escape::{rison, value, words};
use super::{Link, SiteUrl};
use crate::template::{Placeholder, Template, TemplateError};

/// A Wazuh dashboard and where its views are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dashboard {
    pub url: SiteUrl,
    pub alert: AlertLink,
    pub host: HostLink,
}

/// Path of the view that shows one alert.
pub type AlertLink = Path<OfAlert>;

/// Path of the view that shows what a host has reported.
pub type HostLink = Path<OfHost>;

impl Dashboard {
    /// Opens this alert alone. The window around its time is fixed: the link works next month, too.
    pub(crate) fn alert_link(&self, target: &Target) -> Option<Link> {
        self.link(&self.alert.template, target)
    }

    /// Opens all alerts of the host within an hour of this one.
    pub(crate) fn host_link(&self, target: &Target) -> Option<Link> {
        self.link(&self.host.template, target)
    }

    fn link(&self, template: &Template<Part>, target: &Target) -> Option<Link> {
        let at = target.at;
        let path = template.fill(words, |part| {
            let text = match part {
                Part::Id => target.alert_id.clone(),
                Part::AgentId => target.agent_id.clone(),
                Part::From => format!("{:.3}", at.saturating_sub(WINDOW).unwrap_or(at)),
                Part::To => format!("{:.3}", at.saturating_add(WINDOW).unwrap_or(at)),
            };
            value(&rison(&text))
        });
        Link::new(format!("{}{path}", self.url.as_str()))
    }
}

/// What the dashboard is to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub alert_id: String,
    pub agent_id: String,
    pub at: Timestamp,
}

impl Target {
    /// The alert of a notice; one without a readable time is looked for where its incident was opened.
    pub(crate) fn of(alert: &Alert, opened_at: Timestamp) -> Self {
        Self {
            alert_id: alert.text_at(&["id"]).unwrap_or_default(),
            agent_id: alert.agent().id.clone(),
            at: alert.timestamp().unwrap_or(opened_at),
        }
    }
}

const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// The part of an address that follows the dashboard's own, with placeholders: it changes between Wazuh's versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path<K> {
    template: Template<Part>,
    kind: PhantomData<K>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Id,
    AgentId,
    From,
    To,
}

impl Placeholder for Part {
    const ALL: &'static [(&'static str, Self)] =
        &[("id", Self::Id), ("agent_id", Self::AgentId), ("from", Self::From), ("to", Self::To)];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfAlert;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfHost;

/// What a path must be about.
trait About {
    const PART: Part;
    const NAME: &'static str;
}

impl About for OfAlert {
    const PART: Part = Part::Id;
    const NAME: &'static str = "id";
}

impl About for OfHost {
    const PART: Part = Part::AgentId;
    const NAME: &'static str = "agent_id";
}

impl AlertLink {
    /// Threat hunting, filtered by the alert's id.
    pub const DEFAULT: &str = "/app/threat-hunting#/overview/?tab=general&tabView=events\
        &_a=(filters:!(('$state':(store:appState),meta:(alias:!n,disabled:!f,index:'wazuh-alerts-*',key:id,\
        negate:!f,params:(query:'{id}'),type:phrase),query:(match_phrase:(id:'{id}')))),\
        query:(language:kuery,query:''))\
        &_g=(filters:!(),refreshInterval:(pause:!t,value:0),time:(from:'{from}',to:'{to}'))";
}

impl HostLink {
    /// Threat hunting, filtered by the agent's id.
    pub const DEFAULT: &str = "/app/threat-hunting#/overview/?tab=general&tabView=events\
        &_a=(filters:!(('$state':(store:appState),meta:(alias:!n,disabled:!f,index:'wazuh-alerts-*',key:agent.id,\
        negate:!f,params:(query:'{agent_id}'),type:phrase),query:(match_phrase:(agent.id:'{agent_id}')))),\
        query:(language:kuery,query:''))\
        &_g=(filters:!(),refreshInterval:(pause:!t,value:0),time:(from:'{from}',to:'{to}'))";
}

impl<K: About> FromStr for Path<K> {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if !text.starts_with('/') || text.starts_with("//") {
            return Err(LinkError::Start);
        }
        if text.contains(char::is_whitespace) {
            return Err(LinkError::Blank);
        }
        let template = Template::read(text)?;
        if !template.holds(|part| part == K::PART) {
            return Err(LinkError::Missing(K::NAME));
        }
        Ok(Self { template, kind: PhantomData })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    #[error("it is a path on the dashboard and begins with one /")]
    Start,
    #[error("it holds a blank; write %20")]
    Blank,
    #[error("it does not hold {{{0}}}, so every mail would have the same link")]
    Missing(&'static str),
    #[error(transparent)]
    Template(#[from] TemplateError),
}

#[cfg(test)]
mod tests {
    use super::super::escape::decoded;
    use super::*;

    fn dashboard() -> Dashboard {
        Dashboard {
            url: "https://wazuh.example.com:8443/".parse().unwrap(),
            alert: AlertLink::DEFAULT.parse().unwrap(),
            host: HostLink::DEFAULT.parse().unwrap(),
        }
    }

    fn target(text: &str) -> Target {
        Target::of(&Alert::parse(text).unwrap(), "2026-10-03T12:22:07.512Z".parse().unwrap())
    }

    #[test]
    fn the_links_filter_one_alert_and_one_host_in_a_fixed_window() {
        let target =
            target(r#"{"id":"1791030127.4711","rule":{"id":"5763","level":10},"agent":{"id":"007"}}"#);
        let links = [dashboard().alert_link(&target), dashboard().host_link(&target)];
        let links = links.map(|link| link.unwrap().to_string());
        insta::assert_snapshot!(
            "the_links_in_a_browser",
            links.each_ref().map(|link| decoded(link)).join("\n\n")
        );
        for link in links {
            assert!(!link.contains(['\'', '(', '!', ' ', '"', '<']), "{link}");
        }
    }

    #[test]
    fn a_quote_in_an_id_stays_inside_its_string() {
        let target = target(r#"{"id":"1')!<b>&_g=x","rule":{"id":"1","level":3},"agent":{"id":"'),#"}}"#);
        let link = dashboard().alert_link(&target).unwrap().to_string();
        assert!(decoded(&link).contains("(id:'1!')!!<b>&_g=x')"), "{link}");
        assert_eq!(link.matches("_g=").count(), 1, "{link}");
        let host = dashboard().host_link(&target).unwrap().to_string();
        assert!(decoded(&host).contains("(agent.id:'!'),#')") && host.matches('#').count() == 1, "{host}");
    }

    #[test]
    fn a_path_of_the_operator_is_filled_in() {
        let target = target(r#"{"id":"1.2","rule":{"id":"5","level":3},"agent":{"id":"007"}}"#);
        let path = "/app/wazuh#/overview?q=id:%22{id}%22&from='{from}'&to={to}&agent={agent_id}";
        let dashboard = Dashboard { alert: path.parse().unwrap(), ..dashboard() };
        assert_eq!(
            dashboard.alert_link(&target).unwrap().to_string(),
            "https://wazuh.example.com:8443/app/wazuh#/overview?q=id:%221.2%22\
             &from=%272026-10-03T11%3A22%3A07.512Z%27&to=2026-10-03T13%3A22%3A07.512Z&agent=007"
        );
    }

    #[test]
    fn the_path_that_the_documentation_shows_is_taken() {
        let page = include_str!("../../../../docs/mail.md");
        let (_, path) = page.split_once("DASHBOARD_ALERT_PATH=").unwrap();
        assert!(path.lines().next().unwrap().parse::<AlertLink>().is_ok());
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused_with_its_reason() {
        for (text, expected) in [
            ("app/{id}", "it is a path on the dashboard and begins with one /"),
            ("//evil.example/{id}", "it is a path on the dashboard and begins with one /"),
            ("/app /{id}", "it holds a blank; write %20"),
            ("/app/{agent_id}", "it does not hold {id}, so every mail would have the same link"),
            ("/app/{name}", "the template does not know {name}, only {id}, {agent_id}, {from} and {to}"),
        ] {
            assert_eq!(text.parse::<AlertLink>().unwrap_err().to_string(), expected, "{text:?}");
        }
        assert_eq!("/app/{id}".parse::<HostLink>().unwrap_err(), LinkError::Missing("agent_id"));
    }
}
