//! OpenTelemetry's own variables: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.

use std::fmt;
use std::str::FromStr;

use crate::config::{ConfigError, Environment, Reader};

use super::listed::{Listed, Pairs};
use super::sampler::{Ratio, Sampler};

/// Where spans go, which of them, and from whom they are.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub endpoint: Endpoint,
    /// SSM parameter with headers for the collector, such as its key.
    pub headers_parameter: Option<String>,
    pub sampler: Sampler,
    /// What describes the function.
    pub resource: Vec<(String, String)>,
}

impl Settings {
    /// Nothing without an endpoint: nobody wants to know.
    pub fn read(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let is_off = environment.get("OTEL_SDK_DISABLED").is_some_and(|off| off.eq_ignore_ascii_case("true"));
        let own = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let shared = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT");
        let (name, text) = match (own, shared) {
            _ if is_off => return Ok(None),
            (Some(own), _) => ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own.to_owned()),
            (None, Some(shared)) => {
                ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("{}/v1/traces", shared.trim_end_matches('/')))
            }
            (None, None) => return Ok(None),
        };
        let mut reader = Reader::new(environment);
        let headers_parameter = reader.optional("OTEL_EXPORTER_OTLP_HEADERS_PARAMETER");
        let endpoint = match text.parse::<Endpoint>() {
            Ok(endpoint) if headers_parameter.is_some() && !endpoint.is_private() => {
                reader.reject(format!(
                    "{name} begins with http:// and OTEL_EXPORTER_OTLP_HEADERS_PARAMETER names a secret, which would \
                     be sent in clear; use https://"
                ));
                None
            }
            Ok(endpoint) => Some(endpoint),
            Err(error) => {
                reader
                    .reject(format!("{name}: {error}; an example is {name}=https://collector.example:4318"));
                None
            }
        };
        for secret in ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"] {
            if environment.get(secret).is_some() {
                reader.reject(format!(
                    "{secret} holds a secret, which everybody who may look at the function can read; put it into an \
                     SSM parameter and name that in OTEL_EXPORTER_OTLP_HEADERS_PARAMETER"
                ));
            }
        }
        if let Some(other) = reader.optional("OTEL_EXPORTER_OTLP_PROTOCOL").filter(|name| name != "http/json")
        {
            reader.reject(format!("OTEL_EXPORTER_OTLP_PROTOCOL is {other:?}; only http/json is spoken here"));
        }
        let sampler = read_sampler(&mut reader);
        let described: Option<Pairs> = reader.or_default("OTEL_RESOURCE_ATTRIBUTES", "");
        let settings = (|| {
            Some(Self {
                endpoint: endpoint?,
                headers_parameter,
                sampler: sampler?,
                resource: resource(environment, described?),
            })
        })();
        reader.finish(settings).map(Some)
    }
}

fn read_sampler(reader: &mut Reader<'_>) -> Option<Sampler> {
    let ratio: Ratio = reader.or_default("OTEL_TRACES_SAMPLER_ARG", "1.0")?;
    let name = reader.optional("OTEL_TRACES_SAMPLER").unwrap_or_else(|| "parentbased_always_on".to_owned());
    match Sampler::named(&name, ratio) {
        Ok(sampler) => Some(sampler),
        Err(problem) => {
            reader.reject(format!("OTEL_TRACES_SAMPLER is {name:?}: {problem}"));
            None
        }
    }
}

/// What Lambda says of the function, and on top of it what the operator says.
fn resource(environment: &Environment, described: Pairs) -> Vec<(String, String)> {
    let known = [
        ("service.name", "AWS_LAMBDA_FUNCTION_NAME"),
        ("faas.name", "AWS_LAMBDA_FUNCTION_NAME"),
        ("faas.version", "AWS_LAMBDA_FUNCTION_VERSION"),
        ("faas.instance", "AWS_LAMBDA_LOG_STREAM_NAME"),
        ("cloud.region", "AWS_REGION"),
    ];
    let known = known.into_iter().filter_map(|(name, variable)| Some((name, environment.get(variable)?)));
    let fixed = [
        ("cloud.provider", "aws"),
        ("cloud.platform", "aws_lambda"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("telemetry.sdk.name", "wazuh-triage"),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
    ];
    let mut resource = Listed::default();
    for (name, value) in known.chain(fixed) {
        resource.set(name.to_owned(), value.to_owned());
    }
    for (name, value) in described.0 {
        resource.set(name, value);
    }
    if let Some(service) = environment.get("OTEL_SERVICE_NAME") {
        resource.set("service.name".to_owned(), service.to_owned());
    }
    resource.into_pairs()
}

/// A URL that spans can be posted to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint(String);

impl Endpoint {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nobody between here and there can read along.
    fn is_private(&self) -> bool {
        let host = |start| self.0.strip_prefix(start).is_some_and(|rest: &str| rest.starts_with([':', '/']));
        self.0.starts_with("https://")
            || ["http://localhost", "http://127.0.0.1", "http://[::1]"].into_iter().any(host)
    }
}

/// Some vendors have keys in their addresses.
impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Endpoint(***)")
    }
}

impl FromStr for Endpoint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        if host.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Err("it is not a URL with http:// or https://")
        } else if host.contains('@') {
            Err("a user and a password do not belong into a URL; use OTEL_EXPORTER_OTLP_HEADERS_PARAMETER")
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARED: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

    fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, ConfigError> {
        Settings::read(&variables.iter().copied().collect())
    }

    #[test]
    fn without_an_endpoint_there_are_no_traces() {
        assert!(read(&[("OTEL_TRACES_SAMPLER", "nonsense")]).unwrap().is_none());
        assert!(read(&[(SHARED, "https://c.example"), ("OTEL_SDK_DISABLED", "true")]).unwrap().is_none());
    }

    #[test]
    fn an_endpoint_for_traces_is_used_as_it_is_and_a_shared_one_has_a_path_of_its_own() {
        let check = |variables: &[(&str, &str)], expected: &str| {
            assert_eq!(read(variables).unwrap().unwrap().endpoint.as_str(), expected);
        };
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://c.example/api/otlp");
        check(&[(SHARED, "http://10.0.0.9:4318/")], "http://10.0.0.9:4318/v1/traces");
        check(&[(SHARED, "https://c.example/otlp")], "https://c.example/otlp/v1/traces");
        check(&[own, (SHARED, "https://other.example")], "https://c.example/api/otlp");
    }

    #[test]
    fn what_cannot_be_used_says_what_to_do() {
        let endpoint = (SHARED, "https://c.example");
        let parameter = ("OTEL_EXPORTER_OTLP_HEADERS_PARAMETER", "/otel");
        let check = |variables: &[(&str, &str)], expected: &str| {
            let error = read(variables).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected} not in: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        };
        check(&[(SHARED, "c.example:4318")], "not a URL");
        check(&[(SHARED, "https://u:hunter2@c.example")], "a password do not belong");
        check(&[(SHARED, "http://c.example"), parameter], "use https://");
        check(&[(SHARED, "http://localhost.example"), parameter], "use https://");
        check(&[endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "key=hunter2")], "put it into an SSM parameter");
        check(&[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], "only http/json");
        check(&[endpoint, ("OTEL_TRACES_SAMPLER", "xray")], "OTEL_TRACES_SAMPLER is \"xray\"");
        check(&[endpoint, ("OTEL_TRACES_SAMPLER_ARG", "10%")], "a number from 0 to 1");
        check(&[endpoint, ("OTEL_RESOURCE_ATTRIBUTES", "prod")], "OTEL_RESOURCE_ATTRIBUTES");
        assert!(read(&[(SHARED, "http://127.0.0.1:4318"), parameter]).unwrap().is_some());
    }

    #[test]
    fn the_operator_has_the_last_word_about_the_resource() {
        let settings = read(&[
            (SHARED, "https://c.example"),
            ("AWS_LAMBDA_FUNCTION_NAME", "wazuh-triage-enrich"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod, team=a%2Cb,service.name=x"),
            ("OTEL_SERVICE_NAME", "triage"),
        ]);
        let resource = settings.unwrap().unwrap().resource;
        let of =
            |name: &str| resource.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(of("service.name"), Some("triage"));
        assert_eq!(of("faas.name"), Some("wazuh-triage-enrich"));
        assert_eq!(of("deployment.environment.name"), Some("prod"));
        assert_eq!(of("team"), Some("a,b"));
    }
}
