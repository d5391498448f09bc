//! What the server's address tells about it.

use signed::Scope;
use url::{Host, Url};

/// Amazon Bedrock's OpenAI-compatible endpoint, as a signature names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bedrock {
    pub service: &'static str,
    pub region: String,
}

impl Bedrock {
    /// `bedrock-mantle.<region>.api.aws` and `bedrock-runtime.<region>.amazonaws.com`, also behind a VPC endpoint.
    pub(super) fn at(url: &Url) -> Option<Self> {
        let host = url.host_str()?;
        let amazon = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
        if !amazon.iter().any(|suffix| host.ends_with(suffix)) {
            return None;
        }
        let mut labels = host.split('.');
        let service = labels.find_map(|label| match label {
            "bedrock-mantle" => Some("bedrock-mantle"),
            "bedrock-runtime" | "bedrock-runtime-fips" => Some("bedrock"),
            _ => None,
        })?;
        Some(Self { service, region: labels.next()?.to_owned() })
    }

    pub(super) fn scope(&self) -> Scope<'_> {
        Scope { service: self.service, region: &self.region }
    }
}

/// OpenAI itself, in any of its regions.
pub(super) fn is_openai(url: &Url) -> bool {
    url.host_str().is_some_and(|host| host == "api.openai.com" || host.ends_with(".api.openai.com"))
}

/// A host that cannot be on the public internet, so that nobody there reads what goes to it.
pub(super) fn is_private(url: &Url) -> bool {
    const SUFFIXES: [&str; 5] = [".localhost", ".internal", ".local", ".lan", ".home.arpa"];
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_private() || address.is_link_local(),
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Some(Host::Domain(name)) => {
            !name.contains('.') || SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(host: &str) -> Url {
        format!("https://{host}/v1").parse().unwrap()
    }

    #[test]
    fn openai_is_known_in_all_its_regions_and_nobody_else_is() {
        for (host, expected) in [
            ("api.openai.com", true),
            ("eu.api.openai.com", true),
            ("unit.openai.azure.com", false),
            ("api.openai.com.evil.example", false),
            ("notapi.openai.com", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(is_openai(&url(host)), expected, "{host}");
        }
    }

    #[test]
    fn bedrock_is_named_with_its_service_and_region() {
        for (host, expected) in [
            ("bedrock-mantle.eu-central-1.api.aws", Some(("bedrock-mantle", "eu-central-1"))),
            ("bedrock-runtime.us-east-1.amazonaws.com", Some(("bedrock", "us-east-1"))),
            ("bedrock-runtime-fips.us-east-1.amazonaws.com", Some(("bedrock", "us-east-1"))),
            ("vpce-0a1.bedrock-runtime.eu-west-1.vpce.amazonaws.com", Some(("bedrock", "eu-west-1"))),
            ("bedrock-runtime.eu-west-1.evil.example", None),
            ("s3.eu-west-1.amazonaws.com", None),
            ("10.0.0.1", None),
        ] {
            let expected = expected.map(|(service, region)| Bedrock { service, region: region.to_owned() });
            assert_eq!(Bedrock::at(&url(host)), expected, "{host}");
        }
    }

    #[test]
    fn a_private_host_is_one_that_the_internet_does_not_reach() {
        for (host, expected) in [
            ("127.0.0.1:8080", true),
            ("10.1.2.3", true),
            ("192.168.0.9", true),
            ("[::1]", true),
            ("[fd00::1]", true),
            ("localhost:11434", true),
            ("ollama", true),
            ("host.docker.internal", true),
            ("8.8.8.8", false),
            ("[2600::1]", false),
            ("models.example.com", false),
        ] {
            assert_eq!(is_private(&url(host)), expected, "{host}");
        }
    }
}
