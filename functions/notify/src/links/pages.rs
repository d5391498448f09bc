//! Where a witness says more about an indicator than a mail can.

use domain::indicator::{Host, Indicator};
use domain::verdict::{Evidence, MispMatches, Provider, Witness};

use super::escape::value;
use super::{Link, SiteUrl};
use crate::defang;

/// Address of the MISP instance that analysts open in a browser.
pub type MispUrl = SiteUrl;

/// The witness's page about this indicator. Nothing for an address within the site: its name would leave the house.
pub(crate) fn page(
    witness: &Witness,
    indicator: &Indicator,
    evidence: &Evidence,
    misp: Option<&MispUrl>,
) -> Option<Link> {
    let inside = match indicator.host() {
        Some(Host::Ip(address)) => !defang::is_of_the_internet(address),
        Some(Host::Domain(_)) | None => false,
    };
    let address = match (witness, evidence) {
        (Witness::Provider(Provider::Misp), Evidence::Misp(matches)) => event(matches, misp?)?,
        (Witness::Provider(Provider::AbuseIpDb), _) if !inside => {
            format!("https://www.abuseipdb.com/check/{}", value(&indicator.as_ip()?.to_string()))
        }
        (Witness::Provider(Provider::Otx), _) if !inside => otx(indicator),
        (Witness::Provider(_) | Witness::Feed(_), _) => return None,
    };
    Link::new(address)
}

/// The first event that names it.
fn event(matches: &MispMatches, misp: &MispUrl) -> Option<String> {
    let is_id = |id: &&str| !id.is_empty() && id.len() < 20 && id.bytes().all(|byte| byte.is_ascii_digit());
    let id = matches.attributes.iter().map(|attribute| attribute.event.id.as_str()).find(is_id)?;
    Some(format!("{}/events/view/{id}", misp.as_str()))
}

fn otx(indicator: &Indicator) -> String {
    let (kind, text) = match indicator {
        Indicator::Ip(address) => ("ip", address.to_string()),
        Indicator::Domain(name) if name.as_str().matches('.').count() > 1 => ("hostname", name.to_string()),
        Indicator::Domain(name) => ("domain", name.to_string()),
        Indicator::Url(url) => ("url", url.as_str().to_owned()),
        Indicator::Hash(hash) => ("file", hash.as_str().to_owned()),
    };
    format!("https://otx.alienvault.com/indicator/{kind}/{}", value(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::verdict::{MispAttribute, MispEvent, OtxPulses, Reputation};

    fn told(witness: &Witness, indicator: &str, evidence: &Evidence) -> Option<String> {
        let misp: MispUrl = "https://misp.example.com/".parse().unwrap();
        page(witness, &indicator.parse().unwrap(), evidence, Some(&misp)).map(|link| link.to_string())
    }

    #[test]
    fn each_provider_has_its_page() {
        let reputation = Evidence::AbuseIpDb(Reputation::default());
        let pulses = Evidence::Otx(OtxPulses::default());
        for (provider, indicator, evidence, expected) in [
            (
                Provider::AbuseIpDb,
                "203.0.113.9",
                &reputation,
                Some("https://www.abuseipdb.com/check/203.0.113.9"),
            ),
            (
                Provider::AbuseIpDb,
                "2001:db8::7",
                &reputation,
                Some("https://www.abuseipdb.com/check/2001%3Adb8%3A%3A7"),
            ),
            (Provider::AbuseIpDb, "10.0.0.5", &reputation, None),
            (Provider::AbuseIpDb, "evil.example", &reputation, None),
            (
                Provider::Otx,
                "203.0.113.9",
                &pulses,
                Some("https://otx.alienvault.com/indicator/ip/203.0.113.9"),
            ),
            (
                Provider::Otx,
                "evil.example",
                &pulses,
                Some("https://otx.alienvault.com/indicator/domain/evil.example"),
            ),
            (
                Provider::Otx,
                "c2.evil.example",
                &pulses,
                Some("https://otx.alienvault.com/indicator/hostname/c2.evil.example"),
            ),
            (
                Provider::Otx,
                "9b74c9897bac770ffc029102a200c5de",
                &pulses,
                Some("https://otx.alienvault.com/indicator/file/9b74c9897bac770ffc029102a200c5de"),
            ),
            (
                Provider::Otx,
                "http://evil.example/a?b=\"><script>'&x=/../",
                &pulses,
                Some(
                    "https://otx.alienvault.com/indicator/url/http%3A%2F%2Fevil.example%2Fa%3Fb%3D%2522%253E%253Cscript%253E%2527%26x%3D%2F..%2F",
                ),
            ),
            (Provider::Otx, "http://10.0.0.5/a", &pulses, None),
            (Provider::Otx, "fe80::1", &pulses, None),
        ] {
            let link = told(&Witness::Provider(provider), indicator, evidence);
            assert_eq!(link.as_deref(), expected, "{indicator}");
        }
    }

    #[test]
    fn misp_opens_the_event_and_only_by_its_number() {
        let matches = |ids: &[&str]| {
            let attribute = |id: &&str| MispAttribute {
                event: MispEvent { id: (*id).into(), ..MispEvent::default() },
                ..MispAttribute::default()
            };
            Evidence::Misp(MispMatches { attributes: ids.iter().map(attribute).collect(), total: 1 })
        };
        let misp = Witness::Provider(Provider::Misp);
        for (ids, expected) in [
            (&["145", "97"][..], Some("https://misp.example.com/events/view/145")),
            (&["../users", "97"], Some("https://misp.example.com/events/view/97")),
            (&["1\" onclick=", "", "-1"], None),
            (&[], None),
        ] {
            assert_eq!(told(&misp, "10.0.0.5", &matches(ids)).as_deref(), expected, "{ids:?}");
        }
        assert_eq!(page(&misp, &"203.0.113.9".parse().unwrap(), &matches(&["1"]), None), None);
    }

    #[test]
    fn a_feed_and_an_endless_address_have_none() {
        let pulses = Evidence::Otx(OtxPulses::default());
        assert_eq!(told(&Witness::Feed("otx".into()), "203.0.113.9", &pulses), None);
        let long = format!("http://evil.example/{}", "?".repeat(900));
        assert_eq!(told(&Witness::Provider(Provider::Otx), &long, &pulses), None);
    }
}
