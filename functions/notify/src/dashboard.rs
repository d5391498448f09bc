//! The link to the alert in the Wazuh dashboard (4.8 and later).

use std::str::FromStr;

use domain::Alert;
use jiff::{SignedDuration, Timestamp};

/// Address of a Wazuh dashboard: the only host that a mail links to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardUrl(String);

impl DashboardUrl {
    /// Opens this alert alone, in a fixed window around its time: the link works next month, too.
    pub(crate) fn alert_link(&self, alert: &Alert, at: Timestamp) -> String {
        let id = rison(&alert.text_at(&["id"]).unwrap_or_default());
        let (from, to) = (at.saturating_sub(WINDOW), at.saturating_add(WINDOW));
        let (from, to) = (from.unwrap_or(at), to.unwrap_or(at));
        let filter = format!(
            "(filters:!(('$state':(store:appState),meta:(alias:!n,disabled:!f,index:'wazuh-alerts-*',key:id,\
             negate:!f,params:(query:'{id}'),type:phrase),query:(match_phrase:(id:'{id}')))),\
             query:(language:kuery,query:''))"
        );
        let time =
            format!("(filters:!(),refreshInterval:(pause:!t,value:0),time:(from:'{from:.3}',to:'{to:.3}'))");
        let (filter, time) = (percent(&filter), percent(&time));
        format!("{}/app/threat-hunting#/overview/?tab=general&tabView=events&_a={filter}&_g={time}", self.0)
    }
}

impl FromStr for DashboardUrl {
    type Err = DashboardUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or(DashboardUrlError::Scheme)?;
        if rest.is_empty() || rest.starts_with('/') {
            return Err(DashboardUrlError::NoHost);
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte);
        if !rest.bytes().all(plain) {
            return Err(DashboardUrlError::Character);
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DashboardUrlError {
    #[error("it must begin with https:// or http://")]
    Scheme,
    #[error("it names no host")]
    NoHost,
    #[error("it may hold only a host, a port and a path")]
    Character,
}

const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Rison escapes `'` and `!` inside a string with `!`.
fn rison(text: &str) -> String {
    text.replace('!', "!!").replace('\'', "!'")
}

/// RFC 3986: everything but the unreserved characters.
fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 0xf] {
                encoded.extend(char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_filters_one_alert_in_a_fixed_window() {
        let base: DashboardUrl = "https://wazuh.example.com:8443/".parse().unwrap();
        let alert = Alert::parse(r#"{"id":"1791030127.4711","rule":{"id":"5763","level":10}}"#).unwrap();
        let link = base.alert_link(&alert, "2026-10-03T12:22:07.512Z".parse().unwrap());
        insta::assert_snapshot!(decoded(&link));
        let fragment = link.split_once("tabView=events").unwrap().1;
        assert!(!fragment.contains(['\'', '(', '!', ' ', '"', '<']), "{fragment}");
    }

    #[test]
    fn a_quote_in_an_id_stays_inside_its_string() {
        let base: DashboardUrl = "https://wazuh.example.com".parse().unwrap();
        let alert = Alert::parse(r#"{"id":"1')!<b>","rule":{"id":"1","level":3}}"#).unwrap();
        let link = base.alert_link(&alert, Timestamp::UNIX_EPOCH);
        assert!(decoded(&link).contains("(id:'1!')!!<b>')"), "{link}");
        assert!(!link.contains(['\'', '<', '!']), "{link}");
    }

    #[test]
    fn an_address_that_could_break_out_is_refused() {
        for (text, expected) in [
            ("wazuh.example.com", DashboardUrlError::Scheme),
            ("javascript:alert(1)", DashboardUrlError::Scheme),
            ("https:///app", DashboardUrlError::NoHost),
            ("https://", DashboardUrlError::NoHost),
            ("https://a\" onclick=", DashboardUrlError::Character),
            ("https://a?x=1", DashboardUrlError::Character),
            ("https://user@a", DashboardUrlError::Character),
        ] {
            assert_eq!(text.parse::<DashboardUrl>().unwrap_err(), expected, "{text}");
        }
        assert!("https://[2001:db8::7]:443/wazuh".parse::<DashboardUrl>().is_ok());
    }

    fn decoded(link: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = link.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                byte => byte,
            });
        }
        String::from_utf8(bytes).unwrap()
    }
}
